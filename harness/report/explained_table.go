package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"
)

// The outcomes of a start that are no reason to wait.
const (
	pulled = "pulled"
	cached = "cached"
)

// What a start does with a registry that answers, whatever the node has, and without one.
const (
	asks   = "asks the registry, and pulls what the node lacks"
	copied = "runs the node's copy"
)

// WriteTable writes each use with what it comes to, in words, for people.
func (e *Explained) WriteTable(w io.Writer, style Style) error {
	var entries []entry
	for _, use := range e.Uses {
		entries = append(entries, entry{use.File, use.rows()})
	}
	l := newLayout(w, style, entries)
	l.entries(entries)
	summary := count(len(e.Uses), "image")
	if len(e.Errors) > 0 {
		summary += ", " + l.paint(fmt.Sprintf("%d unreadable", len(e.Errors)), red)
	}
	l.line(summary)
	return l.Flush()
}

func (u Use) rows() []row {
	image := cell{text: u.Image, paint: cyan}
	if u.Image == "" {
		image.text = "no image"
	}
	rows := []row{{cells: []cell{lineCell(u.Line)}, text: image}}
	for _, fact := range u.facts() {
		rows = append(rows, row{
			cells: []cell{{}, {text: fact[0], paint: faint}},
			text:  cell{text: fact[1]},
		})
	}
	return rows
}

// facts are labels and what they say.
func (u Use) facts() [][2]string {
	facts := [][2]string{
		{"used by", u.user()},
		{"policy", u.policy()},
	}
	if u.Advice != nil {
		facts = append(facts, [2]string{"advice", fmt.Sprintf("write %s: %s, because %s", u.Advice.Field, u.Advice.Policy, u.Advice.Why)})
	}
	if u.Start != nil {
		return append(facts, [2]string{"at start", u.start()})
	}
	outcomes := u.Outcomes
	if outcomes.Cached != pulled && outcomes.Cached != cached { // no other start is easier
		return append(facts, [2]string{"at start", because(startOf(outcomes.Cached, "", ""), u.Obstacle)})
	}
	facts = append(facts,
		[2]string{"not on node", startOf(outcomes.Absent, "pulls the image", copied)},
		[2]string{"not on node, registry down", startOf(outcomes.AbsentRegistryDown, "pulls the image", copied)},
		[2]string{"on node", startOf(outcomes.Cached, asks, copied)},
		[2]string{"on node, other credentials", startOf(outcomes.OtherCredentials, "asks the registry, with the Pod's own credentials", copied)},
	)
	if u.Reference.Digest == "" { // what a digest names does not move
		facts = append(facts, [2]string{"on node, tag moved", startOf(outcomes.Moved, "pulls the new content", "runs the node's old copy")})
	}
	return append(facts, [2]string{"on node, registry down", startOf(outcomes.RegistryDown, "pulls the image", copied)})
}

// start is the start on the node.
func (u Use) start() string {
	start := startOf(u.Start.Outcome, asks, copied)
	if u.Start.Retry != "" {
		start = fmt.Sprintf("asks the registry in vain, and %s, then with %s", start, u.Start.Retry)
	}
	return because(start, u.Start.Why)
}

func because(what, why string) string {
	if why == "" {
		return what
	}
	return what + ": " + why
}

// user is the container and its object.
func (u Use) user() string {
	object := u.Name
	if u.Namespace != "" {
		object = u.Namespace + "/" + object
	}
	return strings.TrimSpace(fmt.Sprintf("%s %s", u.Kind, object)) + fmt.Sprintf(", %s %q", u.List, u.Container)
}

// policy is the policy that holds, or the declared one that does not, with its origin.
func (u Use) policy() string {
	switch policy := cmp.Or(u.Effective, u.Declared); {
	case policy == "":
		return "not declared: " + u.Why
	case u.Declared == "" || u.Declared == u.Default || u.Default == "":
		return fmt.Sprintf("%s, %s: %s", policy, u.Origin, u.Why)
	default:
		return fmt.Sprintf("%s, %s: %s (the default is %s)", policy, u.Origin, u.Why, u.Default)
	}
}

// startOf says an outcome in words, some of which depend on the situation.
func startOf(outcome, whenPulled, whenCached string) string {
	switch outcome {
	case pulled:
		return whenPulled
	case cached:
		return whenCached
	case "rejected":
		return "never: the API server rejects the object"
	case "InvalidImageName":
		return "never: the kubelet rejects it with InvalidImageName"
	case "unknown":
		return "not known"
	}
	return "waits with " + outcome
}

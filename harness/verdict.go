package harness

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/open-policy-agent/opa/v1/rego"
)

// The severities of a violation.
const (
	SeverityError   = "error"
	SeverityWarning = "warning"
)

// A Verdict is what the policies say of an Input. Its lists are sorted by review, path and rule.
type Verdict struct {
	Violations []Violation `json:"violations"`
	// Exempted are the violations that an exemption covers, with its reason. They do not count.
	Exempted []Violation `json:"exempted"`
	// Objects and Images count what was checked: objects, and uses of images in them.
	Objects int `json:"objects"`
	Images  int `json:"images"`
	// Unknown counts those uses of which the image is not known yet: something in it is filled in later.
	Unknown int `json:"unknown"`
}

// A Violation is one thing that a rule found.
type Violation struct {
	// Review is the index in Input.Reviews, nil where the parameters are to blame.
	Review   *int   `json:"review,omitempty"`
	Rule     string `json:"rule"`
	Severity string `json:"severity"`
	Msg      string `json:"msg"`
	// Path is the field to blame, as Kubernetes prints field paths: spec.containers[0].image.
	Path      string `json:"path"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	Container string `json:"container"`
	// List is the list (or, in a custom resource, the key) that the container stands in.
	List  string `json:"list"`
	Image string `json:"image"`
	// Declared is the policy in the manifest, "" where there is none.
	Declared string `json:"declared"`
	// Effective is the policy that holds, "" where the API server rejects the declared one.
	Effective string `json:"effective"`
	// Default is what the API server stores where no policy is declared.
	Default string `json:"default"`
	Remedy  string `json:"remedy"`
	// Patch fixes the violation, where writing one field is enough.
	Patch *Patch `json:"patch,omitempty"`
	// Reason is why the violation is exempted.
	Reason string `json:"reason,omitempty"`
}

// A Patch is a JSON Patch operation (RFC 6902).
type Patch struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

// An Explanation is one use of an image: its policy, where that comes from, and what the kubelet makes of it.
type Explanation struct {
	Review    int    `json:"review"`
	Path      string `json:"path"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	List      string `json:"list"`
	Container string `json:"container"`
	Image     string `json:"image"`
	// Reference holds the image's parts.
	Reference Reference `json:"reference"`
	Declared  string    `json:"declared"`
	Default   string    `json:"default"`
	Effective string    `json:"effective"`
	// Origin is "declared", "defaulted", or, in an object that an API server has stored, "stored" where nothing tells
	// which; Why says it in words.
	Origin string `json:"origin"`
	Why    string `json:"why"`
	// Outcomes are what a start comes to: "pulled" (the registry is asked), "cached" (the node's copy runs),
	// "rejected" (the API server rejects the object), "unknown" (it cannot be told), or the reason for which the
	// container waits: the kubelet's InvalidImageName is one.
	Outcomes Outcomes `json:"outcomes"`
	// Obstacle says why all outcomes are the same, whatever the node has, "" where they are not.
	Obstacle string `json:"obstacle,omitempty"`
	// Advice is the policy to write in place of what is declared, nil where that is right or no policy is.
	Advice *Advice `json:"advice,omitempty"`
	// Start is what a start comes to on the input's node, nil where there is none.
	Start *Start `json:"start,omitempty"`
}

// A Reference is an image reference, normalised; Tag and Digest are "" where they are not written.
type Reference struct {
	Valid  bool   `json:"valid"`
	Domain string `json:"domain"`
	Path   string `json:"path"`
	Name   string `json:"name"`
	Tag    string `json:"tag"`
	Digest string `json:"digest"`
}

// Advice is the one policy to write for a use, and why.
type Advice struct {
	// Field is imagePullPolicy, or the name that it has there: pullPolicy in an image volume.
	Field  string `json:"field"`
	Policy string `json:"policy"`
	Why    string `json:"why"`
}

// Outcomes are the outcomes of a start in six situations: the node lacks the image, in the second while the registry
// is down; or it has the image.
type Outcomes struct {
	Absent             string `json:"absent"`
	AbsentRegistryDown string `json:"absentRegistryDown"`
	Cached             string `json:"cached"`
	// OtherCredentials is for a copy that was pulled with a pull secret which the Pod does not have.
	OtherCredentials string `json:"otherCredentials"`
	Moved            string `json:"moved"`
	RegistryDown     string `json:"registryDown"`
}

// A Start is what a start comes to on one node.
type Start struct {
	// Pull says whether the registry is asked.
	Pull bool `json:"pull"`
	// Outcome is one as in Outcomes, "unknown" too where the state of the node does not tell.
	Outcome string `json:"outcome"`
	// Why says the reason in words: what the node has, or what it depends on.
	Why string `json:"why"`
	// Retry is what the next attempt waits with while the kubelet backs off, after a pull that failed.
	Retry string `json:"retry,omitempty"`
}

// A NodeError is what in an Input's node does not fit its schema.
type NodeError struct {
	// Path is the field to blame, node.images[0].name; node is all of it.
	Path    string `json:"path"`
	Message string `json:"message"`
}

func (e *NodeError) Error() string { return e.Path + ": " + e.Message }

// verdictOf reads the verdict on a number of reviews. Whatever does not have its shape is an error: nothing that the
// policies say may get lost.
func verdictOf(answer rego.Vars, reviews int) (*Verdict, error) {
	var verdict struct {
		Violations []Violation `json:"violations"`
		Exempted   []Violation `json:"exempted"`
		Judged     *struct {
			Objects int `json:"objects"`
			Images  int `json:"images"`
			Unknown int `json:"unknown"`
		} `json:"judged"`
	}
	if err := decode(answer, &verdict); err != nil {
		return nil, fmt.Errorf("read verdict: %w", err)
	}
	if verdict.Violations == nil || verdict.Exempted == nil || verdict.Judged == nil {
		return nil, errors.New("read verdict: violations, exempted or judged is null")
	}
	for _, violation := range slices.Concat(verdict.Violations, verdict.Exempted) {
		switch {
		case violation.Review != nil && (*violation.Review < 0 || *violation.Review >= reviews):
			return nil, fmt.Errorf("read verdict: %s is found in review %d of %d", violation.Rule, *violation.Review, reviews)
		case violation.Severity != SeverityError && violation.Severity != SeverityWarning:
			return nil, fmt.Errorf("read verdict: %s has the severity %q", violation.Rule, violation.Severity)
		}
	}
	slices.SortFunc(verdict.Violations, compare)
	slices.SortFunc(verdict.Exempted, compare)
	return &Verdict{verdict.Violations, verdict.Exempted, verdict.Judged.Objects, verdict.Judged.Images, verdict.Judged.Unknown}, nil
}

func explanationsOf(answer rego.Vars, reviews int) ([]Explanation, error) {
	var explained struct {
		Explanations []struct {
			Explanation
			Review *int `json:"review"`
		} `json:"explanations"`
		Problems []*NodeError `json:"problems"`
	}
	if err := decode(answer, &explained); err != nil {
		return nil, fmt.Errorf("read explanations: %w", err)
	}
	if explained.Explanations == nil || explained.Problems == nil || slices.Contains(explained.Problems, nil) {
		return nil, errors.New("read explanations: explanations, problems or one of them is null")
	}
	if len(explained.Problems) > 0 {
		return nil, slices.MinFunc(explained.Problems, func(a, b *NodeError) int {
			return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Message, b.Message))
		})
	}
	explanations := make([]Explanation, len(explained.Explanations))
	for i, explanation := range explained.Explanations {
		if explanation.Review == nil || *explanation.Review < 0 || *explanation.Review >= reviews {
			return nil, fmt.Errorf("read explanations: %s is in none of the %d reviews", explanation.Path, reviews)
		}
		explanations[i] = explanation.Explanation
		explanations[i].Review = *explanation.Review
	}
	slices.SortFunc(explanations, compareExplanations)
	return explanations, nil
}

// joinVerdicts returns the verdict on the reviews of all parts, nil where there is no part.
func joinVerdicts(parts []part[*Verdict]) *Verdict {
	switch len(parts) {
	case 0:
		return nil
	case 1:
		return parts[0].answer
	}
	joined := &Verdict{Violations: []Violation{}, Exempted: []Violation{}}
	for _, part := range parts {
		joined.Violations = append(joined.Violations, moved(part, part.answer.Violations)...)
		joined.Exempted = append(joined.Exempted, moved(part, part.answer.Exempted)...)
		joined.Objects += part.answer.Objects - len(part.failed)
		joined.Images += part.answer.Images
		joined.Unknown += part.answer.Unknown
	}
	joined.Violations, joined.Exempted = sorted(joined.Violations), sorted(joined.Exempted)
	return joined
}

// moved returns a part's violations with the indexes of the whole, and without those of objects that stand for others.
func moved(of part[*Verdict], violations []Violation) []Violation {
	var moved []Violation
	for _, violation := range violations {
		if violation.Review != nil {
			if of.standsIn(violation.Path) {
				continue
			}
			review := *violation.Review + of.first
			violation.Review = &review
		}
		moved = append(moved, violation)
	}
	return moved
}

// sorted sorts violations, and keeps one of those of the parameters, which each part finds.
func sorted(violations []Violation) []Violation {
	slices.SortFunc(violations, compare)
	return slices.CompactFunc(violations, func(a, b Violation) bool {
		return a.Review == nil && b.Review == nil && compare(a, b) == 0
	})
}

func joinExplanations(parts []part[[]Explanation]) []Explanation {
	var joined []Explanation
	for _, part := range parts {
		for _, explanation := range part.answer {
			if !part.standsIn(explanation.Path) {
				explanation.Review += part.first
				joined = append(joined, explanation)
			}
		}
	}
	slices.SortStableFunc(joined, compareExplanations)
	return joined
}

func compareExplanations(a, b Explanation) int {
	return cmp.Or(cmp.Compare(a.Review, b.Review), cmp.Compare(a.Path, b.Path))
}

func compare(a, b Violation) int {
	return cmp.Or(
		cmp.Compare(a.review(), b.review()),
		cmp.Compare(a.Path, b.Path),
		cmp.Compare(a.Rule, b.Rule),
		cmp.Compare(a.Msg, b.Msg),
	)
}

func (v Violation) review() int {
	if v.Review == nil {
		return -1
	}
	return *v.Review
}

func decode(answer rego.Vars, into any) error {
	encoded, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	return json.Unmarshal(encoded, into)
}

//go:build cluster

package cluster_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
)

const (
	auditInterval = 3

	// pinned is an image whose default is Always for its tag, and whose content cannot move.
	pinned = "registry.example.com/shop/web:latest@sha256:" +
		"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

// TestGatekeeper applies what the bundle ships, unchanged, and does what people do.
func TestGatekeeper(t *testing.T) {
	g := newGatekeeper(t, "--audit-interval", fmt.Sprint(auditInterval), "--constraint-violations-limit", "500",
		"--emit-admission-events", "--emit-audit-events")
	for _, namespace := range []string{"before", "shop", "strict"} {
		g.createNamespace(t, namespace, nil)
	}
	g.createCached(t, "before")
	g.createCached(t, "kube-system")

	for i, command := range readmeCommands(t) {
		_, err := g.kubectlIn(t.Context(), "default", nil, command...)
		require.NoError(t, err)
		if i == 0 {
			g.guard(t, "Fail")
		}
	}
	g.enforce(t, g.pair(t, "strict", with(object{"profile": "strict"}), matching("namespaces", []any{"strict"}))...)
	deny, warn := nameIn(g.constraint(t, "deny.yaml")), nameIn(g.constraint(t, "warn.yaml"))

	for _, test := range []struct {
		what string
		run  func(*testing.T, *tally)
	}{
		{"what the bundle ships", g.takesAll},
		{"kubectl explain of the parameters", g.explains},
		{"templates of every kind", func(t *testing.T, tally *tally) { g.judgesTemplates(t, tally, deny, warn) }},
		{"kubectl set image", g.judgesSetImage},
		{"kubectl debug", func(t *testing.T, tally *tally) { g.judgesDebug(t, tally, deny, warn) }},
		{"typos in a Constraint", g.refusesTypos},
		{"exempt namespaces", g.exempts},
		{"mutation before validation", g.mutatesFirst},
		{"audit of what was there before", func(t *testing.T, tally *tally) { g.audits(t, tally, deny, warn) }},
		{"events and details", func(t *testing.T, tally *tally) { g.tells(t, tally, deny) }},
	} {
		t.Run(test.what, func(t *testing.T) {
			compare(t, "Gatekeeper "+g.version+": "+test.what, func(tally *tally) { test.run(t, tally) })
		})
	}
}

func nameIn(manifest object) string { return manifest["metadata"].(object)["name"].(string) }

// createCached creates an object of each kind with a tag that moves and is not pulled again.
func (g *gatekeeper) createCached(t *testing.T, namespace string) {
	t.Helper()
	for _, w := range workloads {
		for i, s := range slots {
			manifest := w.manifest(fmt.Sprintf("cached-%d", i), s.podSpec(latest, ifNotPresent))
			status, answer, err := g.do(t.Context(), http.MethodPost, w.path(namespace), manifest)
			require.NoError(t, err)
			require.Equal(t, http.StatusCreated, status, string(answer))
		}
	}
}

// readmeCommands are the arguments of kubectl with which the README has people install the template, and then the
// Constraints.
func readmeCommands(t *testing.T) [][]string {
	t.Helper()
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	var commands [][]string
	for _, match := range regexp.MustCompile("(?m)^kubectl (.+)$").FindAllSubmatch(readme, -1) {
		commands = append(commands, strings.Fields(strings.ReplaceAll(string(match[1]), "-f bundle/", "-f ../../bundle/")))
	}
	require.Len(t, commands, 4)
	return commands
}

// takesAll has the API server and Gatekeeper's webhook look at each object that the bundle ships, as kubectl apply sends
// it.
func (g *gatekeeper) takesAll(t *testing.T, tally *tally) {
	err := filepath.WalkDir(filepath.Dir(shippedTemplate), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, document := range documents(t, text) {
			group, _, _ := strings.Cut(document["apiVersion"].(string), "/")
			if group == "kustomize.config.k8s.io" { // for kubectl alone
				continue
			}
			tally.cases++
			_, err := g.kubectlIn(t.Context(), "default", document, "apply", "--dry-run=server", "-f", "-")
			if err != nil {
				tally.disagree("%s: %v", path, err)
			}
		}
		return nil
	})
	require.NoError(t, err)
}

// explains demands of kubectl explain each parameter with its description, down to the fields of those that hold others,
// and of a parameter by itself all the values that it may have.
func (g *gatekeeper) explains(t *testing.T, tally *tally) {
	text, err := os.ReadFile("../../bundle/schemas/parameters.json")
	require.NoError(t, err)
	var schema parameterSchema
	require.NoError(t, json.Unmarshal(text, &schema))
	require.NotEmpty(t, schema.Properties)
	g.explainsFields(t, tally, "k8simagepullpolicy.spec.parameters", schema)

	tally.cases++
	printed, err := g.kubectlIn(t.Context(), "default", nil, "explain", "k8simagepullpolicy.spec.parameters.profile")
	require.NoError(t, err)
	want := "ENUM: " + strings.Join(schema.Properties["profile"].Enum, " ") + " DESCRIPTION: "
	if !strings.Contains(strings.Join(strings.Fields(string(printed)), " "), want) {
		tally.disagree("want %s in %s", want, printed)
	}
}

type parameterSchema struct {
	Description string
	Properties  map[string]parameterSchema
	Items       *parameterSchema
	Enum        []string
}

func (g *gatekeeper) explainsFields(t *testing.T, tally *tally, path string, schema parameterSchema) {
	var explained string
	require.EventuallyWithT(t, func(c *assert.CollectT) { // the API server publishes the schema in its own time
		printed, err := g.kubectlIn(t.Context(), "default", nil, "explain", path)
		require.NoError(c, err)
		explained = strings.Join(strings.Fields(string(printed)), " ")
	}, 30*time.Second, time.Second)

	for name, field := range schema.Properties {
		tally.cases++
		want := strings.Join(strings.Fields(field.Description), " ")
		if !strings.Contains(explained, " "+name+" <") || !strings.Contains(explained, want) {
			tally.disagree("kubectl explain %s: want %s: %q, got %s", path, name, want, explained)
		}
		switch {
		case len(field.Properties) > 0:
			g.explainsFields(t, tally, path+"."+name, field)
		case field.Items != nil && len(field.Items.Properties) > 0:
			g.explainsFields(t, tally, path+"."+name, *field.Items)
		}
	}
}

// judgesTemplates creates an object of each kind, with one image in each place: one that moves and is not pulled again
// is denied, one that moves is warned about, and one that does not move passes.
func (g *gatekeeper) judgesTemplates(t *testing.T, tally *tally, deny, warn string) {
	for _, w := range workloads {
		for i, s := range slots {
			for name, c := range map[string]struct {
				image, policy    string
				denied, warnings int
			}{
				"cached": {latest, ifNotPresent, 1, 1},
				"pulled": {latest, always, 0, 1},
				"pinned": {release, ifNotPresent, 0, 0},
			} {
				tally.cases++
				manifest := w.manifest(fmt.Sprintf("%s-%d", name, i), s.podSpec(c.image, c.policy))
				answer, err := g.send(t.Context(), http.MethodPost, w.path("shop"), manifest)
				require.NoError(t, err)
				denials, warnings := denialsIn(t, answer), warningsIn(answer)
				if len(denials) != c.denied || len(warnings) != c.warnings ||
					!startWith(denials, "["+deny+"] mutable-tag-cached: ") || !startWith(warnings, "["+warn+"] tag-mutable: ") {
					tally.disagree("%s, %s, %s: denied %q, warned %q", w.kind, s.list, name, denials, warnings)
				}
			}
		}
	}
}

func startWith(texts []string, prefix string) bool {
	return !slices.ContainsFunc(texts, func(text string) bool { return !strings.HasPrefix(text, prefix) })
}

// judgesSetImage changes images with kubectl, where policy-stale is an error: the policy that the first image got is
// stale for the second, except where it is right for that one too, and one that is written is not.
func (g *gatekeeper) judgesSetImage(t *testing.T, tally *tally) {
	tagged := strings.Replace(pinned, ":latest", ":1.2.3", 1)
	moving, _, _ := strings.Cut(pinned, "@")
	for _, w := range workloads {
		if w.kind == "Job" || w.kind == "PodTemplate" { // no image of a Job can change, and kubectl knows none in the other
			continue
		}
		for name, c := range map[string]struct {
			first   string
			written any
			second  string
			denied  bool
		}{
			"default-of-latest":  {pinned, nil, tagged, true},
			"default-of-a-tag":   {tagged, nil, moving, true},
			"right-for-a-digest": {tagged, nil, pinned, false},
			"same-default":       {tagged, nil, strings.Replace(tagged, "1.2.3", "1.2.4", 1), false},
			"written":            {pinned, ifNotPresent, tagged, false},
		} {
			tally.cases++
			_, err := g.kubectlIn(t.Context(), "strict", w.manifest(name, container.podSpec(c.first, c.written)), "create", "-f", "-")
			require.NoError(t, err)
			_, err = g.kubectlIn(t.Context(), "strict", nil, "set", "image", w.kind+"/"+name, "app="+c.second)
			if c.denied != (err != nil) || err != nil && !strings.Contains(err.Error(), "[deny-strict] policy-stale: ") {
				tally.disagree("%s, %s: want denied: %v, got %v", w.kind, name, c.denied, err)
			}
		}
	}
}

// judgesDebug adds ephemeral containers to a Pod with kubectl debug, which goes through a subresource.
func (g *gatekeeper) judgesDebug(t *testing.T, tally *tally, deny, warn string) {
	_, err := g.kubectlIn(t.Context(), "shop", pod.manifest("debugged", container.podSpec(release, ifNotPresent)), "create", "-f", "-")
	require.NoError(t, err)
	for _, c := range []struct{ name, image, policy, denied, warned string }{
		{"cached", latest, ifNotPresent, "mutable-tag-cached", ""},
		{"never", release, never, "", "never-not-preloaded"},
		{"pulled", latest, always, "", "tag-mutable"},
		{"default", "busybox", "", "", "tag-mutable"},
		{"pinned", release, ifNotPresent, "", ""},
	} {
		tally.cases++
		args := []string{"debug", "pod/debugged", "--image", c.image, "--container", c.name, "--profile", "general"}
		if c.policy != "" {
			args = append(args, "--image-pull-policy", c.policy)
		}
		_, stderr, err := g.kubectlSays(t.Context(), "shop", nil, args...)
		switch {
		case c.denied != "" && (err == nil || !strings.Contains(err.Error(), "["+deny+"] "+c.denied+": ")):
			tally.disagree("%s: want denied by %s, got %v", c.name, c.denied, err)
		case c.denied == "" && err != nil:
			tally.disagree("%s: %v", c.name, err)
		case c.warned != "" && !strings.Contains(string(stderr), "Warning: ["+warn+"] "+c.warned+": "):
			tally.disagree("%s: want warned by %s, got %s", c.name, c.warned, stderr)
		}
	}
	stored, err := g.kubectlIn(t.Context(), "shop", nil, "get", "pod/debugged", "-o", "jsonpath={.spec.ephemeralContainers[*].name}")
	require.NoError(t, err)
	if string(stored) != "never pulled default pinned" {
		tally.disagree("stored are the ephemeral containers %s", stored)
	}
}

// refusesTypos applies Constraints with a mistake in them. A key that nobody knows is rejected where kubectl sends it, and
// by every server-side apply; a client that does not ask for strict validation has it pruned, with a warning.
func (g *gatekeeper) refusesTypos(t *testing.T, tally *tally) {
	for path, c := range map[string]struct {
		parameters object
		fault      string // "" where the key is unknown
		applied    string // the fault in the words of a server-side apply, where it has its own
	}{
		"mutabelTags":          {object{"mutabelTags": []any{"dev"}}, "", ""},
		"rules.tag-mutible":    {object{"rules": object{"tag-mutible": "error"}}, "", ""},
		"podSpecs[0].groop":    {object{"podSpecs": []any{object{"kind": "Job", "path": "spec", "groop": "a.b"}}}, "", ""},
		"profile":              {object{"profile": "strickt"}, `Unsupported value: "strickt"`, ""},
		"allowedPolicies[0]":   {object{"allowedPolicies": []any{"always"}}, `Unsupported value: "always"`, ""},
		"rules.tag-mutable":    {object{"rules": object{"tag-mutable": "fatal"}}, `Unsupported value: "fatal"`, ""},
		"severities[0]":        {object{"severities": []any{"fatal"}}, `Unsupported value: "fatal"`, ""},
		"mutableTags":          {object{"mutableTags": "dev"}, "Invalid value", "expected list"},
		"exemptions[0].reason": {object{"exemptions": []any{object{"namespaces": []any{"a"}}}}, "Required value", ""},
	} {
		constraint := g.constraint(t, "deny.yaml", named("typo"), with(c.parameters))
		strict, applied, plain := `unknown field "spec.parameters.`+path+`"`, path+": field not declared in schema", http.StatusCreated
		if c.fault != "" {
			strict, plain = "spec.parameters."+path+": "+c.fault, http.StatusUnprocessableEntity
			applied = path + ": " + cmp.Or(c.applied, c.fault)
		}
		for want, args := range map[string][]string{strict: {"apply"}, applied: {"apply", "--server-side"}} {
			tally.cases++
			_, err := g.kubectlIn(t.Context(), "default", constraint, append(args, "-f", "-")...)
			if err == nil || !strings.Contains(err.Error(), want) {
				tally.disagree("%s, kubectl %s: want %s, got %v", path, args, want, err)
			}
		}
		tally.cases++
		answer, err := g.send(t.Context(), http.MethodPost, constraintPath+"?dryRun=All", constraint)
		require.NoError(t, err)
		said := answer.header.Get("Warning") + string(answer.body)
		if answer.status != plain || !strings.Contains(strings.ReplaceAll(said, `\"`, `"`), strict) {
			tally.disagree("%s, without strict validation: want status %d and %s, got %d: %s", path, plain, strict, answer.status, said)
		}
	}
}

// exempts demands that Gatekeeper is silent in the namespaces that the Constraints leave alone, and that nobody can
// label another as such.
func (g *gatekeeper) exempts(t *testing.T, tally *tally) {
	for _, namespace := range []string{"kube-system", "gatekeeper-system"} {
		for _, w := range workloads {
			if w == pod && namespace == "gatekeeper-system" { // which ships with a Pod Security Standard of its own
				continue
			}
			tally.cases++
			manifest := w.manifest("exempt", container.podSpec(latest, ifNotPresent))
			answer, err := g.send(t.Context(), http.MethodPost, w.path(namespace), manifest)
			require.NoError(t, err)
			if answer.status != http.StatusCreated || len(warningsIn(answer)) > 0 {
				tally.disagree("%s in %s: %s, %q", w.kind, namespace, answer.body, answer.header["Warning"])
			}
		}
	}
	tally.cases++
	_, err := g.kubectlIn(t.Context(), "default", nil, "label", "namespace", "shop", "admission.gatekeeper.sh/ignore=yes")
	if err == nil || !strings.Contains(err.Error(), "check-ignore-label.gatekeeper.sh") {
		tally.disagree("anyone can label a namespace so that it is not checked: %v", err)
	}
}

// mutatesFirst has Gatekeeper write Always into the containers of a namespace's Pods, so that its Constraints find nothing
// to forbid there.
func (g *gatekeeper) mutatesFirst(t *testing.T, tally *tally) {
	g.mutate(t, "Fail")
	g.createNamespace(t, "mutated", nil)
	const assign = "/apis/mutations.gatekeeper.sh/v1/assign"
	status, answer, err := g.do(t.Context(), http.MethodPost, assign, object{
		"apiVersion": "mutations.gatekeeper.sh/v1", "kind": "Assign", "metadata": object{"name": "always"},
		"spec": object{
			"applyTo":    []any{object{"groups": []any{""}, "versions": []any{"v1"}, "kinds": []any{"Pod"}}},
			"match":      object{"namespaces": []any{"mutated"}},
			"location":   "spec.containers[name:*].imagePullPolicy",
			"parameters": object{"assign": object{"value": always}},
		},
	})
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, status, string(answer))

	manifest := pod.manifest("app", container.podSpec(latest, ifNotPresent))
	require.Eventually(t, func() bool {
		answer, err := g.send(t.Context(), http.MethodPost, pod.path("mutated")+"?dryRun=All", manifest)
		return err == nil && answer.status == http.StatusCreated
	}, 30*time.Second, 100*time.Millisecond, "the Pod is still denied")
	for namespace, want := range map[string]int{"mutated": http.StatusCreated, "shop": http.StatusForbidden} {
		tally.cases++
		answer, err := g.send(t.Context(), http.MethodPost, pod.path(namespace), manifest)
		require.NoError(t, err)
		if answer.status != want || want == http.StatusCreated && !strings.Contains(string(answer.body), `"imagePullPolicy":"Always"`) {
			tally.disagree("in %s: want %d, got %s", namespace, want, answer.body)
		}
	}
}

// audits demands, in the status of each Constraint and in the log, what the engine finds in the objects that were there
// before it.
func (g *gatekeeper) audits(t *testing.T, tally *tally, deny, warn string) {
	g.untilAudited(t, time.Now())
	engine := newEngine(t)
	for constraint, severity := range map[string]string{deny: harness.SeverityError, warn: harness.SeverityWarning} {
		want, details := g.violationsIn(t, engine, "before", severity)
		status := g.statusOf(t, constraint)
		got := []string{}
		for _, violation := range status.Violations {
			switch violation["namespace"] {
			case "before":
				got = append(got, fmt.Sprintf("%s %s: %s", violation["kind"], violation["name"], violation["message"]))
			case "kube-system", "gatekeeper-system":
				tally.disagree("%s: %v", constraint, violation)
			}
			if violation["details"] != nil {
				tally.disagree("%s: details in a status: %v", constraint, violation)
			}
		}
		slices.Sort(got)
		tally.cases += len(want)
		if !slices.Equal(got, want) || status.TotalViolations < len(want) {
			tally.disagree("%s: got %q, want %q", constraint, got, want)
		}

		var logged []logLine
		for _, line := range g.violationsLogged(t, "violation_audited") {
			if line.Namespace == "before" && line.Constraint == constraint && line.AuditID.Equal(status.AuditTimestamp) {
				line.Message = "denied admission: " + line.Message // as detailsIn reads it
				logged = append(logged, line)
			}
		}
		if got := detailsIn(t, logged); !slices.Equal(got, details) {
			tally.disagree("%s: logged %q, want %q", constraint, got, details)
		}
	}
}

// A constraintStatus is what an audit leaves in a Constraint.
type constraintStatus struct {
	AuditTimestamp  time.Time
	TotalViolations int
	Violations      []object
}

func (g *gatekeeper) statusOf(t *testing.T, constraint string) constraintStatus {
	t.Helper()
	status, answer, err := g.do(t.Context(), http.MethodGet, constraintPath+"/"+constraint, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status, string(answer))
	var read struct{ Status constraintStatus }
	require.NoError(t, json.Unmarshal(answer, &read))
	return read.Status
}

// untilAudited waits until an audit that began after a time is in the status of every Constraint.
func (g *gatekeeper) untilAudited(t *testing.T, after time.Time) {
	t.Helper()
	require.Eventually(t, func() bool {
		status, answer, err := g.do(t.Context(), http.MethodGet, constraintPath, nil)
		if err != nil || status != http.StatusOK {
			return false
		}
		var read struct {
			Items []struct{ Status constraintStatus }
		}
		if json.Unmarshal(answer, &read) != nil {
			return false
		}
		for _, item := range read.Items {
			if !item.Status.AuditTimestamp.After(after) { // in full seconds, so none that began in this one
				return false
			}
		}
		return len(read.Items) > 0
	}, 2*time.Minute, 200*time.Millisecond, "no audit")
}

// violationsIn are what the engine finds in the stored workloads of a namespace: as a Constraint's status lists it,
// and as the log gives its details.
func (g *gatekeeper) violationsIn(t *testing.T, engine *harness.Engine, namespace, severity string) (listed, details []string) {
	t.Helper()
	var found []harness.Violation
	for _, w := range workloads {
		for _, stored := range g.list(t, w, namespace) {
			review, err := harness.NewReview(stored, nil)
			require.NoError(t, err)
			verdict, err := engine.Judge(t.Context(), harness.Input{
				Reviews: []harness.Review{review}, Parameters: harness.Parameters{Severities: []string{severity}}.Value(),
			})
			require.NoError(t, err)
			found = append(found, verdict.Violations...)
		}
	}
	for _, v := range found {
		listed = append(listed, fmt.Sprintf("%s %s: %s", v.Kind, v.Name, v.Msg))
	}
	slices.Sort(listed)
	return listed, encoded(t, found)
}

// list reads the workload's objects in a namespace. Items of a list do not say their kind, so it is added.
func (g *gatekeeper) list(t *testing.T, w workload, namespace string) []object {
	t.Helper()
	status, answer, err := g.do(t.Context(), http.MethodGet, w.path(namespace), nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status, string(answer))
	var read struct{ Items []object }
	require.NoError(t, json.Unmarshal(answer, &read))
	for _, item := range read.Items {
		item["apiVersion"], item["kind"] = w.apiVersion, w.kind
	}
	return read.Items
}

// tells demands an event of each denial and of each violation that the audit finds, with the sentence and, as
// annotations, the Constraint and the object. The details are in neither.
func (g *gatekeeper) tells(t *testing.T, tally *tally, deny string) {
	answer, err := g.send(t.Context(), http.MethodPost, pod.path("shop"), pod.manifest("told", container.podSpec(latest, ifNotPresent)))
	require.NoError(t, err)
	denials := denialsIn(t, answer)
	require.Len(t, denials, 1)
	sentence := strings.TrimPrefix(denials[0], "["+deny+"] ")

	for reason, want := range map[string]struct{ namespace, name, message string }{
		"FailedAdmission": {"shop", "told", `Admission webhook "validation.gatekeeper.sh" denied request, `},
		"AuditViolation":  {"before", "cached-0", ""},
	} {
		tally.cases++
		want.message += fmt.Sprintf("Resource Namespace: %s, Constraint: %s, Message: %s", want.namespace, deny, sentence)
		var event object
		require.Eventually(t, func() bool {
			event = g.eventOf(t, reason, want.name, "Pod", want.message)
			return event != nil
		}, 30*time.Second, 200*time.Millisecond, "no event %s", reason)
		annotations := event["metadata"].(object)["annotations"].(object)
		if annotations["constraint_name"] != deny || annotations["resource_namespace"] != want.namespace ||
			annotations["resource_name"] != want.name || strings.Contains(encode(t, event), "remedy") {
			tally.disagree("%s: %s", reason, encode(t, event))
		}
	}
}

func (g *gatekeeper) eventOf(t *testing.T, reason, name, kind, message string) object {
	t.Helper()
	_, answer, err := g.do(t.Context(), http.MethodGet, "/api/v1/namespaces/gatekeeper-system/events?fieldSelector=reason="+reason, nil)
	require.NoError(t, err)
	var read struct{ Items []object }
	require.NoError(t, json.Unmarshal(answer, &read))
	for _, event := range read.Items {
		involved := event["involvedObject"].(object)
		if involved["name"] == name && involved["kind"] == kind && event["message"] == message {
			return event
		}
	}
	return nil
}

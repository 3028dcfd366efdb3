//go:build cluster

package cluster_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/fixture"
)

// A request is what a fixture asks of an API server: that an object is created, or that another is updated to it.
type request struct {
	file                   string
	id                     string // the label that finds it again
	parameters             ast.Value
	operation, subresource string
	object, former         object
	path                   string // where the API server serves the object's kind

	answer answer
	apart  string // why Gatekeeper is not asked, "" where it is
}

const (
	fixtureLabel    = "fixture"    // whose fixture an object is
	parametersLabel = "parameters" // which Constraints match it

	refusedItself = "the API server rejects it: "
)

// TestGatekeeperFixtures creates, or creates and updates, the object of every fixture, before Constraints with the
// fixture's parameters. What Gatekeeper answers then, and what its log gives as details, must be the engine's verdict
// on what the API server handed to admission.
func TestGatekeeperFixtures(t *testing.T) {
	g := newGatekeeper(t, "--audit-interval", "0")
	engine := newEngine(t)
	requests := requestsOf(t)
	sets := parameterSets(t, requests)
	g.prepareFor(t, requests)

	g.applyTemplate(t)
	witness := newWitness(t, g)
	g.guard(t, "Fail")
	compare(t, "Gatekeeper "+g.version+": Constraints of fixtures", func(tally *tally) {
		g.constrain(t, engine, sets, requests, tally)
	})

	asked := slices.DeleteFunc(slices.Clone(requests), func(r *request) bool { return r.apart != "" })
	inParallel(8, asked, func(r *request) { g.ask(t, r) })
	reviews := witness.seen(t, fixtureLabel)
	logged := map[string][]logLine{}
	for _, line := range g.violationsLogged(t, "violation") {
		key := line.Kind + " " + line.Namespace + " " + line.Name
		logged[key] = append(logged[key], line)
	}
	compare(t, "Gatekeeper "+g.version+": answers to fixtures", func(tally *tally) {
		updates, denied, warned := 0, 0, 0
		for _, r := range asked {
			review, ok := reviews[r.id+" "+r.operation]
			if !ok {
				r.unseen(t)
				continue
			}
			tally.cases++
			updates += count(r.operation == "UPDATE")
			denied += count(r.answer.status == http.StatusForbidden)
			warned += count(len(warningsIn(r.answer)) > 0)
			g.agree(t, engine, r, review, logged, tally)
		}
		tally.note = fmt.Sprintf("%d updates; %d denied, %d warned", updates, denied, warned)
	})
	compare(t, "what the API server rejects of the fixtures", func(tally *tally) {
		for _, r := range asked {
			if strings.HasPrefix(r.apart, refusedItself) {
				tally.cases++
				r.faulty(t, engine, tally)
			}
		}
	})
	compare(t, "what admission sees of an unset policy", func(tally *tally) {
		countUnset(t, engine, asked, reviews, tally)
	})
	reportApart(t, requests)
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// requestsOf reads the fixtures. An item of a List is a request of its own, as kubectl sends it.
func requestsOf(t *testing.T) []*request {
	t.Helper()
	cases, err := fixture.LoadAll(os.DirFS("../../fixtures"))
	require.NoError(t, err)
	var requests []*request
	for _, c := range cases {
		for _, r := range split(t, c) {
			r.id = fmt.Sprintf("f%d", len(requests))
			requests = append(requests, r)
			r.complete()
		}
	}
	return requests
}

// split takes Lists and AdmissionReviews apart.
func split(t *testing.T, c *fixture.Case) []*request {
	t.Helper()
	decoded, err := ast.JSON(c.Input.Reviews[0].Object)
	require.NoError(t, err)
	manifest := clone(t, decoded.(object))
	if manifest["kind"] == "AdmissionReview" {
		asked, _ := manifest["request"].(object)
		r := &request{file: c.File, parameters: c.Input.Parameters}
		r.object, _ = asked["object"].(object)
		r.former, _ = asked["oldObject"].(object)
		r.operation, _ = asked["operation"].(string)
		r.subresource, _ = asked["subResource"].(string)
		return []*request{r}
	}
	var requests []*request
	for _, item := range itemsOf(manifest) {
		r := &request{file: c.File, parameters: c.Input.Parameters, operation: "CREATE", object: item}
		if spec, ok := item["spec"].(object); ok && item["kind"] == "Pod" && spec["ephemeralContainers"] != nil {
			// No Pod can be created with them.
			r.operation, r.subresource, r.former = "UPDATE", "ephemeralcontainers", clone(t, item)
			delete(r.former["spec"].(object), "ephemeralContainers")
		}
		requests = append(requests, r)
	}
	return requests
}

// itemsOf are the objects in a List and in the Lists in it, or the object that is not a List.
func itemsOf(manifest object) []object {
	items, ok := manifest["items"].([]any)
	kind, _ := manifest["kind"].(string)
	itemKind, list := strings.CutSuffix(kind, "List")
	if !ok || !list {
		return []object{manifest}
	}
	var all []object
	for _, item := range items {
		inner, _ := item.(object)
		if inner["kind"] == nil && itemKind != "" && inner != nil {
			inner["apiVersion"], inner["kind"] = manifest["apiVersion"], itemKind
		}
		all = append(all, itemsOf(inner)...)
	}
	return all
}

// complete gives the objects what the API server demands and no rule looks at, and labels them.
func (r *request) complete() {
	if r.object == nil || r.operation != "CREATE" && r.operation != "UPDATE" {
		r.apart = "no object to send"
		return
	}
	for _, manifest := range []object{r.former, r.object} {
		if manifest == nil {
			continue
		}
		metadata, _ := manifest["metadata"].(object)
		if metadata == nil {
			metadata = object{}
			manifest["metadata"] = metadata
		}
		if manifest["kind"] != "CustomResourceDefinition" && metadata["generateName"] == nil {
			metadata["name"] = r.id
		}
		labels, _ := metadata["labels"].(object)
		if labels == nil {
			labels = object{}
			metadata["labels"] = labels
		}
		labels[fixtureLabel], labels[parametersLabel] = r.id, nameOf(r.parameters)
		completeSpec(manifest)
	}
}

// completeSpec adds to the spec of a built-in workload what has nothing to do with its images.
func completeSpec(manifest object) {
	if manifest["kind"] == "Service" {
		setDefault(manifest, "spec", object{"ports": []any{object{"port": 80}}})
	}
	spec, _ := manifest["spec"].(object)
	if spec == nil {
		return
	}
	labels := object{"app": "web"}
	switch fmt.Sprintf("%v %v", manifest["apiVersion"], manifest["kind"]) {
	case "v1 ReplicationController":
		spec["selector"] = labels
		completeTemplate(spec["template"], labels, "")
	case "batch/v1 CronJob":
		setDefault(spec, "schedule", "@daily")
		job, _ := spec["jobTemplate"].(object)
		jobSpec, _ := job["spec"].(object)
		completeTemplate(jobSpec["template"], nil, "Never")
	case "batch/v1 Job":
		completeTemplate(spec["template"], nil, "Never")
	case "apps/v1 Deployment", "apps/v1 DaemonSet", "apps/v1 ReplicaSet", "apps/v1 StatefulSet":
		spec["selector"] = object{"matchLabels": labels}
		completeTemplate(spec["template"], labels, "")
	}
}

func completeTemplate(written any, labels object, restartPolicy string) {
	template, _ := written.(object)
	if template == nil {
		return
	}
	if labels != nil {
		template["metadata"] = object{"labels": labels}
	}
	if spec, ok := template["spec"].(object); ok && restartPolicy != "" {
		setDefault(spec, "restartPolicy", restartPolicy)
	}
}

func setDefault(in object, key string, value any) {
	if in[key] == nil {
		in[key] = value
	}
}

// nameOf is a name for parameters, the same for the same.
func nameOf(parameters ast.Value) string {
	if parameters == nil {
		return "none"
	}
	return fmt.Sprintf("p%x", uint32(parameters.Hash()))
}

// parameterSets are the different parameters of the fixtures, by their name.
func parameterSets(t *testing.T, requests []*request) map[string]any {
	t.Helper()
	sets := map[string]any{}
	for _, r := range requests {
		if r.parameters == nil {
			sets[nameOf(nil)] = object{}
			continue
		}
		decoded, err := ast.JSON(r.parameters)
		require.NoError(t, err)
		sets[nameOf(r.parameters)] = decoded
	}
	return sets
}

// prepareFor has the kinds of the fixtures served, creates their namespaces, and creates what updates replace.
func (g *gatekeeper) prepareFor(t *testing.T, requests []*request) {
	t.Helper()
	g.defineKinds(t, requests)
	namespaces := map[string]bool{"default": true}
	for _, r := range requests {
		if r.apart != "" {
			continue
		}
		if r.path = g.pathOf(t, r.object); r.path == "" {
			r.apart = "its kind is not served"
			continue
		}
		if namespace := namespaceOf(r.object); !namespaces[namespace] {
			namespaces[namespace] = true
			g.createNamespace(t, namespace, nil)
		}
		if r.operation != "UPDATE" {
			continue
		}
		answer, err := g.send(t.Context(), http.MethodPost, r.path, r.former)
		require.NoError(t, err)
		if answer.status != http.StatusCreated {
			r.apart = "the API server rejects what it replaces: " + reasonOf(t, answer)
			continue
		}
		var stored object
		require.NoError(t, json.Unmarshal(answer.body, &stored))
		r.object["metadata"].(object)["resourceVersion"] = stored["metadata"].(object)["resourceVersion"]
	}
}

func namespaceOf(manifest object) string {
	metadata := manifest["metadata"].(object)
	namespace, _ := metadata["namespace"].(string)
	return cmp.Or(namespace, "default")
}

// defineKinds creates a CustomResourceDefinition, which takes anything, for each custom kind.
func (g *gatekeeper) defineKinds(t *testing.T, requests []*request) {
	t.Helper()
	for _, r := range requests {
		if r.apart != "" || g.pathOf(t, r.object) != "" {
			continue
		}
		apiVersion, _ := r.object["apiVersion"].(string)
		group, version, _ := strings.Cut(apiVersion, "/")
		kind, _ := r.object["kind"].(string)
		if !strings.Contains(group, ".") || kind == "" {
			continue
		}
		singular := strings.ToLower(kind)
		plural := singular + "-fixtures" // one of the fixtures defines a kind with the usual plural
		g.createDefinition(t, object{
			"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
			"metadata": object{
				"name":        plural + "." + group,
				"annotations": object{"api-approved.kubernetes.io": "unapproved, for a test"},
			},
			"spec": object{
				"group": group, "scope": "Namespaced",
				"names": object{"kind": kind, "plural": plural, "singular": singular},
				"versions": []any{object{
					"name": version, "served": true, "storage": true,
					"schema": object{"openAPIV3Schema": object{"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
				}},
			},
		})
		g.untilServed(t, "/apis/"+apiVersion+"/"+plural)
	}
}

// pathOf is where the API server serves an object's kind, "" where it does not.
func (g *gatekeeper) pathOf(t *testing.T, manifest object) string {
	t.Helper()
	apiVersion, _ := manifest["apiVersion"].(string)
	root := "/apis/" + apiVersion
	if !strings.Contains(apiVersion, "/") {
		root = "/api/" + apiVersion
	}
	status, answer, err := g.do(t.Context(), http.MethodGet, root, nil)
	require.NoError(t, err)
	if status != http.StatusOK {
		return ""
	}
	var served struct {
		Resources []struct {
			Name, Kind string
			Namespaced bool
		}
	}
	require.NoError(t, json.Unmarshal(answer, &served))
	for _, resource := range served.Resources {
		if resource.Kind != manifest["kind"] || strings.Contains(resource.Name, "/") {
			continue
		}
		if resource.Namespaced {
			root += "/namespaces/" + namespaceOf(manifest)
		}
		return root + "/" + resource.Name
	}
	return ""
}

// constrain creates the Constraints for each set of parameters. The API server rejects none but those that the policies
// find invalid; the fixtures that have them are not asked about. What it takes although it is invalid, such as a glob
// that fits no rule, denies everything.
func (g *gatekeeper) constrain(t *testing.T, engine *harness.Engine, sets map[string]any, requests []*request, tally *tally) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(sets)) {
		invalid := invalidParameters(t, engine, sets[name])
		var refusals []string
		for _, constraint := range g.pair(t, name, matching("labelSelector", object{"matchLabels": object{parametersLabel: name}})) {
			setParameters(constraint, sets[name])
			status, answer, err := g.do(t.Context(), http.MethodPost, constraintPath+"?fieldValidation=Strict", constraint) // as kubectl does
			require.NoError(t, err)
			if status != http.StatusCreated {
				refusals = append(refusals, string(answer))
			}
		}
		tally.cases++
		if !invalid && len(refusals) > 0 {
			tally.disagree("%v: no fault to the policies, but the Constraint is rejected: %s", sets[name], refusals)
		}
		if invalid && len(refusals) == 0 {
			t.Logf("%v: taken, and denies everything", sets[name])
		}
		if len(refusals) > 0 {
			for _, r := range requests {
				if nameOf(r.parameters) == name && r.apart == "" {
					r.apart = "its Constraint is rejected"
				}
			}
		}
	}
	g.untilEnforced(t, constraintPath)
}

// setParameters gives a Constraint the parameters of a fixture, whatever they are.
func setParameters(constraint object, parameters any) {
	if merged, ok := parameters.(object); ok {
		with(merged)(constraint)
		return
	}
	constraint["spec"].(object)["parameters"] = parameters
}

func invalidParameters(t *testing.T, engine *harness.Engine, parameters any) bool {
	t.Helper()
	value, err := ast.InterfaceToValue(parameters)
	require.NoError(t, err)
	verdict, err := engine.Judge(t.Context(), harness.Input{Reviews: []harness.Review{}, Parameters: value})
	require.NoError(t, err)
	return slices.ContainsFunc(verdict.Violations, func(v harness.Violation) bool { return v.Rule == "parameters-invalid" })
}

// ask sends the request.
func (g *gatekeeper) ask(t *testing.T, r *request) {
	path, method := r.path, http.MethodPost
	if r.operation == "UPDATE" {
		path, method = path+"/"+r.id, http.MethodPut
		if r.subresource != "" {
			path += "/" + r.subresource
		}
	}
	var err error
	r.answer, err = g.send(t.Context(), method, path, r.object)
	if err != nil {
		t.Errorf("%s: %v", r.file, err)
	}
}

// unseen sets a request apart that admission was never asked about: the API server rejects the object, or asks no
// webhook about webhooks.
func (r *request) unseen(t *testing.T) {
	t.Helper()
	if r.answer.status >= 400 && r.answer.status < 500 {
		r.apart = refusedItself + reasonOf(t, r.answer)
		return
	}
	require.Equal(t, "ValidatingWebhookConfiguration", r.object["kind"], "%s: %s", r.file, r.answer.body)
	r.apart = "no webhook is asked about webhooks"
}

// faulty demands that the policies find a fault, too, in what the API server rejects, unless it is that two containers
// have one name.
func (r *request) faulty(t *testing.T, engine *harness.Engine, tally *tally) {
	t.Helper()
	if bytes.Contains(r.answer.body, []byte("FieldValueDuplicate")) {
		return
	}
	review, err := harness.NewReview(r.object, nil)
	require.NoError(t, err)
	verdict, err := engine.Judge(t.Context(), harness.Input{Reviews: []harness.Review{review}})
	require.NoError(t, err)
	if !slices.ContainsFunc(verdict.Violations, func(v harness.Violation) bool {
		return slices.Contains([]string{"input-invalid", "image-invalid", "policy-invalid"}, v.Rule)
	}) {
		tally.disagree("%s: no fault to the policies: %s", r.file, r.answer.body)
	}
}

// reasonOf is the API server's own word for why it rejects a request.
func reasonOf(t *testing.T, refusal answer) string {
	t.Helper()
	var status struct{ Reason string }
	require.NoError(t, json.Unmarshal(refusal.body, &status))
	return status.Reason
}

// agree demands of Gatekeeper the engine's verdict on what the API server handed to admission.
func (g *gatekeeper) agree(
	t *testing.T, engine *harness.Engine, r *request, review admissionReview, logged map[string][]logLine, tally *tally,
) {
	t.Helper()
	var denials, warnings []string
	var details []harness.Violation
	for _, action := range []string{"deny", "warn"} {
		constraint := action + "-" + nameOf(r.parameters)
		for _, v := range judgeAs(t, engine, review, r.parameters, severityOf[action]) {
			line := "[" + constraint + "] " + v.Msg
			if action == "deny" {
				denials = append(denials, line)
			} else {
				warnings = append(warnings, line)
			}
			details = append(details, v)
		}
	}

	if got, want := denialsIn(t, r.answer), lines(denials); !slices.Equal(got, want) {
		tally.disagree("%s: status %d, denied with %q, want %q: %s", r.file, r.answer.status, got, want, r.answer.body)
		return
	}
	if got, want := warningsIn(r.answer), warned(warnings); !slices.Equal(got, want) {
		tally.disagree("%s: warned with %q, want %q", r.file, got, want)
		return
	}
	manifest := objectOf(t, review)
	lines := logged[fmt.Sprintf("%s %s %s", manifest["kind"], namespaceOf(manifest), manifest["metadata"].(object)["name"])]
	if got, want := detailsIn(t, lines), encoded(t, details); !slices.Equal(got, want) {
		tally.disagree("%s: logged %q, want %q", r.file, got, want)
		return
	}
	g.stores(t, r, manifest, len(denials) == 0, tally)
}

var severityOf = map[string]string{"deny": harness.SeverityError, "warn": harness.SeverityWarning}

// judgeAs is the engine's verdict under the parameters of a fixture and the severity of one of the two Constraints.
func judgeAs(t *testing.T, engine *harness.Engine, review admissionReview, parameters ast.Value, severity string) []harness.Violation {
	t.Helper()
	merged := ast.NewObject(ast.Item(ast.StringTerm("severities"), ast.ArrayTerm(ast.StringTerm(severity))))
	if own, ok := parameters.(ast.Object); ok {
		merged, _ = own.Merge(merged)
	}
	verdict, err := engine.Judge(t.Context(), harness.Input{
		Reviews: []harness.Review{review.review(t)}, Parameters: merged,
	})
	require.NoError(t, err)
	return verdict.Violations
}

// stores demands that what was denied is not stored, and what was not is, as it was at admission.
func (g *gatekeeper) stores(t *testing.T, r *request, admitted object, allowed bool, tally *tally) {
	t.Helper()
	name := admitted["metadata"].(object)["name"].(string)
	status, body, err := g.do(t.Context(), http.MethodGet, r.path+"/"+name, nil)
	require.NoError(t, err)
	var stored object
	require.NoError(t, json.Unmarshal(body, &stored))
	switch {
	case r.operation == "CREATE" && allowed != (status == http.StatusOK):
		tally.disagree("%s: allowed is %v, and reading it answers %d", r.file, allowed, status)
	case r.operation == "UPDATE" && allowed != (encode(t, stored["spec"]) == encode(t, admitted["spec"])):
		tally.disagree("%s: allowed is %v, and stored is %s", r.file, allowed, body)
	}
}

// denialsIn are the lines with which Gatekeeper's webhook denies, sorted; nil where it allows.
func denialsIn(t *testing.T, a answer) []string {
	t.Helper()
	if a.status < 300 {
		return nil
	}
	var status struct{ Message string }
	require.NoError(t, json.Unmarshal(a.body, &status))
	denied, ok := strings.CutPrefix(status.Message, `admission webhook "validation.gatekeeper.sh" denied the request: `)
	if !ok || a.status != http.StatusForbidden {
		return []string{status.Message}
	}
	return lines([]string{denied})
}

// lines are those of several texts, sorted: a message may hold an image with a line break in it.
func lines(texts []string) []string {
	var all []string
	for _, text := range texts {
		all = append(all, strings.Split(text, "\n")...)
	}
	slices.Sort(all)
	return all
}

// warningsIn are the warnings of Constraints in an answer, sorted; the API server has warnings of its own.
func warningsIn(a answer) []string {
	var texts []string
	for _, header := range a.header.Values("Warning") {
		quoted := strings.TrimSuffix(strings.TrimPrefix(header, `299 - "`), `"`)
		if strings.HasPrefix(quoted, "[") {
			texts = append(texts, strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(quoted))
		}
	}
	slices.Sort(texts)
	return texts
}

// warned are warnings as the API server passes them on: each once, and without line breaks.
func warned(texts []string) []string {
	var passed []string
	for _, text := range texts {
		passed = append(passed, strings.ReplaceAll(text, "\n", ""))
	}
	slices.Sort(passed)
	return slices.Compact(passed)
}

// detailsIn are the details of log lines, sorted.
func detailsIn(t *testing.T, lines []logLine) []string {
	t.Helper()
	var violations []harness.Violation
	for _, line := range lines {
		var violation harness.Violation
		require.NoError(t, json.Unmarshal(line.Details, &violation))
		_, violation.Msg, _ = strings.Cut(line.Message, "denied admission: ")
		violations = append(violations, violation)
	}
	return encoded(t, violations)
}

func encoded(t *testing.T, violations []harness.Violation) []string {
	t.Helper()
	var all []string
	for _, violation := range violations {
		violation.Review = nil // there is only one
		all = append(all, encode(t, violation))
	}
	slices.Sort(all)
	return all
}

func objectOf(t *testing.T, review admissionReview) object {
	t.Helper()
	var manifest object
	require.NoError(t, json.Unmarshal(review.Request.Object, &manifest))
	return manifest
}

// countUnset demands that no policy of a built-in kind is unset at admission, although many are where they are sent,
// and that those of custom resources arrive as they were sent.
func countUnset(t *testing.T, engine *harness.Engine, asked []*request, reviews map[string]admissionReview, tally *tally) {
	t.Helper()
	sent, custom := 0, 0
	for _, r := range asked {
		review, ok := reviews[r.id+" "+r.operation]
		if !ok {
			continue
		}
		before, err := harness.NewReview(r.object, nil)
		require.NoError(t, err)
		explained, err := engine.Explain(t.Context(), harness.Input{Reviews: []harness.Review{before, review.review(t)}})
		require.NoError(t, err)
		builtIn := !strings.Contains(strings.Split(r.object["apiVersion"].(string), "/")[0], ".")
		for _, e := range explained {
			unset := e.Declared == ""
			switch {
			case e.Review == 0 && builtIn && unset:
				sent++
			case e.Review == 1 && builtIn:
				tally.cases++
				if unset {
					tally.disagree("%s: %s of a %s arrives unset", r.file, e.Path, e.Kind)
				}
			case e.Review == 1 && unset:
				custom++
			}
		}
	}
	tally.note = fmt.Sprintf("%d of built-in kinds were sent unset; of custom resources %d arrive so", sent, custom)
	require.Positive(t, sent)
	require.Positive(t, custom)
}

// reportApart prints why Gatekeeper was not asked about fixtures.
func reportApart(t *testing.T, requests []*request) {
	t.Helper()
	reasons := map[string][]string{}
	for _, r := range requests {
		if r.apart != "" {
			reasons[r.apart] = append(reasons[r.apart], r.file)
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		t.Logf("%d apart, %s: %s", len(reasons[reason]), reason, reasons[reason])
	}
}

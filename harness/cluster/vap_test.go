//go:build cluster

package cluster_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/vap"
)

const (
	nativeFolder = "../../bundle/vap"
	nativeLabel  = "native-admission" // of the namespaces that fixtures are sent to
	nativeBound  = "-native"          // what their names end with: exemptions go by the name before it
	nativeFree   = "native-free"      // the namespace that no policy is bound to

	admissionPath  = "/apis/admissionregistration.k8s.io/v1/"
	parametersPath = "/apis/" + vap.APIVersion + "/" + vap.Resource
)

// An admission is a request, and what the engine says of the object that the API server stores.
type admission struct {
	*request
	stored, storedFormer object
	violations           []harness.Violation // of the rules in the policy
}

// TestNativeAdmission creates, or creates and updates, the object of every fixture, the images of the references' own
// table and generated Pods, with the shipped ValidatingAdmissionPolicy bound to their parameters. Whether the API server denies, and
// what it says, must be, word for word, what the engine says of the object as it is stored without the policy.
func TestNativeAdmission(t *testing.T) {
	engine := newEngine(t)
	installNative(t)

	fixtures, references, generated := requestsOf(t), requestsOfReferences(t), requestsGenerated(t, 40, 25)
	requests := slices.Concat(fixtures, references, generated)
	prepareNative(t, requests)
	compare(t, "native admission: parameters", func(tally *tally) {
		bindNative(t, engine, requests, tally)
	})
	for _, of := range []struct {
		what     string
		requests []*request
	}{{"fixtures", fixtures}, {"references", references}, {"generated Pods", generated}} {
		compare(t, "native admission: "+of.what, func(tally *tally) {
			asked := slices.DeleteFunc(askedOf(t, engine, of.requests, nativeFree), (*admission).cut)
			sendAll(t, asked, func(a *admission) string { return namespaceOf(a.object) }, "")
			tally.cases = len(asked)
			for _, a := range asked {
				if difference := a.difference(t); difference != "" {
					tally.disagree("%s: %s", a.file, difference)
				}
			}
			found := foundByRule(asked)
			tally.note = strings.Join(found, ", ")
			if of.what != "references" {
				require.Len(t, found, len(vap.Rules()), "each rule finds something")
			}
		})
	}
	reportApart(t, requests)
}

// requestsOfReferences are Deployments that use each image of the references' own table with each policy, under no
// parameters and under all of them.
func requestsOfReferences(t *testing.T) []*request {
	t.Helper()
	everything, err := ast.InterfaceToValue(harness.Parameters{
		Profile:     "strict",
		MutableTags: []string{"1*", "v*", "_tag"},
		Policies: []harness.PolicyOverride{
			{Images: []string{"nginx:latest", "**/img", "*.io/*@sha256:*"}, Allow: []string{"Always"}},
			{Images: []string{"foo*", "docker.io/**"}, Allow: []string{"Never", "IfNotPresent"}},
		},
		PreloadedImages: []string{
			"docker.io/foo*", "host*:5000/**", "Foo/*", "nginx:1.*", "index.docker.io/*:latest", "library/nginx@sha256:*",
			"localhost", "localhost/*", "[*]:5000/img", "a/**",
		},
		Exemptions: []harness.Exemption{
			{Rules: []string{"tag-*", "digest-missing"}, Images: []string{"example.com/**", "latest"}, Reason: "a test"},
			{Namespaces: []string{"*" + nativeBound}, Containers: []string{"a*"}, Images: []string{"*/*/latest:*"}, Reason: "a test"},
		},
		KubernetesVersion: "1.34",
	})
	require.NoError(t, err)

	var requests []*request
	for _, image := range referenceImages(t) {
		for _, policy := range []string{always, ifNotPresent, never} {
			for _, parameters := range []ast.Value{nil, everything} {
				podSpec := container.podSpec(image, policy)
				podSpec["imagePullSecrets"] = []any{object{"name": "registry"}}
				r := &request{
					file: fmt.Sprintf("%q with %s", image, policy), id: fmt.Sprintf("r%d", len(requests)),
					parameters: parameters, operation: "CREATE", object: deployment.manifest("", podSpec),
				}
				r.complete()
				requests = append(requests, r)
			}
		}
	}
	return requests
}

// nativeDiffers are the fixtures of which the native policy says something else, and why; bundle/vap/README.md says so.
var nativeDiffers = map[string]string{
	"shapes/kind-deployment-istio-auto.yaml": "CEL does not know Istio's image auto, which is filled in before it is asked",
}

// prepareNative creates the namespaces that policies are bound to, and what updates replace, before any is. It sets
// apart what the policy is not asked about.
func prepareNative(t *testing.T, requests []*request) {
	t.Helper()
	newNamespace(t, nativeFree)
	created := map[string]bool{}
	for _, r := range requests {
		if r.apart != "" {
			continue
		}
		if why := nativeDiffers[r.file]; why != "" {
			r.apart = why
			continue
		}
		if !slices.Contains(workloads, workloadOf(r.object)) {
			r.apart = "no built-in workload, or not in a served version"
			continue
		}
		namespace := namespaceOf(r.object) + nativeBound
		r.object["metadata"].(object)["namespace"] = namespace
		if !created[namespace] {
			created[namespace] = true
			newBoundNamespace(t, namespace, nativeLabel)
		}
		if r.operation != "UPDATE" {
			continue
		}
		for _, namespace := range []string{namespace, nativeFree} {
			answer, err := shared.send(t.Context(), http.MethodPost, workloadOf(r.former).path(namespace), within(namespace, r.former))
			require.NoError(t, err)
			if answer.status != http.StatusCreated {
				r.apart = "the API server rejects what it replaces: " + reasonOf(t, answer)
			}
		}
	}
}

func workloadOf(manifest object) workload {
	apiVersion, _ := manifest["apiVersion"].(string)
	kind, _ := manifest["kind"].(string)
	return workload{apiVersion, kind}
}

// within is an object in another namespace.
func within(namespace string, manifest object) object {
	manifest = maps.Clone(manifest)
	metadata := maps.Clone(manifest["metadata"].(object))
	metadata["namespace"] = namespace
	manifest["metadata"] = metadata
	return manifest
}

// bindNative binds the policy to the parameters of the requests, one pair of bindings for all that have the same, and
// waits until they are in force. The API server rejects the parameters that are invalid to the engine, and no others.
func bindNative(t *testing.T, engine *harness.Engine, requests []*request, tally *tally) {
	t.Helper()
	sets := parameterSets(t, requests)
	for _, name := range slices.Sorted(maps.Keys(sets)) {
		invalid, parameters := invalidParameters(t, engine, sets[name]), sets[name]
		if !invalid {
			parameters = expressible(parameters.(object))
		}
		refusals := bind(t, "pullpolicy", name, nativeLabel, parameters)
		tally.cases++
		if invalid != (len(refusals) > 0) {
			tally.disagree("%v: invalid to the engine is %v, rejected with %q", sets[name], invalid, refusals)
		}
		if !invalid {
			continue
		}
		for _, r := range requests {
			if r.apart == "" && nameOf(r.parameters) == name {
				r.apart = "its parameters are invalid"
			}
		}
	}
	// The last bindings are a set of their own, for which something is to be denied.
	const last = "native-last"
	newBoundNamespace(t, last, nativeLabel)
	require.Empty(t, bind(t, "pullpolicy", last, nativeLabel, object{}))
	untilBound(t, last, last)
}

// expressible are parameters but for what says nothing of the rules in the policy: the severities of other rules, and
// where custom resources have pod specs.
func expressible(parameters object) object {
	parameters = maps.Clone(parameters)
	delete(parameters, "podSpecs")
	delete(parameters, "images")
	if rules, ok := parameters["rules"].(object); ok {
		rules = maps.Clone(rules)
		maps.DeleteFunc(rules, func(id string, _ any) bool { return !slices.Contains(vap.Rules(), id) })
		parameters["rules"] = rules
	}
	return parameters
}

// askedOf are the requests that the API server takes in a namespace that no policy is bound to, with what it stores and
// what the engine says of that.
func askedOf(t *testing.T, engine *harness.Engine, requests []*request, free string) []*admission {
	t.Helper()
	var asked []*admission
	for _, r := range requests {
		if r.apart == "" {
			asked = append(asked, &admission{request: r})
		}
	}
	sendAll(t, asked, func(*admission) string { return free }, "?dryRun=All")
	asked = slices.DeleteFunc(asked, func(a *admission) bool {
		if a.answer.status >= 300 {
			a.apart = refusedItself + reasonOf(t, a.answer)
		}
		return a.apart != ""
	})

	bySet := map[string][]*admission{}
	for _, a := range asked {
		a.read(t, free)
		bySet[nameOf(a.parameters)] = append(bySet[nameOf(a.parameters)], a)
	}
	for _, set := range bySet {
		judgeStored(t, engine, set)
	}
	return asked
}

// read keeps what the API server answered that it would store, and reads what it stores now.
func (a *admission) read(t *testing.T, free string) {
	t.Helper()
	var stored object
	require.NoError(t, json.Unmarshal(a.answer.body, &stored))
	a.stored = within(namespaceOf(a.object), stored)
	if a.operation == "UPDATE" {
		_, body, err := shared.do(t.Context(), http.MethodGet, workloadOf(a.former).path(free)+"/"+a.id, nil)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(body, &a.storedFormer))
	}
}

// judgeStored gives admissions with the same parameters the engine's violations of the rules in the policy.
func judgeStored(t *testing.T, engine *harness.Engine, admissions []*admission) {
	t.Helper()
	input := harness.Input{Parameters: admissions[0].parameters}
	for _, a := range admissions {
		var former any
		if a.storedFormer != nil {
			former = a.storedFormer
		}
		review, err := harness.NewReview(a.stored, former)
		require.NoError(t, err)
		review.Admitted = true
		input.Reviews = append(input.Reviews, review)
	}
	verdict, err := engine.Judge(t.Context(), input)
	require.NoError(t, err)
	for _, v := range verdict.Violations {
		if slices.Contains(vap.Rules(), v.Rule) {
			admissions[*v.Review].violations = append(admissions[*v.Review].violations, v)
		}
	}
}

func (a *admission) sendTo(ctx context.Context, namespace, query string) (answer, error) {
	path, method := workloadOf(a.object).path(namespace), http.MethodPost
	if a.operation == "UPDATE" {
		path, method = path+"/"+a.id, http.MethodPut
		if a.subresource != "" {
			path += "/" + a.subresource
		}
	}
	return shared.send(ctx, method, path+query, within(namespace, a.object))
}

// sendAll sends each request to a namespace, with a query.
func sendAll(t *testing.T, asked []*admission, namespace func(*admission) string, query string) {
	t.Helper()
	inParallel(8, asked, func(a *admission) {
		var err error
		if a.answer, err = a.sendTo(t.Context(), namespace(a), query); err != nil {
			t.Errorf("%s: %v", a.file, err)
		}
	})
}

// difference is in what the answer is not the verdict, "" where it is.
func (a *admission) difference(t *testing.T) string {
	t.Helper()
	denials, warnings := nativeDenials(t, a.answer), nativeWarnings(a.answer)
	if want := a.messages(harness.SeverityError); !slices.Equal(denials, want) {
		return fmt.Sprintf("status %d, denied with %q, want %q", a.answer.status, denials, want)
	}
	if want := a.messages(harness.SeverityWarning); !slices.Equal(warnings, want) {
		return fmt.Sprintf("warned with %q, want %q", warnings, want)
	}
	return ""
}

// cut sets an admission apart of which more is to be said than the policy says at once.
func (a *admission) cut() bool {
	for _, severity := range []string{harness.SeverityError, harness.SeverityWarning} {
		if len(strings.Join(a.messages(severity), " | ")) > 3500 {
			a.apart = "its message is cut"
		}
	}
	return a.apart != ""
}

// messages are those of the verdict with a severity, sorted.
func (a *admission) messages(severity string) []string {
	var messages []string
	for _, v := range a.violations {
		if v.Severity == severity {
			messages = append(messages, v.Msg)
		}
	}
	slices.Sort(messages)
	return messages
}

// nativeDenials are the findings that a request is denied with, sorted; nil where it is allowed.
func nativeDenials(t *testing.T, a answer) []string {
	t.Helper()
	if a.status < 300 {
		return nil
	}
	var status struct{ Message string }
	require.NoError(t, json.Unmarshal(a.body, &status))
	_, denied, ok := strings.Cut(status.Message, " denied request: ")
	if !ok || a.status != http.StatusUnprocessableEntity {
		return []string{status.Message}
	}
	return findingsIn(denied)
}

var nativeWarning = regexp.MustCompile(`^299 - "Validation failed for ValidatingAdmissionPolicy '[^']+' with binding '[^']+': (.*)"$`)

// nativeWarnings are the findings that an answer warns of, sorted.
func nativeWarnings(a answer) []string {
	var found []string
	for _, header := range a.header.Values("Warning") {
		if match := nativeWarning.FindStringSubmatch(header); match != nil {
			found = append(found, findingsIn(strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(match[1]))...)
		}
	}
	return found
}

// findingsIn are the findings in a message, sorted.
func findingsIn(message string) []string {
	found := strings.Split(message, " | ")
	slices.Sort(found)
	return found
}

// foundByRule says how often each rule found something.
func foundByRule(asked []*admission) []string {
	found := map[string]int{}
	for _, a := range asked {
		for _, v := range a.violations {
			found[v.Rule]++
		}
	}
	var notes []string
	for _, id := range slices.Sorted(maps.Keys(found)) {
		notes = append(notes, fmt.Sprintf("%s %d", id, found[id]))
	}
	return notes
}

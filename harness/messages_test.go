package harness_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
)

// hostile are texts that a log, a terminal or a reader would take for something else.
var hostile = map[string]string{
	"obeyed": "x\n::error file=app.go::y\r##[error]z\x1b[2J\x1b]8;;https://a.example\x07\u009b2J\u0085\x00\x7f" +
		"\u202egnp.exe\u2066\u200f\u2028\u2029\u200b\ufeff\u00ad\U000e0041\", so it passes; \"\\].spec[0]",
	"long": strings.Repeat("\U0001f600", 1000),
}

// objects hold every place that the policies read, each with a mistake.
var objects = map[string]string{
	"Pod": `{"apiVersion": "v1", "kind": "Pod",
		"metadata": {"name": "web", "namespace": "shop", "generation": 2,
			"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{\"spec\": {\"containers\": [{\"name\": \"a\"}]}}"},
			"managedFields": [{"operation": "Update", "manager": "m", "fieldsV1": {"f:spec": {"f:containers": {"k:{\"name\":\"a\"}": {}}}}}]},
		"spec": {"imagePullSecrets": [{"name": "s"}],
			"containers": [{"name": "a", "image": "nginx:latest", "imagePullPolicy": "Never"}, {"name": "b", "image": "nginx:latest"}],
			"initContainers": [{"name": "i", "image": "nginx:1", "imagePullPolicy": "Always"}],
			"ephemeralContainers": [{"name": "e", "image": "nginx", "imagePullPolicy": "IfNotPresent"}],
			"volumes": [{"name": "v", "image": {"reference": "corp/data:dev", "pullPolicy": "IfNotPresent"}}]}}`,
	"unreadable Deployment": `{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
		"spec": {"template": {"spec": {"containers": ["a", {"name": "b", "image": {"c": ["d"]}, "imagePullPolicy": ["e"]}], "volumes": "v"}}}}`,
	"custom resource": `{"apiVersion": "example.com/v1", "kind": "Farm", "metadata": {"generateName": "farm", "namespace": "shop"},
		"spec": {"pools": {"fast": {"containers": [{"name": "a", "image": "nginx"}]}}, "main": {"image": "nginx", "imagePullPolicy": "Never"},
			"steps": [{"name": "s", "image": "$(params.image)"}], "stepTemplate": {"image": "t"}}}`,
	"List": `{"apiVersion": "v1", "kind": "List", "items": [
		{"apiVersion": "v1", "kind": "PodList", "items": [{"metadata": {"name": "p"}, "spec": {"containers": [{"name": "a", "image": "nginx"}]}}]},
		{"apiVersion": "v1", "kind": "ConfigMapList", "items": ["text"]}, {"apiVersion": "v1", "kind": "FarmList", "items": {"a": "b"}}]}`,
	"AdmissionReview": `{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"uid": "u", "operation": "UPDATE",
		"object": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": [{"name": "a", "image": "nginx:1", "imagePullPolicy": "Always"}]}},
		"oldObject": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": [{"name": "a", "image": "nginx:latest", "imagePullPolicy": "Always"}]}}}}`,
	"nothing to read": `{"apiVersion": "v1", "metadata": {"name": "web"}, "spec": {"containers": "c"}}`,
}

const allParameters = `{"profile": "strict", "rules": {"tag-mutable": "error"}, "severities": ["error", "warning"],
	"mutableTags": ["dev"], "allowedPolicies": ["Always"], "policies": [{"images": ["nginx"], "allow": ["Always"]}],
	"preloadedImages": ["corp/**"], "podSpecs": [{"group": "example.com", "kind": "Farm", "path": "spec.pools.fast"}],
	"exemptions": [{"rules": ["tag-*"], "namespaces": ["x"], "containers": ["y"], "images": ["z"], "reason": "r"}],
	"kubernetesVersion": "1.30"}`

const allOfNode = `{"kubernetesVersion": "1.36", "images": [{"name": "nginx", "arrived": "secret"}], "registry": "up", "credentials": "none",
	"verification": {"policy": "NeverVerifyAllowlistedImages", "allowlist": ["docker.io/*"]}}`

// TestMessagesShowTextsEscaped puts hostile texts into every place of what is handed in, as value and as key. Whatever
// is said of it is one line of printable ASCII, and short.
func TestMessagesShowTextsEscaped(t *testing.T) {
	engine := newEngine(t)
	hosts := map[string]rego.PreparedEvalQuery{}
	for name, query := range map[string]string{
		"admission":  "data.pullpolicy.admission.review.response",
		"conftest":   "[msg | msg := (data.pullpolicy.conftest.deny | data.pullpolicy.conftest.warn)[_].msg]",
		"gatekeeper": "[msg | msg := data.pullpolicy.gatekeeper.answers[_].msg]",
	} {
		var err error
		hosts[name], err = engine.Prepare(t.Context(), query)
		require.NoError(t, err)
	}
	said := func(t *testing.T, host string, input any) string {
		results, err := hosts[host].Eval(t.Context(), rego.EvalInput(input))
		require.NoError(t, err)
		require.Len(t, results, 1)
		answer, err := json.Marshal(results[0].Expressions[0].Value)
		require.NoError(t, err)
		return string(answer)
	}

	for _, name := range slices.Sorted(maps.Keys(hostile)) {
		t.Run(name, func(t *testing.T) {
			text := hostile[name]
			t.Parallel()
			shown := 0
			check := func(t *testing.T, verdict *harness.Verdict) {
				for _, violation := range append(verdict.Violations, verdict.Exempted...) {
					plain(t, violation.Msg)
					plain(t, violation.Remedy)
					plain(t, violation.Path)
					if strings.Contains(violation.Msg, strings.Trim(quoted(text), `"…`)) {
						shown++
					}
				}
			}
			for kind, object := range objects {
				var reviews []harness.Review
				for i, changed := range replaced(t, object, text) {
					reviews = append(reviews, review(t, changed))
					if kind != "Pod" || name == "long" { // the hosts hand on what the engine says
						continue
					}
					for j, host := range []string{"admission", "conftest", "gatekeeper"} {
						if i%3 != j && !exhaustive { // to each host a third of the places
							continue
						}
						input := changed
						if host == "gatekeeper" {
							input = map[string]any{"review": map[string]any{"object": changed}}
						}
						var messages any
						require.NoError(t, json.Unmarshal([]byte(said(t, host, input)), &messages))
						for _, message := range lines(host, messages) {
							plain(t, message)
						}
					}
				}
				verdict, err := engine.Judge(t.Context(), harness.Input{
					Reviews: reviews, Parameters: harness.Parameters{Profile: "strict"}.Value(),
				})
				require.NoError(t, err, kind)
				require.NotEmpty(t, verdict.Violations, kind)
				check(t, verdict)
				explanations, err := engine.Explain(t.Context(), harness.Input{Reviews: reviews})
				require.NoError(t, err, kind)
				for _, explanation := range explanations {
					plain(t, explanation.Path)
					plain(t, explanation.Why)
					plain(t, explanation.Obstacle)
				}
			}
			odd := review(t, decoded(t, objects["custom resource"]))
			for _, parameters := range replaced(t, allParameters, text) {
				verdict, err := engine.Judge(t.Context(), harness.Input{
					Reviews: []harness.Review{odd}, Parameters: ast.MustInterfaceToValue(parameters),
				})
				require.NoError(t, err)
				check(t, verdict)
			}
			for _, node := range replaced(t, allOfNode, text) {
				_, err := engine.Explain(t.Context(), harness.Input{Node: ast.MustInterfaceToValue(node)})
				var problem *harness.NodeError
				if assert.ErrorAs(t, err, &problem) {
					plain(t, problem.Path)
					plain(t, problem.Message)
				}
			}
			assert.Greater(t, shown, 50, "the messages do not show the text")
		})
	}
}

// TestQuoted compares the quotes with Go's.
func TestQuoted(t *testing.T) {
	query, err := newEngine(t).Prepare(t.Context(), "x = [data.pullpolicy.texts.quoted(text) | some text in input]")
	require.NoError(t, err)
	var texts, want []any
	// every character below U+0400, and some of the others
	for first := rune(0); first < 0x110000; first += 16 {
		if first >= 0x400 && (first%0x3ff0 != 0 || first >= 0xd800 && first < 0xe000) {
			continue
		}
		var text []rune
		for character := first; character < first+16; character++ {
			text = append(text, character)
		}
		texts, want = append(texts, string(text)), append(want, strconv.QuoteToASCII(string(text)))
	}
	results, err := query.Eval(t.Context(), rego.EvalInput(texts))
	require.NoError(t, err)
	require.Len(t, results, 1)
	assert.Equal(t, want, results[0].Bindings["x"])
}

// plain demands one short line of printable ASCII, and the ellipsis.
func plain(t *testing.T, message string) {
	t.Helper()
	odd := strings.IndexFunc(message, func(r rune) bool { return (r < ' ' || r > '~') && r != '…' })
	if odd >= 0 || len(message) > 8192 {
		require.Fail(t, "not a line of printable ASCII", "%.500q", message)
	}
}

// quoted is the text as the policies quote it.
func quoted(text string) string {
	if runes := []rune(text); len(runes) > 256 {
		return strconv.QuoteToASCII(string(runes[:256])) + "…"
	}
	return strconv.QuoteToASCII(text)
}

// lines are the messages in what a host says. A denial has them below each other.
func lines(host string, answer any) []string {
	var said []string
	add := func(messages any) {
		for _, message := range messages.([]any) {
			said = append(said, message.(string))
		}
	}
	if host != "admission" {
		add(answer)
		return said
	}
	response := answer.(map[string]any)
	add(response["warnings"])
	if status, denied := response["status"].(map[string]any); denied {
		for message := range strings.SplitSeq(status["message"].(string), "\n") {
			said = append(said, message)
		}
	}
	return said
}

// replaced are copies of a document, each with the text in one place: for a string, for a key, or beside a key.
func replaced(t *testing.T, document, text string) []any {
	t.Helper()
	var all []any
	for i := 0; ; i++ {
		next := i
		changed := replace(decoded(t, document), text, &next)
		if next >= 0 {
			require.NotEmpty(t, all)
			return all
		}
		all = append(all, changed)
	}
}

// replace puts the text into the place of a number, and counts the number down.
func replace(value any, text string, number *int) any {
	here := func() bool {
		*number--
		return *number == -1
	}
	switch value := value.(type) {
	case string:
		if here() {
			return text
		}
	case []any:
		for i := range value {
			value[i] = replace(value[i], text, number)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			if here() {
				value[text] = value[key]
				delete(value, key)
				return value
			}
			value[key] = replace(value[key], text, number)
		}
	}
	return value
}

func decoded(t *testing.T, document string) any {
	t.Helper()
	var value any
	require.NoError(t, json.Unmarshal([]byte(document), &value), fmt.Sprintf("read %.40s", document))
	return value
}

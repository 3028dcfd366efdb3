//go:build hosts

package hosts_test

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/pack"
)

// TestFleetDecisionLog asks about manifests with secrets in them, with and without a bundle, and looks for the secrets
// in all that the server logs.
func TestFleetDecisionLog(t *testing.T) {
	secret := rand.Text()
	manifest := podWith(secret)
	review := admissionReview(manifest)
	review["request"].(map[string]any)["oldObject"] = manifest
	held := map[string]any{"apiVersion": "v1", "kind": "Secret", "data": map[string]any{"password": secret}}
	reviews := func(objects ...any) map[string]any {
		var all []any
		for _, object := range objects {
			all = append(all, map[string]any{"object": object})
		}
		return map[string]any{"reviews": all}
	}
	questions := []struct {
		path string
		body any
		kept any // of the input
	}{
		{violationsPath, asInput(reviews(manifest, held)), map[string]any{"reviews": []any{
			map[string]any{"kind": "Pod", "namespace": "shop", "name": "web"}, map[string]any{"kind": "Secret"},
		}}},
		{"/v1/data/pullpolicy/explanations", asInput(reviews(manifest)), map[string]any{"reviews": []any{
			map[string]any{"kind": "Pod", "namespace": "shop", "name": "web"},
		}}},
		{violationsPath, asInput(reviews(map[string]any{"kind": "List", "items": []any{manifest}})), map[string]any{
			"reviews": []any{map[string]any{"kind": "List"}},
		}},
		{violationsPath, asInput(reviews(review)), map[string]any{"reviews": []any{
			map[string]any{"kind": "AdmissionReview", "uid": "0a1b2c3d", "operation": "CREATE"},
		}}},
		{reviewPath, review, map[string]any{"kind": "AdmissionReview", "uid": "0a1b2c3d", "operation": "CREATE"}},
		{"/", review, map[string]any{"kind": "AdmissionReview", "uid": "0a1b2c3d", "operation": "CREATE"}},
		{violationsPath, asInput(secret), map[string]any{}},
		{violationsPath, asInput([]any{secret}), map[string]any{}},
		{violationsPath, asInput(map[string]any{"reviews": secret}), map[string]any{}},
		{violationsPath, asInput(map[string]any{"reviews": []any{secret}}), map[string]any{"reviews": []any{}}},
		{violationsPath, asInput(map[string]any{"parameters": map[string]any{"profile": "baseline", "reason": secret}}), map[string]any{}},
	}
	ask := func(opa *fleetServer) {
		for _, question := range questions {
			body, err := json.Marshal(question.body)
			require.NoError(t, err)
			_, _, err = post(t.Context(), opa.url+question.path, body)
			require.NoError(t, err)
		}
	}

	key := ours()
	p := publish(t, buildWith(t, pack.Options{Revision: "r1"}))
	here := site{url: p.URL, resource: "bundle.tar.gz", state: t.TempDir(), keys: []keyPair{key}}
	opa := here.start(t)
	ask(opa)
	p.set(build(t, "r1", key, nil))
	require.Eventually(t, func() bool { return opa.status(t).ActiveRevision == "r1" }, patience, tick)
	ask(opa)

	logged := opa.decisions(t)
	require.Len(t, logged, 2*len(questions))
	for i, decision := range logged {
		question := questions[i%len(questions)]
		assert.Equal(t, question.kept, decision.Input, "%v", question)
		assert.Equal(t, []string{"/input"}, decision.Masked)
	}
	assert.NotContains(t, opa.said(t), secret)

	here.more = []string{"--set=decision_logs.mask_decision=system/log/nothing"}
	unmasked := here.start(t)
	ask(unmasked)
	assert.Contains(t, unmasked.said(t), secret, "without the mask nothing is hidden, or the test looks in the wrong place")
}

// podWith is a Pod that holds a secret in several places.
func podWith(secret string) map[string]any {
	return map[string]any{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": map[string]any{
			"namespace": "shop", "name": "web",
			"annotations": map[string]any{
				"kubectl.kubernetes.io/last-applied-configuration": `{"spec":{"containers":[{"env":[{"value":"` + secret + `"}]}]}}`,
			},
		},
		"spec": map[string]any{"containers": []any{map[string]any{
			"name": "app", "image": "nginx:latest", "imagePullPolicy": "IfNotPresent", "args": []any{"--password=" + secret},
			"env": []any{map[string]any{"name": "PASSWORD", "value": secret}},
		}}},
	}
}

func asInput(input any) map[string]any { return map[string]any{"input": input} }

// A decision is a line of a decision log.
type decision struct {
	Type   string   `json:"type"`
	Input  any      `json:"input"`
	Masked []string `json:"masked"`
}

func (s *server) decisions(t *testing.T) []decision {
	t.Helper()
	var found []decision
	lines := bufio.NewScanner(strings.NewReader(s.said(t)))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line decision
		if err := json.Unmarshal(lines.Bytes(), &line); err == nil && line.Type == "openpolicyagent.org/decision_logs" {
			found = append(found, line)
		}
	}
	require.NoError(t, lines.Err())
	return found
}

// TestFleetTakesNoOrders asks a server what it is there for, and for what it must not do for everyone who reaches it.
func TestFleetTakesNoOrders(t *testing.T) {
	key := ours()
	p := publish(t, build(t, "r1", key, nil))
	here := site{url: p.URL, resource: "bundle.tar.gz", state: t.TempDir(), keys: []keyPair{key}}
	opa := here.start(t)
	opa.activates(t, "r1")

	const query = `{"query": "x := opa.runtime().env"}`
	for _, test := range []struct {
		method, path, body string
		want               int
	}{
		{http.MethodPost, violationsPath, `{"input": {"reviews": []}}`, http.StatusOK},
		{http.MethodPost, reviewPath, `{}`, http.StatusOK},
		{http.MethodPost, "/", `{}`, http.StatusOK},
		{http.MethodGet, "/health?bundles", "", http.StatusOK},
		{http.MethodGet, "/v1/status", "", http.StatusOK},
		{http.MethodGet, "/metrics", "", http.StatusOK},

		{http.MethodPut, "/v1/data/pullpolicy_parameters", `{"profile": "baseline"}`, http.StatusUnauthorized},
		{http.MethodPatch, "/v1/data/pullpolicy_parameters", `[]`, http.StatusUnauthorized},
		{http.MethodDelete, "/v1/data/system", "", http.StatusUnauthorized},
		{http.MethodPut, "/v1/policies/mine", "package mine", http.StatusUnauthorized},
		{http.MethodDelete, "/v1/policies/mine", "", http.StatusUnauthorized},
		{http.MethodGet, "/v1/policies", "", http.StatusUnauthorized},
		{http.MethodGet, "/v1/data", "", http.StatusUnauthorized},
		{http.MethodPost, "/v1/data", `{"input": {}}`, http.StatusUnauthorized},
		{http.MethodPost, "/v1/data/system/log/mask", `{"input": {}}`, http.StatusUnauthorized},
		{http.MethodPost, "/v0/data/pullpolicy_parameters", `{}`, http.StatusUnauthorized},
		{http.MethodPost, "/v1/query", query, http.StatusUnauthorized},
		{http.MethodPost, "/v1/compile", query, http.StatusUnauthorized},
		{http.MethodGet, "/v1/config", "", http.StatusUnauthorized},
	} {
		assert.Equal(t, test.want, opa.send(t, test.method, test.path, test.body), "%s %s", test.method, test.path)
	}

	// Without the policies that say so, nobody gets an answer.
	here.alone = true
	forgotten := here.start(t)
	assert.Equal(t, http.StatusInternalServerError, forgotten.send(t, http.MethodPost, violationsPath, `{"input": {"reviews": []}}`))
}

// send is the status that a request is answered with.
func (s *server) send(t *testing.T, method, path, body string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	require.NoError(t, err)
	response, err := client.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	return response.StatusCode
}

// TestFleetAsDocumented runs the commands that the configuration begins with.
func TestFleetAsDocumented(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(shipped, "config.yaml"))
	require.NoError(t, err)
	var commands strings.Builder
	for line := range strings.Lines(string(text)) {
		if command, ok := strings.CutPrefix(line, "#   "); ok {
			commands.WriteString(command)
		}
	}
	key := ours()
	p := publish(t, build(t, "r1", key, nil))
	address, folder := freeAddress(t), t.TempDir()
	require.NoError(t, os.CopyFS(folder, os.DirFS(shipped)))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "pullpolicy.pub"), key.public, 0o600))
	script := strings.NewReplacer(
		"https://bundles.example.com", p.URL,
		"/var/opa", t.TempDir(),
		"opa run", "exec opa run --addr="+address,
	).Replace(commands.String())

	shell := exec.Command("sh", "-e", "-c", script)
	shell.Dir = folder
	shell.Env = append(os.Environ(), "PATH="+filepath.Dir(program(t, "PULLPOLICY_OPA"))+string(os.PathListSeparator)+os.Getenv("PATH"))
	(&fleetServer{launch(t, address, shell)}).activates(t, "r1")
}

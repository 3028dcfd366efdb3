//go:build hosts

package hosts_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
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
	type question struct {
		path string
		body any
		kept any // of the input
	}
	questions := []question{
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

	// Without a bundle only the default decision is asked for, and not there.
	byDefault := slices.IndexFunc(questions, func(q question) bool { return q.path == "/" })
	asked := append([]question{questions[byDefault]}, questions...)
	logged := opa.decisions(t)
	require.Len(t, logged, len(asked))
	for i, decision := range logged {
		assert.Equal(t, asked[i].kept, decision.Input, "%v", asked[i])
		assert.Contains(t, decision.Masked, "/input")
		assert.Equal(t, i > 0, decision.Result != nil, "%v", asked[i])
	}
	assert.NotContains(t, opa.said(t), secret)

	// Without --authorization everything can be asked for, and an answer may hold the question.
	here.open = true
	open := here.start(t)
	open.activates(t, "r1")
	before, leaks := len(open.decisions(t)), 0
	everything := pathsOf(t)
	for _, path := range everything {
		for _, version := range []string{"/v0", "/v1"} {
			var body any = reviews(manifest, held)
			if strings.HasPrefix(path, "/data/pullpolicy/admission") {
				body = review
			}
			if version == "/v1" {
				body = asInput(body)
			}
			text, err := json.Marshal(body)
			require.NoError(t, err)
			_, answer, err := post(t.Context(), open.url+version+path, text)
			require.NoError(t, err)
			leaks += strings.Count(string(answer), secret)
		}
	}
	query, err := json.Marshal(map[string]any{"query": "x := data.pullpolicy", "input": reviews(manifest)})
	require.NoError(t, err)
	_, _, err = post(t.Context(), open.url+"/v1/query", query)
	require.NoError(t, err)
	require.Positive(t, leaks, "no answer holds the secret, so that the mask has nothing to hide")
	require.Len(t, open.decisions(t), before+2*len(everything)+1)
	assert.NotContains(t, open.said(t), secret)

	here.open, here.more = false, []string{"--set=decision_logs.mask_decision=system/log/nothing"}
	unmasked := here.start(t)
	unmasked.activates(t, "r1")
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
	Result any      `json:"result"`
	Masked []string `json:"masked"`
}

func (s *server) decisions(t *testing.T) []decision {
	t.Helper()
	var found []decision
	lines := bufio.NewScanner(strings.NewReader(s.said(t)))
	lines.Buffer(nil, 16<<20)
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

		{http.MethodPost, reviewPath + "?timeout=10s", `{}`, http.StatusOK},
		{http.MethodPost, violationsPath + "?provenance", `{"input": {}}`, http.StatusOK},

		{http.MethodPut, "/v1/data/pullpolicy_parameters", `{"profile": "baseline"}`, http.StatusUnauthorized},
		{http.MethodPatch, "/v1/data/pullpolicy_parameters", `[]`, http.StatusUnauthorized},
		{http.MethodDelete, "/v1/data/system", "", http.StatusUnauthorized},
		{http.MethodPut, "/v1/policies/mine", "package mine", http.StatusUnauthorized},
		{http.MethodDelete, "/v1/policies/mine", "", http.StatusUnauthorized},
		{http.MethodGet, "/v1/policies", "", http.StatusUnauthorized},
		{http.MethodGet, "/v1/data", "", http.StatusUnauthorized},
		{http.MethodPost, "/v1/data/system/log/mask", `{"input": {}}`, http.StatusUnauthorized},
		{http.MethodPost, "/v1/data/system/entrypoints", `{"input": {}}`, http.StatusUnauthorized},
		{http.MethodPost, "/v0/data/pullpolicy_parameters", `{}`, http.StatusUnauthorized},
		{http.MethodGet, "/v1/query?q=data.pullpolicy", "", http.StatusUnauthorized},
		{http.MethodPost, "/v1/query", query, http.StatusUnauthorized},
		{http.MethodPost, "/v1/compile", query, http.StatusUnauthorized},
		{http.MethodPost, "/v1/compile/pullpolicy/violations", `{}`, http.StatusUnauthorized},
		{http.MethodGet, "/v1/config", "", http.StatusUnauthorized},
		{http.MethodGet, "/v1/status?pretty", "", http.StatusUnauthorized},
		{http.MethodGet, "/health?bundles&explain=full", "", http.StatusUnauthorized},
		{http.MethodGet, "/", "", http.StatusUnauthorized},
	} {
		assert.Equal(t, test.want, opa.send(t, test.method, test.path, test.body), "%s %s", test.method, test.path)
	}

	// Of all packages and rules, those that the manifest names, and the packages that are nothing but an answer.
	open := []string{"/data/pullpolicy/violations", "/data/pullpolicy/explanations"}
	for _, entrypoint := range entrypointsOf(t) {
		open = append(open, "/data/"+entrypoint)
	}
	questions := []string{"/"}
	for _, path := range pathsOf(t) {
		for _, version := range []string{"/v0", "/v1"} {
			want := http.StatusUnauthorized
			if slices.Contains(open, path) {
				want = http.StatusOK
				questions = append(questions, version+path)
			}
			assert.Equal(t, want, opa.send(t, http.MethodPost, version+path, `{}`), version+path)
		}
	}
	require.Len(t, questions, 1+2*len(open))

	// Of what can be asked for, nothing more than the answer, by no other method, and under no other spelling. OPA sends
	// away those that it cleans, and methods that it does not know for a path, before it asks who may.
	closed := func(method, path string) {
		t.Helper()
		assert.Contains(t, []int{http.StatusUnauthorized, http.StatusMovedPermanently, http.StatusMethodNotAllowed},
			opa.send(t, method, path, `{}`), "%s %s", method, path)
	}
	for _, path := range questions {
		for _, parameters := range []string{
			"explain=full", "explain=notes", "explain=", "EXPLAIN=full", "%65xplain=full", "timeout=1s&explain=full",
			"instrument", "instrument=true", "metrics", "pretty", "strict-builtin-errors", "input={}", "partial", "watch",
		} {
			assert.Equal(t, http.StatusUnauthorized, opa.send(t, http.MethodPost, path+"?"+parameters, `{}`), "%s?%s", path, parameters)
		}
		for _, method := range []string{
			http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, "QUERY",
		} {
			closed(method, path)
		}
		for _, spelling := range []string{
			path + "/", path + "//", "/" + path, path + "/.", path + "/..", path + "/../..", path + "/../uses", path + "/%2e%2e/uses",
			path + "%2F", path + "%00", path + "/0", path + ";explain=full", "/health/.." + path + "/", "/v1/data/pullpolicy" + path,
			strings.Replace(path, "pullpolicy/", "pullpolicy%2F", 1) + "%2F", strings.ToUpper(path) + "A",
		} {
			closed(http.MethodPost, spelling)
		}
	}

	// Without the policies that say so, nobody gets an answer.
	here.alone = true
	forgotten := here.start(t)
	assert.Equal(t, http.StatusInternalServerError, forgotten.send(t, http.MethodPost, violationsPath, `{"input": {"reviews": []}}`))
}

// pathsOf are the paths of all packages of the policies, of their rules, and of what holds packages.
func pathsOf(t *testing.T) []string {
	t.Helper()
	loaded, err := harness.LoadEmbedded()
	require.NoError(t, err)
	paths := map[string]bool{"/data": true}
	for _, module := range loaded.Modules {
		path := "/data"
		for _, term := range module.Parsed.Package.Path[1:] {
			path += "/" + string(term.Value.(ast.String))
			paths[path] = true
		}
		for _, rule := range module.Parsed.Rules {
			paths[path+"/"+rule.Head.Ref()[0].Value.String()] = true
		}
	}
	return slices.Sorted(maps.Keys(paths))
}

// entrypointsOf are the paths that the manifest of a bundle names.
func entrypointsOf(t *testing.T) []string {
	t.Helper()
	archive, err := pack.Read(bytes.NewReader(buildWith(t, pack.Options{})))
	require.NoError(t, err)
	statement, err := archive.Statement()
	require.NoError(t, err)
	require.NotEmpty(t, statement.Entrypoints)
	return statement.Entrypoints
}

// send is the status that a request is answered with, which is sent as it is spelled, and no further.
func (s *server) send(t *testing.T, method, path, body string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	require.NoError(t, err)
	direct := *client
	direct.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	response, err := direct.Do(request)
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

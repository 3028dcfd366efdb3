//go:build hosts

package hosts_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/pack"
)

// tagged violates strict parameters, whose severity for it the consumer may change, and no others.
var tagged = map[string]any{
	"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "web"},
	"spec": map[string]any{"containers": []any{
		map[string]any{"name": "app", "image": "nginx:1.27", "imagePullPolicy": "IfNotPresent"},
	}},
}

// fleetWithParameters overrides the parameters that a bundle ships, in each way that a consumer has.
func fleetWithParameters(t *testing.T, l *ledger) {
	const off = `{"rules": {"digest-missing": "off"}}`
	key := ours()
	first, second := build(t, "r1", key, strict), build(t, "r2", key, strict)
	t.Parallel()

	p := publish(t, first)
	here := site{url: p.URL, resource: "bundle.tar.gz", state: t.TempDir(), keys: []keyPair{key}}
	opa := here.start(t)
	opa.activates(t, "r1")
	judged := func(how string, allowed bool) {
		t.Helper()
		opa.judges(t, allowed)
		l.note(how, "", map[bool]string{true: "r1, the tag allowed", false: "r1, the tag denied"}[allowed])
	}
	judged("the bundle ships the profile strict", false)
	assert.Equal(t, http.StatusUnauthorized, opa.put(t, off))
	judged("the consumer puts a rule off, and --authorization is on", false)
	opa.kill()

	here.more = []string{write(t, "parameters.json", `{"pullpolicy_parameters": `+off+`}`)}
	opa = here.start(t)
	opa.activates(t, "r1")
	judged("the consumer's file has the rule off", true)
	opa.kill()

	own := publish(t, parametersBundle(t, key, off))
	here.more = []string{
		"--set=services.parameters.url=" + own.URL,
		"--set=bundles.parameters.service=parameters",
		"--set=bundles.parameters.signing.scope=" + pack.DefaultScope,
		"--set=bundles.parameters.polling.min_delay_seconds=1",
		"--set=bundles.parameters.polling.max_delay_seconds=1",
	}
	opa = here.start(t)
	opa.activates(t, "r1")
	judged("the consumer's own signed bundle has the rule off", true)
	own.set(parametersBundle(t, key, `{"rules": {"digest-missing": "error"}}`))
	require.Eventually(t, func() bool { return own.answers(http.StatusOK) >= 2 }, patience, tick)
	require.Eventually(t, func() bool {
		got, err := admit(t.Context(), opa.url+reviewPath, admissionReview(tagged))
		return err == nil && !got.Allowed
	}, patience, tick)
	judged("and then has it on", false)
	opa.kill()

	here.more, here.open = nil, true
	opa = here.start(t)
	opa.activates(t, "r1")
	assert.Equal(t, http.StatusNoContent, opa.put(t, off))
	judged("the consumer puts the rule off, and there is no --authorization", true)
	p.set(second)
	opa.activates(t, "r2")
	opa.judges(t, true)
	l.note("and the next revision comes", "", "r2, the tag allowed")
}

// judges demands that the admission of the tagged image is decided so.
func (s *fleetServer) judges(t *testing.T, allowed bool) {
	t.Helper()
	got, err := admit(t.Context(), s.url+reviewPath, admissionReview(tagged))
	require.NoError(t, err)
	require.Equal(t, allowed, got.Allowed, got.Status.Message)
}

// parametersBundle is a signed bundle that opa builds of parameters.
func parametersBundle(t *testing.T, key keyPair, parameters string) []byte {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		".manifest":   `{"roots": ["pullpolicy_parameters"]}`,
		"data.json":   `{"pullpolicy_parameters": ` + parameters + `}`,
		"claims.json": fmt.Sprintf(`{"keyid": %q, "scope": %q}`, key.id, pack.DefaultScope),
		"key.pem":     string(key.private),
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	command := exec.CommandContext(t.Context(), program(t, "PULLPOLICY_OPA"), "build", "--bundle", ".", "--output", "bundle.tar.gz",
		"--ignore", "claims.json", "--signing-key", "key.pem", "--claims-file", "claims.json")
	command.Dir = dir
	output, err := command.CombinedOutput()
	require.NoError(t, err, "%s", output)
	bundle, err := os.ReadFile(filepath.Join(dir, "bundle.tar.gz"))
	require.NoError(t, err)
	return bundle
}

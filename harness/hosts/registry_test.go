//go:build hosts

package hosts_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/registry"
)

// startRegistry runs a real registry on a free port and returns its host and what ends it.
func startRegistry(t *testing.T) (host string, kill func()) {
	t.Helper()
	host = freeAddress(t)
	config := write(t, "config.yml", fmt.Sprintf(`version: 0.1
log: {accesslog: {disabled: true}, level: error}
storage: {filesystem: {rootdirectory: %s}}
http: {addr: %s}
`, t.TempDir(), host))
	process := exec.Command(program(t, "PULLPOLICY_REGISTRY"), "serve", config)
	require.NoError(t, process.Start())
	kill = func() {
		if process.ProcessState == nil {
			_ = process.Process.Kill()
			_ = process.Wait() // killed, so it says so
		}
	}
	t.Cleanup(kill)
	require.Eventually(t, func() bool {
		response, err := http.Get("http://" + host + "/v2/")
		if err != nil {
			return false
		}
		defer response.Body.Close()
		return response.StatusCode == http.StatusOK
	}, patience, tick, "the registry does not answer")
	return host, kill
}

// fleetFromRegistry has the command push bundles that OPA, conftest and the command pull.
func fleetFromRegistry(t *testing.T, l *ledger) {
	key := ours()
	older, newer := build(t, "r1", key, nil), build(t, "r2", key, nil)
	t.Parallel()

	host, kill := startRegistry(t)
	public := write(t, "pullpolicy.pub", string(key.public))
	name := host + "/policies/pullpolicy"
	tag := "oci://" + name + ":v1"
	pinnedOlder := push(t, public, older, tag)
	here := site{
		url: "http://" + host, resource: name + ":v1", state: t.TempDir(), keys: []keyPair{key},
		more: []string{"--set=services.pullpolicy.type=oci"},
	}
	opa := here.start(t)
	l.took(t, opa, "pushed to the tag", "r1")
	pinned := push(t, public, newer, tag)
	assert.Equal(t, pinned, push(t, public, newer, tag), "a bundle has one digest, however often it is pushed")
	l.took(t, opa, "the next one pushed to the tag", "r2")

	judgesPulled(t, tag)
	for reference, want := range map[string][]byte{pinnedOlder: older, pinned: newer, tag: newer} {
		got, output, err := pull(t, public, reference)
		require.NoError(t, err, output)
		assert.Equal(t, want, got, reference)
	}

	repository, err := registry.Open(tag, false)
	require.NoError(t, err)
	_, err = repository.Push(t.Context(), registry.Artifact{Bundle: tampered(t, newer, "a newline in a module")})
	require.NoError(t, err)
	l.kept(t, opa, "a module changed, and the tag moved to it", "pullpolicy/uses/uses.rego: digest mismatch", "r2")
	_, output, err := pull(t, public, tag)
	require.Error(t, err)
	require.Contains(t, output, "pullpolicy/uses/uses.rego: digest mismatch")

	// OPA keeps what it has pulled, so a server that is pinned has a place of its own.
	there := here
	there.resource, there.state = strings.TrimPrefix(pinned, "oci://"), t.TempDir()
	pinnedOPA := there.start(t)
	l.took(t, pinnedOPA, "the same, and the resource pinned to the digest", "r2")
	push(t, public, older, tag)
	l.took(t, opa, "the tag moved to an older one: OPA has nothing against it", "r1")
	pinnedOPA.keeps(t, "r2")
	l.note("the same, and the resource pinned to the digest", "", "r2")

	mirrored(t, l, public, key, tag, newer)

	kill()
	l.kept(t, opa, "the registry dies", "connection refused", "r1")
	opa.kill()
	l.kept(t, here.start(t), "a restart without the registry, from the copy", "connection refused", "r1")
}

// mirrored has OPA take its bundle from a mirror, which lets no bundle in that is older than its own.
func mirrored(t *testing.T, l *ledger, public string, key keyPair, tag string, bundle []byte) {
	t.Helper()
	mirror := publish(t, bundle)
	opa := site{url: mirror.URL, resource: "bundle.tar.gz", state: t.TempDir(), keys: []keyPair{key}}.start(t)
	opa.activates(t, "r2")

	served := write(t, "bundle.tar.gz", string(bundle))
	_, output, err := pullTo(t, served, public, tag, "--not-older-than", "r2")
	require.Error(t, err)
	require.Contains(t, output, ".manifest: r1 is older than r2")
	left, err := os.ReadFile(served)
	require.NoError(t, err)
	require.Equal(t, bundle, left)
	mirror.set(left)
	opa.keeps(t, "r2")
	l.note("the same, behind a mirror that pulls --not-older-than its own", "", "r2")
}

// push has the command push a bundle, and returns the reference by digest that it prints.
func push(t *testing.T, public string, bundle []byte, tag string) string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), program(t, "PULLPOLICY_COMMAND"), "bundle", "push",
		"--verification-key", public, write(t, "bundle.tar.gz", string(bundle)), tag).CombinedOutput()
	require.NoError(t, err, "%s", output)
	return strings.TrimSpace(string(output))
}

// pull has the command pull a bundle, and returns it with what the command says.
func pull(t *testing.T, public, reference string) ([]byte, string, error) {
	t.Helper()
	return pullTo(t, filepath.Join(t.TempDir(), "bundle.tar.gz"), public, reference)
}

func pullTo(t *testing.T, file, public, reference string, more ...string) ([]byte, string, error) {
	t.Helper()
	args := append([]string{"bundle", "pull", "--verification-key", public, "--output", file}, more...)
	output, err := exec.CommandContext(t.Context(), program(t, "PULLPOLICY_COMMAND"), append(args, reference)...).CombinedOutput()
	if err != nil {
		return nil, string(output), err
	}
	bundle, err := os.ReadFile(file)
	return bundle, string(output), err
}

// judgesPulled has conftest pull the policies, and demands the engine's verdicts of them.
func judgesPulled(t *testing.T, tag string) {
	t.Helper()
	conftest, folder := program(t, "PULLPOLICY_CONFTEST"), t.TempDir()
	command := exec.CommandContext(t.Context(), conftest, "pull", tag)
	command.Dir = folder
	output, err := command.CombinedOutput()
	require.NoError(t, err, "%s", output)

	engine, err := harness.New(t.Context())
	require.NoError(t, err)
	var files []string
	want := map[string][]finding{}
	for _, c := range load(t) {
		if c.Input.Parameters != nil {
			continue
		}
		verdict, err := engine.Judge(t.Context(), c.Input)
		require.NoError(t, err)
		file := filepath.Join(fixtures, c.File)
		files, want[file] = append(files, file), findings(verdict.Violations)
	}
	got, err := runWith(t.Context(), conftest, filepath.Join(folder, "policy"), files...)
	require.NoError(t, err)
	for _, file := range files {
		assert.Equal(t, want[file], findings(got[file]), file)
	}
	t.Logf("conftest test, with what conftest pull gave it: %d fixtures", len(files))
}

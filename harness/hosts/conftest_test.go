//go:build hosts

package hosts_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/fixture"
	"github.com/pullpolicy/pullpolicy/harness/manifest"
)

// TestConftest runs conftest test over the fixtures, once for each set of parameters.
func TestConftest(t *testing.T) {
	conftest := program(t, "PULLPOLICY_CONFTEST")

	started := time.Now()
	byParameters := map[string][]string{}
	for _, c := range load(t) {
		parameters := parametersOf(t, c)
		byParameters[parameters] = append(byParameters[parameters], filepath.Join(fixtures, c.File))
	}
	answers := map[string][]harness.Violation{}
	for parameters, files := range byParameters {
		args := []string{}
		if parameters != "" {
			args = append(args, "-d", write(t, "parameters.json", `{"pullpolicy_parameters": `+parameters+`}`))
		}
		found, err := run(t.Context(), conftest, append(args, files...)...)
		require.NoError(t, err)
		for _, file := range files {
			require.Contains(t, found, file)
			answers[file] = found[file]
		}
	}

	agree(t, row{host: "conftest test", version: versionOf(t, conftest)}, started, func(_ context.Context, c *fixture.Case) ([]harness.Violation, error) {
		return answers[filepath.Join(fixtures, c.File)], nil
	})
}

// TestConftestOnManifests demands one verdict of conftest and the engine for each file below PULLPOLICY_CORPUS, a
// folder of manifests; without it, the examples.
func TestConftestOnManifests(t *testing.T) {
	conftest := program(t, "PULLPOLICY_CONFTEST")
	corpus := os.Getenv("PULLPOLICY_CORPUS")
	if corpus == "" {
		corpus = filepath.Join(fixtures, "examples")
	}
	engine, err := harness.New(t.Context())
	require.NoError(t, err)

	files, problems := manifest.Files([]string{corpus}, nil)
	require.Empty(t, problems)
	require.NotEmpty(t, files)
	started := time.Now()
	answers, err := run(t.Context(), conftest, files...)
	require.NoError(t, err)

	disagreements, total := 0, 0
	for _, file := range files {
		documents, _ := (&manifest.Reader{}).ReadFile(file)
		var want []finding
		for _, document := range documents {
			verdict, err := engine.Judge(t.Context(), harness.Input{Reviews: []harness.Review{{Object: document.Value}}})
			require.NoError(t, err)
			want = append(want, findings(verdict.Violations)...)
		}
		total += len(want)
		if !assert.ElementsMatch(t, want, findings(answers[file]), file) {
			disagreements++
		}
	}
	t.Logf("%d findings", total)
	enter(row{"conftest test, manifests", versionOf(t, conftest), len(files), disagreements, time.Since(started)})
}

// TestConftestDiffers holds what conftest's own reader does otherwise, as bundle/docs/conftest.md lists it.
func TestConftestDiffers(t *testing.T) {
	conftest := program(t, "PULLPOLICY_CONFTEST")
	const clean = "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, image: 'nginx:1', imagePullPolicy: Always}]}\n"
	const stale = "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, image: nginx, imagePullPolicy: Never}]}\n"

	for name, text := range map[string]string{
		"a comment":              clean + "--- # the second\n" + stale,
		"a blank":                clean + "--- \n" + stale,
		"a tab":                  clean + "---\t\n" + stale,
		"a tag":                  clean + "--- !!map\n" + stale,
		"the end of a document":  clean + "...\n" + stale,
		"UTF-16":                 utf16LE(clean + "---\n" + stale),
		"two kinds of line ends": clean + "---\n" + stale + "# the end\r\n",
	} {
		t.Run("a document that conftest does not see: "+name, func(t *testing.T) {
			file := write(t, "pod.yaml", text)
			found, err := run(t.Context(), conftest, file)
			require.NoError(t, err)
			assert.Empty(t, found[file])

			documents, problems := (&manifest.Reader{}).ReadFile(file)
			assert.Empty(t, problems)
			assert.Len(t, documents, 2)
		})
	}

	t.Run("an empty list is not asked about", func(t *testing.T) {
		file := write(t, "pods.yaml", "[]\n")
		assert.Contains(t, counts(t, conftest, file), "0 tests, 0 passed")
	})

	t.Run("an empty stream does not pass", func(t *testing.T) {
		for _, text := range []string{"", "# nothing\n", "null\n", "---\n"} {
			file := write(t, "pods.yaml", text)
			assert.Contains(t, counts(t, conftest, file), "2 tests, 0 passed, 0 warnings, 0 failures, 2 exceptions", text)
			assert.Contains(t, counts(t, conftest, "--combine", file), "2 tests, 0 passed, 0 warnings, 0 failures, 2 exceptions", text)
		}
	})

	t.Run("duplicate keys are not an error, and the last wins", func(t *testing.T) {
		file := write(t, "pod.yaml", "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: a\n      image: nginx\n"+
			"      image: nginx:1\n      imagePullPolicy: Always\n")
		found, err := run(t.Context(), conftest, file)
		require.NoError(t, err)
		assert.Empty(t, found[file])

		_, problems := (&manifest.Reader{}).ReadFile(file)
		require.Len(t, problems, 1)
		assert.Equal(t, 7, problems[0].Line)
	})

	t.Run("one document that is not YAML ends the run", func(t *testing.T) {
		file := write(t, "pod.yaml", stale+"---\n{{ if }}\n")
		_, err := run(t.Context(), conftest, file)
		require.Error(t, err)

		documents, problems := (&manifest.Reader{}).ReadFile(file)
		assert.Len(t, documents, 1)
		assert.Len(t, problems, 1)
	})

	t.Run("a namespace without rules is not an error, but counts no tests", func(t *testing.T) {
		file := write(t, "pod.yaml", stale)
		output, err := exec.Command(conftest, "test", "-p", policies, "-n", "main", "-o", "json", file).Output()
		require.NoError(t, err)
		assert.Contains(t, string(output), `"successes": 0`)
	})
}

// TestConftestExtracted has conftest read what bundle extract has verified: the bundle's own parameters, which conftest
// loads as data, and over them the consumer's.
func TestConftestExtracted(t *testing.T) {
	conftest, key := program(t, "PULLPOLICY_CONFTEST"), ours()
	bundle := write(t, "bundle.tar.gz", string(build(t, "r1", key, strict)))
	folder := filepath.Join(t.TempDir(), "policy")
	output, err := exec.CommandContext(t.Context(), program(t, "PULLPOLICY_COMMAND"), "bundle", "extract",
		"--verification-key", write(t, "pullpolicy.pub", string(key.public)), bundle, folder).CombinedOutput()
	require.NoError(t, err, "%s", output)

	file := write(t, "pod.yaml", "apiVersion: v1\nkind: Pod\n"+
		"spec: {containers: [{name: a, image: 'nginx:1', imagePullPolicy: IfNotPresent}]}\n")
	parameters := write(t, "parameters.json", `{"pullpolicy_parameters": {"rules": {"digest-missing": "warning"}}}`)
	missing := func(severity string) []finding {
		return []finding{{"spec.containers[0].image", "digest-missing", severity}}
	}
	for name, test := range map[string]struct {
		data []string
		want []finding
	}{
		"without data":                        {nil, []finding{}},
		"the bundle's parameters":             {[]string{"-d", folder}, missing(harness.SeverityError)},
		"the consumer's over the bundle's":    {[]string{"-d", folder, "-d", parameters}, missing(harness.SeverityWarning)},
		"the consumer's without the bundle's": {[]string{"-d", parameters}, missing(harness.SeverityWarning)},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := runWith(t.Context(), conftest, folder, append(test.data, file)...)
			require.NoError(t, err)
			assert.Equal(t, test.want, findings(found[file]))
		})
	}
}

// TestConftestAllNamespaces runs beside a team's own policies, which the run must reach, and finds what the host's
// namespace alone finds, and theirs.
func TestConftestAllNamespaces(t *testing.T) {
	conftest := program(t, "PULLPOLICY_CONFTEST")
	team := filepath.Join(t.TempDir(), "team.rego")
	require.NoError(t, os.WriteFile(team, []byte("package team.names\n\nimport rego.v1\n\n"+
		"deny contains \"no name\" if not input.metadata.name\n\nviolation contains {\"msg\": \"a kind\"} if input.kind\n"), 0o600))
	files := []string{}
	for _, c := range load(t) {
		if c.Input.Parameters == nil {
			files = append(files, filepath.Join(fixtures, c.File))
		}
	}
	alone, err := run(t.Context(), conftest, files...)
	require.NoError(t, err)

	output, err := exec.CommandContext(t.Context(), conftest, append([]string{
		"test", "-p", policies, "-p", team, "--all-namespaces", "-o", "json", "--strict",
	}, files...)...).Output()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit, "there is something to find")
	require.Equal(t, 1, exit.ExitCode(), "%s", exit.Stderr)
	var results []struct {
		Filename, Namespace string
		Warnings, Failures  []struct{ Metadata harness.Violation }
	}
	require.NoError(t, json.Unmarshal(output, &results))
	ours, theirs := map[string][]harness.Violation{}, 0
	for _, result := range results {
		found := append(result.Warnings, result.Failures...)
		switch result.Namespace {
		case "team.names":
			theirs += len(found)
		case "pullpolicy.conftest":
			for _, one := range found {
				ours[result.Filename] = append(ours[result.Filename], one.Metadata)
			}
		default:
			assert.Empty(t, found, result.Namespace)
		}
	}
	assert.GreaterOrEqual(t, theirs, len(files)/2)
	for _, file := range files {
		assert.Equal(t, findings(alone[file]), findings(ours[file]), file)
	}
}

// counts is what conftest prints of a file, or files.
func counts(t *testing.T, conftest string, args ...string) string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), conftest, append([]string{
		"test", "--no-color", "-p", policies, "-n", "pullpolicy.conftest",
	}, args...)...).Output()
	require.NoError(t, err)
	return string(output)
}

// utf16LE is the text in UTF-16, with its byte order mark.
func utf16LE(text string) string {
	encoded := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(text)) {
		encoded = binary.LittleEndian.AppendUint16(encoded, unit)
	}
	return string(encoded)
}

// TestConftestCombine checks several files at once, as --combine hands them in.
func TestConftestCombine(t *testing.T) {
	conftest := program(t, "PULLPOLICY_CONFTEST")
	file := filepath.Join(fixtures, "rules/mutable-tag-cached")
	found, err := run(t.Context(), conftest, "--combine", file)
	require.NoError(t, err)
	require.NotEmpty(t, found["Combined"])
}

// run returns what conftest finds in each file with the policies of the checkout.
func run(ctx context.Context, conftest string, args ...string) (map[string][]harness.Violation, error) {
	return runWith(ctx, conftest, policies, args...)
}

// runWith returns what conftest finds in each file with a folder of policies. Exit code 1 says that it found something.
func runWith(ctx context.Context, conftest, folder string, args ...string) (map[string][]harness.Violation, error) {
	command := exec.CommandContext(ctx, conftest, append([]string{
		"test", "-p", folder, "-n", "pullpolicy.conftest", "-o", "json", "--strict",
	}, args...)...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if code := command.ProcessState.ExitCode(); code > 1 || err != nil && code == 1 && len(output) == 0 {
		return nil, fmt.Errorf("conftest: %w: %s", err, &stderr)
	}

	type result struct {
		Metadata harness.Violation `json:"metadata"`
	}
	var files []struct {
		Filename string   `json:"filename"`
		Warnings []result `json:"warnings"`
		Failures []result `json:"failures"`
	}
	if err := json.Unmarshal(output, &files); err != nil {
		return nil, fmt.Errorf("read conftest's output: %w", err)
	}
	found := map[string][]harness.Violation{}
	for _, file := range files {
		violations := []harness.Violation{}
		for _, result := range append(file.Warnings, file.Failures...) {
			violations = append(violations, result.Metadata)
		}
		found[file.Filename] = violations
	}
	return found, nil
}

func parametersOf(t *testing.T, c *fixture.Case) string {
	t.Helper()
	if c.Input.Parameters == nil {
		return ""
	}
	decoded, err := ast.JSON(c.Input.Parameters)
	require.NoError(t, err)
	encoded, err := json.Marshal(decoded)
	require.NoError(t, err)
	return string(encoded)
}

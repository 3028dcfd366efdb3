package pack_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/fixture"
	"github.com/pullpolicy/pullpolicy/harness/pack"
	"github.com/pullpolicy/pullpolicy/policies"
)

// TestTargetsAnswerAlike judges fixtures with a bundle of each target that OPA evaluates: the first ones for each set of
// rules that fire, and with make exhaustive all.
func TestTargetsAnswerAlike(t *testing.T) {
	cases, err := fixture.LoadAll(os.DirFS("../../fixtures"))
	require.NoError(t, err)
	require.NotEmpty(t, cases)
	for target, bundle := range map[string]func() ([]byte, error){"rego": regoBundle, "wasm": wasmBundle} {
		t.Run(target, func(t *testing.T) {
			loaded, err := read(t, once(t, bundle)).Load(newVerifier(t))
			require.NoError(t, err)
			engine, err := harness.New(t.Context(), harness.WithPolicies(loaded))
			require.NoError(t, err)
			asked := cases
			if !exhaustive {
				asked = firsts(cases)
			}
			for _, c := range asked {
				want, err := once(t, embedded).Judge(t.Context(), c.Input)
				require.NoError(t, err)
				got, err := engine.Judge(t.Context(), c.Input)
				require.NoError(t, err)
				require.Equal(t, want, got, c.File)
			}
			t.Logf("%d fixtures, 0 disagreements", len(asked))
		})
	}
}

// firsts returns the first fixture for each set of rules that fire.
func firsts(cases []*fixture.Case) []*fixture.Case {
	var firsts []*fixture.Case
	seen := map[string]bool{}
	for _, c := range cases {
		rules := map[string]bool{}
		for _, want := range c.Wants {
			rules[want.Rule] = true
		}
		if key := fmt.Sprint(slices.Sorted(maps.Keys(rules))); !seen[key] {
			seen[key] = true
			firsts = append(firsts, c)
		}
	}
	return firsts
}

// TestWasmAnswersFromWasm takes the Rego away, which must leave the answers there.
func TestWasmAnswersFromWasm(t *testing.T) {
	loaded, err := read(t, once(t, wasmBundle)).Load(nil)
	require.NoError(t, err)
	require.NotEmpty(t, loaded.WasmModules)
	results, err := rego.New(
		rego.ParsedBundle("wasm", &bundle.Bundle{Manifest: loaded.Manifest, WasmModules: loaded.WasmModules, Data: loaded.Data}),
		rego.Query("data.pullpolicy.violations.violations[_].rule"),
		rego.Input(map[string]any{}),
	).Eval(t.Context())
	require.NoError(t, err)
	require.Len(t, results, 1)
	assert.Equal(t, "input-invalid", results[0].Expressions[0].Value)
}

// TestWasmWantsNothingOfItsHost plants calls of builtins that a module does not have: where the entrypoints come to them,
// nothing is built.
func TestWasmWantsNothingOfItsHost(t *testing.T) {
	for name, test := range map[string]struct{ rule, wanted string }{
		"sprintf":          {`violations contains sprintf("%d", [x]) if x := input.x`, "sprintf"},
		"two":              {`violations contains {time.now_ns(), glob.quote_meta(input.x)}`, "glob.quote_meta, time.now_ns"},
		"through a helper": {"violations contains _split(input.x)\n\n_split(x) := regex.split(`@`, x)", "regex.split"},
		"what it has":      {`violations contains concat("", regex.find_all_string_submatch_n("a", input.x, 1)[0])`, ""},
		"out of reach":     {`unasked(x) := sprintf("%d", [x])`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			planted := smallPolicies(t)
			planted[smallEntrypoint].Data = append(planted[smallEntrypoint].Data, "\n"+test.rule+"\n"...)
			err := pack.Build(t.Context(), planted, pack.Options{Target: "wasm"}, io.Discard)
			if test.wanted == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, "load bundle: policy.wasm: calls what WebAssembly has to get from its host: "+test.wanted)
			require.NoError(t, pack.Build(t.Context(), planted, pack.Options{}, io.Discard), "OPA itself has all")
		})
	}
}

func TestPlanHasEveryEntrypoint(t *testing.T) {
	archive := read(t, once(t, planBundle))
	statement, err := archive.Statement()
	require.NoError(t, err)
	assert.Contains(t, statement.Entrypoints, "pullpolicy/violations/violations")
	require.NoError(t, archive.Ask(t.Context(), nil))
}

// TestBuildIsReproducible builds from the embedded policies and from a copy of them in a folder, at another time.
func TestBuildIsReproducible(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "another name")
	require.NoError(t, os.CopyFS(folder, policies.FS))
	for i, file := range []string{".manifest", "pullpolicy/pullpolicy.rego"} {
		changed := time.Now().Add(time.Duration(i) * time.Hour)
		require.NoError(t, os.Chtimes(filepath.Join(folder, file), changed, changed))
	}
	for target, bundle := range map[string]func() ([]byte, error){"rego": regoBundle, "wasm": wasmBundle, "plan": planBundle} {
		t.Run(target, func(t *testing.T) {
			got := buildFrom(t, os.DirFS(folder), pack.Options{Target: target, Signer: newSigner(t)})
			assert.True(t, bytes.Equal(once(t, bundle), got), "a bundle's bytes depend on where its sources lie")
		})
	}
}

func TestBuildStates(t *testing.T) {
	archive := read(t, build(t, pack.Options{Version: "1.2.3", Signer: newSigner(t)}))
	contents, err := archive.Contents(nil)
	require.NoError(t, err)

	assert.Equal(t, once(t, embedded).Rules(), contents.Rules)
	var ids []string
	for _, rule := range contents.Rules {
		ids = append(ids, rule.ID)
	}
	assert.Equal(t, "r9", contents.Manifest.Revision)
	assert.Equal(t, "pullpolicy", contents.Manifest.Name)
	assert.Equal(t, "1.2.3", contents.Manifest.Version)
	assert.Equal(t, "2026-11-24T12:00:00Z", contents.Manifest.Time)
	assert.Equal(t, ids, contents.Manifest.Rules)
	assert.Equal(t, []string{"pullpolicy"}, contents.Manifest.Roots)
	assert.Subset(t, contents.Manifest.Entrypoints, []string{
		"pullpolicy/explanations/explanations", "pullpolicy/violations/violations",
	})
	assert.Equal(t, &pack.Signature{KeyID: "k1", Algorithm: "RS256", Scope: "test", Files: contents.Signature.Files}, contents.Signature)
	for _, file := range contents.Files {
		assert.NotContains(t, file.Name, "_test.rego")
	}
}

// TestVersionsAreTheTested holds the manifest against the pinned versions and the floor that make lint checks.
func TestVersionsAreTheTested(t *testing.T) {
	statement, err := read(t, once(t, regoBundle)).Statement()
	require.NoError(t, err)
	pins, err := os.ReadFile("../../.ci/versions")
	require.NoError(t, err)
	assert.Contains(t, string(pins), "\nOPA=v"+statement.OPA.Tested+"\n")
	assert.Contains(t, string(pins), "\nOPA_FLOOR=v"+statement.OPA.Minimum+"\n")
	assert.Contains(t, string(pins), "\nKUBERNETES=v"+statement.Kubernetes.Tested+"\n")
	regal, err := os.ReadFile("../../.regal/config.yaml")
	require.NoError(t, err)
	assert.Contains(t, string(regal), "version: v"+statement.OPA.Minimum+"\n")
}

// TestRevisionOfNoCommit demands another revision of other policies, and the same of the same.
func TestRevisionOfNoCommit(t *testing.T) {
	revision := func(policy string, parameters any) string {
		more := smallPolicies(t)
		more["pullpolicy/more.rego"] = &fstest.MapFile{Data: []byte(policy)}
		var packed bytes.Buffer
		require.NoError(t, pack.Build(t.Context(), more, pack.Options{Parameters: parameters}, &packed))
		statement, err := read(t, packed.Bytes()).Statement()
		require.NoError(t, err)
		return statement.Revision
	}
	const policy = "package pullpolicy.more\n\nanswer := 42\n"
	first := revision(policy, nil)
	assert.True(t, strings.HasPrefix(first, "sha256-"), first)
	assert.Equal(t, first, revision(policy, nil))
	assert.NotEqual(t, first, revision(strings.ReplaceAll(policy, "42", "43"), nil))
	assert.NotEqual(t, first, revision(policy, map[string]any{"profile": "strict"}))
}

func TestBuildRefuses(t *testing.T) {
	module := func(text string) fstest.MapFS { return fstest.MapFS{"a.rego": {Data: []byte(text)}} }
	for name, test := range map[string]struct {
		policies fstest.MapFS
		options  pack.Options
		want     string
	}{
		"what does not parse":   {module("package a\n\nb if {"), pack.Options{}, "build bundle: read policies: "},
		"what does not compile": {module("package a\n\nb := c\n"), pack.Options{}, "/a.rego:3: "},
		"what does not answer":  {module("package a\n\nb := 1\n"), pack.Options{}, "the policies give no answer"},
		"no policies":           {fstest.MapFS{"README.md": {Data: []byte("hello")}}, pack.Options{}, "no Rego module"},
		"an unknown target":     {module("package a\n\nb := 1\n"), pack.Options{Target: "c"}, "c"},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorContains(t, pack.Build(t.Context(), test.policies, test.options, io.Discard), test.want)
		})
	}
}

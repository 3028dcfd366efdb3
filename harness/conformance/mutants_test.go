package conformance_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/policies"
)

// TestMutants proves that the suite can fail: it changes the policies in one place and demands a disagreement.
func TestMutants(t *testing.T) {
	for _, mutant := range []struct {
		name, file, old, new string
		compare              func(testing.TB, *harness.Engine, int) tally
	}{
		{"tag of 127 characters", "references", `{0,127}`, `{0,126}`, compareReferences},
		{"tag of 129 characters", "references", `{0,127}`, `{0,128}`, compareReferences},
		{"tag that starts with a dot", "references", `([\w][\w.-]`, `([\w.][\w.-]`, compareReferences},
		{"repository of 254 characters", "references", `<= 255`, `<= 254`, compareReferences},
		{"repository of 256 characters", "references", `<= 255`, `<= 256`, compareReferences},
		{"underscore", "references", `[._]|__|`, `[.]|__|`, compareReferences},
		{"two underscores", "references", `[._]|__|`, `[._]|`, compareReferences},
		{"two hyphens", "references", `|[-]+)`, `|[-])`, compareReferences},
		{"empty port", "references", `(?::[0-9]+)?/`, `(?::[0-9]*)?/`, compareReferences},
		{"image id", "references", `{64}$`, `{63}$`, compareReferences},
		{"sha256", "references", `sha256:[a-f0-9]{64}`, `sha256:[a-f0-9]{65}`, compareReferences},
		{"sha384", "references", `sha384:[a-f0-9]{96}`, `sha384:[a-f0-9]{95}`, compareReferences},
		{"sha512", "references", `sha512:[a-f0-9]{128}`, `sha521:[a-f0-9]{128}`, compareReferences},
		{"digest in upper case", "references", `sha256:[a-f0-9]`, `sha256:[A-Fa-f0-9]`, compareReferences},
		{"localhost", "references", `^localhost$`, `^localhost`, compareReferences},
		{"registry in upper case", "references", `[.:A-Z]`, `[.:]`, compareReferences},
		{"index.docker.io", "references", `"index.docker.io"`, `"index.docker.com"`, compareReferences},
		{"library", "references", `"library/"`, `"library"`, compareReferences},
		{"latest in upper case", "defaults", `"latest"`, `"Latest"`, compareReferences},
		{"default of what does not parse", "defaults", "\treference.valid\n", "", compareReferences},
		{"policy of an image volume", "podspecs", `volume.image, "pullPolicy"`, `volume.image, "imagePullPolicy"`, compareReferences},
		{"ephemeral containers", "podspecs", `, "ephemeralContainers"]`, `]`, compareReferences},
		{"policy null", "uses", `value == null`, `value == "null"`, compareReferences},
		{"policy in lower case", "uses", `"IfNotPresent", "Never"]`, `"IfNotPresent", "never"]`, compareReferences},
		{"Never in the profile always", "parameters", `["Always"]`, `["Always", "Never"]`, compareAlways},
	} {
		t.Run(mutant.name, func(t *testing.T) {
			t.Parallel()
			engine := mutate(t, mutant.file, mutant.old, mutant.new)
			found := 0
			for cases := 500; found == 0 && cases <= 32_000; cases *= 4 {
				found = mutant.compare(t, engine, cases).disagreements
			}
			require.Positive(t, found)
		})
	}

	names := map[string][]kind{}
	for _, k := range podKinds() {
		if name, isList := strings.CutSuffix(k.Kind, "List"); !isList {
			names[name] = append(names[name], k)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		t.Run("path of a "+name, func(t *testing.T) {
			t.Parallel()
			known := fmt.Sprintf("%q: [", name)
			engine := mutate(t, "podspecs", known, known+`"moved", `)
			require.Positive(t, comparePodSpecs(t, engine, names[name]).disagreements)
		})
	}
}

// mutate returns an engine with the embedded policies, in which one package has another text in place of the old one.
func mutate(t *testing.T, name, old, new string) *harness.Engine {
	t.Helper()
	mutated := fstest.MapFS{}
	target := fmt.Sprintf("pullpolicy/%s/%s.rego", name, name)
	require.NoError(t, fs.WalkDir(policies.FS, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(policies.FS, path)
		if path == target {
			require.Contains(t, string(content), old)
			content = bytes.ReplaceAll(slices.Clone(content), []byte(old), []byte(new))
		}
		mutated[path] = &fstest.MapFile{Data: content}
		return err
	}))
	bundle, err := harness.LoadFS(mutated)
	require.NoError(t, err)
	engine, err := harness.New(t.Context(), harness.WithPolicies(bundle))
	require.NoError(t, err)
	return engine
}

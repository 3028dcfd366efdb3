//go:build hosts

package hosts_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/manifest"
)

const (
	cleanPod = "apiVersion: v1\nkind: Pod\nmetadata: {name: clean}\n" +
		"spec: {containers: [{name: a, image: 'nginx:1', imagePullPolicy: Always}]}\n"
	stalePod = "apiVersion: v1\nkind: Pod\nmetadata: {name: stale}\n" +
		"spec: {containers: [{name: a, image: nginx, imagePullPolicy: Never}]}\n"
)

// TestGatorDiffers holds what gator silently skips and pullpolicy check does not, as bundle/docs/gatekeeper.md lists it.
func TestGatorDiffers(t *testing.T) {
	g := newGator(t, "PULLPOLICY_GATOR")
	silent := func(t *testing.T, paths ...string) {
		t.Helper()
		results, err := g.test(t.Context(), paths...)
		require.NoError(t, err)
		assert.Empty(t, results)
	}

	t.Run("the end of a document hides one that no separator begins", func(t *testing.T) {
		file := write(t, "pod.yaml", cleanPod+"...\n"+stalePod)
		silent(t, gatekeeperFolder, file)
		engine, err := harness.New(t.Context())
		require.NoError(t, err)
		assert.NotEmpty(t, found(t, engine, file))
	})

	t.Run("duplicate keys are not an error, and the last wins", func(t *testing.T) {
		file := write(t, "pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n"+
			"    - name: a\n      image: nginx\n      image: nginx:1\n      imagePullPolicy: Always\n")
		silent(t, gatekeeperFolder, file)
		_, problems := (&manifest.Reader{}).ReadFile(file)
		require.Len(t, problems, 1)
	})

	t.Run("a link to a folder is not followed", func(t *testing.T) {
		folder, elsewhere := t.TempDir(), filepath.Dir(write(t, "pod.yaml", stalePod))
		require.NoError(t, os.WriteFile(filepath.Join(folder, "pod.yaml"), []byte(cleanPod), 0o600))
		require.NoError(t, os.Symlink(elsewhere, filepath.Join(folder, "link")))
		silent(t, gatekeeperFolder, folder)
		files, problems := manifest.Files([]string{folder}, nil)
		assert.Empty(t, problems)
		assert.Len(t, files, 2)
	})

	t.Run("Constraints for a cluster alone check nothing", func(t *testing.T) {
		file := write(t, "pod.yaml", stalePod)
		silent(t, template, filepath.Join(gatekeeperFolder, "constraints"), file)
	})
}

// TestGatorRefuses holds that gator says so where it reads a file otherwise than pullpolicy check, or not at all.
func TestGatorRefuses(t *testing.T) {
	for _, g := range gators(t) {
		for name, text := range map[string]string{
			"a separator with content":   cleanPod + "--- {kind: Pod}\n",
			"an object without a kind":   "apiVersion: v1\nmetadata: {name: a}\n",
			"an unrendered template":     "kind: {{ .Values.kind }}\n",
			"a document that is a list":  "- kind: Pod\n",
			"a document that is a text":  "kind\n",
			"a version of YAML":          "%YAML 1.2\n---\n" + cleanPod,
			"text after a JSON document": `{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}} b`,
		} {
			t.Run(fmt.Sprintf("%s: %s", g.version, name), func(t *testing.T) {
				results, err := g.test(t.Context(), gatekeeperFolder, write(t, "pod.yaml", text))
				var said gatorRefusal
				require.ErrorAs(t, err, &said, "%v", results)
			})
		}
		t.Run(g.version+": a file of another extension", func(t *testing.T) {
			_, err := g.test(t.Context(), gatekeeperFolder, write(t, "pod.txt", stalePod))
			require.ErrorContains(t, err, "must be of extensions")
		})
	}
}

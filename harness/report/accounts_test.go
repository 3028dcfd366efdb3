package report_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/manifest"
	"github.com/pullpolicy/pullpolicy/harness/report"
)

const (
	accountText = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default}\nimagePullSecrets: [{name: registry}]\n"
	podText     = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers: [{name: app, image: nginx:1, imagePullPolicy: IfNotPresent}]\n"
)

// TestAccountsBesidePods joins a Pod with its ServiceAccount wherever that stands in what is checked, also so far off that
// they are not evaluated together.
func TestAccountsBesidePods(t *testing.T) {
	many := strings.Builder{}
	for i := range 200 {
		fmt.Fprintf(&many, "apiVersion: v1\nkind: Service\nmetadata: {name: s%d}\n---\n", i)
	}
	list := "apiVersion: v1\nkind: List\nitems:\n- " + strings.ReplaceAll(strings.TrimSpace(accountText), "\n", "\n  ") + "\n"
	for name, tc := range map[string]struct {
		files  map[string]string
		stream string
		want   int
	}{
		"none":                      {map[string]string{"pod.yaml": podText}, "", 0},
		"in a file that is later":   {map[string]string{"pod.yaml": podText, "z.yaml": accountText}, "", 1},
		"in a List":                 {map[string]string{"pod.yaml": podText, "z.yaml": list}, "", 1},
		"far off in one file":       {map[string]string{"pod.yaml": podText + "---\n" + many.String() + accountText}, "", 1},
		"far off in a stream":       {nil, podText + "---\n" + many.String() + accountText, 1},
		"in a stream, beside files": {map[string]string{"pod.yaml": podText}, accountText, 1},
		"of another namespace":      {map[string]string{"pod.yaml": podText, "z.yaml": strings.Replace(accountText, "default", "default, namespace: shop", 1)}, "", 0},
		"of one namespace": {map[string]string{
			"pod.yaml": strings.Replace(podText, "name: web", "name: web, namespace: shop", 1),
			"z.yaml":   strings.Replace(accountText, "default", "default, namespace: shop", 1),
		}, "", 1},
		"by its name": {map[string]string{
			"pod.yaml": strings.Replace(podText, "spec:", "spec:\n  serviceAccountName: puller", 1),
			"z.yaml":   strings.Replace(accountText, "default", "puller", 1),
		}, "", 1},
		"of another name": {map[string]string{"pod.yaml": podText, "z.yaml": strings.Replace(accountText, "default", "other", 1)}, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			for file, text := range tc.files {
				require.NoError(t, os.WriteFile(filepath.Join(folder, file), []byte(text), 0o600))
			}
			paths := []string{folder}
			if tc.stream != "" {
				paths = append(paths, "-")
			}
			if tc.files == nil {
				paths = paths[1:]
			}
			run := report.Run{
				Engine: newEngine(t), Reader: manifest.Reader{}, Stdin: strings.NewReader(tc.stream),
			}
			var err error
			run.Parameters, err = report.ReadParameters(write(t, t.TempDir(), "parameters.yaml", `{profile: multi-tenant, kubernetesVersion: "1.34"}`))
			require.NoError(t, err)
			got, err := run.Check(t.Context(), paths)
			require.NoError(t, err)
			assert.Empty(t, got.Errors)
			assert.Equal(t, tc.want, got.Summary.Errors)
			assert.Equal(t, strings.Count(strings.Join(append(texts(tc.files), tc.stream), ""), "\nkind: "), got.Summary.Objects, "none is counted twice")
		})
	}
}

func texts(files map[string]string) []string {
	var all []string
	for _, text := range files {
		all = append(all, text)
	}
	return all
}

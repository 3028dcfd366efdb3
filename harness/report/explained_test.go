package report_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/report"
)

func TestExplainJSON(t *testing.T) {
	t.Parallel()
	in := "apiVersion: v1\nkind: ConfigMap\n---\n" + mistaken + "    - {name: side, image: \"busybox:1\"}\n"
	run := report.Run{Engine: newEngine(t), Stdin: strings.NewReader(in)}
	explained, err := run.Explain(t.Context(), []string{"-"})
	require.NoError(t, err)

	var decoded struct {
		Uses   []map[string]any
		Errors []any
	}
	require.NoError(t, json.Unmarshal([]byte(encode(t, explained)), &decoded))
	assert.Equal(t, []any{}, decoded.Errors)
	require.Len(t, decoded.Uses, 2)
	assert.Equal(t, map[string]any{
		"file": "-", "line": 9.0, "path": "spec.containers[0]",
		"kind": "Pod", "namespace": "", "name": "web", "list": "containers", "container": "app",
		"image": "nginx:latest",
		"reference": map[string]any{
			"valid": true, "domain": "docker.io", "path": "library/nginx", "name": "docker.io/library/nginx",
			"tag": "latest", "digest": "",
		},
		"declared": "IfNotPresent", "default": "Always", "effective": "IfNotPresent",
		"origin": "declared", "why": "it is written in the manifest",
		"outcomes": map[string]any{
			"absent": "pulled", "absentRegistryDown": "ErrImagePull", "cached": "cached", "otherCredentials": "pulled",
			"moved": "cached", "registryDown": "cached",
		},
		"advice": map[string]any{"field": "imagePullPolicy", "policy": "Always", "why": "it is the default of the image"},
	}, decoded.Uses[0])
	assert.Equal(t, 12.0, decoded.Uses[1]["line"])
}

func TestExplainOfNothing(t *testing.T) {
	t.Parallel()
	run := report.Run{Engine: newEngine(t), Stdin: strings.NewReader(""), AllowEmpty: true}
	explained, err := run.Explain(t.Context(), []string{"-"})
	require.NoError(t, err)
	assert.JSONEq(t, `{"uses": [], "errors": []}`, encode(t, explained))
}

func TestExplainNamesWhatItCannot(t *testing.T) {
	t.Parallel()
	in := "a: {{ .b }}\n---\nkind: Pod\napiVersion: v1\nspec:\n  containers: nginx\n---\n" + mistaken
	parameters, err := report.ReadParameters(write(t, t.TempDir(), "parameters.yaml", "profil: strict\n"))
	require.NoError(t, err)
	run := report.Run{Engine: newEngine(t), Parameters: parameters, Stdin: strings.NewReader(in)}
	explained, err := run.Explain(t.Context(), []string{"-"})
	require.NoError(t, err)

	assert.Len(t, explained.Uses, 1)
	require.Len(t, explained.Errors, 3)
	assert.ErrorContains(t, explained.Errors[0], "-:1: looks like a template")
	assert.ErrorContains(t, explained.Errors[1], "-:6: containers is a string")
	assert.ErrorContains(t, explained.Errors[2], "parameters.yaml:1: parameters.profil: ")
}

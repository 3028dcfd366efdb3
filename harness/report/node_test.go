package report_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/report"
)

func TestExplainOnANode(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		node string
		want harness.Start
	}{
		"an empty file":  {"", harness.Start{Pull: true, Outcome: "pulled"}},
		"an empty state": {"{}\n", harness.Start{Pull: true, Outcome: "pulled"}},
		"the image":      {"images:\n  - name: nginx:latest\n", harness.Start{Outcome: "cached"}},
		"JSON": {
			`{"kubernetesVersion": "1.34", "registry": "signatureInvalid"}`,
			harness.Start{Pull: true, Outcome: "SignatureValidationFailed", Retry: "ImagePullBackOff"},
		},
	}
	engine := newEngine(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			node, err := report.ReadNode(write(t, t.TempDir(), "state.yaml", test.node))
			require.NoError(t, err)
			run := report.Run{Engine: engine, Node: node, Stdin: strings.NewReader(mistaken)}
			explained, err := run.Explain(t.Context(), []string{"-"})
			require.NoError(t, err)
			require.Len(t, explained.Uses, 1)
			assert.Equal(t, &test.want, explained.Uses[0].Start)
		})
	}
}

func TestExplainRefusesANode(t *testing.T) {
	t.Parallel()
	path := write(t, t.TempDir(), "state.yaml", "images:\n  - name: nginx\n    arived: secret\n")
	node, err := report.ReadNode(path)
	require.NoError(t, err)
	run := report.Run{Engine: newEngine(t), Node: node, Stdin: strings.NewReader(mistaken)}
	_, err = run.Explain(t.Context(), []string{"-"})
	assert.EqualError(t, err, path+`:3: node.images[0].arived: "arived" is not known; write one of arrived, name`)
}

func TestReadNodeRefuses(t *testing.T) {
	t.Parallel()
	_, err := report.ReadNode(write(t, t.TempDir(), "state.yaml", "registry: up\n---\nregistry: up\n"))
	assert.ErrorContains(t, err, "state.yaml:3: is a second document, and the state of a node is one")
	_, err = report.ReadNode("missing.yaml")
	assert.EqualError(t, err, "missing.yaml: no such file or directory")
}

package report_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/report"
)

func TestExplainOnANode(t *testing.T) {
	t.Parallel()
	absent := harness.Start{Pull: true, Outcome: "pulled", Why: "the node does not have the image"}
	tests := map[string]struct {
		node string
		want harness.Start
	}{
		"an empty file":  {"", absent},
		"an empty state": {"{}\n", absent},
		"the image":      {"images:\n  - name: nginx:latest\n", harness.Start{Outcome: "cached", Why: "the node has the image"}},
		"JSON": {
			`{"kubernetesVersion": "1.34", "registry": "signatureInvalid"}`,
			harness.Start{Pull: true, Outcome: "SignatureValidationFailed", Why: absent.Why, Retry: "ImagePullBackOff"},
		},
	}
	maps.Copy(tests, map[string]struct {
		node string
		want harness.Start
	}{
		"a Node": {
			node("v1.34.1", "docker.io/library/nginx:latest"),
			harness.Start{Outcome: "cached", Why: "the node has the image"},
		},
		"a Node without the image": {node("v1.34.1", "docker.io/library/busybox:1"), absent},
		"a Node that may leave images out": {
			node("v1.34.1", slices.Repeat([]string{"docker.io/library/busybox:1"}, 50)...),
			harness.Start{Outcome: "unknown", Why: "the list of the node's images is cut, and this one is not on it"},
		},
	})
	engine := newEngine(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			node, err := report.ReadNode(write(t, t.TempDir(), "state.yaml", test.node), nil)
			require.NoError(t, err)
			run := report.Run{Engine: engine, Node: node, Stdin: strings.NewReader(mistaken)}
			explained, err := run.Explain(t.Context(), []string{"-"})
			require.NoError(t, err)
			require.Len(t, explained.Uses, 1)
			assert.Equal(t, &test.want, explained.Uses[0].Start)
		})
	}
}

// node is a Node with a kubelet and images.
func node(version string, images ...string) string {
	var text strings.Builder
	fmt.Fprintf(&text, "apiVersion: v1\nkind: Node\nmetadata: {name: a}\nstatus:\n  nodeInfo: {kubeletVersion: %s}\n  images:\n", version)
	for _, image := range images {
		fmt.Fprintf(&text, "    - names: [%q]\n      sizeBytes: 1\n", image)
	}
	return text.String()
}

func TestReadNodeFromStandardInput(t *testing.T) {
	t.Parallel()
	node, err := report.ReadNode("-", strings.NewReader("images:\n  - name: nginx\n    arived: secret\n"))
	require.NoError(t, err)
	run := report.Run{Engine: newEngine(t), Node: node, Stdin: strings.NewReader(mistaken)}
	_, err = run.Explain(t.Context(), []string{"-"})
	assert.EqualError(t, err, `-:3: node.images[0].arived: "arived" is not known; write one of arrived, name`)
}

func TestExplainRefusesANode(t *testing.T) {
	t.Parallel()
	path := write(t, t.TempDir(), "state.yaml", "images:\n  - name: nginx\n    arived: secret\n")
	node, err := report.ReadNode(path, nil)
	require.NoError(t, err)
	run := report.Run{Engine: newEngine(t), Node: node, Stdin: strings.NewReader(mistaken)}
	_, err = run.Explain(t.Context(), []string{"-"})
	assert.EqualError(t, err, path+`:3: node.images[0].arived: "arived" is not known; write one of arrived, name`)
}

func TestReadNodeRefuses(t *testing.T) {
	t.Parallel()
	_, err := report.ReadNode(write(t, t.TempDir(), "state.yaml", "registry: up\n---\nregistry: up\n"), nil)
	assert.ErrorContains(t, err, "state.yaml:3: is a second document, and the state of a node is one")
	_, err = report.ReadNode("missing.yaml", nil)
	assert.EqualError(t, err, "missing.yaml: no such file or directory")
}

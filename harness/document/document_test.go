package document_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/document"
)

// TestGeneratedFilesAreInStep compares what is committed with what the policies and fixtures say.
func TestGeneratedFilesAreInStep(t *testing.T) {
	engine, err := harness.New(t.Context())
	require.NoError(t, err)
	files, err := document.Files(t.Context(), engine, os.DirFS("../../fixtures"))
	require.NoError(t, err)
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("../../bundle", name))
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got), "bundle/%s has drifted; run make generate", name)
	}
}

// TestReadmePublishesTheResults compares the README's table with what the conformance tests wrote.
func TestReadmePublishesTheResults(t *testing.T) {
	results, err := os.ReadFile("../conformance/RESULTS.md")
	require.NoError(t, err)
	table, _, _ := strings.Cut(string(results), "\n\n")
	lines := strings.Split(strings.TrimSpace(string(results)), "\n")
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	assert.Contains(t, string(readme), table)
	assert.Contains(t, string(readme), lines[len(lines)-1])
}

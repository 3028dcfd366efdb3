package document_test

import (
	"os"
	"path/filepath"
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

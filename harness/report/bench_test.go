package report_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/manifest"
	"github.com/pullpolicy/pullpolicy/harness/report"
)

// BenchmarkCorpus reads the manifests below PULLPOLICY_CORPUS (without it, the fixtures) and checks them, beside the
// floor: the same reader, decoding only.
func BenchmarkCorpus(b *testing.B) {
	corpus := os.Getenv("PULLPOLICY_CORPUS")
	if corpus == "" {
		corpus = "../../fixtures"
	}
	files, problems := manifest.Files([]string{corpus}, nil)
	require.Empty(b, problems)
	require.NotEmpty(b, files)

	b.Run("floor", func(b *testing.B) {
		reader := &manifest.Reader{}
		for b.Loop() {
			for _, file := range files {
				reader.ReadFile(file)
			}
		}
	})
	b.Run("check", func(b *testing.B) {
		engine, err := harness.New(b.Context())
		require.NoError(b, err)
		run := &report.Run{Engine: engine}
		for b.Loop() {
			_, err := run.Check(b.Context(), files)
			require.NoError(b, err)
		}
	})
}

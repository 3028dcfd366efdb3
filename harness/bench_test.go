package harness_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
)

// BenchmarkJudge checks one review of a Pod with so many containers, three images and no violation.
func BenchmarkJudge(b *testing.B) {
	engine := newEngine(b)
	for _, containers := range []int{1, 3, 10, 100} {
		b.Run(fmt.Sprintf("containers=%d", containers), func(b *testing.B) {
			var pairs []string
			for i := range containers {
				pairs = append(pairs, fmt.Sprintf("registry.example.com/team/app:1.%d", i%3), "IfNotPresent")
			}
			input := harness.Input{Reviews: []harness.Review{review(b, pod(pairs...))}}
			b.ReportAllocs()
			for b.Loop() {
				verdict, err := engine.Judge(b.Context(), input)
				require.NoError(b, err)
				require.Empty(b, verdict.Violations)
			}
		})
	}
}

// BenchmarkNew compiles the policies.
func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, err := harness.New(b.Context())
		require.NoError(b, err)
	}
}

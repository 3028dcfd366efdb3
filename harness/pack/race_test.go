package pack_test

import (
	"io"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/pack"
	"github.com/pullpolicy/pullpolicy/policies"
)

// TestBuildBesideOthers builds bundles while others compile, judge and build, for the race detector to watch.
func TestBuildBesideOthers(t *testing.T) {
	for range 2 {
		t.Run("build", func(t *testing.T) {
			t.Parallel()
			assert.NoError(t, pack.Build(t.Context(), policies.FS, pack.Options{}, io.Discard))
		})
		t.Run("compile", func(t *testing.T) {
			t.Parallel()
			for range 4 {
				_, err := harness.New(t.Context())
				assert.NoError(t, err)
			}
		})
	}
}

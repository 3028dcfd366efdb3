package pack_test

import (
	"io"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/pack"
)

// TestBuildBesideOthers builds while others build and compile, for the race detector to watch. The policies are small, so
// that most of the time goes into the formatter, and give no answer, which Build finds out when it has built them.
func TestBuildBesideOthers(t *testing.T) {
	small := fstest.MapFS{"a.rego": {Data: []byte(`package a

b := 1 if {
	input.c
} else := {} if {
	input.d
} else := [] if {
	input.e
} else := "" if {
	input.f
} else if {
	input.g
} else := false

g(x) if x == null

h contains {"i": [j]} if some j in [1, 2.5, true]

default k := false
`)}}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 25 {
				assert.ErrorIs(t, pack.Build(t.Context(), small, pack.Options{}, io.Discard), harness.ErrUndefined)
			}
		})
	}
	group.Go(func() {
		_, err := harness.New(t.Context())
		assert.NoError(t, err)
	})
	group.Wait()
}

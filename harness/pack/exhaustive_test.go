//go:build exhaustive

package pack_test

import (
	"testing"

	"github.com/pullpolicy/pullpolicy/harness/pack"
)

// TestEveryByteOfTheBundleCounts takes minutes.
func TestEveryByteOfTheBundleCounts(t *testing.T) {
	flipEveryByte(t, build(t, pack.Options{Signer: newSigner(t)}), newVerifier(t))
}

const exhaustive = true

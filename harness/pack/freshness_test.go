package pack_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/pack"
)

// TestFreshness verifies bundles whose sources are of 2026-11-24T12:00:00Z.
func TestFreshness(t *testing.T) {
	for name, test := range map[string]struct {
		revision, version string
		freshness         pack.Freshness
		want              string // what the error says, "" for none
	}{
		"nothing asked":              {"r9", "", pack.Freshness{}, ""},
		"its revision":               {"r9", "", pack.Freshness{Revision: "r9"}, ""},
		"another revision":           {"r9", "", pack.Freshness{Revision: "r10"}, `.manifest: the revision is "r9", and "r10" is required`},
		"an older time":              {"r9", "", pack.Freshness{NotOlderThan: "2026-11-24T11:59:59Z"}, ""},
		"its time":                   {"r9", "", pack.Freshness{NotOlderThan: "2026-11-24T12:00:00Z"}, ""},
		"its time elsewhere":         {"r9", "", pack.Freshness{NotOlderThan: "2026-11-24T13:00:00+01:00"}, ""},
		"a younger time":             {"r9", "", pack.Freshness{NotOlderThan: "2026-11-24T12:00:01Z"}, "before 2026-11-24T12:00:01Z"},
		"its date":                   {"r9", "", pack.Freshness{NotOlderThan: "2026-11-24"}, ""},
		"a younger date":             {"r9", "", pack.Freshness{NotOlderThan: "2026-11-25"}, "before 2026-11-25T00:00:00Z"},
		"an older number":            {"r9", "", pack.Freshness{NotOlderThan: "r8"}, ""},
		"its number":                 {"r9", "", pack.Freshness{NotOlderThan: "r9"}, ""},
		"a younger number":           {"r9", "", pack.Freshness{NotOlderThan: "r10"}, "r9 is older than r10"},
		"a longer number":            {"build-99999999999999999999", "", pack.Freshness{NotOlderThan: "build-100000000000000000000"}, "is older"},
		"a number with zeros":        {"r010", "", pack.Freshness{NotOlderThan: "r9"}, ""},
		"several numbers":            {"20261124.9", "", pack.Freshness{NotOlderThan: "20261124.10"}, "is older"},
		"the first of several":       {"20261125.1", "", pack.Freshness{NotOlderThan: "20261124.10"}, ""},
		"another shape":              {"r9", "", pack.Freshness{NotOlderThan: "q8"}, "have no order"},
		"an older version":           {"v1.10.0", "", pack.Freshness{NotOlderThan: "v1.9.0"}, ""},
		"a younger version":          {"v1.10.0", "", pack.Freshness{NotOlderThan: "1.11.0"}, "v1.10.0 is older than 1.11.0"},
		"a release after candidates": {"v1.10.0-rc.1", "", pack.Freshness{NotOlderThan: "v1.10.0"}, "is older"},
		"a version beside a commit":  {"0123456789abcdef", "1.2.3", pack.Freshness{NotOlderThan: "v1.2.3"}, ""},
		"an old one beside a commit": {"0123456789abcdef", "1.2.3", pack.Freshness{NotOlderThan: "v1.2.4"}, "1.2.3 is older than v1.2.4"},
		"its commit":                 {"0123456789abcdef", "", pack.Freshness{NotOlderThan: "0123456789abcdef"}, ""},
		"another commit":             {"0123456789abcdef", "", pack.Freshness{NotOlderThan: "1123456789abcdef"}, "have no order"},
		"commits of digits":          {"900000000000", "", pack.Freshness{NotOlderThan: "800000000000"}, "have no order"},
		// v1.2.3-4-g… comes after v1.2.3, and a semantic version of that shape before
		"what git describes": {"v1.2.3-4-g0123456", "", pack.Freshness{NotOlderThan: "v1.2.3-5-g1234567"}, "have no order"},
	} {
		t.Run(name, func(t *testing.T) {
			archive := read(t, buildSmall(t, pack.Options{Revision: test.revision, Version: test.version, Signer: newSigner(t)}))
			verifier := newVerifier(t)
			verifier.Freshness = test.freshness
			_, err := verifier.Verify(archive)
			if test.want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.want)
			}
		})
	}
}

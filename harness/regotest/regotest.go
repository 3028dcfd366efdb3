// Package regotest runs Rego's tests, and fixtures, as tests of Go:
//
//	func TestPolicies(t *testing.T) {
//		regotest.Run(t, os.DirFS("policies"), os.DirFS("fixtures"))
//	}
package regotest

import (
	"io/fs"
	"testing"
	"time"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/fixture"
)

// DefaultTimeout is how long one Rego test may take, unless [Timeout] says otherwise: a test that never ends fails, and
// none fails because the machine is busy.
const DefaultTimeout = 3 * time.Minute

// An Option changes how Run works.
type Option func(*options)

type options struct {
	timeout time.Duration
}

// Timeout is how long one Rego test may take.
func Timeout(timeout time.Duration) Option {
	return func(o *options) { o.timeout = timeout }
}

// Run runs each test of the Rego in policies as the parallel subtest rego/PACKAGE/TEST, with a subtest for each case of a
// table, and each fixture as the parallel subtest fixtures/FILE. Modules and data are loaded as opa test loads
// them. Without fixtures, which may be nil, the policies need not be pullpolicy's.
//
// Run fails where a module does not parse or compile, where there is no test in policies, and where there is no fixture
// in fixtures. A Rego test named todo_test_… is skipped, as opa test skips it.
func Run(t *testing.T, policies, fixtures fs.FS, opts ...Option) {
	t.Helper()
	o := options{timeout: DefaultTimeout}
	for _, opt := range opts {
		opt(&o)
	}
	t.Run("rego", func(t *testing.T) {
		t.Parallel()
		runTests(t, policies, o)
	})
	if fixtures != nil {
		t.Run("fixtures", func(t *testing.T) {
			t.Parallel()
			runFixtures(t, policies, fixtures)
		})
	}
}

func runFixtures(t *testing.T, policies, fixtures fs.FS) {
	cases, err := fixture.Load(fixtures, ".")
	if err != nil {
		t.Error(err)
	}
	if len(cases) == 0 {
		t.Fatal("there is no fixture")
	}
	loaded, err := harness.LoadFS(policies)
	if err != nil {
		t.Fatal(err)
	}
	engine, err := harness.New(t.Context(), harness.WithPolicies(loaded))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.File, func(t *testing.T) {
			t.Parallel()
			failures, err := c.Check(t.Context(), engine)
			if err != nil {
				t.Fatal(err)
			}
			for _, failure := range failures {
				t.Error(failure)
			}
		})
	}
}

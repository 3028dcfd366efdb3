//go:build hosts

package hosts_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/fixture"
)

const (
	policies = "../../policies"
	fixtures = "../../fixtures"
)

// A finding is what every host must agree on.
type finding struct{ Path, Rule, Severity string }

// program returns the path of the program in an environment variable, and fails where there is none: a host that is not
// there proves nothing.
func program(t *testing.T, variable string) string {
	t.Helper()
	path, err := exec.LookPath(os.Getenv(variable))
	require.NoError(t, err, "%s names no program; run make hosts", variable)
	return path
}

func load(t *testing.T) []*fixture.Case {
	t.Helper()
	cases, err := fixture.LoadAll(os.DirFS(fixtures))
	require.NoError(t, err)
	require.NotEmpty(t, cases)
	return cases
}

// agree demands the embedded engine's findings of a host, for every fixture, and enters the result into the table, with
// the time since it was started. It returns how many fixtures there are, and on how many the two disagree.
func agree(t *testing.T, r row, started time.Time, judge func(context.Context, *fixture.Case) ([]harness.Violation, error)) (asked, disagreements int) {
	t.Helper()
	engine, err := harness.New(t.Context())
	require.NoError(t, err)

	cases := load(t)
	for _, c := range cases {
		verdict, err := engine.Judge(t.Context(), c.Input)
		require.NoError(t, err)
		got, err := judge(t.Context(), c)
		require.NoError(t, err, c.File)
		if !assert.Equal(t, findings(verdict.Violations), findings(got), c.File) {
			disagreements++
		}
	}
	r.cases, r.disagreements, r.took = len(cases), disagreements, time.Since(started)
	enter(r)
	return r.cases, r.disagreements
}

func findings(violations []harness.Violation) []finding {
	found := make([]finding, 0, len(violations))
	for _, v := range violations {
		found = append(found, finding{v.Path, v.Rule, v.Severity})
	}
	return sorted(found)
}

func sorted(found []finding) []finding {
	slices.SortFunc(found, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Severity, b.Severity))
	})
	return found
}

// write puts a file into a folder of the test's own and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600), fmt.Sprintf("write %s", name))
	return path
}

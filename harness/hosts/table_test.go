//go:build hosts

package hosts_test

import (
	"cmp"
	"debug/buildinfo"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/require"
)

// A row is how a host compares with the embedded engine.
type row struct {
	host, version        string
	cases, disagreements int
	took                 time.Duration
}

var table struct {
	sync.Mutex
	rows []row
}

// enter puts a row into the table that ends the run.
func enter(r row) {
	table.Lock()
	defer table.Unlock()
	table.rows = append(table.rows, r)
}

func TestMain(m *testing.M) {
	code := m.Run()
	slices.SortStableFunc(table.rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.host, b.host), cmp.Compare(a.version, b.version))
	})
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "host\tversion\tcases\tdisagreements\tseconds\n")
	for _, r := range table.rows {
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%.1f\n", r.host, r.version, r.cases, r.disagreements, r.took.Seconds())
	}
	_ = w.Flush() // os.Stdout
	os.Exit(code)
}

// versionOf is the version of the module that go install has built a program.
func versionOf(t *testing.T, program string) string {
	t.Helper()
	built, err := buildinfo.ReadFile(program)
	require.NoError(t, err)
	return built.Main.Version
}

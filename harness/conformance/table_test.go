package conformance_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write RESULTS.md")

// TestTable runs what has not run yet and prints the table; RESULTS.md must be it, up to the counts.
func TestTable(t *testing.T) {
	rows := [][]string{{"compared", "with", "cases", "disagreements"}}
	for _, c := range suite {
		result := c.result(t)
		rows = append(rows, []string{c.what, c.with, grouped(result.cases) + " " + c.unit, strconv.Itoa(result.disagreements)})
	}
	onPurpose := [][]string{{"`AlwaysPullImages` lets pass, the profile `always` reports", "why"}}
	for _, d := range divergences {
		onPurpose = append(onPurpose, []string{d.requests, d.why})
	}
	results := strings.Join([]string{markdown(rows), markdown(onPurpose), versions(t)}, "\n")
	fmt.Print(results)

	const file = "RESULTS.md"
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(results), 0o644))
	}
	written, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, withoutCounts(results), withoutCounts(string(written)), "write it with go test -run TestTable -update")
}

// withoutCounts takes out the numbers of cases, which the flag -objects and each new kind change.
func withoutCounts(results string) string {
	return regexp.MustCompile(`\| [0-9,]+ (\w+ \| 0 \|)`).ReplaceAllString(results, "| $1")
}

// markdown returns a table.
func markdown(rows [][]string) string {
	var table strings.Builder
	for i, row := range rows {
		fmt.Fprintf(&table, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			fmt.Fprintln(&table, strings.Repeat("| --- ", len(row))+"|")
		}
	}
	return table.String()
}

// versions says which code answered. It is read from go.mod, which selects it, for a test binary has no build info.
func versions(t *testing.T) string {
	t.Helper()
	selected, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	var named []string
	for _, module := range []string{"k8s.io/kubernetes", "github.com/distribution/reference", "github.com/open-policy-agent/opa"} {
		version := regexp.MustCompile(`\t` + regexp.QuoteMeta(module) + ` (v\S+)`).FindSubmatch(selected)
		require.NotNil(t, version, module)
		named = append(named, fmt.Sprintf("%s %s", module, version[1]))
	}
	return strings.Join(named, ", ") + "\n"
}

// grouped writes a number with a comma between thousands.
func grouped(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}

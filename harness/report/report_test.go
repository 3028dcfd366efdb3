package report_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/report"
)

const mistaken = `apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: app
      image: nginx:latest
      imagePullPolicy: IfNotPresent
`

func TestCheckPlacesFindings(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in   string
		want []string // file:line rule
	}{
		"nothing":           {"", nil},
		"only a comment":    {"# none\n---\n", nil},
		"one object":        {mistaken, []string{"-:7 tag-mutable", "-:8 mutable-tag-cached"}},
		"second document":   {"kind: ConfigMap\napiVersion: v1\n---\n" + mistaken, []string{"-:10 tag-mutable", "-:11 mutable-tag-cached"}},
		"Windows line ends": {strings.ReplaceAll(mistaken, "\n", "\r\n"), []string{"-:7 tag-mutable", "-:8 mutable-tag-cached"}},
		"item of a List": {
			"apiVersion: v1\nkind: List\nitems:\n  - kind: ConfigMap\n    apiVersion: v1\n  - " +
				strings.ReplaceAll(strings.TrimSpace(mistaken), "\n", "\n    "),
			[]string{"-:12 tag-mutable", "-:13 mutable-tag-cached"},
		},
		"containers is a map": {
			"apiVersion: v1\nkind: Pod\nspec:\n  containers: {app: {image: nginx}}\n",
			[]string{"-:4 input-invalid"},
		},
		"more documents than are checked at once": {
			strings.Repeat(mistaken+"---\n", 150),
			slices.Collect(func(yield func(string) bool) {
				for i := range 150 {
					_ = yield(fmt.Sprintf("-:%d tag-mutable", 9*i+7)) && yield(fmt.Sprintf("-:%d mutable-tag-cached", 9*i+8))
				}
			}),
		},
	}
	engine := newEngine(t)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := report.Run{Engine: engine, Stdin: strings.NewReader(test.in), AllowEmpty: true}
			checked, err := run.Check(t.Context(), []string{"-"})
			require.NoError(t, err)
			assert.Empty(t, checked.Errors)
			assert.Equal(t, test.want, places(checked.Violations))
		})
	}
}

func TestCheckJudgesTheRestOfWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "a.yaml", mistaken+"---\na: {{ .b }}\n---\n"+mistaken)
	write(t, dir, "b.yaml", "a\x00")

	run := report.Run{Engine: newEngine(t)}
	checked, err := run.Check(t.Context(), []string{dir, filepath.Join(dir, "missing")})
	require.NoError(t, err)

	assert.Len(t, checked.Violations, 4)
	assert.Equal(t, report.Summary{Files: 2, Objects: 2, Images: 2, Errors: 2, Warnings: 2, Unreadable: 3}, checked.Summary)
	var problems bytes.Buffer
	require.NoError(t, report.WriteProblems(&problems, checked.Errors))
	assert.Equal(t, []string{"a.yaml:10:", "b.yaml:1:", "missing:"}, firstFields(t, dir, problems.String()))
}

func TestCheckIsTheSameHoweverItRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 100 {
		write(t, dir, fmt.Sprintf("%03d.yaml", i), strings.Repeat(mistaken+"---\n", i%5))
	}
	write(t, dir, "unreadable.yaml", "[")
	run := report.Run{Engine: newEngine(t)}
	var first bytes.Buffer
	for range 3 {
		checked, err := run.Check(t.Context(), []string{dir})
		require.NoError(t, err)
		assert.Len(t, checked.Violations, 2*200)
		var out bytes.Buffer
		require.NoError(t, checked.WriteJSON(&out))
		if first.Len() == 0 {
			first = out
		}
		require.Equal(t, first.String(), out.String())
	}
}

func TestProgressCountsEveryFileOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 100 {
		write(t, dir, fmt.Sprintf("%03d.yaml", i), strings.Repeat(mistaken+"---\n", i%5))
	}
	write(t, dir, "empty.yaml", "")
	var calls [][2]int
	run := report.Run{
		Engine:   newEngine(t),
		Progress: func(judged, all int) { calls = append(calls, [2]int{judged, all}) },
	}
	_, err := run.Check(t.Context(), []string{dir})
	require.NoError(t, err)

	assert.Equal(t, [2]int{101, 101}, calls[len(calls)-1])
	assert.True(t, slices.IsSortedFunc(calls, func(a, b [2]int) int { return a[0] - b[0] }))
}

func TestCheckStops(t *testing.T) {
	t.Parallel()
	engine := newEngine(t)

	t.Run("while it waits for standard input", func(t *testing.T) {
		t.Parallel()
		stdin, writer := io.Pipe()
		defer writer.Close()
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			_, _ = writer.Write([]byte("a: 1\n")) // returns once the reader is there
			cancel()
		}()
		run := report.Run{Engine: engine, Stdin: stdin}
		_, err := run.Check(ctx, []string{"-"})
		assert.ErrorIs(t, err, context.Canceled)
	})
	t.Run("when it has been stopped before", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(io.ErrClosedPipe)
		run := report.Run{Engine: engine, Stdin: strings.NewReader(mistaken)}
		_, err := run.Check(ctx, []string{"-"})
		assert.ErrorIs(t, err, io.ErrClosedPipe)
		_, err = run.Explain(ctx, []string{"-"})
		assert.ErrorIs(t, err, io.ErrClosedPipe)
	})
}

func TestPoliciesWithoutAnswer(t *testing.T) {
	t.Parallel()
	policies, err := harness.LoadFS(fstest.MapFS{"a.rego": {Data: []byte("package a\n\nb := 1\n")}})
	require.NoError(t, err)
	engine, err := harness.New(t.Context(), harness.WithPolicies(policies))
	require.NoError(t, err)

	run := report.Run{Engine: engine}
	_, err = run.Check(t.Context(), nil)
	assert.ErrorIs(t, err, harness.ErrUndefined)
	_, err = run.Explain(t.Context(), nil)
	assert.ErrorIs(t, err, harness.ErrUndefined)
}

func TestCheckJSON(t *testing.T) {
	t.Parallel()
	t.Run("of nothing", func(t *testing.T) {
		t.Parallel()
		run := report.Run{Engine: newEngine(t), AllowEmpty: true}
		checked, err := run.Check(t.Context(), nil)
		require.NoError(t, err)
		assert.JSONEq(t, `{
			"violations": [], "exempted": [], "errors": [],
			"summary": {"files": 0, "objects": 0, "images": 0, "errors": 0, "warnings": 0, "exempted": 0, "unreadable": 0, "unknown": 0}
		}`, encode(t, checked))
	})
	t.Run("of a finding", func(t *testing.T) {
		t.Parallel()
		run := report.Run{Engine: newEngine(t), Stdin: strings.NewReader(mistaken)}
		checked, err := run.Check(t.Context(), []string{"-"})
		require.NoError(t, err)
		encoded := encode(t, checked)

		assert.True(t, strings.HasPrefix(encoded, "{\n  \"violations\": [\n    {\n      \"file\": \"-\",\n      \"line\": 7,\n"))
		var decoded struct{ Violations []map[string]any }
		require.NoError(t, json.Unmarshal([]byte(encoded), &decoded))
		assert.ElementsMatch(t, []string{
			"file", "line", "rule", "severity", "msg", "path", "kind", "namespace", "name", "container", "list", "image",
			"declared", "effective", "default", "remedy", "patch",
		}, keys(decoded.Violations[1]))
	})
	t.Run("of what is read as markup elsewhere", func(t *testing.T) {
		t.Parallel()
		in := strings.ReplaceAll(mistaken, "nginx:latest", `"<a&b>"`)
		run := report.Run{Engine: newEngine(t), Stdin: strings.NewReader(in)}
		checked, err := run.Check(t.Context(), []string{"-"})
		require.NoError(t, err)
		assert.Contains(t, encode(t, checked), `"image": "<a&b>"`)
	})
}

// embedded is an engine of the policies that the module ships. Nothing changes it, so all tests share one.
var embedded = sync.OnceValues(func() (*harness.Engine, error) { return harness.New(context.Background()) })

func newEngine(t testing.TB) *harness.Engine {
	t.Helper()
	engine, err := embedded()
	require.NoError(t, err)
	return engine
}

func places(findings []report.Finding) []string {
	var places []string
	for _, f := range findings {
		places = append(places, fmt.Sprintf("%s:%d %s", f.File, f.Line, f.Rule))
	}
	return places
}

func firstFields(t *testing.T, dir, lines string) []string {
	t.Helper()
	var fields []string
	for line := range strings.Lines(strings.ReplaceAll(lines, dir+string(filepath.Separator), "")) {
		field, _, found := strings.Cut(line, " ")
		require.True(t, found, line)
		fields = append(fields, field)
	}
	return fields
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func encode(t *testing.T, result interface{ WriteJSON(io.Writer) error }) string {
	t.Helper()
	var out strings.Builder
	require.NoError(t, result.WriteJSON(&out))
	return out.String()
}

func keys(object map[string]any) []string {
	var keys []string
	for key := range object {
		keys = append(keys, key)
	}
	return keys
}

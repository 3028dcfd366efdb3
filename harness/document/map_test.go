package document_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/policies"
)

// everyones are the packages that the map leaves out, because any other may read them.
var everyones = []string{"parameters", "references", "defaults", "schemas", "texts", "documents"}

// TestMapIsTheImports compares the picture in CONTRIBUTING.md with the imports of the policies, without those that follow
// from others.
func TestMapIsTheImports(t *testing.T) {
	readers := map[string]map[string]bool{} // package → those that import it
	importing := regexp.MustCompile(`(?m)^import data\.pullpolicy\.(\w+)`)
	require.NoError(t, fs.WalkDir(policies.FS, "pullpolicy", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasSuffix(path, "_test.rego") {
			return err
		}
		text, err := fs.ReadFile(policies.FS, path)
		if err != nil {
			return err
		}
		reader := strings.Split(path, "/")[1]
		for _, match := range importing.FindAllSubmatch(text, -1) {
			read := string(match[1])
			if reader == read || slices.Contains(everyones, read) || slices.Contains(everyones, reader) {
				continue
			}
			if readers[read] == nil {
				readers[read] = map[string]bool{}
			}
			readers[read][reader] = true
		}
		return nil
	}))

	var want []string
	for read, all := range readers {
		for reader := range all {
			if !slices.ContainsFunc(slices.Collect(maps.Keys(all)), func(other string) bool {
				return other != reader && reaches(readers, other, reader)
			}) {
				want = append(want, read+" --> "+reader)
			}
		}
	}
	assert.ElementsMatch(t, want, drawn(t))
}

// reaches says whether a package reads another, directly or through others.
func reaches(readers map[string]map[string]bool, from, to string) bool {
	if readers[from][to] {
		return true
	}
	for next := range readers[from] {
		if reaches(readers, next, to) {
			return true
		}
	}
	return false
}

// drawn are the arrows in CONTRIBUTING.md.
func drawn(t *testing.T) []string {
	t.Helper()
	_, picture, ok := strings.Cut(contributing(t), "```mermaid\nflowchart LR\n")
	require.True(t, ok, "no picture in CONTRIBUTING.md")
	picture, _, _ = strings.Cut(picture, "```")
	var arrows []string
	for line := range strings.Lines(picture) {
		nodes := strings.Split(strings.TrimSpace(line), " --> ")
		for i := range nodes[1:] {
			arrows = append(arrows, nodes[i]+" --> "+nodes[i+1])
		}
	}
	return arrows
}

// TestMapHasEveryFolder demands a line in CONTRIBUTING.md for each folder of the harness.
func TestMapHasEveryFolder(t *testing.T) {
	folders, err := filepath.Glob("../*")
	require.NoError(t, err)
	page := contributing(t)
	for _, folder := range folders {
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			continue
		}
		assert.Regexp(t, "`harness/"+filepath.Base(folder)+"[`/]", page)
	}
	for _, name := range everyones {
		assert.Contains(t, page, "`"+name+"`")
	}
}

func contributing(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../CONTRIBUTING.md")
	require.NoError(t, err)
	return string(text)
}

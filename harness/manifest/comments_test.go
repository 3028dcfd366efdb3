package manifest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/manifest"
)

var commented = map[string]struct {
	text string
	want []string
}{
	"of its own":                          {"# c\na: b\n", []string{"1:1: # c"}},
	"behind a value":                      {"a: b # c # d\n", []string{"1:6: # c # d"}},
	"behind a tab":                        {"a: b\t# c\n", []string{"1:6: # c"}},
	"indented":                            {"a:\n  # c\n  b: 1\n", []string{"2:3: # c"}},
	"behind a marker":                     {"--- # c\na: b\n... # d\n", []string{"1:5: # c", "3:5: # d"}},
	"in the second document":              {"a: \"#\"\n---\nb: ' # x' # c\n", []string{"3:11: # c"}},
	"in a plain scalar":                   {"a: b#c http://x/#d\n", nil},
	"behind a quote in a plain scalar":    {"a: it's # c ' d\n", []string{"1:9: # c ' d"}},
	"behind quotes in a plain scalar":     {"a: echo \"x # c\"\n", []string{"1:12: # c\""}},
	"in double quotes":                    {"a: \"b # c\\\" # d\" # e\n", []string{"1:18: # e"}},
	"in single quotes":                    {"a: 'b # c'' # d' # e\n", []string{"1:18: # e"}},
	"in quotes over lines":                {"a: \"b\n  # c\n  d\" # e\n", []string{"3:6: # e"}},
	"in a quoted key":                     {"\"a # b\": c # d\n", []string{"1:12: # d"}},
	"in a flow mapping":                   {"a: {b: ' # x', # c\n  d: [1] } # e\n", []string{"1:16: # c", "2:12: # e"}},
	"in a literal scalar":                 {"a: | # c\n  # d\n\n  e # f\n# g\nb: 1\n", []string{"1:6: # c", "5:1: # g"}},
	"in a folded scalar":                  {"a: >-\n  # d\n    e # f\n  # g\nb: 1 # h\n", []string{"5:6: # h"}},
	"in a scalar that says its indent":    {"a: |2\n    # b\n  # c\n # d\nb: 1\n", []string{"4:2: # d"}},
	"below a scalar without lines":        {"a: |\n# b\nc: |-\nd: 1 # e\n", []string{"2:1: # b", "4:6: # e"}},
	"behind a tag and an anchor":          {"a: !!str &x # b\n  ' # c' # d\ne: &y |\n  # f\n", []string{"1:13: # b", "2:10: # d"}},
	"behind wide characters":              {"ä: {ö: \"ü # é\"} # c\n", []string{"1:21: # c"}},
	"behind CRLF":                         {"a: b # c\r\nd: |\r\n  # e\r\nf: 1 # g\r\n", []string{"1:6: # c", "4:6: # g"}},
	"behind a break that only YAML knows": {"a: \"b\u2028c\"\nd: ' # e' # f\n", []string{"2:11: # f"}},
	"in JSON":                             {"{\"a\": \"b # c\",\n \"d\": \" # e\"}\n", nil},
	"before JSON":                         {"# c\n{\"a\": \" # b\"}\n", []string{"1:1: # c"}},
	"in what is JSON but for it":          {"{\"a\": \" # b\", # c\n \"d\": 1}\n", []string{"1:15: # c"}},
	"without a document":                  {"# c\n", []string{"1:1: # c"}},
	"of an empty text":                    {"", nil},
}

func TestComments(t *testing.T) {
	for name, test := range commented {
		t.Run(name, func(t *testing.T) {
			documents, problems := new(manifest.Reader).Read("f", strings.NewReader(test.text))
			require.Empty(t, problems)
			var got []string
			for _, c := range manifest.Comments([]byte(test.text), documents) {
				got = append(got, fmt.Sprintf("%d:%d: %s", c.Line, c.Column, c.Text))
			}
			assert.Equal(t, test.want, got)
		})
	}
}

// FuzzComments writes other comments, which must change no document, and other text where something looks like a comment
// and is none, which must change one.
func FuzzComments(f *testing.F) {
	for _, test := range commented {
		f.Add(test.text)
	}
	files, err := filepath.Glob("../../fixtures/shapes/*.yaml")
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, name := range files {
		text, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		documents, problems := new(manifest.Reader).Read("f", strings.NewReader(text))
		if len(problems) > 0 || strings.ContainsAny(text, "\ufeff\u0085\u2028\u2029\r") {
			return
		}
		at := map[string]bool{}
		for _, c := range manifest.Comments([]byte(text), documents) {
			at[fmt.Sprint(c.Line, c.Column)] = true
		}
		lines := strings.Split(text, "\n")
		for i, line := range lines {
			for j := range line {
				if line[j] != '#' || j > 0 && line[j-1] != ' ' && line[j-1] != '\t' {
					continue
				}
				lines[i] = line[:j] + "#another"
				rest, problems := new(manifest.Reader).Read("f", strings.NewReader(strings.Join(lines, "\n")))
				lines[i] = line
				same := len(problems) == 0 && equal(documents, rest)
				comment := at[fmt.Sprint(i+1, j+1)]
				require.Equal(t, comment, same, "line %d, column %d: is it a comment?\n%s", i+1, j+1, text)
				if comment {
					break
				}
			}
		}
	})
}

func equal(a, b []*manifest.Document) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if ast.Compare(a[i].Value, b[i].Value) != 0 {
			return false
		}
	}
	return true
}

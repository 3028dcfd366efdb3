package manifest_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/manifest"
)

// bareTag matches the tag "!", which makes even a quoted scalar plain for go-yaml v2; v3's nodes do not tell of it.
var bareTag = regexp.MustCompile(`!([\s\x{0085}\x{2028}\x{2029}]|$)|!<`)

func FuzzRead(f *testing.F) {
	f.Add(string(deployment(1)))
	for _, seed := range []string{
		"a: 1\n---\nb: [x, {y: z}]\n...\n# c\n", "{\"a\": [1, 2.5e3, null, true]}\n{\"b\": {}}", "a: &a {b: 1}\nc: {<<: *a, d: *a}\n",
		"a: |\n  x\n  y\nb: >-\n  z\n", "? a\n: b\n", "a: \"\\u00e9\\x41\"\n", "yes: no\n0x10: 0o17\n1.5: .inf\n", "\ufeffa: 1\r\nb: 2\r", "%YAML 1.1\n---\na: !!str 1\n",
		"a: {{ .x }}\n", "- a\n-\n  - b\n", "a: 'it''s'\n", "a:\n# c\n  b: 1 # d\n  # e\n\n# f\nc:\n- # g\n  d: 1\n", "\xff\xfea\x00:\x00 \x001\x00", "a: \u2028 b\u0085c: d\n", "<<: [{a: 1}, {b: 2}]\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		documents, problems := new(manifest.Reader).Read("f", strings.NewReader(text))
		last := 1 + strings.Count(text, "\n") + strings.Count(text, "\r")
		inRange := func(line int) { require.True(t, line >= 1 && line <= last, "line %d of %d", line, last) }
		for _, p := range problems {
			inRange(p.Line)
		}
		for _, d := range documents {
			inRange(d.Line)
			for _, path := range paths(d.Value, "", nil) {
				inRange(d.LineOf(path))
				inRange(d.LineOf(path + "[0].x"))
			}
		}
		if !strings.HasPrefix(text, "\xff\xfe") && !strings.HasPrefix(text, "\xfe\xff") && !bareTag.MatchString(text) {
			sameAsKubernetes(t, text)
		}
	})
}

// paths lists the paths of a few hundred of the values within v.
func paths(v ast.Value, path string, all []string) []string {
	if len(all) > 300 {
		return all
	}
	all = append(all, path)
	switch v := v.(type) {
	case *ast.Array:
		for i := range v.Len() {
			all = paths(v.Elem(i).Value, fmt.Sprintf("%s[%d]", path, i), all)
		}
	case ast.Object:
		v.Foreach(func(key, value *ast.Term) {
			all = paths(value.Value, fmt.Sprintf("%s[%s]", path, string(key.Value.(ast.String))), all)
		})
	}
	return all
}

package manifest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/manifest"
)

func TestLineOf(t *testing.T) {
	const block = `# a comment
---
# another
kind: List
items:
  - first
  -
    spec:
      volumes:
        - {name: a}
        - name: b
          image:
            reference: nginx
  - spec: &spec
      image: busybox
      policy:
  - *spec
  - spec: *spec
  - <<: *spec
    image: nginx
    nested: {<<: [{a: 1}, {a: 2,
      b: 3}]}
replicas:
  Master: {template: 1}
  "a.b/c[0]": {d: 1,
    e: 2}
  yes: 1
  7: 1
  "x]y": 1
  "\n\u202e\"": {a: 1,
    b: 2}
  "'": {a: 1,
    b: 2}
empty: []
`
	const json = `

{"a":
	{"b": [
		1,
		{"c": 2}
	]}, "d":
	3
}`
	tests := map[string]struct {
		text, path string
		line       int
	}{
		"document":                        {block, "", 4},
		"field":                           {block, "kind", 4},
		"sequence":                        {block, "items", 5},
		"scalar element":                  {block, "items[0]", 6},
		"element on the next line":        {block, "items[1]", 8},
		"below an element":                {block, "items[1].spec.volumes", 9},
		"flow element":                    {block, "items[1].spec.volumes[0].name", 10},
		"deep":                            {block, "items[1].spec.volumes[1].image.reference", 13},
		"null":                            {block, "items[2].spec.policy", 16},
		"below null":                      {block, "items[2].spec.policy.x[3]", 16},
		"alias element":                   {block, "items[3]", 17},
		"field through an alias element":  {block, "items[3].image", 15},
		"alias":                           {block, "items[4].spec", 18},
		"field through an alias":          {block, "items[4].spec.image", 15},
		"nothing through an alias":        {block, "items[4].spec.x", 18},
		"field through a merge key":       {block, "items[5].policy", 16},
		"field beside a merge key":        {block, "items[5].image", 20},
		"first merge source holds":        {block, "items[5].nested.a", 21},
		"second merge source":             {block, "items[5].nested.b", 22},
		"key in brackets":                 {block, "replicas[Master].template", 24},
		"key with dots and brackets":      {block, "replicas[a.b/c[0]].e", 26},
		"brackets behind brackets":        {block, "items[1][spec][volumes][1]", 11},
		"key resolved to a boolean":       {block, "replicas.true", 27},
		"key resolved to a number":        {block, "replicas[7]", 28},
		"key in quotes":                   {block, `replicas["x]y"]`, 29},
		"escaped key":                     {block, `replicas["\n\u202e\""].b`, 31},
		"beginning of a key":              {block, `replicas["\n\u202e"…].b`, 31},
		"beginning that is all":           {block, `replicas["\n\u202e"].b`, 23},
		"no key has this beginning":       {block, `replicas["y"…].b`, 23},
		"key that is a quote":             {block, `replicas['].b`, 33},
		"quote left open":                 {block, `replicas["x].b`, 23},
		"index past the end":              {block, "items[6]", 5},
		"negative index":                  {block, "items[-1]", 5},
		"name as an index":                {block, "items.image", 5},
		"index of a mapping":              {block, "replicas[0].x", 23},
		"nothing at all":                  {block, "x.y.z", 4},
		"below nothing":                   {block, "kind.x", 4},
		"element of an empty sequence":    {block, "empty[0]", 34},
		"bracket left open":               {block, "items[1", 5},
		"only dots":                       {block, "...", 4},
		"JSON document":                   {json, "", 3},
		"JSON field":                      {json, "a", 3},
		"JSON field further down":         {json, "a.b", 4},
		"JSON element":                    {json, "a.b[0]", 5},
		"JSON field in an element":        {json, "a.b[1].c", 6},
		"JSON field behind a nested one":  {json, "d", 7},
		"CR":                              {"a: 1\rb:\r  c: 1\r", "b.c", 3},
		"CRLF":                            {"a: 1\r\nb:\r\n  c: 1\r\n", "b.c", 3},
		"behind soft breaks":              {"a: \"\u2028\u2029\"\nb: 1\n", "b", 2},
		"later of what both set":          {"x: &x {a: 1}\ny:\n  a: 2\n  <<: *x\n", "y.a", 1},
		"behind a comment on the marker":  {"--- # c\na: 1\n", "a", 2},
		"within a document on the marker": {"--- {a: 1,\nb: 2}\n", "b", 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			documents, problems := new(manifest.Reader).Read("f", strings.NewReader(test.text))
			require.Empty(t, problems)
			require.Len(t, documents, 1)
			assert.Equal(t, test.line, documents[0].LineOf(test.path))
		})
	}
}

func TestLineOfLaterDocument(t *testing.T) {
	documents, problems := new(manifest.Reader).Read("f", strings.NewReader("a: 1\n---\nb:\n  c: 1\n---\n{\"d\":\n1,\n\"e\": 2}"))
	require.Empty(t, problems)
	require.Len(t, documents, 3)
	assert.Equal(t, 4, documents[1].LineOf("b.c"))
	assert.Equal(t, 8, documents[2].LineOf("e"))
}

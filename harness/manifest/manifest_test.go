package manifest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"
	"unicode/utf16"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/manifest"
)

// read returns what r makes of text, one line for each document and each problem: "line value" and "file:line: cause".
func read(t *testing.T, r manifest.Reader, text string) (documents, problems []string) {
	t.Helper()
	whole, wholeProblems := r.Read("f", strings.NewReader(text))
	slow, slowProblems := r.Read("f", iotest.OneByteReader(strings.NewReader(text)))
	for _, d := range whole {
		assert.Equal(t, "f", d.File)
		documents = append(documents, fmt.Sprintf("%d %s", d.Line, valueJSON(t, d.Value)))
	}
	for _, p := range wholeProblems {
		problems = append(problems, strings.TrimPrefix(p.Error(), "f:"))
	}
	require.Len(t, slow, len(whole), "the same in single bytes")
	for i, d := range slow {
		assert.Zero(t, d.Value.Compare(whole[i].Value))
		assert.Equal(t, whole[i].Line, d.Line)
	}
	require.Len(t, slowProblems, len(wholeProblems))
	for i, p := range slowProblems {
		assert.Equal(t, wholeProblems[i].Error(), p.Error())
	}
	return documents, problems
}

func valueJSON(t testing.TB, v ast.Value) string {
	t.Helper()
	native, err := ast.JSON(v)
	require.NoError(t, err)
	text, err := json.Marshal(native)
	require.NoError(t, err)
	return string(text)
}

func TestRead(t *testing.T) {
	tests := map[string]struct {
		text      string
		documents []string
		problems  []string
	}{
		"nothing":               {text: ""},
		"only blanks":           {text: " \n\t\n"},
		"only comments":         {text: "# a\n\n  # b"},
		"only markers":          {text: "---\n---\n...\n---\n"},
		"null":                  {text: "null\n---\n~\n---\n# c\n"},
		"one":                   {text: "a: 1\n", documents: []string{`1 {"a":1}`}},
		"no line end":           {text: "a: 1\n---\nb: 2", documents: []string{`1 {"a":1}`, `3 {"b":2}`}},
		"comments around":       {text: "# c\n---\n# d\na: 1\n# e\n---\n\nb: 2\n", documents: []string{`4 {"a":1}`, `8 {"b":2}`}},
		"comment on the marker": {text: "--- # c\na: 1\n---\t# d\nb: 2\n", documents: []string{`2 {"a":1}`, `4 {"b":2}`}},
		"content on the marker": {text: "--- {a: 1}\n--- {\"b\": 2}\n", documents: []string{`1 {"a":1}`, `2 {"b":2}`}},
		"blanks behind marker":  {text: "a: 1\n---  \nb: 2\n", documents: []string{`1 {"a":1}`, `3 {"b":2}`}},
		"scalar on the marker":  {text: "--- |\n  a: 1\n---\nb: 2\n", documents: []string{`4 {"b":2}`}, problems: []string{"1: document is a string, not a mapping"}},
		"no markers":            {text: "a: ---\nb: |\n  ---\n  ...\nc: ---x\nd---: 1\n", documents: []string{`1 {"a":"---","b":"---\n...\n","c":"---x","d---":1}`}},
		"four dashes":           {text: "----: 1\n", documents: []string{`1 {"----":1}`}},
		"marker in block":       {text: "a: |\n  x\n---\nb: 2\n", documents: []string{`1 {"a":"x\n"}`, `4 {"b":2}`}},
		"document end":          {text: "a: 1\n...\n# c\n...\nb: 2\n...", documents: []string{`1 {"a":1}`, `5 {"b":2}`}},
		"text on document end":  {text: "a: 1\n... b: 2\n", documents: []string{`1 {"a":1}`, `2 {"b":2}`}},
		"directives": {
			text:      "%YAML 1.1\n%TAG !k! tag:yaml.org,2002:\n---\na: !k!str 1\n...\n%YAML 1.1\n---\nb: 2\n",
			documents: []string{`4 {"a":"1"}`, `8 {"b":2}`},
		},
		"directive for nothing":    {text: "%YAML 1.1\n---\n---\na: 1\n", documents: []string{`4 {"a":1}`}},
		"percent is not a comment": {text: "---\n%a: 1\n---\nb: 2\n", documents: []string{`4 {"b":2}`}, problems: []string{"2: found unexpected non-alphabetical character"}},
		"unknown version":          {text: "%YAML 2.0\n---\na: 1\n---\nb: 2\n", documents: []string{`5 {"b":2}`}, problems: []string{"1: found incompatible YAML document"}},
		"sequence":                 {text: "- a\n---\nb: 2\n", documents: []string{`3 {"b":2}`}, problems: []string{"1: document is a sequence, not a mapping"}},
		"number":                   {text: "\n12\n", problems: []string{"2: document is a number, not a mapping"}},
		"bad document between":     {text: "a: 1\n---\nb: [\nc: 2\n---\nd: 4\n", documents: []string{`1 {"a":1}`, `6 {"d":4}`}, problems: []string{"4: did not find expected ',' or ']'"}},
		"bad indentation":          {text: "# c\n---\na:\n  b: 1\n c: 2\n", problems: []string{"5: did not find expected key"}},
		"nested colon":             {text: "x: 1\na: b: c\n", problems: []string{"2: mapping values are not allowed in this context"}},
		"colon on line one":        {text: "a: b: c\n", problems: []string{"1: mapping values are not allowed in this context"}},
		"tab":                      {text: "a:\n\tb: 1\n", problems: []string{"2: found character that cannot start any token"}},
		"open quote":               {text: "x: 1\na: \"b\n", problems: []string{"2: found unexpected end of stream"}},
		"unknown anchor":           {text: "x: 1\na: *b\n", problems: []string{"2: unknown anchor 'b' referenced"}},
		"text behind the end":      {text: "{a: 1}\nb: 2\n", documents: []string{`1 {"a":1}`}, problems: []string{"2: did not find expected <document start>"}},
		"dedent ends document":     {text: "  a: 1\nb: 2\n", documents: []string{`1 {"a":1}`}, problems: []string{"2: did not find expected <document start>"}},
		"duplicate key":            {text: "---\na: 1\nb: 2\na: 3\n", documents: []string{`2 {"a":3,"b":2}`}, problems: []string{`4: duplicate key "a", first set on line 2`}},
		"duplicate nested key":     {text: "x:\n- a: 1\n  b: {c: 1, d: 2, c: 3}\n", documents: []string{`1 {"x":[{"a":1,"b":{"c":3,"d":2}}]}`}, problems: []string{`3: duplicate key "c", first set on line 3`}},
		"duplicate converted":      {text: "1: a\n\"1\": b\n", documents: []string{`1 {"1":"b"}`}, problems: []string{`2: duplicate key "1", first set on line 1`}},
		"duplicate boolean":        {text: "on: a\nyes: b\n", documents: []string{`1 {"true":"b"}`}, problems: []string{`2: duplicate key "true", first set on line 1`}},
		"duplicate in inline":      {text: "a:\n  <<: {b: 1, b: 2}\n", documents: []string{`1 {"a":{"b":2}}`}, problems: []string{`2: duplicate key "b", first set on line 2`}},
		"duplicate behind aliases": {text: "a: &a {b: 1, b: 2}\nc: [*a, *a]\nd: {<<: *a}\n", documents: []string{`1 {"a":{"b":2},"c":[{"b":2},{"b":2}],"d":{"b":2}}`}, problems: []string{`1: duplicate key "b", first set on line 1`}},
		"same key, other object":   {text: "a: {a: {a: 1}}\nb: {a: 1}\n", documents: []string{`1 {"a":{"a":{"a":1}},"b":{"a":1}}`}},
		"mapping as key":           {text: "a: 1\n? {b: 1}\n: 2\n", problems: []string{"2: a key is a mapping or a sequence"}},
		"sequence as key":          {text: "a: 1\n? [b]\n: 2\n", problems: []string{"2: a key is a mapping or a sequence"}},
		"null key":                 {text: "a: 1\n~: 2\n", problems: []string{"2: a key is null"}},
		"huge key":                 {text: "18446744073709551615: 2\n", problems: []string{"1: key 18446744073709551615 is out of range"}},
		"not a number":             {text: "a: 1\nb: .nan\n", problems: []string{"2: .nan is not a number that JSON has"}},
		"infinity":                 {text: "a: 1\nb: [1, -.INF]\n", problems: []string{"2: -.inf is not a number that JSON has"}},
		"wrong tag":                {text: "a: !!int x\n", problems: []string{`1: "x" is not a valid !!int`}},
		"wrong base64":             {text: "a: !!binary \"%\"\n", problems: []string{"1: !!binary: illegal base64 data at input byte 0"}},
		"bad merge":                {text: "a: 1\n<<: 2\n", problems: []string{"2: the value of a merge key << is neither a mapping nor a sequence of mappings"}},
		"bad key beside a merge":   {text: "a: 1\nb: {<<: {}, ~: 1}\n", problems: []string{"2: a key is null"}},
		"bad value beside a merge": {text: "a: 1\nb: {<<: {}, c: .inf}\n", problems: []string{"2: .inf is not a number that JSON has"}},
		"wrongly tagged key":       {text: "!!int x: 1\n", problems: []string{`1: "x" is not a valid !!int`}},
		"alias cycle":              {text: "a: &a\n  b: [*a]\n", problems: []string{`2: anchor "a" contains itself`}},
		"merge cycle":              {text: "a: &a\n  <<: *a\n", problems: []string{`2: anchor "a" contains itself`}},
		"control character":        {text: "a: 1\nb: \"\x01\"\n---\nc: 3\n", documents: []string{`4 {"c":3}`}, problems: []string{"2: control characters are not allowed"}},
		"delete character":         {text: "a: 1\nb: \"\x7f\"\n", problems: []string{"2: control characters are not allowed"}},
		"binary":                   {text: "a: 1\n---\n\x89PNG\n\x00\x00\n---\nb: 2\n", documents: []string{`1 {"a":1}`}, problems: []string{"4: is binary, not text: it holds a NUL byte"}},
		"invalid UTF-8":            {text: "a: 1\n---\nä: 1\nb: \xff\n---\nc: 3\n", documents: []string{`1 {"a":1}`, `6 {"c":3}`}, problems: []string{"4: is not valid UTF-8"}},

		"byte order mark":             {text: "\ufeffa: 1\n", documents: []string{`1 {"a":1}`}},
		"byte order mark and marker":  {text: "\ufeff---\na: 1\n", documents: []string{`2 {"a":1}`}},
		"byte order mark in between":  {text: "a: 1\n\ufeff---\nb: 2\n", documents: []string{`1 {"a":1}`, `3 {"b":2}`}},
		"byte order mark, no content": {text: "# c\n\ufeff---\nb: 2\n", documents: []string{`3 {"b":2}`}},
		"only a byte order mark":      {text: "\ufeff"},
		"CRLF":                        {text: "a: 1\r\n---\r\nb: |\r\n  x\r\nc: 3\r\nc: 4\r\n---\r\nd: 1", documents: []string{`1 {"a":1}`, `3 {"b":"x\n","c":4}`, `8 {"d":1}`}, problems: []string{`6: duplicate key "c", first set on line 5`}},
		"CR":                          {text: "a: 1\r---\rb: 2\r...\r# c\rc: 3", documents: []string{`1 {"a":1}`, `3 {"b":2}`, `6 {"c":3}`}},
		"soft breaks are not lines":   {text: "a: \"x\u2028y\u0085z\"\nb: 1\nb: 2\n---\nc: 3\n", documents: []string{"1 {\"a\":\"x\\u2028y z\",\"b\":2}", `5 {"c":3}`}, problems: []string{`3: duplicate key "b", first set on line 2`}},
		"marker behind a soft break":  {text: "a: 1\u2029---\u0085b: 2\n---\nc: 3", documents: []string{`1 {"a":1}`, `1 {"b":2}`, `3 {"c":3}`}},
		"soft break ends a comment":   {text: "# c\u2028a: 1\n", documents: []string{`1 {"a":1}`}},

		"JSON":                     {text: "{\"a\": {\"b\": [1, null, true, \"x\"]}}\n", documents: []string{`1 {"a":{"b":[1,null,true,"x"]}}`}},
		"JSON documents":           {text: "{\"a\":1}{\"b\":2}\n\n{\n\"c\":3}\n---\n{\"d\":4}", documents: []string{`1 {"a":1}`, `1 {"b":2}`, `3 {"c":3}`, `6 {"d":4}`}},
		"JSON with tabs":           {text: "{\n\t\"a\": {\n\t\t\"b\": 1\n\t},\n\t\"a\": 2\n}\n", documents: []string{`1 {"a":2}`}, problems: []string{`5: duplicate key "a", first set on line 2`}},
		"JSON behind comments":     {text: "# c\n--- # d\n\n{\"a\":\n1}\n", documents: []string{`4 {"a":1}`}},
		"JSON escapes":             {text: `{"a\/":"\ud83d\ude00\u0041"}`, documents: []string{`1 {"a/":"😀A"}`}},
		"JSON duplicate by escape": {text: `{"a":1,"\u0061":2}`, documents: []string{`1 {"a":2}`}, problems: []string{`1: duplicate key "a", first set on line 1`}},
		"JSON sequence":            {text: "[{\"a\":1}]\n", problems: []string{"1: document is a sequence, not a mapping"}},
		"JSON null and mapping":    {text: "{\"a\":1}\nnull\n", documents: []string{`1 {"a":1}`}},
		"JSON words are strings":   {text: `{"a":"yes","on":"1"}`, documents: []string{`1 {"a":"yes","on":"1"}`}},
		"JSON and a comment":       {text: "{\"a\":1} # c\n", documents: []string{`1 {"a":1}`}},
		"JSON, trailing comma":     {text: "{\"a\":1,}\n", documents: []string{`1 {"a":1}`}},
		"JSON cut short":           {text: "{\"a\":1,\n\"b\":", problems: []string{"2: did not find expected node content"}},
		"JSON, then bad JSON":      {text: "{\"a\":1}\n{\"b\" 2}\n", documents: []string{`1 {"a":1}`}, problems: []string{"2: did not find expected <document start>"}},
		"flow mapping":             {text: "{a: b, c: [d]}\n", documents: []string{`1 {"a":"b","c":["d"]}`}},
		"flow mapping as key":      {text: "{\"a\":1}: b\n", problems: []string{"1: a key is a mapping or a sequence"}},

		"template as value":         {text: "a: 1\nb: {{ .x }}\n", problems: []string{template(2)}},
		"template as text":          {text: "a: 1\n{{- if .x }}\nb: 2\n{{- end }}\n", problems: []string{template(2)}},
		"template first":            {text: "{{- if .x }}\na: 1\n{{- end }}\n---\nb: 2\n", documents: []string{`5 {"b":2}`}, problems: []string{template(1)}},
		"template alone":            {text: "{{ include \"x\" . }}\n", problems: []string{template(1)}},
		"template in block at 0":    {text: "a: |\n{{ .x | indent 2 }}\nb: 1", problems: []string{template(2)}},
		"template behind CR":        {text: "a: 1\rb: {{ .x }}\r", problems: []string{template(2)}},
		"quoted template":           {text: "a: \"{{ .x }}\"\nb: '{{ .y }}'\n", documents: []string{`1 {"a":"{{ .x }}","b":"{{ .y }}"}`}},
		"template within a scalar":  {text: "a: x{{ .x }}\n", documents: []string{`1 {"a":"x{{ .x }}"}`}},
		"quoted, and another error": {text: "a: \"\\\"{{ .x }}\" # {{\nb: |\n  {{ .x }}\n\n  {{ .y }}\nc: 'it''s {{'\nd: e: f\n", problems: []string{"7: mapping values are not allowed in this context"}},
		"duplicate beside template": {text: "a: x{{ .x }}\na: 1\n", documents: []string{`1 {"a":1}`}, problems: []string{`2: duplicate key "a", first set on line 1`}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			documents, problems := read(t, manifest.Reader{}, test.text)
			assert.Equal(t, test.documents, documents)
			assert.Equal(t, test.problems, problems)
		})
	}
}

func template(line int) string {
	return fmt.Sprintf("%d: looks like a template, which is not YAML: render it first, for instance with `helm template`", line)
}

func TestReadDuplicateInLargeMapping(t *testing.T) {
	var text strings.Builder
	for i := range 100 {
		fmt.Fprintf(&text, "k%d: %d\n", i, i)
	}
	documents, problems := read(t, manifest.Reader{}, text.String())
	assert.Len(t, documents, 1)
	assert.Empty(t, problems)

	documents, problems = read(t, manifest.Reader{}, text.String()+"k41: x\n")
	assert.Contains(t, documents[0], `"k41":"x"`)
	assert.Equal(t, []string{`101: duplicate key "k41", first set on line 42`}, problems)
}

func TestReadUTF16(t *testing.T) {
	const text = "ä: 😀\n---\nb: 2\nb: 3\n"
	encode := func(low, high int) string {
		b := make([]byte, 0, 2*len(text))
		for _, u := range utf16.Encode([]rune("\ufeff" + text)) {
			unit := [2]byte{}
			unit[low], unit[high] = byte(u), byte(u>>8)
			b = append(b, unit[:]...)
		}
		return string(b)
	}
	for name, encoded := range map[string]string{"little endian": encode(0, 1), "big endian": encode(1, 0)} {
		t.Run(name, func(t *testing.T) {
			documents, problems := read(t, manifest.Reader{}, encoded)
			assert.Equal(t, []string{`1 {"ä":"😀"}`, `3 {"b":3}`}, documents)
			assert.Equal(t, []string{`4: duplicate key "b", first set on line 3`}, problems)
		})
	}
	t.Run("without a byte order mark", func(t *testing.T) {
		_, problems := read(t, manifest.Reader{}, encode(0, 1)[2:])
		assert.Len(t, problems, 1)
	})
}

func TestReadCoreSchema(t *testing.T) {
	const text = "rules: {a: off, b: yes, c: N, d: true, e: ~, f: 0x10, on: y}\n"
	documents, problems := read(t, manifest.Reader{CoreSchema: true}, text)
	assert.Empty(t, problems)
	assert.Equal(t, []string{`1 {"rules":{"a":"off","b":"yes","c":"N","d":true,"e":null,"f":16,"on":"y"}}`}, documents)

	documents, problems = read(t, manifest.Reader{}, text)
	assert.Empty(t, problems)
	assert.Equal(t, []string{`1 {"rules":{"a":false,"b":true,"c":false,"d":true,"e":null,"f":16,"true":true}}`}, documents)
}

func TestReadLimitsDocuments(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	tests := map[string]struct {
		text      string
		documents []string
		problems  []string
	}{
		"too large in between": {
			text:      "a: 1\n---\n# c\nb: " + long + "\n---\nc: 3\n...\n---\n" + long + "\n...\nd: 4\n",
			documents: []string{`1 {"a":1}`, `6 {"c":3}`, `11 {"d":4}`},
			problems:  []string{"4: document is larger than 100 bytes", "9: document is larger than 100 bytes"},
		},
		"too large by one":     {text: "a: " + long[:98], problems: []string{"1: document is larger than 100 bytes"}},
		"just not too large":   {text: "a: " + long[:97], documents: []string{`1 {"a":"` + long[:97] + `"}`}},
		"too many lines":       {text: "a: |\r\n" + strings.Repeat("  x\r\n", 1000) + "---\r\nb: 2", documents: []string{`1003 {"b":2}`}, problems: []string{"1: document is larger than 100 bytes"}},
		"the last":             {text: "a: 1\n---\n" + long, documents: []string{`1 {"a":1}`}, problems: []string{"3: document is larger than 100 bytes"}},
		"JSON one by one":      {text: strings.Repeat("{\"a\": [\n1]}\n", 30) + "---\nb: 2", documents: append(every(2, 30, `{"a":[1]}`), `62 {"b":2}`)},
		"JSON, one too large":  {text: "{\"a\": 1}\n{\"b\": \"" + long + "\"}\n---\nc: 3", documents: []string{`1 {"a":1}`, `4 {"c":3}`}, problems: []string{"2: document is larger than 100 bytes"}},
		"comment too large":    {text: "# " + long + "\n---\na: 1\n", documents: []string{`3 {"a":1}`}, problems: []string{"1: document is larger than 100 bytes"}},
		"no marker in the mid": {text: "a: " + strings.Repeat(" ---", 100) + "\n---\nb: 2\n", documents: []string{`3 {"b":2}`}, problems: []string{"1: document is larger than 100 bytes"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			documents, problems := read(t, manifest.Reader{MaxDocumentBytes: 100}, test.text)
			assert.Equal(t, test.documents, documents)
			assert.Equal(t, test.problems, problems)
		})
	}
}

// every returns n documents of which the first lines lie step apart.
func every(step, n int, value string) []string {
	documents := make([]string, n)
	for i := range documents {
		documents[i] = fmt.Sprintf("%d %s", 1+i*step, value)
	}
	return documents
}

func TestReadSurvivesHostileDocuments(t *testing.T) {
	bomb := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	merges := "a: &a {}\n"
	for c := 'b'; c < 'm'; c++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c, ", c-1), 10), ", "))
		merges += fmt.Sprintf("%c: &%c {<<: [%s]}\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c, ", c-1), 10), ", "))
	}
	chain := "a0: &a0 " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "\n"
	for i := 1; i < 5; i++ {
		chain += fmt.Sprintf("a%d: &a%d %s*a%d%s\n", i, i, strings.Repeat("[", 5000), i-1, strings.Repeat("]", 5000))
	}
	tests := map[string]struct{ text, problem string }{
		"alias bomb":        {bomb, "aliases expand to more than 400000 values"},
		"merge bomb":        {merges, "aliases expand to more than 400000 values"},
		"deep aliases":      {chain, "nests deeper than 10000 levels"},
		"deep flow":         {"a: " + strings.Repeat("[", 100_000), "exceeded max depth of 10000"},
		"deep block":        {strings.Repeat("- ", 100_000), "exceeded max depth of 10000"},
		"deep JSON":         {strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000), "exceeded max depth of 10000"},
		"deep JSON mapping": {strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000), "exceeded max depth of 10000"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			documents, problems := new(manifest.Reader).Read("f", strings.NewReader(test.text+"\n---\nz: 1\n"))
			require.Len(t, problems, 1)
			assert.ErrorContains(t, problems[0], test.problem)
			require.Len(t, documents, 1)
			assert.Equal(t, `{"z":1}`, valueJSON(t, documents[0].Value))
		})
	}
}

func TestReadAllowsAliasesUpToTheLimit(t *testing.T) {
	most := "a: &a [" + strings.TrimSuffix(strings.Repeat("x, ", 999), ", ") + "]\nb: [" + strings.TrimSuffix(strings.Repeat("*a, ", 400), ", ") + "]\n"
	documents, problems := new(manifest.Reader).Read("f", strings.NewReader(most))
	assert.Empty(t, problems)
	assert.Len(t, documents, 1)
	documents, problems = new(manifest.Reader).Read("f", strings.NewReader(most+"c: &c x\nd: *c\n"))
	assert.Empty(t, documents)
	require.Len(t, problems, 1)
	assert.EqualError(t, problems[0], "f:3: aliases expand to more than 400000 values")
}

func TestReadTakesTimeInProportion(t *testing.T) {
	const n = 300_000
	for name, test := range map[string]struct {
		text      string
		documents int
		problems  int
	}{
		"markers":        {text: strings.Repeat("---\n", n)},
		"document ends":  {text: strings.Repeat("...\n", n)},
		"comments":       {text: strings.Repeat("# c\n---\n", n)},
		"JSON sequences": {text: strings.Repeat("[]\n", n), problems: n},
		"JSON mappings":  {text: strings.Repeat("{}\n", n), documents: n},
		"dashes":         {text: "a: x" + strings.Repeat(" --- ...", n), documents: 1},
		"no templates":   {text: "a: b: c\n" + strings.Repeat("'{{'\n", n), problems: 1},
	} {
		t.Run(name, func(t *testing.T) {
			start := cpu(t)
			documents, problems := new(manifest.Reader).Read("f", strings.NewReader(test.text))
			assert.Len(t, documents, test.documents)
			assert.Len(t, problems, test.problems)
			assert.Less(t, cpu(t)-start, 20*time.Second, "what is quadratic takes minutes")
		})
	}
}

// cpu is the processor time that the process has had, which other processes take none of.
func cpu(t *testing.T) time.Duration {
	var usage syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func TestReadReportsReadErrors(t *testing.T) {
	broken := errors.New("broken pipe")
	in := io.MultiReader(strings.NewReader("a: 1\n---\nb: 2\nc:"), iotest.ErrReader(broken))
	documents, problems := new(manifest.Reader).Read("-", in)
	require.Len(t, documents, 1, "what was cut short is not checked")
	require.Len(t, problems, 1)
	assert.ErrorIs(t, problems[0], broken)
	assert.EqualError(t, problems[0], "-: read: broken pipe")
}

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.yaml")
	require.NoError(t, os.WriteFile(file, []byte("\na: 1\n"), 0o600))
	documents, problems := new(manifest.Reader).ReadFile(file)
	assert.Empty(t, problems)
	require.Len(t, documents, 1)
	assert.Equal(t, file, documents[0].File)
	assert.Equal(t, 2, documents[0].Line)

	missing := filepath.Join(dir, "missing.yaml")
	documents, problems = new(manifest.Reader).ReadFile(missing)
	assert.Empty(t, documents)
	require.Len(t, problems, 1)
	assert.EqualError(t, problems[0], missing+": no such file or directory")
	assert.ErrorIs(t, problems[0], os.ErrNotExist)

	_, problems = new(manifest.Reader).ReadFile(dir)
	require.Len(t, problems, 1)
	assert.EqualError(t, problems[0], dir+": read: is a directory")
}

func TestProblemMarshalJSON(t *testing.T) {
	text, err := json.Marshal([]*manifest.Problem{
		{File: "a.yaml", Line: 3, Err: errors.New("bad")},
		{File: "b.yaml", Err: errors.New("worse")},
	})
	require.NoError(t, err)
	assert.JSONEq(t, `[{"file":"a.yaml","line":3,"message":"bad"},{"file":"b.yaml","line":0,"message":"worse"}]`, string(text))
}

// TestReadEndsAtItsLimit reads sources that never end, and one at its limit.
func TestReadEndsAtItsLimit(t *testing.T) {
	t.Parallel()
	reader := manifest.Reader{MaxBytes: 1000, MaxDocumentBytes: 100}
	for name, text := range map[string]string{
		"documents": "a: 1\n---\n", "one document": "a: 1\n", "NUL": "\x00", "comments": "# c\n", "markers": "---\n", "nothing": " ",
	} {
		documents, problems := reader.Read("f", forever(text))
		require.NotEmpty(t, problems, name)
		assert.EqualError(t, problems[len(problems)-1], "f: read: there are more than 1000 bytes; check it in parts", name)
		assert.LessOrEqual(t, len(documents), 1000/len(text)+1, name)
	}
	whole := strings.Repeat("a: 12\n---\n", 100)
	for _, in := range []io.Reader{strings.NewReader(whole), iotest.OneByteReader(strings.NewReader(whole)), iotest.DataErrReader(strings.NewReader(whole))} {
		documents, problems := reader.Read("f", in)
		assert.Empty(t, problems)
		assert.Len(t, documents, 100)
	}
}

// forever is a source that repeats a text without end.
func forever(text string) io.Reader { return &endless{text: text} }

type endless struct {
	text string
	at   int
}

func (e *endless) Read(into []byte) (int, error) {
	for i := range into {
		into[i] = e.text[e.at%len(e.text)]
		e.at++
	}
	return len(into), nil
}

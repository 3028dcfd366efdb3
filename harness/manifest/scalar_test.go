package manifest_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v2"
	sigs "sigs.k8s.io/yaml"

	"github.com/pullpolicy/pullpolicy/harness/manifest"
)

var hostileScalars = strings.Split(`y|Y|yes|Yes|YES|yEs|n|N|no|No|NO|on|On|ON|oN|off|Off|OFF|true|True|TRUE|tRUE|false|False|FALSE
~|null|Null|NULL|nULL|Nul|<<|=|-|.|+|"~"|''|""|"null"|'yes'|"1"|! x|!foo x|!foo 1|!foo "1"
0|-0|+0|00|007|0777|-0777|08|09|0o17|-0o17|+0o17|0o8|0O17|0x1F|0X1f|-0xA|0x|0xg|0b101|-0b101|+0b101|0b2|0b|0b+1|0b-1|-0b-1|0B11
1|-1|+1|12|1_000|_1|1_|1__0|0_7|-_1|1e3|1E3|1e+3|1e-3|-1e3|1e|e3|1.5|-1.5|+1.5|1.|.5|-.5|+.5|.5e3|._5|.5_0|1_0.5|1.2.3|1..2|0.10|1.0|-0.0|0.0
9007199254740993|9223372036854775807|9223372036854775808|-9223372036854775808|-9223372036854775809|18446744073709551615|18446744073709551616
0xffffffffffffffff|0xfffffffffffffffff|100000000000000000000000|123456789012345678|1234567890123456789|1e21|1e20|1e-7|1e400|-1e400|.1e400|1e-400|5e-324
.inf|.Inf|.INF|-.inf|+.inf|.iNF|.nan|.NaN|.NAN|-.nan|inf|NaN|Infinity|0x1p4|1p4|0x.8
2001-01-01|2001-1-1|2001-12-14t21:59:43.10-05:00|2001-12-14 21:59:43.10|2001-12-15T02:59:43.1Z|2001|2001-|12:30|1:30:00|190:20:30|12:30.5
100m|64Mi|1.5Gi|1e3Ki|10.0.0.1|1.2.3-rc1|1h30m|50%|-n|--x|+x|..|...x|0.5.|5.e3|0e0|00.5|-00|1-2|1+2|0-|0x1-|٣
!!str 1|!!str yes|!!str ~|!!str|!!int 1|!!int "1"|!!int 0x10|!!int 1.5|!!int x|!!float 1|!!float "1.5"|!!float 9007199254740993|!!float x|!!float 18446744073709551615
!!bool yes|!!bool "no"|!!bool 1|!!bool x|!!null ~|!!null ""|!!null x|!!null|!!timestamp 2001-01-01|!!binary aGVsbG8=|!!binary "/w=="|!!binary "//8="|!!binary "%"|!!set x
!<tag:yaml.org,2002:int> 7|!<tag:yaml.org,2002:str> 7|!<x> 7|!!js/undefined 1
"\x41\u00e9\U0001F600\0\/\_\L"|'it''s'|"a
  b"|[1, ~, yes]|{yes: no, 1: 2}|[]|{}|"\ud83d"|*x|&x 1|&x|"{{ .x }}"|a{{ b }}|a: b|a #b|a#b|a, b`, "|")

// TestScalars holds every scalar, as a value and as a key, against Kubernetes' reader.
func TestScalars(t *testing.T) {
	read := 0
	for _, line := range hostileScalars {
		for _, scalar := range strings.Split(line, "\n") {
			for _, format := range []string{"a: %s\n", "- %s\n", "%s: a\n", "? %s\n: a\n", "{%s: a}\n", "a: [%s]\n", "{\"a\":%s}\n", "a: &a %s\nb: *a\n*a : b\n", "b: {<<: {a: %s}}\n"} {
				text := fmt.Sprintf(format, scalar)
				if sameAsKubernetes(t, text) {
					read++
				}
			}
		}
	}
	assert.Greater(t, read, 1500, "so many of the documents can be read")
}

const merged = "x: &x {a: 1, b: {c: 2}}\ny: &y {a: 3, d: 4}\nz: &z {<<: *x, e: 5}\ns: &s [*x]\n"

func TestMergeKeys(t *testing.T) {
	for _, text := range []string{
		"m: {<<: *x}", "m: {a: 9, <<: *x}", "m: {<<: *x, a: 9}", "m: {<<: [*x, *y]}", "m: {<<: [*y, *x], a: 9}", "m: {<<: *x, <<: *y}",
		"m: {<<: *y, <<: *x, d: 7}", "m: {<<: *z}", "m: {<<: [*z, {a: 7}]}", "m: {<<: {<<: {<<: *y}}, f: 1}", "m: {\"<<\": *x}", "m: {!!str <<: 1}",
		"m: {!!merge <<: *x}", "m: {!!merge \"<<\": *x}", "m: {<<: []}", "<<: *x\na: 0", "<<: *z\ne: 0", "m: <<", "m: [<<]",
		"m: &m {<<: *x, n: {<<: *y}}\no: *m",
	} {
		assert.True(t, sameAsKubernetes(t, merged+text+"\n"), "%s: nothing was compared", text)
	}
}

func TestMergeKeysThatKubernetesRefuses(t *testing.T) {
	for _, text := range []string{"m: {<<: *s}", "m: {<<: ~}", "m: {<<: [[*x]]}", "m: {<<: }", "*x : 1"} {
		_, err := sigs.YAMLToJSON([]byte(merged + text))
		require.Error(t, err, text)
		documents, problems := new(manifest.Reader).Read("f", strings.NewReader(merged+text))
		assert.Empty(t, documents, text)
		assert.Len(t, problems, 1, text)
	}
}

// sameAsKubernetes fails t unless the first document of text reads as sigs.k8s.io/yaml reads it, if that can read it and
// what it passes over behind that document is YAML, too. It reports whether there was something to compare.
func sameAsKubernetes(t testing.TB, text string) bool {
	t.Helper()
	// Strictly it would reject what a merge key and something else both set.
	want, err := sigs.YAMLToJSON([]byte(text))
	if err != nil || want[0] != '{' || !wholeStream(text) {
		return false
	}
	documents, problems := new(manifest.Reader).Read("f", strings.NewReader(text))
	if len(problems) > 0 && strings.Contains(problems[0].Error(), "duplicate key") {
		return false // stricter on purpose: 1 and "1" are one key in JSON
	}
	require.NotEmpty(t, documents, "%q: %v", text, problems)
	wantValue, err := ast.ValueFromReader(bytes.NewReader(want))
	require.NoError(t, err, text)
	if wantValue.Compare(documents[0].Value) != 0 {
		assert.JSONEq(t, string(want), valueJSON(t, documents[0].Value), text)
	}
	assert.Equal(t, wantValue.Hash(), documents[0].Value.Hash(), text)
	return true
}

// wholeStream reports whether Kubernetes' parser gets to the end of text.
func wholeStream(text string) bool {
	d := yaml.NewDecoder(strings.NewReader(text))
	for {
		var v any
		if err := d.Decode(&v); err != nil {
			return err == io.EOF
		}
	}
}

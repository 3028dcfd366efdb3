package manifest

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"go.yaml.in/yaml/v3"
)

const (
	stringTag = "!!str"
	nullTag   = "!!null"
	boolTag   = "!!bool"
	intTag    = "!!int"
	floatTag  = "!!float"
	binaryTag = "!!binary"
)

// scalar is a resolved scalar: a string, or the JSON text of a value of another type.
// The floats that JSON lacks have YAML's text: .nan, .inf, -.inf.
type scalar struct {
	tag, text string
}

const quoted = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle

func (c *converter) scalar(n *yaml.Node) (scalar, *Problem) {
	if n.Style&yaml.TaggedStyle == 0 {
		if n.Style&quoted != 0 {
			return scalar{stringTag, n.Value}, nil
		}
		return resolve(n.Value, c.core), nil
	}
	switch n.Tag {
	case nullTag, boolTag, intTag, floatTag:
		s := resolve(n.Value, c.core)
		if s.tag == intTag && n.Tag == floatTag {
			f, _ := strconv.ParseFloat(s.text, 64)
			s = float(f)
		}
		if s.tag != n.Tag {
			return s, c.problem(n, "%q is not a valid %s", n.Value, n.Tag)
		}
		return s, nil
	case binaryTag:
		data, err := base64.StdEncoding.DecodeString(n.Value)
		if err != nil {
			return scalar{}, c.problem(n, "!!binary: %w", err)
		}
		return scalar{stringTag, string([]rune(string(data)))}, nil // JSON has no bytes: what is not UTF-8 becomes U+FFFD
	}
	return scalar{stringTag, n.Value}, nil
}

func (c *converter) scalarTerm(n *yaml.Node, s scalar) (*ast.Term, *Problem) {
	switch s.tag {
	case stringTag:
		return ast.InternedTerm(s.text), nil
	case nullTag:
		return ast.InternedNullTerm, nil
	case boolTag:
		return ast.InternedTerm(s.text == "true"), nil
	case floatTag:
		if strings.HasSuffix(s.text, "n") || strings.HasSuffix(s.text, "f") {
			return nil, c.problem(n, "%s is not a number that JSON has", s.text)
		}
	}
	if t := ast.InternedIntNumberTermFromString(s.text); t != nil {
		return t, nil
	}
	return ast.NumberTerm(json.Number(s.text)), nil
}

// key returns the string that the key n becomes.
func (c *converter) key(n *yaml.Node) (string, *Problem) {
	target := n
	if n.Kind == yaml.AliasNode {
		target = n.Alias
	}
	if target.Kind != yaml.ScalarNode {
		return "", c.problem(n, "%w", errKey)
	}
	s, p := c.scalar(target)
	switch {
	case p != nil:
		return "", p
	case s.tag == nullTag:
		return "", c.problem(n, "a key is null")
	case s.tag == intTag && s.text[0] != '-':
		if _, err := strconv.ParseInt(s.text, 10, 64); err != nil {
			return "", c.problem(n, "key %s is out of range", s.text)
		}
	case s.tag == floatTag:
		if f, err := strconv.ParseFloat(s.text, 64); err == nil {
			return strconv.FormatFloat(f, 'g', -1, 32), nil
		}
	}
	return s.text, nil
}

// resolve gives a plain scalar the type that YAML 1.1 gives it, as go-yaml v2 understands that: 0o17, 017 and 0b1111
// are integers, 1:30 is not, and timestamps stay strings. With core set, only true and false are booleans.
func resolve(text string, core bool) scalar {
	if text == "" {
		return scalar{nullTag, "null"}
	}
	switch text[0] {
	case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '-', '+', '.':
		return resolveNumber(text)
	case 'y', 'Y', 'n', 'N', 't', 'T', 'f', 'F', 'o', 'O', '~':
		return resolveWord(text, core)
	}
	return scalar{stringTag, text}
}

func resolveWord(text string, core bool) scalar {
	switch text {
	case "~", "null", "Null", "NULL":
		return scalar{nullTag, "null"}
	case "true", "True", "TRUE":
		return scalar{boolTag, "true"}
	case "false", "False", "FALSE":
		return scalar{boolTag, "false"}
	}
	if !core {
		switch text {
		case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON":
			return scalar{boolTag, "true"}
		case "n", "N", "no", "No", "NO", "off", "Off", "OFF":
			return scalar{boolTag, "false"}
		}
	}
	return scalar{stringTag, text}
}

var decimal = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)

func resolveNumber(text string) scalar {
	if isPlainInt(text) {
		return scalar{intTag, text}
	}
	switch text {
	case ".nan", ".NaN", ".NAN":
		return float(math.NaN())
	case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF":
		return float(math.Inf(1))
	case "-.inf", "-.Inf", "-.INF":
		return float(math.Inf(-1))
	}
	if text[0] == '.' {
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return float(f)
		}
		return scalar{stringTag, text}
	}
	// Most of what starts with a digit is a quantity, a version or an address: telling so is cheaper than parsing.
	if strings.Trim(text, "0123456789abcdefABCDEFxXoO_+-.") != "" || strings.Count(text, ".") > 1 {
		return scalar{stringTag, text}
	}
	plain := strings.ReplaceAll(text, "_", "")
	if i, err := strconv.ParseInt(plain, 0, 64); err == nil {
		return scalar{intTag, strconv.FormatInt(i, 10)}
	}
	if u, err := strconv.ParseUint(plain, 0, 64); err == nil {
		return scalar{intTag, strconv.FormatUint(u, 10)}
	}
	if decimal.MatchString(plain) {
		if f, err := strconv.ParseFloat(plain, 64); err == nil {
			return float(f)
		}
	}
	if bits, ok := strings.CutPrefix(plain, "0b"); ok {
		if i, err := strconv.ParseInt(bits, 2, 64); err == nil { // a sign behind the prefix
			return scalar{intTag, strconv.FormatInt(i, 10)}
		}
	}
	return scalar{stringTag, text}
}

// isPlainInt reports whether text is an int64 in the form that JSON has for it, with few enough digits to be sure.
func isPlainInt(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || len(digits) > 18 || digits[0] == '0' && (len(digits) > 1 || len(text) > 1) {
		return false
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return false
		}
	}
	return true
}

func float(f float64) scalar {
	if text, err := json.Marshal(f); err == nil {
		return scalar{floatTag, string(text)}
	}
	switch {
	case math.IsInf(f, 1):
		return scalar{floatTag, ".inf"}
	case math.IsInf(f, -1):
		return scalar{floatTag, "-.inf"}
	}
	return scalar{floatTag, ".nan"}
}

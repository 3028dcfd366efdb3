package manifest

import (
	"bytes"
	"errors"
	"regexp"
	"strconv"
	"strings"

	sigs "sigs.k8s.io/yaml"
)

var errTemplate = errors.New("looks like a template, which is not YAML: render it first, for instance with `helm template`")

var (
	yamlPrefix = regexp.MustCompile(`^(?:error converting YAML to JSON: )?(?:yaml: )?(?:line (\d+): )?`)
	// The parser, unlike the scanner beneath it, counts its lines from 0.
	parserError   = regexp.MustCompile(`^(did not find expected (<|key|node|',' or|'-')|found (undefined tag handle|duplicate|incompatible))`)
	unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced`)
)

// syntaxProblem is what the YAML parser's error says about the chunk.
func syntaxProblem(chunk []byte, text lineMap, err error) *Problem {
	// go-yaml v2 says where it stumbled, v3 where the collection started.
	if _, v2 := sigs.YAMLToJSON(chunk); v2 != nil {
		err = v2
	}
	match := yamlPrefix.FindStringSubmatch(err.Error())
	cause := err.Error()[len(match[0]):]
	line, _ := strconv.Atoi(match[1])
	if line == 0 || parserError.MatchString(cause) {
		line++
	}
	last := text.at(chunk, len(bytes.TrimSpace(chunk))) // what ends too early is missed behind it
	p := &Problem{Line: min(text.fileLine(line), last), Err: errors.New(cause)}
	if strings.HasPrefix(cause, "control characters") {
		p.Line = text.at(chunk, max(0, bytes.IndexFunc(chunk, isControl)))
	}
	if anchor := unknownAnchor.FindStringSubmatch(cause); anchor != nil {
		p.Line = text.at(chunk, max(0, bytes.Index(chunk, []byte("*"+anchor[1]))))
	}
	return p
}

// isControl reports whether YAML forbids r.
func isControl(r rune) bool {
	switch {
	case r == '\t', r == '\n', r == '\r', r == 0x85:
		return false
	}
	return r < ' ' || r >= 0x7f && r < 0xa0 || r == 0xfffe || r == 0xffff
}

// orTemplate is p, or its likelier cause: a template that nobody rendered.
func orTemplate(p *Problem, c chunk) *Problem {
	if i := templateMarker(c.text); i >= 0 {
		return &Problem{Line: lineMap{base: c.line}.at(c.text, i), Err: errTemplate}
	}
	return p
}

// templateMarker returns the offset of the first {{ outside quotes, comments and block scalars, or -1.
func templateMarker(text []byte) int {
	offset, block := 0, -1 // the indentation of the line that a block scalar belongs to
	for line := range bytes.Lines(text) {
		trimmed := bytes.TrimLeft(line, " ")
		indent := len(line) - len(trimmed)
		if block >= 0 && (indent > block || len(bytes.TrimSpace(line)) == 0) {
			offset += len(line)
			continue
		}
		code := withoutQuotes(line)
		if i := bytes.Index(code, []byte("{{")); i >= 0 {
			return offset + i
		}
		block = -1
		if blockHeader.Match(code) {
			block = indent
		}
		offset += len(line)
	}
	return -1
}

var blockHeader = regexp.MustCompile(`(^|[:\-] +)[|>][-+0-9]*\s*$`)

// withoutQuotes blanks what quotes hold in a line and cuts its comment off.
func withoutQuotes(line []byte) []byte {
	if !bytes.ContainsAny(line, `"'#`) {
		return line
	}
	code := bytes.Clone(line)
	var quote byte
	for i := 0; i < len(line); i++ {
		c, before := line[i], byte(' ')
		if i > 0 {
			before = line[i-1]
		}
		switch {
		case quote != 0:
			code[i] = ' '
			if c == '\\' && quote == '"' && i+1 < len(line) {
				i++
				code[i] = ' '
			} else if c == quote {
				quote = 0
			}
		case c == '#' && (before == ' ' || before == '\t'):
			return code[:i]
		case (c == '"' || c == '\'') && strings.IndexByte(" \t[{,:'", before) >= 0: // ' because '' stands for one quote
			quote = c
			code[i] = ' '
		}
	}
	return code
}

package manifest

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// A Comment is one line's.
type Comment struct {
	Line   int
	Column int    // of the #, 1-based, in bytes
	Text   string // from the # to the line's end
}

// Comments returns the comments in a text, in UTF-8, of which documents are all documents. What looks like a comment in
// a quoted string or a block scalar is text, and JSON has none.
func Comments(text []byte, documents []*Document) []Comment {
	lines := linesOf(text)
	var opaque []span
	for _, d := range documents {
		(&opaqueFinder{text: text, lines: from(lines, d.text.base), found: &opaque}).walk(d.root)
	}
	slices.SortFunc(opaque, func(a, b span) int { return a.start - b.start })

	var comments []Comment
	for _, l := range lines {
		for i := l.start; i < l.end; i++ {
			for len(opaque) > 0 && opaque[0].end <= i {
				opaque = opaque[1:]
			}
			if len(opaque) > 0 && opaque[0].start <= i {
				i = min(opaque[0].end, l.end) - 1
				continue
			}
			if text[i] == '#' && (i == l.start || text[i-1] == ' ' || text[i-1] == '\t') {
				comments = append(comments, Comment{l.number, i - l.start + 1, string(text[i:l.end])})
				break
			}
		}
	}
	return comments
}

// A span is bytes of a text.
type span struct{ start, end int }

// A textLine is a line as the YAML parser counts, without its break, with the number that an editor shows.
type textLine struct {
	span
	number int
}

func linesOf(text []byte) []textLine {
	var lines []textLine
	number, start := 1, 0
	for i := 0; i < len(text); {
		n := breakLength(text[i:])
		if n == 0 {
			i++
			continue
		}
		lines = append(lines, textLine{span{start, i}, number})
		if n == 1 {
			number++
			if bytes.HasPrefix(text[i:], []byte("\r\n")) {
				n = 2
			}
		}
		i += n
		start = i
	}
	return append(lines, textLine{span{start, len(text)}, number})
}

// from returns the lines from that with a number on.
func from(lines []textLine, number int) []textLine {
	i, _ := slices.BinarySearchFunc(lines, number, func(l textLine, number int) int { return l.number - number })
	return lines[i:]
}

// An opaqueFinder finds where in a document no comment can be.
type opaqueFinder struct {
	text  []byte
	lines []textLine // from the first of the document's chunk on
	found *[]span
}

func (f *opaqueFinder) walk(n *yaml.Node) {
	for _, child := range n.Content {
		f.walk(child)
	}
	if n.Column == 0 { // JSON, whose nodes have the lines of the file and no column
		for _, l := range from(f.lines, n.Line) {
			if l.number > n.Line {
				return
			}
			f.add(l.start, l.end)
		}
		return
	}
	if n.Kind != yaml.ScalarNode || n.Line > len(f.lines) {
		return
	}
	at := f.skipProperties(f.offset(n))
	if at >= len(f.text) {
		return
	}
	switch c := f.text[at]; {
	case n.Style&yaml.SingleQuotedStyle != 0 && c == '\'', n.Style&yaml.DoubleQuotedStyle != 0 && c == '"':
		f.add(at, at+quotedLength(f.text[at:]))
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		f.block(at, n.Value)
	}
}

func (f *opaqueFinder) add(start, end int) { *f.found = append(*f.found, span{start, end}) }

// offset is where a node starts, whose column counts characters.
func (f *opaqueFinder) offset(n *yaml.Node) int {
	at := f.lines[n.Line-1].start
	for range n.Column - 1 {
		_, size := utf8.DecodeRune(f.text[at:])
		at += size
	}
	return at
}

// skipProperties skips the tag and the anchor that precede a scalar, and what may stand between them.
func (f *opaqueFinder) skipProperties(at int) int {
	for at < len(f.text) {
		switch c := f.text[at]; {
		case c == ' ' || c == '\t':
			at++
		case breakLength(f.text[at:]) > 0:
			at += breakLength(f.text[at:])
		case c == '&' || c == '!':
			for at < len(f.text) && f.text[at] != ' ' && f.text[at] != '\t' && breakLength(f.text[at:]) == 0 {
				at++
			}
		case c == '#':
			for at < len(f.text) && breakLength(f.text[at:]) == 0 {
				at++
			}
		default:
			return at
		}
	}
	return at
}

// quotedLength is the length of the quoted string that text starts with.
func quotedLength(text []byte) int {
	quote := text[0]
	for i := 1; i < len(text); i++ {
		switch {
		case quote == '"' && text[i] == '\\':
			i++
		case text[i] != quote:
		case quote == '\'' && i+1 < len(text) && text[i+1] == quote:
			i++
		default:
			return i + 1
		}
	}
	return len(text)
}

// block adds the lines of the block scalar whose header is at an offset: those below it that are indented as the first
// of them is, but for the blanks that belong to the value.
func (f *opaqueFinder) block(at int, value string) {
	header, _ := slices.BinarySearchFunc(f.lines, at, func(l textLine, at int) int { return l.end - at })
	indent := -1
	for _, l := range f.lines[header+1:] {
		content := bytes.TrimLeft(f.text[l.start:l.end], " ")
		if len(content) == 0 {
			continue
		}
		depth := l.end - l.start - len(content)
		if indent < 0 {
			blanks, ok := leadingBlanks(value)
			if !ok {
				return
			}
			indent = depth - blanks
		}
		if depth < indent {
			return
		}
		f.add(l.start, l.end)
	}
}

// leadingBlanks counts those of the first line that is not blank.
func leadingBlanks(value string) (n int, ok bool) {
	for line := range strings.SplitSeq(value, "\n") {
		if content := strings.TrimLeft(line, " "); content != "" {
			return len(line) - len(content), true
		}
	}
	return 0, false
}

package manifest

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// LineOf returns the line of the field at path, such as spec.template.spec.containers[0].image, where a bracket holds
// an index in a sequence or a key in a mapping, quoted where it could be mistaken. The line of a mapping's entry is its key's, and that of a field that
// came through an alias or a merge key is where the field stands. If path does not exist, it is the line of the
// nearest ancestor that does; the document's own line is that of "".
func (d *Document) LineOf(path string) int {
	if path == "" {
		return d.Line
	}
	line, node := d.Line, d.root
	for path != "" {
		var name string
		name, path = nextField(path)
		at, value := d.child(node, name)
		if value == nil {
			break
		}
		line, node = d.text.line(at), value
	}
	return line
}

// nextField cuts the first field name or bracket off path. A bracket closes where the path could go on, so that its
// key may hold brackets and dots.
func nextField(path string) (name, rest string) {
	if path[0] == '[' {
		quoted, _ := strconv.QuotedPrefix(path[1:]) // "" where the key is not quoted
		for i := len(quoted); i < len(path); i++ {
			if path[i] == ']' && (i+1 == len(path) || path[i+1] == '.' || path[i+1] == '[') {
				return path[1:i], strings.TrimPrefix(path[i+1:], ".")
			}
		}
		return path, ""
	}
	if i := strings.IndexAny(path, ".["); i >= 0 {
		return path[:i], strings.TrimPrefix(path[i:], ".")
	}
	return path, ""
}

// child returns the node that marks the field called name in n, and the field's value; nils if there is none.
func (d *Document) child(n *yaml.Node, name string) (at, value *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch n.Kind {
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(name); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i], n.Content[i]
		}
	case yaml.MappingNode:
		// Backwards, because of what a merge key and the mapping itself both set, the later holds.
		for i := len(n.Content) - 2; i >= 0; i -= 2 {
			key, value := n.Content[i], n.Content[i+1]
			if isMerge(key) {
				for _, source := range mergeSources(value) {
					if at, value := d.child(source, name); value != nil {
						return at, value
					}
				}
				continue
			}
			if k, err := (&converter{core: d.core}).key(key); err == nil && names(name, k) {
				return key, value
			}
		}
	}
	return nil, nil
}

// names says whether a part of a path is the name of a key: the key itself, the key in quotes, or of a long one the
// beginning in quotes, and an ellipsis.
func names(part, key string) bool {
	if part == key {
		return true
	}
	quoted, short := strings.CutSuffix(part, "…")
	if !strings.HasPrefix(quoted, `"`) {
		return false
	}
	text, err := strconv.Unquote(quoted)
	return err == nil && (text == key || short && strings.HasPrefix(key, text))
}

// lineMap turns a chunk's lines into those of the file.
type lineMap struct {
	base int   // line of the chunk's first byte
	soft []int // the chunk's lines that end with what only YAML 1.1 calls a line break
}

func (m lineMap) line(n *yaml.Node) int { return m.fileLine(n.Line) }

// fileLine returns the file's line for the chunk's line, as the YAML parser counts.
func (m lineMap) fileLine(line int) int {
	soft, _ := slices.BinarySearch(m.soft, line)
	return m.base + line - 1 - soft
}

// at returns the line of the byte at offset in the chunk's text.
func (m lineMap) at(text []byte, offset int) int { return m.base + countLines(text[:offset]) }

// countLines counts the line ends that an editor sees: LF, CRLF and CR.
func countLines(text []byte) int {
	n := bytes.Count(text, []byte{'\n'})
	if bytes.IndexByte(text, '\r') >= 0 {
		n += bytes.Count(text, []byte{'\r'}) - bytes.Count(text, []byte("\r\n"))
	}
	return n
}

// softBreaks lists the lines, as the YAML parser counts them, that NEL, LS or PS ends.
func softBreaks(text []byte) []int {
	if !bytes.Contains(text, []byte("\u0085")) && !bytes.Contains(text, []byte("\u2028")) && !bytes.Contains(text, []byte("\u2029")) {
		return nil
	}
	var soft []int
	line := 1
	for i := 0; i < len(text); i++ {
		switch n := breakLength(text[i:]); {
		case n > 1:
			soft = append(soft, line)
			line++
		case n == 1 && !bytes.HasPrefix(text[i:], []byte("\r\n")):
			line++
		}
	}
	return soft
}

// breakLength is the length of the line break of YAML 1.1 that text starts with, counting CR and LF apart.
func breakLength(text []byte) int {
	switch text[0] {
	case '\n', '\r':
		return 1
	case 0xc2:
		if bytes.HasPrefix(text, []byte("\u0085")) {
			return 2
		}
	case 0xe2:
		if bytes.HasPrefix(text, []byte("\u2028")) || bytes.HasPrefix(text, []byte("\u2029")) {
			return 3
		}
	}
	return 0
}

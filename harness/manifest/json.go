package manifest

import (
	"bytes"
	"io"

	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v3"
)

// jsonReader turns JSON into the nodes that YAML would give, so that only one converter is needed.
type jsonReader struct {
	*jsontext.Decoder
	text []byte
	seen int64 // how much of text line accounts for
	line int
}

// readJSON reads all JSON values of text, of which the first byte is on line.
func readJSON(text []byte, line int) ([]*yaml.Node, error) {
	r := jsonReader{Decoder: newJSONDecoder(text), text: text, line: line}
	var roots []*yaml.Node
	for {
		root, err := r.node()
		if err == io.EOF {
			return roots, nil
		}
		if err != nil {
			return nil, err
		}
		roots = append(roots, root)
	}
}

func (r *jsonReader) node() (*yaml.Node, error) {
	token, err := r.ReadToken()
	if err != nil {
		return nil, err
	}
	end := r.InputOffset()
	r.line += countLines(r.text[r.seen:end]) // no token holds a line break, so its end is on its line
	r.seen = end

	n := &yaml.Node{Line: r.line}
	switch kind := token.Kind(); kind {
	case '{', '[':
		n.Kind = yaml.MappingNode
		if kind == '[' {
			n.Kind = yaml.SequenceNode
		}
		for r.PeekKind() != kind+2 { // the closing one is two behind the opening one in ASCII
			child, err := r.node()
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, child)
		}
		_, err = r.ReadToken()
	case '"':
		n.Kind, n.Style, n.Value = yaml.ScalarNode, yaml.DoubleQuotedStyle, token.String()
	default:
		n.Kind, n.Value = yaml.ScalarNode, token.String()
	}
	return n, err
}

// completeJSON returns the length of the whole JSON values that text starts with, 0 if it starts with none.
func completeJSON(text []byte) int {
	start := contentStart(text)
	if start == len(text) || text[start] != '{' && text[start] != '[' {
		return 0
	}
	d, end := newJSONDecoder(text[start:]), 0
	for d.SkipValue() == nil {
		end = start + int(d.InputOffset())
	}
	return end
}

// newJSONDecoder leaves duplicate names to the converter, which knows their lines.
func newJSONDecoder(text []byte) *jsontext.Decoder {
	return jsontext.NewDecoder(bytes.NewBuffer(text), jsontext.AllowDuplicateNames(true))
}

// Package manifest reads Kubernetes manifests, YAML or JSON, into OPA values that remember their lines.
//
// Values are exactly those that Kubernetes itself reads (sigs.k8s.io/yaml, which is YAML 1.1), but what Kubernetes
// passes over in silence is a [Problem] here: duplicate keys, text after a document's end, unrendered templates.
package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"
	"go.yaml.in/yaml/v3"
)

// DefaultMaxDocumentBytes is the largest document that the zero [Reader] accepts.
const DefaultMaxDocumentBytes = 8 << 20

// Document is one YAML or JSON document of a source.
type Document struct {
	File  string    // as the user named it; "-" is standard input
	Line  int       // 1-based line of the document's first content
	Value ast.Value // always an ast.Object

	root *yaml.Node
	text lineMap
	core bool
}

// Reader reads documents. The zero value is ready to use, and one Reader may be used by many goroutines.
type Reader struct {
	// MaxDocumentBytes limits one document, in UTF-8; 0 means DefaultMaxDocumentBytes.
	MaxDocumentBytes int
	// CoreSchema reads y, n, yes, no, on and off as strings, as YAML 1.2 and OPA's own data files do.
	// Kubernetes reads them as booleans.
	CoreSchema bool
}

// ReadFile is [Reader.Read] over the file at path. It gives "-" no special meaning.
func (r *Reader) ReadFile(path string) ([]*Document, []*Problem) {
	f, err := os.Open(path)
	if err != nil {
		return nil, []*Problem{{File: path, Err: pathCause(err)}}
	}
	defer f.Close()
	return r.Read(path, f)
}

// Read returns all documents of in that can be read, and everything that is wrong with the others, both in order.
// Documents that are empty, only comments, or null are passed over.
func (r *Reader) Read(name string, in io.Reader) ([]*Document, []*Problem) {
	s := source{Reader: r, name: name}
	limit := r.MaxDocumentBytes
	if limit == 0 {
		limit = DefaultMaxDocumentBytes
	}
	for c := range newSplitter(in, limit).chunks {
		if c.err != nil {
			s.problem(&Problem{Line: c.line, Err: c.err})
		} else if !s.read(c) {
			break
		}
	}
	return s.documents, s.problems
}

// source gathers what one Read finds.
type source struct {
	*Reader
	name      string
	documents []*Document
	problems  []*Problem
}

var errBinary = errors.New("is binary, not text: it holds a NUL byte")

// read reports whether the rest of the source is worth reading.
func (s *source) read(c chunk) bool {
	text := lineMap{base: c.line}
	if i := bytes.IndexByte(c.text, 0); i >= 0 {
		s.problem(&Problem{Line: text.at(c.text, i), Err: errBinary})
		return false
	}
	if !utf8.Valid(c.text) {
		s.problem(&Problem{Line: text.at(c.text, invalidUTF8(c.text)), Err: errors.New("is not valid UTF-8")})
		return true
	}

	if start := contentStart(c.text); c.text[start] == '{' || c.text[start] == '[' {
		if roots, err := readJSON(c.text[start:], 1+countLines(c.text[:start])); err == nil {
			for _, root := range roots {
				s.add(c, root, text)
			}
			return true
		}
	}

	text.soft = softBreaks(c.text)
	dec := yaml.NewDecoder(bytes.NewReader(c.text))
	for {
		var doc yaml.Node
		switch err := decode(dec, &doc); {
		case err == io.EOF:
			return true
		case err != nil:
			s.fail(c, syntaxProblem(c.text, text, err))
			return true
		}
		s.add(c, doc.Content[0], text)
	}
}

// decode is dec.Decode; go-yaml panics where its bookkeeping of comments goes wrong.
func decode(dec *yaml.Decoder, doc *yaml.Node) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("yaml: %v", p)
		}
	}()
	return dec.Decode(doc)
}

func (s *source) add(c chunk, root *yaml.Node, text lineMap) {
	conv := converter{core: s.CoreSchema, text: text}
	term, p := conv.term(root)
	if p != nil {
		if errors.Is(p, errKey) {
			s.fail(c, p)
		} else {
			s.problem(p)
		}
		return
	}
	switch v := term.Value.(type) {
	case ast.Object:
		s.documents = append(s.documents, &Document{
			File: s.name, Line: text.line(root), Value: v, root: root, text: text, core: s.CoreSchema,
		})
	case ast.Null:
	default:
		s.fail(c, conv.problem(root, "document is a %s, not a mapping", kindOf(v)))
	}
}

// fail records p, or its likelier cause: a template that nobody rendered.
func (s *source) fail(c chunk, p *Problem) {
	if i := templateMarker(c.text); i >= 0 {
		p = &Problem{Line: lineMap{base: c.line}.at(c.text, i), Err: errTemplate}
	}
	s.problem(p)
}

func (s *source) problem(p *Problem) {
	p.File = s.name
	s.problems = append(s.problems, p)
}

func kindOf(v ast.Value) string {
	if _, ok := v.(*ast.Array); ok {
		return "sequence"
	}
	return ast.ValueName(v)
}

func invalidUTF8(b []byte) int {
	i := 0
	for {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
}

// Package manifest reads Kubernetes manifests, YAML or JSON, into OPA values that remember their lines.
//
// Values are exactly those that Kubernetes itself reads (sigs.k8s.io/yaml, which is YAML 1.1), but what Kubernetes
// silently ignores is a [Problem] here: duplicate keys, text after a document's end, unrendered templates.
//
// So are documents larger than [Reader.MaxDocumentBytes], nested deeper than 10,000 levels, or with aliases that expand
// to more than 400,000 values, and what stands in a source behind its first [Reader.MaxBytes]: nothing that is read
// exhausts the process, or keeps it for ever.
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

// DefaultMaxBytes is how much of one source the zero [Reader] reads.
const DefaultMaxBytes = 64 << 20

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
	// MaxDocumentBytes limits one document, in UTF-8; 0 means [DefaultMaxDocumentBytes].
	MaxDocumentBytes int
	// MaxBytes limits one source, a file or a stream; 0 means [DefaultMaxBytes].
	MaxBytes int64
	// CoreSchema reads y, n, yes, no, on and off as strings, as YAML 1.2 and OPA's own data files do.
	// Kubernetes reads them as booleans.
	CoreSchema bool
}

// ReadFile is [Reader.Read] over the file at path. It gives "-" no special meaning, and opens no device, socket or named
// pipe.
func (r *Reader) ReadFile(path string) ([]*Document, []*Problem) {
	info, err := os.Stat(path)
	if err == nil {
		err = readable(path, info.Mode())
	}
	if err != nil {
		return nil, []*Problem{{File: path, Err: pathCause(err)}}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, []*Problem{{File: path, Err: pathCause(err)}}
	}
	defer f.Close()
	return r.Read(path, f)
}

// Read returns all documents of in that can be read, and everything that is wrong with the others, both in order. A
// document with duplicate keys is among both: what Kubernetes makes of it is known, though not what was meant.
// Documents that are empty, only comments, or null are passed over.
func (r *Reader) Read(name string, in io.Reader) ([]*Document, []*Problem) {
	if in == nil {
		return nil, []*Problem{{File: name, Err: errNoReader}}
	}
	if r == nil {
		r = &Reader{}
	}
	s := source{Reader: r, name: name}
	limit := r.MaxDocumentBytes
	if limit <= 0 {
		limit = DefaultMaxDocumentBytes
	}
	for c := range newSplitter(r.limited(in), limit).chunks {
		if c.err != nil {
			s.problem(&Problem{Line: c.line, Err: c.err})
		} else if !s.read(c) {
			break
		}
	}
	return s.documents, s.problems
}

func (r *Reader) limited(in io.Reader) io.Reader {
	most := r.MaxBytes
	if most <= 0 {
		most = DefaultMaxBytes
	}
	return &limitedReader{in: in, left: most, most: most}
}

// A limitedReader fails where its source goes on behind the limit, so that the rest is not taken for its end.
type limitedReader struct {
	in         io.Reader
	left, most int64
}

func (l *limitedReader) Read(into []byte) (int, error) {
	if int64(len(into)) > l.left+1 {
		into = into[:l.left+1]
	}
	n, err := l.in.Read(into)
	if int64(n) > l.left {
		n, err = int(l.left), fmt.Errorf("there are more than %d bytes; check it in parts", l.most)
	}
	l.left -= int64(n)
	return n, err
}

// source gathers what one Read finds.
type source struct {
	*Reader
	name      string
	documents []*Document
	problems  []*Problem
}

var (
	errBinary     = errors.New("is binary, not text: it holds a NUL byte")
	errEncoding   = errors.New("is not valid UTF-8")
	errNotMapping = errors.New("not a mapping")
	errNoReader   = errors.New("there is nothing to read from: the io.Reader is nil")
)

// read reports whether the rest of the source is worth reading.
func (s *source) read(c chunk) bool {
	text := lineMap{base: c.line}
	if i := bytes.IndexByte(c.text, 0); i >= 0 {
		s.problem(&Problem{Line: text.at(c.text, i), Err: errBinary})
		return false
	}
	if !utf8.Valid(c.text) {
		s.problem(&Problem{Line: text.at(c.text, invalidUTF8(c.text)), Err: errEncoding})
		return true
	}

	if start := contentStart(c.text); c.text[start] == '{' || c.text[start] == '[' {
		if roots, err := readJSON(c.text[start:], 1+countLines(c.text[:start])); err == nil {
			for _, root := range roots {
				if p := s.add(root, text); p != nil {
					s.problem(p)
				}
			}
			return true
		}
	}

	text.soft = softBreaks(c.text)
	dec := yaml.NewDecoder(bytes.NewReader(c.text))
	for {
		var doc yaml.Node
		err := decode(dec, &doc)
		if err == io.EOF {
			return true
		}
		if err != nil {
			s.problem(orTemplate(syntaxProblem(c.text, text, err), c))
			return true
		}
		if p := s.add(doc.Content[0], text); p != nil {
			if errors.Is(p, errKey) || errors.Is(p, errNotMapping) {
				p = orTemplate(p, c)
			}
			s.problem(p)
		}
	}
}

// decode is dec.Decode; go-yaml panics where its bookkeeping of comments goes wrong, instead of returning an error.
func decode(dec *yaml.Decoder, doc *yaml.Node) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("yaml: %v", p)
		}
	}()
	return dec.Decode(doc)
}

// add converts one document and keeps it, or returns why it cannot be.
func (s *source) add(root *yaml.Node, text lineMap) *Problem {
	conv := converter{core: s.CoreSchema, text: text}
	term, p := conv.term(root)
	for _, duplicate := range conv.duplicates {
		s.problem(duplicate)
	}
	if p != nil {
		return p
	}
	switch v := term.Value.(type) {
	case ast.Object:
		s.documents = append(s.documents, &Document{
			File: s.name, Line: text.line(root), Value: v, root: root, text: text, core: s.CoreSchema,
		})
	case ast.Null:
	case *ast.Array:
		return conv.problem(root, "document is a sequence, %w", errNotMapping)
	default:
		return conv.problem(root, "document is a %s, %w", ast.ValueName(v), errNotMapping)
	}
	return nil
}

func (s *source) problem(p *Problem) {
	p.File = s.name
	s.problems = append(s.problems, p)
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

package manifest

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"golang.org/x/text/encoding/unicode"
)

const (
	bom = "\ufeff"
	// readSize is the least that is asked of a source at once; most manifests fit.
	readSize = 4 << 10
	// A marker is checked with the break and BOM before it and the blank or break behind it.
	markerBefore, markerLength, markerAfter = 6, 3, 3
	markerContext                           = markerBefore + markerLength + markerAfter
)

// chunk is the text of one document with what precedes it, or what kept it from being read.
type chunk struct {
	text []byte // valid until the next chunk
	line int    // of the first byte, or of the trouble
	err  error
}

// splitter cuts a stream at its document markers. It holds no more than one document and one read.
type splitter struct {
	in    io.Reader
	limit int
	buf   []byte // what is not handed out yet
	line  int    // of buf[0]
	end   error  // why there is no more to read
}

func newSplitter(in io.Reader, limit int) *splitter {
	return &splitter{in: in, limit: limit, line: 1, buf: make([]byte, 0, readSize)}
}

// chunks yields the documents that have content.
func (s *splitter) chunks(yield func(chunk) bool) {
	s.decode()
	for s.end == nil || len(s.buf) > 0 {
		end, next, fits := s.document()
		if !fits {
			if n := completeJSON(s.buf[:s.limit]); n > 0 {
				end, next, fits = n, n, true
			}
		}
		if end == len(s.buf) && s.end != nil && s.end != io.EOF {
			break
		}
		start := contentStart(s.buf[:end])
		switch {
		case !fits:
			line := s.line + countLines(s.buf[:start])
			if !yield(chunk{line: line, err: fmt.Errorf("document is larger than %d bytes", s.limit)}) {
				return
			}
			s.advance(start)
			s.skip()
			continue
		case start < end && !yield(chunk{text: s.buf[:end], line: s.line}):
			return
		}
		s.advance(next)
	}
	if s.end != io.EOF {
		yield(chunk{err: fmt.Errorf("read: %w", pathCause(s.end))})
	}
}

// decode makes what is read UTF-8 without a byte order mark, where the source starts with one.
func (s *splitter) decode() {
	for len(s.buf) < len(bom) && s.end == nil {
		s.fill()
	}
	switch {
	case bytes.HasPrefix(s.buf, []byte(bom)):
		s.buf = s.buf[len(bom):]
	case bytes.HasPrefix(s.buf, []byte{0xfe, 0xff}), bytes.HasPrefix(s.buf, []byte{0xff, 0xfe}):
		utf16 := unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM).NewDecoder()
		s.in = utf16.Reader(io.MultiReader(bytes.NewReader(s.buf), s.in))
		s.buf, s.end = nil, nil
	}
}

// document reads until the end of the first document and tells where that is and where the next one starts.
func (s *splitter) document() (end, next int, fits bool) {
	from, started := 0, false
	for {
		end, next, ok := boundary(s.buf, from, s.end != nil)
		switch {
		case ok && !started && end == next && next < len(s.buf) && contentStart(s.buf[:end]) == end:
			started = true // by this marker, after nothing but comments and directives
			from = next + markerLength
		case ok:
			return end, next, end <= s.limit
		case len(s.buf) > s.limit:
			return len(s.buf), len(s.buf), false
		default:
			from = max(from, len(s.buf)-markerContext)
			s.fill()
		}
	}
}

// skip drops the rest of a document from its content on.
func (s *splitter) skip() {
	for from := 0; ; {
		if _, next, ok := boundary(s.buf, from, s.end != nil); ok {
			s.advance(next)
			return
		}
		if n := len(s.buf) - markerContext; n > 0 && s.buf[n-1] != '\r' {
			s.advance(n)
		}
		from = min(markerBefore, len(s.buf))
		s.fill()
	}
}

func (s *splitter) advance(n int) {
	s.line += countLines(s.buf[:n])
	s.buf = s.buf[n:]
}

func (s *splitter) fill() {
	if len(s.buf) == cap(s.buf) {
		s.buf = slices.Grow(s.buf, max(len(s.buf), readSize))
	}
	var n int
	n, s.end = s.in.Read(s.buf[len(s.buf):cap(s.buf)])
	s.buf = s.buf[:len(s.buf)+n]
}

// boundary finds the first document marker at or after from: where the document before it ends and the next one starts.
// The end of a final text is one too; a marker that more text could refute is none before the text is final.
func boundary(text []byte, from int, final bool) (end, next int, ok bool) {
	start, found := marker(text, "---", from, final)
	if !found {
		start = len(text)
	}
	if stop, found := marker(text[:start], "...", min(from, start), final); found {
		return stop, stop + markerLength, true
	}
	if !found {
		return start, start, final
	}
	return len(bytes.TrimSuffix(text[:start], []byte(bom))), start, true
}

func marker(text []byte, mark string, from int, final bool) (int, bool) {
	for i := from; ; i++ {
		n := bytes.Index(text[i:], []byte(mark))
		if n < 0 {
			return 0, false
		}
		i += n
		if startsLine(text, i) && endsWord(text[i+len(mark):], final) {
			return i, true
		}
	}
}

func startsLine(text []byte, i int) bool {
	before := bytes.TrimSuffix(text[:i], []byte(bom))
	if len(before) == 0 {
		return true
	}
	switch before[len(before)-1] {
	case '\n', '\r':
		return true
	case 0x85, 0xa8, 0xa9:
		return bytes.HasSuffix(before, []byte("\u0085")) || bytes.HasSuffix(before, []byte("\u2028")) ||
			bytes.HasSuffix(before, []byte("\u2029"))
	}
	return false
}

func endsWord(rest []byte, final bool) bool {
	if len(rest) == 0 {
		return final
	}
	return rest[0] == ' ' || rest[0] == '\t' || breakLength(rest) > 0
}

// contentStart is the offset of the first byte that is neither blank nor part of a comment, a directive or a marker.
func contentStart(text []byte) int {
	directives := true
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c == ' ' || c == '\t':
			i++
		case c == '#', c == '%' && directives && startsLine(text, i):
			for i < len(text) && breakLength(text[i:]) == 0 {
				i++
			}
		case c == '-' && bytes.HasPrefix(text[i:], []byte("---")) && startsLine(text, i) && endsWord(text[i+3:], true):
			i += markerLength
			directives = false
		default:
			n := breakLength(text[i:])
			if n == 0 {
				return i
			}
			i += n
		}
	}
	return len(text)
}

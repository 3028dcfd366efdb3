package report

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fatih/color"
)

// A Style is how text for people looks. The zero Style is plain, one entry a line.
type Style struct {
	Width int // columns to wrap at; 0 wraps nothing
	Color bool
}

// A paint is the attributes of a text; nil is none.
type paint []color.Attribute

var (
	bold   = paint{color.Bold}
	faint  = paint{color.Faint}
	red    = paint{color.FgRed}
	yellow = paint{color.FgYellow}
	cyan   = paint{color.FgCyan}
)

func (s Style) paint(text string, p paint) string {
	if !s.Color || p == nil || text == "" {
		return text
	}
	c := color.New(p...)
	c.EnableColor()
	return c.Sprint(text)
}

// An entry is the rows about one thing in a file.
type entry struct {
	file string
	rows []row
}

// A row is cells in columns, and a text that takes the rest of the line and wraps.
type row struct {
	cells []cell
	text  cell
}

type cell struct {
	text  string
	paint paint
	right bool // aligned
}

const (
	gap = "  "
	// roomy is the columns that a text is read well in. With fewer, if it needs them, it stands below its cells.
	roomy = 48
)

// A layout writes rows in the columns that suit all of them.
type layout struct {
	Style
	*bufio.Writer
	widths []int // of the cells
	text   int   // columns that texts want beside the cells
}

func newLayout(w io.Writer, style Style, entries []entry) *layout {
	l := &layout{Style: style, Writer: bufio.NewWriter(w)}
	for _, e := range entries {
		for _, r := range e.rows {
			for i, c := range r.cells {
				if i == len(l.widths) {
					l.widths = append(l.widths, 0)
				}
				l.widths[i] = max(l.widths[i], columns(c.text))
			}
			l.text = min(max(l.text, columns(r.text.text)), roomy)
		}
	}
	return l
}

// entries writes entries below the names of their files. What is more than a row stands apart.
func (l *layout) entries(entries []entry) {
	for i, e := range entries {
		first := i == 0 || e.file != entries[i-1].file
		if i > 0 && (first || len(e.rows) > 1) {
			l.line()
		}
		if first && e.file != "" {
			l.line(l.paint(Printable(e.file), bold))
		}
		for _, r := range e.rows {
			l.row(gap, r)
		}
	}
	if len(entries) > 0 {
		l.line()
	}
}

// lineCell is the number of a line, if there is one.
func lineCell(line int) cell {
	if line == 0 {
		return cell{}
	}
	return cell{text: strconv.Itoa(line), paint: faint, right: true}
}

// line writes one line, without the space at its end that nobody sees.
func (l *layout) line(parts ...string) {
	l.WriteString(strings.TrimRight(strings.Join(parts, ""), " "))
	l.WriteByte('\n')
}

func (l *layout) row(indent string, r row) {
	line, left := indent, len(indent)
	for i, c := range r.cells {
		padding := strings.Repeat(" ", l.widths[i]-columns(c.text))
		text := l.paint(Printable(c.text), c.paint)
		if c.right {
			text = padding + text
		} else {
			text += padding
		}
		line += text + gap
		left += l.widths[i] + len(gap)
	}
	if l.Width > 0 && l.Width-left < l.text && len(r.cells) > 1 && r.text.text != "" {
		l.line(line)
		left = len(indent) + len(gap)
		line = strings.Repeat(" ", left)
	}
	for _, text := range l.wrap(r.text.text, left) {
		l.line(line, l.paint(text, r.text.paint))
		line = strings.Repeat(" ", left)
	}
}

// wrap breaks text into lines that start at column left. A word that is too long for a line stays whole, so that it
// can be copied.
func (s Style) wrap(text string, left int) []string {
	text = Printable(text)
	if s.Width == 0 {
		return []string{text}
	}
	words := strings.Split(text, " ")
	lines := words[:1:1]
	for _, word := range words[1:] {
		last := &lines[len(lines)-1]
		if left+columns(*last)+1+columns(word) > s.Width {
			lines = append(lines, word)
		} else {
			*last += " " + word
		}
	}
	return lines
}

// columns is how wide text is, when it has no wide characters.
func columns(text string) int { return utf8.RuneCountInString(Printable(text)) }

// Printable writes what a terminal would obey, or not show, as Go escapes it.
func Printable(text string) string {
	var out strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		part := text[:size]
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			part = strings.Trim(strconv.Quote(part), `"`)
		}
		out.WriteString(part)
		text = text[size:]
	}
	return out.String()
}

// count is "1 file" or "2 files".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

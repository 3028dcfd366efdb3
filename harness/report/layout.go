package report

import (
	"bufio"
	"encoding/json"
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
	plain  paint
	bold   = paint{color.Bold}
	faint  = paint{color.Faint}
	red    = paint{color.FgRed}
	yellow = paint{color.FgYellow}
	green  = paint{color.FgGreen}
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
	gap     = "  "
	minText = 48 // columns; a text with fewer stands below its cells
)

// A layout writes rows in the columns that suit all of them.
type layout struct {
	Style
	*bufio.Writer
	indent int
	widths []int
}

func newLayout(w io.Writer, style Style, indent int, rows []row) *layout {
	l := &layout{Style: style, Writer: bufio.NewWriter(w), indent: indent}
	for _, r := range rows {
		for i, c := range r.cells {
			if i == len(l.widths) {
				l.widths = append(l.widths, 0)
			}
			l.widths[i] = max(l.widths[i], utf8.RuneCountInString(Printable(c.text)))
		}
	}
	return l
}

// line writes one line, without the space at its end that nobody sees.
func (l *layout) line(parts ...string) {
	l.WriteString(strings.TrimRight(strings.Join(parts, ""), " "))
	l.WriteByte('\n')
}

func (l *layout) row(r row) {
	line := strings.Repeat(" ", l.indent)
	left := l.indent
	for i, c := range r.cells {
		text := Printable(c.text)
		padding := strings.Repeat(" ", l.widths[i]-utf8.RuneCountInString(text))
		text = l.paint(text, c.paint)
		if c.right {
			text = padding + text
		} else {
			text += padding
		}
		line += text + gap
		left += l.widths[i] + len(gap)
	}
	if l.Width > 0 && l.Width-left < minText && len(r.cells) > 0 && r.text.text != "" {
		l.line(line)
		left = l.indent + len(gap)
		line = strings.Repeat(" ", left)
	}
	for i, text := range l.wrap(r.text.text, left) {
		if i > 0 {
			line = strings.Repeat(" ", left)
		}
		l.line(line, l.paint(text, r.text.paint))
	}
}

// wrap breaks text into lines that start at column left. A word that is too long for a line stays whole, so that it
// can be copied.
func (s Style) wrap(text string, left int) []string {
	words := strings.Fields(Printable(text))
	if s.Width == 0 || len(words) == 0 {
		return []string{strings.Join(words, " ")}
	}
	lines := []string{words[0]}
	for _, word := range words[1:] {
		last := &lines[len(lines)-1]
		if left+utf8.RuneCountInString(*last)+1+utf8.RuneCountInString(word) > s.Width {
			lines = append(lines, word)
		} else {
			*last += " " + word
		}
	}
	return lines
}

// Printable writes what a terminal would not show, or would obey, as Go escapes it.
func Printable(text string) string {
	if utf8.ValidString(text) && strings.IndexFunc(text, unprintable) < 0 {
		return text
	}
	quoted := strconv.Quote(text)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// count is "1 file" or "2 files".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// writeJSON writes a value as a person can read it too.
func writeJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

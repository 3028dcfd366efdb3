package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// WriteTable writes the violations, the exempted ones with their reasons, and the summary, for people.
func (r *Report) WriteTable(w io.Writer, style Style) error {
	var violations, exempted []entry
	for _, finding := range r.Violations {
		violations = append(violations, entry{finding.File, []row{finding.row()}})
	}
	for _, finding := range r.Exempted {
		exempted = append(exempted, entry{finding.File, []row{finding.exemptedRow()}})
	}
	l := newLayout(w, style, slices.Concat(violations, exempted))
	l.entries(violations)
	if len(exempted) > 0 {
		l.line(l.paint("Exempted, and not counted:", faint))
		l.line()
		l.entries(exempted)
	}
	l.line(l.summary(r.Summary))
	return l.Flush()
}

func (f Finding) row() row {
	return row{
		cells: []cell{
			lineCell(f.Line),
			{text: f.Severity, paint: paintOf(f.Severity)},
			{text: f.Rule, paint: cyan},
		},
		text: cell{text: f.message()},
	}
}

func (f Finding) exemptedRow() row {
	r := f.row()
	for i := range r.cells {
		r.cells[i].paint = faint
	}
	r.text = cell{text: fmt.Sprintf("%s (exempted: %s)", f.message(), f.Reason), paint: faint}
	return r
}

func (l *layout) summary(s Summary) string {
	errors, warnings := count(s.Errors, "error"), count(s.Warnings, "warning")
	if s.Errors > 0 {
		errors = l.paint(errors, red)
	}
	if s.Warnings > 0 {
		warnings = l.paint(warnings, yellow)
	}
	found := []string{errors, warnings}
	if s.Unknown > 0 {
		found = append(found, count(s.Unknown, "image")+" not known yet")
	}
	if s.Exempted > 0 {
		found = append(found, fmt.Sprintf("%d exempted", s.Exempted))
	}
	if s.Unreadable > 0 {
		found = append(found, l.paint(fmt.Sprintf("%d unreadable", s.Unreadable), red))
	}
	return fmt.Sprintf("%s, %s, %s: %s",
		count(s.Files, "file"), count(s.Objects, "object"), count(s.Images, "image"), strings.Join(found, ", "))
}

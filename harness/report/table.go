package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/manifest"
)

// WriteJSON writes the report for programs.
func (r *Report) WriteJSON(w io.Writer) error { return writeJSON(w, r) }

// WriteTable writes the violations, the exempted ones with their reasons, and the summary, for people.
func (r *Report) WriteTable(w io.Writer, style Style) error {
	var violations, exempted []row
	for _, finding := range r.Violations {
		violations = append(violations, finding.row())
	}
	for _, finding := range r.Exempted {
		exempted = append(exempted, finding.exemptedRow())
	}
	l := newLayout(w, style, len(gap), append(violations[:len(violations):len(violations)], exempted...))
	l.group(r.Violations, violations)
	if len(exempted) > 0 {
		l.line(l.paint("exempted, and not counted:", faint))
		l.line()
		l.group(r.Exempted, exempted)
	}
	l.line(l.summary(r.Summary))
	return l.Flush()
}

// group writes the rows of findings below their files.
func (l *layout) group(findings []Finding, rows []row) {
	for i, finding := range findings {
		if i == 0 || finding.File != findings[i-1].File {
			if i > 0 {
				l.line()
			}
			l.line(l.paint(Printable(finding.File), bold))
		}
		l.row(rows[i])
	}
	if len(findings) > 0 {
		l.line()
	}
}

func (f Finding) row() row {
	severity := yellow
	if f.Severity == harness.SeverityError {
		severity = red
	}
	return row{
		cells: []cell{
			{text: strconv.Itoa(f.Line), paint: faint, right: true},
			{text: f.Severity, paint: severity},
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
	if s.Exempted > 0 {
		found = append(found, fmt.Sprintf("%d exempted", s.Exempted))
	}
	if s.Unreadable > 0 {
		found = append(found, l.paint(fmt.Sprintf("%d unreadable", s.Unreadable), red))
	}
	return fmt.Sprintf("%s, %s, %s: %s",
		count(s.Files, "file"), count(s.Objects, "object"), count(s.Images, "image"), strings.Join(found, ", "))
}

// WriteErrors writes each problem on a line of its own, as compilers do.
func WriteErrors(w io.Writer, problems []*manifest.Problem) error {
	for _, problem := range problems {
		if _, err := fmt.Fprintln(w, Printable(problem.Error())); err != nil {
			return err
		}
	}
	return nil
}

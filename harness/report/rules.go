package report

import (
	"io"
	"strings"

	"github.com/pullpolicy/pullpolicy/harness"
)

// Rules are what the policies say of their rules.
type Rules struct {
	Rules    []harness.Rule `json:"rules"`
	Profiles []string       `json:"-"` // the columns of the tables
}

// WriteJSON writes the rules for programs.
func (r *Rules) WriteJSON(w io.Writer) error { return writeJSON(w, r) }

// WriteTable writes a row for each rule, with its severity in each profile.
func (r *Rules) WriteTable(w io.Writer, style Style) error {
	rows := []row{{cells: append([]cell{{text: "rule", paint: faint}}, r.header()...)}}
	for _, rule := range r.Rules {
		rows = append(rows, row{
			cells: append([]cell{{text: rule.ID, paint: cyan}}, r.severities(rule)...),
			text:  cell{text: rule.Title},
		})
	}
	l := newLayout(w, style, []entry{{rows: rows}})
	for _, row := range rows {
		l.row("", row)
	}
	return l.Flush()
}

// WriteDetails writes each rule in full.
func (r *Rules) WriteDetails(w io.Writer, style Style) error {
	header := row{cells: r.header()}
	rows := []row{header}
	for _, rule := range r.Rules {
		rows = append(rows, row{cells: r.severities(rule)})
	}
	l := newLayout(w, style, []entry{{rows: rows}})
	for i, rule := range r.Rules {
		if i > 0 {
			l.line()
		}
		l.line(l.paint(Printable(rule.ID), cyan), ": ", l.paint(Printable(rule.Title), bold))
		l.line()
		for paragraph := range strings.SplitSeq(rule.Description, "\n\n") {
			l.row(gap, row{text: cell{text: strings.ReplaceAll(paragraph, "\n", " ")}})
			l.line()
		}
		l.row(gap, header)
		l.row(gap, rows[i+1])
	}
	return l.Flush()
}

func (r *Rules) header() []cell {
	var cells []cell
	for _, profile := range r.Profiles {
		cells = append(cells, cell{text: profile, paint: faint})
	}
	return cells
}

func (r *Rules) severities(rule harness.Rule) []cell {
	var cells []cell
	for _, profile := range r.Profiles {
		severity := rule.Severities[profile]
		cells = append(cells, cell{text: severity, paint: paintOf(severity)})
	}
	return cells
}

func paintOf(severity string) paint {
	switch severity {
	case harness.SeverityError:
		return red
	case harness.SeverityWarning:
		return yellow
	}
	return faint
}

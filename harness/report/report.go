// Package report checks manifests and holds the outcome, with the file and line of everything, for people and for
// programs.
package report

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/manifest"
)

// A Report is what was found in some files. Its lists are sorted by file, line, path and rule, and never nil.
type Report struct {
	Violations []Finding `json:"violations"`
	// Exempted are the violations that an exemption covers. They do not count.
	Exempted []Finding `json:"exempted"`
	// Errors are what was not checked: what cannot be read, whole or for certain, objects that the policies cannot be
	// evaluated for, and streams and paths that hold nothing to check.
	Errors  []*manifest.Problem `json:"errors"`
	Summary Summary             `json:"summary"`
}

// A Finding is a violation and its place. A violation of parameters that come from no file has none: "" and 0.
type Finding struct {
	File string `json:"file"`
	Line int    `json:"line"`
	harness.Violation
}

// WriteJSON writes the report for programs.
func (r *Report) WriteJSON(w io.Writer) error { return writeJSON(w, r) }

// message is the finding's message without the rule's id before it.
func (f Finding) message() string { return strings.TrimPrefix(f.Msg, f.Rule+": ") }

// A Summary counts.
type Summary struct {
	Files      int `json:"files"`
	Objects    int `json:"objects"`
	Images     int `json:"images"`
	Unknown    int `json:"unknown"`  // images that are not known yet
	Errors     int `json:"errors"`   // violations at severity error
	Warnings   int `json:"warnings"` // violations at severity warning
	Exempted   int `json:"exempted"`
	Unreadable int `json:"unreadable"`
}

// Check checks the files and folders at paths. It returns an error if the engine fails for every input, or if ctx is
// done before all is checked; what was not checked is among the report's errors, and the rest is checked.
func (r *Run) Check(ctx context.Context, paths []string) (*Report, error) {
	report := &Report{Violations: []Finding{}, Exempted: []Finding{}, Errors: []*manifest.Problem{}}
	var err error
	if report.Violations, err = r.judgeParameters(ctx); err != nil {
		return nil, err
	}

	var mu sync.Mutex
	read, err := r.read(ctx, paths, func(ctx context.Context, b batch) error {
		verdict, err := r.Engine.Judge(ctx, b.input(r.Parameters))
		unjudged, err := b.unjudged(err)
		if err != nil {
			return err
		}
		violations, exempted := findings(verdict.Violations, b), findings(verdict.Exempted, b)
		mu.Lock()
		defer mu.Unlock()
		report.Violations = append(report.Violations, violations...)
		report.Exempted = append(report.Exempted, exempted...)
		report.Errors = append(report.Errors, unjudged...)
		report.Summary.Objects += verdict.Objects - len(b.beside)
		report.Summary.Images += verdict.Images
		report.Summary.Unknown += verdict.Unknown
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(report.Violations, compare)
	slices.SortStableFunc(report.Exempted, compare)
	found := map[string]bool{}
	for _, finding := range slices.Concat(report.Violations, report.Exempted) {
		found[finding.File] = true
	}
	report.Errors = append(report.Errors, read.problems...)
	report.Errors = append(report.Errors, r.nothing(paths, read, found, report.Errors)...)
	sortProblems(report.Errors)

	report.Summary.Files = len(read.files)
	for _, finding := range report.Violations {
		if finding.Severity == harness.SeverityError {
			report.Summary.Errors++
		} else {
			report.Summary.Warnings++
		}
	}
	report.Summary.Exempted = len(report.Exempted)
	report.Summary.Unreadable = len(report.Errors)
	return report, nil
}

// judgeParameters finds what is wrong with the parameters alone, whatever is checked with them.
func (r *Run) judgeParameters(ctx context.Context) ([]Finding, error) {
	verdict, err := r.Engine.Judge(ctx, harness.Input{Parameters: r.Parameters.input()})
	if err != nil {
		return nil, err
	}
	found := []Finding{}
	for _, violation := range verdict.Violations {
		file, line := r.Parameters.place(violation.Path)
		found = append(found, Finding{file, line, violation})
	}
	return found, nil
}

// findings are the violations that have a place in the batch. The others are found in each batch again, and
// judgeParameters has found them.
func findings(violations []harness.Violation, b batch) []Finding {
	var found []Finding
	for _, violation := range violations {
		if violation.Review == nil || *violation.Review >= len(b.documents) {
			continue
		}
		file, line := b.place(*violation.Review, violation.Path)
		violation.Review = nil
		found = append(found, Finding{file, line, violation})
	}
	return found
}

func compare(a, b Finding) int {
	return cmp.Or(
		cmp.Compare(a.File, b.File),
		cmp.Compare(a.Line, b.Line),
		cmp.Compare(a.Path, b.Path),
		cmp.Compare(a.Rule, b.Rule),
		cmp.Compare(a.Msg, b.Msg),
	)
}

// writeJSON writes a value so that people can read it too.
func writeJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

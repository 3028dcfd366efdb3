package report

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/manifest"
)

// Explained is what holds for each use of an image in some files. Its lists are sorted by file, line and path, and
// never nil.
type Explained struct {
	Uses []Use `json:"uses"`
	// Errors are what was not explained: what cannot be read, objects whose pod spec cannot be read or that the policies
	// cannot be evaluated for, parameters that do not fit, and streams and paths that hold nothing to explain.
	Errors []*manifest.Problem `json:"errors"`
}

// A Use is an explanation and its place.
type Use struct {
	File string `json:"file"`
	Line int    `json:"line"`
	harness.Explanation
	// Review hides the index in the batch that the use was explained in.
	Review *int `json:"review,omitempty"`
}

// WriteJSON writes what was explained for programs.
func (e *Explained) WriteJSON(w io.Writer) error { return writeJSON(w, e) }

// Explain explains the files and folders at paths. It returns an error where the node does not fit its schema, the
// engine fails whatever is explained, or ctx is done before all is explained.
func (r *Run) Explain(ctx context.Context, paths []string) (*Explained, error) {
	if err := r.checkNode(ctx); err != nil {
		return nil, err
	}
	explained := &Explained{Uses: []Use{}, Errors: []*manifest.Problem{}}
	misfits, err := r.judgeParameters(ctx)
	if err != nil {
		return nil, err
	}
	for _, finding := range misfits {
		explained.Errors = append(explained.Errors, problemOf(finding))
	}

	var mu sync.Mutex
	read, err := r.read(ctx, paths, func(ctx context.Context, b batch) error {
		uses, unjudged, err := r.explain(ctx, b)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		explained.Uses = append(explained.Uses, uses...)
		explained.Errors = append(explained.Errors, unjudged...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, use := range explained.Uses {
		found[use.File] = true
	}
	explained.Errors = append(explained.Errors, read.problems...)
	explained.Errors = append(explained.Errors, r.nothing(paths, read, found, explained.Errors)...)
	slices.SortStableFunc(explained.Uses, func(a, b Use) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Path, b.Path))
	})
	sortProblems(explained.Errors)
	return explained, nil
}

// explain explains a batch, with what the policies cannot judge in it, of which explanations say nothing.
func (r *Run) explain(ctx context.Context, b batch) ([]Use, []*manifest.Problem, error) {
	input := b.input(r.Parameters)
	input.Node = r.Node.input()
	explanations, err := r.Engine.Explain(ctx, input)
	unjudged, err := b.unjudged(err)
	if err != nil {
		return nil, nil, err
	}
	verdict, err := r.Engine.Judge(ctx, input)
	also, err := b.unjudged(err)
	if err != nil {
		return nil, nil, err
	}
	if len(unjudged) == 0 { // else it fails for the same
		unjudged = also
	}
	uses := make([]Use, len(explanations))
	for i, explanation := range explanations {
		file, line := b.place(explanation.Review, explanation.Path)
		uses[i] = Use{File: file, Line: line, Explanation: explanation}
	}
	for _, finding := range findings(verdict.Violations, b) {
		if finding.Rule == "input-invalid" {
			unjudged = append(unjudged, problemOf(finding))
		}
	}
	return uses, unjudged, nil
}

func problemOf(f Finding) *manifest.Problem {
	return &manifest.Problem{File: f.File, Line: f.Line, Err: errors.New(f.message())}
}

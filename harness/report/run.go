package report

import (
	"cmp"
	"context"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/manifest"
)

// batchSize is how many documents are checked at once. An evaluation has a cost of its own, as high as that of some
// ten documents.
const batchSize = 64

// A Run is what files are checked with.
type Run struct {
	Engine     *harness.Engine
	Reader     manifest.Reader
	Parameters *Parameters
	// Node is where explained starts happen.
	Node *Node
	// Ignore are globs of files and folders to leave out, as manifest.Files takes them.
	Ignore []string
	// Stdin is what the path "-" stands for.
	Stdin io.Reader
	// AllowEmpty accepts that there is nothing to check. Otherwise a stream without a manifest is an error, and so is
	// none at all paths.
	AllowEmpty bool
	// Progress, unless nil, is told how many of all files have been checked, one call at a time.
	Progress func(judged, all int)
}

// A batch is documents to check at once.
type batch struct {
	documents []*manifest.Document
	files     int // that end in it
	// beside are reviews that the documents are checked with, and that are not checked themselves.
	beside []harness.Review
}

func (b batch) input(parameters *Parameters) harness.Input {
	input := harness.Input{Parameters: parameters.input()}
	for _, document := range b.documents {
		input.Reviews = append(input.Reviews, harness.Review{Object: document.Value})
	}
	input.Reviews = append(input.Reviews, b.beside...)
	return input
}

// place is the file and line of a path in one of the batch's documents.
func (b batch) place(review int, path string) (string, int) {
	document := b.documents[review]
	return document.File, document.LineOf(path)
}

// unjudged are the problems that an engine's error is for documents of the batch; any other error it returns.
func (b batch) unjudged(err error) ([]*manifest.Problem, error) {
	failed, ok := errors.AsType[harness.ReviewErrors](err)
	if !ok {
		return nil, err
	}
	var problems []*manifest.Problem
	for _, failure := range failed {
		if failure.Review >= len(b.documents) {
			continue
		}
		file, line := b.place(failure.Review, failure.Path)
		problems = append(problems, &manifest.Problem{File: file, Line: line, Err: notChecked{failure.Err}})
	}
	return problems, nil
}

// notChecked is why a document was not checked, in one line.
type notChecked struct{ cause error }

func (e notChecked) Error() string {
	return "cannot be checked: " + strings.Join(strings.Fields(e.cause.Error()), " ")
}

func (e notChecked) Unwrap() error { return e.cause }

// A reading is one pass of a Run over files.
type reading struct {
	*Run
	judge func(context.Context, batch) error
	files []string
	next  atomic.Int64 // the index of the next file to read
	// stream is what stands in standard input.
	stream []*manifest.Document
	// accounts are the ServiceAccounts with pull secrets in all that is read.
	accounts []ast.Value

	mu        sync.Mutex
	judged    int
	manifests map[string]bool // files that hold one
	problems  []*manifest.Problem
}

// read has judge called with every document at paths that can be read; many goroutines call it. It returns the files
// and what cannot be read, or an error as soon as judge fails or ctx is done.
func (r *Run) read(ctx context.Context, paths []string, judge func(context.Context, batch) error) (*reading, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	reading := &reading{Run: r, judge: judge, manifests: map[string]bool{}}
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		reading.files, reading.problems = manifest.Files(paths, r.Ignore)
		reading.accounts = accounts(r.Reader, reading.files)
		if slices.Contains(reading.files, "-") {
			reading.stream = reading.documents("-")
			reading.accounts = append(reading.accounts, accountsIn(reading.stream)...)
		}
		var workers sync.WaitGroup
		for range min(runtime.GOMAXPROCS(0), len(reading.files)) {
			workers.Go(func() {
				if err := reading.work(ctx); err != nil {
					cancel(err)
				}
			})
		}
		workers.Wait()
	}()
	select {
	case <-finished:
	case <-ctx.Done(): // and leave them to it: nothing interrupts a read from a pipe
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return reading, nil
}

// work reads files until there are no more, and checks them.
func (r *reading) work(ctx context.Context) error {
	var pending batch
	for ctx.Err() == nil {
		i := int(r.next.Add(1)) - 1
		if i >= len(r.files) {
			return r.flush(ctx, pending)
		}
		if r.files[i] == "-" {
			pending.documents = append(pending.documents, r.stream...)
		} else {
			pending.documents = append(pending.documents, r.documents(r.files[i])...)
		}
		for len(pending.documents) > batchSize {
			full := batch{documents: pending.documents[:batchSize], files: pending.files}
			pending = batch{documents: pending.documents[batchSize:]}
			if err := r.flush(ctx, full); err != nil {
				return err
			}
		}
		pending.files++
	}
	return context.Cause(ctx)
}

func (r *reading) documents(file string) []*manifest.Document {
	var documents []*manifest.Document
	var problems []*manifest.Problem
	if file == "-" {
		documents, problems = r.Reader.Read(file, r.Stdin)
	} else {
		documents, problems = r.Reader.ReadFile(file)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.problems = append(r.problems, problems...)
	r.manifests[file] = slices.ContainsFunc(documents, isManifest)
	return documents
}

func (r *reading) flush(ctx context.Context, b batch) error {
	if len(b.documents) > 0 {
		b.beside = beside(b.documents, r.accounts)
		if err := r.judge(ctx, b); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.judged += b.files
	if r.Progress != nil && ctx.Err() == nil {
		r.Progress(r.judged, len(r.files))
	}
	return nil
}

func sortProblems(problems []*manifest.Problem) {
	slices.SortStableFunc(problems, func(a, b *manifest.Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
}

package harness

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
)

// A ReviewError says that the policies cannot be evaluated for a review, or for one object in its List.
type ReviewError struct {
	// Review is the index in Input.Reviews.
	Review int
	// Path is the object in the review, items[2] in a List, and "" is all of it.
	Path string
	Err  error
}

func (e *ReviewError) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("review %d: %v", e.Review, e.Err)
	}
	return fmt.Sprintf("review %d: %s: %v", e.Review, e.Path, e.Err)
}

// Unwrap returns the cause.
func (e *ReviewError) Unwrap() error { return e.Err }

// ReviewErrors are all that could not be evaluated of an Input, sorted by review and place. What comes with them holds
// for the rest.
type ReviewErrors []*ReviewError

func (e ReviewErrors) Error() string {
	switch len(e) {
	case 0:
		return "no review"
	case 1:
		return e[0].Error()
	}
	return fmt.Sprintf("%v (and %d more)", e[0], len(e)-1)
}

// Unwrap returns each of them.
func (e ReviewErrors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, err := range e {
		errs[i] = err
	}
	return errs
}

// A question is a query whose variables are its answer.
type question[T any] struct {
	query rego.PreparedEvalQuery
	// read reads the answer for a number of reviews.
	read func(answer rego.Vars, reviews int) (T, error)
}

// A part is the answer for some of an input's reviews.
type part[T any] struct {
	first  int          // the index of its first review
	failed ReviewErrors // the objects in it that others stand for
	answer T
}

// standsIn says whether a path leads into an object that stands for another.
func (p part[T]) standsIn(path string) bool {
	return slices.ContainsFunc(p.failed, func(e *ReviewError) bool {
		below, ok := strings.CutPrefix(path, e.Path)
		return ok && (below == "" || below[0] == '.' || below[0] == '[')
	})
}

// ask returns the answers for all reviews that can be evaluated, and ReviewErrors for the others. It returns another
// error alone where the policies answer nothing whatever is reviewed, or ctx is done.
//
// All reviews are evaluated at once. Only where that fails are they halved, until what is to blame is alone.
func (q question[T]) ask(ctx context.Context, input Input) ([]part[T], error) {
	answer, err := q.once(ctx, input)
	if err == nil {
		return []part[T]{{answer: answer}}, nil
	}
	if len(input.Reviews) == 0 {
		return nil, err
	}
	reviews := input.Reviews
	none, noneErr := q.once(ctx, input.with(nil))
	if noneErr != nil {
		return nil, noneErr // the policies, the parameters or the node are to blame
	}

	parts := []part[T]{{answer: none}}
	var failed ReviewErrors
	halve(len(reviews), err, func(from, to int) error {
		answer, err := q.once(ctx, input.with(reviews[from:to]))
		if err == nil {
			parts = append(parts, part[T]{first: from, answer: answer})
		}
		return err
	}, func(i int, cause error) {
		p, errs := q.rest(ctx, input.with(reviews[i:i+1]), cause)
		for _, err := range errs {
			err.Review = i
		}
		failed = append(failed, errs...)
		if p != nil {
			p.first = i
			parts = append(parts, *p)
		}
	})
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if len(failed) == 0 {
		return parts, nil // only together do they fail
	}
	return parts, failed
}

// once evaluates the query for all reviews of the input.
func (q question[T]) once(ctx context.Context, input Input) (none T, err error) {
	if cause := context.Cause(ctx); cause != nil {
		return none, cause
	}
	results, err := q.query.Eval(ctx, rego.EvalParsedInput(input.value()))
	if cause := context.Cause(ctx); cause != nil {
		return none, cause
	}
	if err != nil {
		return none, err
	}
	if len(results) != 1 {
		return none, ErrUndefined
	}
	return q.read(results[0].Bindings, len(input.Reviews))
}

// rest returns the answer for what can be evaluated of the one review in an input, nil if that is nothing, and what
// cannot. Cause is why the review fails.
func (q question[T]) rest(ctx context.Context, input Input, cause error) (*part[T], ReviewErrors) {
	review := input.Reviews[0]
	all := ReviewErrors{{Err: cause}}
	if review.Object == nil {
		return nil, all
	}
	replaced := func(object ast.Value) (T, error) {
		review := review
		review.Object = object
		return q.once(ctx, input.with([]Review{review}))
	}
	fixed, failed := fix(review.Object, "", cause, func(object ast.Value) error {
		_, err := replaced(object)
		return err
	})
	if fixed == nil {
		return nil, all
	}
	answer, err := replaced(fixed)
	if err != nil {
		return nil, all
	}
	return &part[T]{failed: failed, answer: answer}, failed
}

// fix returns a List with another object in the place of each for which check fails, and those; it returns nil for
// what is not a List, or where not its items are to blame. Path is the List's, and cause is why check fails for it.
func fix(list ast.Value, path string, cause error, check func(ast.Value) error) (ast.Value, ReviewErrors) {
	object, items := itemsOf(list)
	if items == nil {
		return nil, nil
	}
	holding := func(items ...*ast.Term) ast.Value {
		changed := object.Copy()
		changed.Insert(itemsTerm, ast.ArrayTerm(items...))
		return changed
	}
	if check(holding()) != nil {
		return nil, nil
	}

	fixed := slices.Clone(items)
	var failed ReviewErrors
	halve(len(items), cause, func(from, to int) error {
		return check(holding(items[from:to]...))
	}, func(i int, cause error) {
		at := fmt.Sprintf("items[%d]", i)
		if path != "" {
			at = path + "." + at
		}
		inner, errs := fix(items[i].Value, at, cause, func(item ast.Value) error {
			return check(holding(ast.NewTerm(item)))
		})
		if inner == nil {
			inner, errs = standIn(), ReviewErrors{{Path: at, Err: cause}}
		}
		fixed[i] = ast.NewTerm(inner)
		failed = append(failed, errs...)
	})
	return holding(fixed...), failed
}

func itemsOf(value ast.Value) (ast.Object, []*ast.Term) {
	object, ok := value.(ast.Object)
	if !ok {
		return nil, nil
	}
	term := object.Get(itemsTerm)
	if term == nil {
		return nil, nil
	}
	array, ok := term.Value.(*ast.Array)
	if !ok {
		return nil, nil
	}
	var items []*ast.Term
	array.Foreach(func(item *ast.Term) { items = append(items, item) })
	return object, items
}

// standIn is an object without images, so that the others in its List keep their places.
func standIn() ast.Value {
	return ast.NewObject(
		ast.Item(ast.StringTerm("apiVersion"), ast.StringTerm("v1")),
		ast.Item(ast.StringTerm("kind"), ast.StringTerm("ConfigMap")),
	)
}

// halve calls found with each of n elements for which check fails when it is alone. Check fails for all of them
// together, with cause, and is not called for them.
func halve(n int, cause error, check func(from, to int) error, found func(i int, cause error)) {
	var search func(from, to int, cause error)
	search = func(from, to int, cause error) {
		if to-from == 1 {
			found(from, cause)
			return
		}
		middle := from + (to-from)/2
		for _, half := range [][2]int{{from, middle}, {middle, to}} {
			if err := check(half[0], half[1]); err != nil {
				search(half[0], half[1], err)
			}
		}
	}
	search(0, n, cause)
}

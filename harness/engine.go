// Package harness embeds OPA and checks Kubernetes objects with the pullpolicy bundle.
//
// An Engine prepares the policies once and then checks any number of reviews, from any number of goroutines:
//
//	engine, err := harness.New(ctx)
//	review, err := harness.NewReview(pod, nil)
//	verdict, err := engine.Judge(ctx, harness.Input{Reviews: []harness.Review{review}})
package harness

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
)

const (
	judgeQuery = `violations = data.pullpolicy.violations.violations
exempted = data.pullpolicy.violations.exempted
judged = data.pullpolicy.violations.judged`
	explainQuery = `explanations = data.pullpolicy.explanations.explanations
problems = data.pullpolicy.explanations.problems`
)

// ErrUndefined says that the policies gave no answer, which never means that nothing was found: a bundle without
// the entrypoints, or one that OPA rejected, answers so.
var ErrUndefined = errors.New("the policies give no answer")

var (
	errNotMade   = errors.New("the Engine was not made by New")
	errNoneGiven = errors.New("WithPolicies was given nil; leave it out for the policies that the module ships")
)

// An Engine checks reviews with prepared policies. It is safe for concurrent use.
type Engine struct {
	bundle   *bundle.Bundle
	compiled []func(*rego.Rego)
	judge    rego.PreparedEvalQuery
	explain  rego.PreparedEvalQuery
}

// An Option changes how an Engine is made.
type Option func(*options)

type options struct {
	policies *bundle.Bundle
	given    bool
}

// WithPolicies makes the Engine check with other policies than the embedded ones; see LoadFS and LoadBundle. The Engine
// keeps a copy. Policies that are nil, as beside an error that was not looked at, are an error of New.
func WithPolicies(policies *bundle.Bundle) Option {
	return func(o *options) { o.policies, o.given = policies, true }
}

// New compiles the policies (strictly: an unused variable is an error) and prepares their queries.
func New(ctx context.Context, opts ...Option) (*Engine, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	switch {
	case o.given && o.policies == nil:
		return nil, errNoneGiven
	case o.given:
		if err := someModule(o.policies); err != nil {
			return nil, err
		}
		o.policies = copyOf(o.policies)
	default:
		embedded, err := LoadEmbedded()
		if err != nil {
			return nil, err
		}
		o.policies = embedded
	}

	compiled, err := compile(o.policies)
	if err != nil {
		return nil, fmt.Errorf("compile policies: %w", err)
	}

	engine := &Engine{bundle: o.policies, compiled: compiled}
	for query, prepared := range map[string]*rego.PreparedEvalQuery{
		judgeQuery:   &engine.judge,
		explainQuery: &engine.explain,
	} {
		if *prepared, err = engine.prepare(ctx, query); err != nil {
			return nil, fmt.Errorf("prepare query: %w", err)
		}
	}
	return engine, nil
}

// prepare prepares a query of the policies, which are compiled already.
func (e *Engine) prepare(ctx context.Context, query string) (rego.PreparedEvalQuery, error) {
	return rego.New(append(slices.Clip(e.compiled), rego.Query(query))...).PrepareForEval(ctx)
}

// Policies returns a copy of the policies that the Engine checks with, nil where New has not made it.
func (e *Engine) Policies() *bundle.Bundle {
	if !e.made() {
		return nil
	}
	return copyOf(e.bundle)
}

// copyOf copies policies; bundle.Copy alone writes into the modules of what it copies.
func copyOf(policies *bundle.Bundle) *bundle.Bundle {
	copied := *policies
	copied.Modules = slices.Clone(copied.Modules)
	copied = copied.Copy()
	return &copied
}

// compile compiles Rego, and puts the bundle's data beside it; what a bundle has for WebAssembly in place of Rego, OPA's
// engine for that loads, where package v1/features/wasm has linked it.
func compile(policies *bundle.Bundle) ([]func(*rego.Rego), error) {
	if len(policies.WasmModules) > 0 {
		return []func(*rego.Rego){rego.ParsedBundle("pullpolicy", policies)}, nil
	}
	compiler := ast.NewCompiler().WithStrict(true)
	if compiler.Compile(policies.ParsedModules("")); compiler.Failed() {
		return nil, compiler.Errors
	}
	// Nothing writes to the data, so that it need not be copied.
	data := inmem.NewFromObjectWithOpts(policies.Data, inmem.OptRoundTripOnWrite(false), inmem.OptReturnASTValuesOnRead(true))
	return []func(*rego.Rego){rego.Compiler(compiler), rego.Store(data)}, nil
}

// Judge returns all violations of the reviews. It returns ErrUndefined where the policies do not answer, and the
// context's error when it is done before they have. Where some reviews cannot be evaluated it returns ReviewErrors,
// and beside them the verdict on the others, which is nil with every other error.
func (e *Engine) Judge(ctx context.Context, input Input) (*Verdict, error) {
	if !e.made() {
		return nil, fmt.Errorf("check: %w", errNotMade)
	}
	parts, err := question[*Verdict]{e.judge, verdictOf}.ask(ctx, input)
	if err != nil {
		err = fmt.Errorf("check: %w", err)
	}
	return joinVerdicts(parts), err
}

// Explain returns each use of an image in the reviews, with its policy and what the kubelet makes of it. Where the
// input's node does not fit its schema it returns a *NodeError. Where some reviews cannot be evaluated it returns
// ReviewErrors, and beside them what holds for the others.
func (e *Engine) Explain(ctx context.Context, input Input) ([]Explanation, error) {
	if !e.made() {
		return nil, fmt.Errorf("explain: %w", errNotMade)
	}
	parts, err := question[[]Explanation]{e.explain, explanationsOf}.ask(ctx, input)
	if err != nil {
		err = fmt.Errorf("explain: %w", err)
	}
	return joinExplanations(parts), err
}

// made says whether the Engine is one that New has made.
func (e *Engine) made() bool { return e != nil && e.bundle != nil }

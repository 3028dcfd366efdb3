// Package harness embeds OPA and judges Kubernetes objects with the pullpolicy bundle.
//
// An Engine prepares the policies once and then judges any number of reviews, from any number of goroutines:
//
//	engine, err := harness.New(ctx)
//	review, err := harness.NewReview(pod, nil)
//	verdict, err := engine.Judge(ctx, harness.Input{Reviews: []harness.Review{review}})
package harness

import (
	"context"
	"errors"
	"fmt"

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
// the entrypoints, or one that OPA refused, answers so.
var ErrUndefined = errors.New("the policies give no answer")

// An Engine judges reviews with prepared policies. It is safe for concurrent use.
type Engine struct {
	bundle  *bundle.Bundle
	judge   rego.PreparedEvalQuery
	explain rego.PreparedEvalQuery
}

// An Option changes how an Engine is made.
type Option func(*options)

type options struct {
	policies *bundle.Bundle
}

// WithPolicies makes the Engine judge with other policies than the embedded ones; see LoadFS and LoadBundle.
func WithPolicies(policies *bundle.Bundle) Option {
	return func(o *options) { o.policies = policies }
}

// New compiles the policies (strictly: an unused variable is an error) and prepares their queries.
func New(ctx context.Context, opts ...Option) (*Engine, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	if o.policies == nil {
		embedded, err := LoadEmbedded()
		if err != nil {
			return nil, err
		}
		o.policies = embedded
	}

	policies, err := compile(o.policies)
	if err != nil {
		return nil, fmt.Errorf("compile policies: %w", err)
	}

	engine := &Engine{bundle: o.policies}
	for query, prepared := range map[string]*rego.PreparedEvalQuery{
		judgeQuery:   &engine.judge,
		explainQuery: &engine.explain,
	} {
		if *prepared, err = rego.New(append(policies, rego.Query(query))...).PrepareForEval(ctx); err != nil {
			return nil, fmt.Errorf("prepare query: %w", err)
		}
	}
	return engine, nil
}

// Policies returns the policies that the Engine judges with. They must not be changed.
func (e *Engine) Policies() *bundle.Bundle { return e.bundle }

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
// context's error when it is done before they have.
func (e *Engine) Judge(ctx context.Context, input Input) (*Verdict, error) {
	answer, err := ask(ctx, e.judge, input)
	if err != nil {
		return nil, fmt.Errorf("judge: %w", err)
	}
	return verdictOf(answer)
}

// Explain returns each use of an image in the reviews, with its policy and what the kubelet makes of it. Where the
// input's node does not fit its schema it returns a *NodeError.
func (e *Engine) Explain(ctx context.Context, input Input) ([]Explanation, error) {
	answer, err := ask(ctx, e.explain, input)
	if err != nil {
		return nil, fmt.Errorf("explain: %w", err)
	}
	return explanationsOf(answer)
}

// ask evaluates a query whose variables are its answer.
func ask(ctx context.Context, query rego.PreparedEvalQuery, input Input) (rego.Vars, error) {
	results, err := query.Eval(ctx, rego.EvalParsedInput(input.value()))
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if err != nil {
		return nil, err
	}
	if len(results) != 1 {
		return nil, ErrUndefined
	}
	return results[0].Bindings, nil
}

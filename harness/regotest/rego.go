package regotest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/loader"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// A suite is compiled policies and the tests in them.
type suite struct {
	compiler *ast.Compiler
	store    storage.Store
	tests    []test
	timeout  time.Duration
}

// A test is a rule that OPA takes for one.
type test struct {
	pkg      string // without the data
	name     string
	ref      ast.Ref // with the package
	location *ast.Location
	table    bool // whose cases have names
}

func runTests(t *testing.T, policies fs.FS, o options) {
	s, err := load(t.Context(), policies)
	if err != nil {
		t.Fatal(err)
	}
	s.timeout = o.timeout
	for _, test := range s.tests {
		t.Run(test.pkg+"/"+test.name, func(t *testing.T) {
			t.Parallel()
			if strings.Contains(test.name, tester.SkipTestPrefix) {
				// Its author says by the name that it is still to be written. opa test skips it, and Regal reports it.
				t.Skip("opa test skips a " + tester.SkipTestPrefix + " too")
			}
			result, err := s.run(t.Context(), test)
			if err != nil {
				t.Fatalf("%s: %v", test.location, err)
			}
			result.report(t, test)
		})
	}
}

// load compiles the policies. It returns an error where there is no test in them.
func load(ctx context.Context, policies fs.FS) (*suite, error) {
	loaded, err := loader.NewFileLoader().WithFS(policies).WithProcessAnnotation(true).Filtered([]string{"."}, nil)
	if err != nil {
		return nil, fmt.Errorf("load policies: %w", err)
	}
	s := &suite{
		compiler: ast.NewCompiler().WithEnablePrintStatements(true),
		store:    inmem.NewFromObjectWithOpts(loaded.Documents, inmem.OptRoundTripOnWrite(false)),
	}
	// The runner compiles, because it rewrites tests while it does; no name matches the filter.
	results, err := tester.NewRunner().SetCompiler(s.compiler).SetStore(s.store).
		SetModules(loaded.ParsedModules()).Filter(`^$`).RunTests(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("compile policies: %w", err)
	}
	for range results {
	}
	for _, module := range s.compiler.Modules {
		for _, rule := range module.Rules {
			if ref := testRef(rule.Head); ref != nil {
				s.tests = append(s.tests, test{
					pkg:      strings.TrimPrefix(module.Package.Path.String(), "data."),
					name:     ref.String(),
					ref:      module.Package.Path.Extend(ref),
					location: rule.Location,
					table:    rule.Head.DocKind() == ast.PartialObjectDoc,
				})
			}
		}
	}
	if len(s.tests) == 0 {
		return nil, errors.New("there is no Rego test")
	}
	slices.SortFunc(s.tests, func(a, b test) int { return a.ref.Compare(b.ref) })
	return s, nil
}

// testRef is the part of a rule's name that OPA takes for the name of a test, nil where it takes none.
func testRef(head *ast.Head) ast.Ref {
	ref := head.Ref().GroundPrefix()
	for i, term := range ref {
		name := strings.Trim(term.String(), `"`)
		if strings.HasPrefix(name, tester.TestPrefix) || strings.HasPrefix(name, tester.SkipTestPrefix) {
			return ref[:i+1]
		}
	}
	return nil
}

// A result is what a test, or a case of one, came to.
type result struct {
	passed bool
	table  bool
	cases  map[string]*result // of a table
	output string             // what was printed
}

// run evaluates one test. OPA's own runner would too, but plugs every variable of every event to learn the cases' names,
// which takes two thirds of its time.
func (s *suite) run(ctx context.Context, test test) (*result, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	var printed bytes.Buffer
	var cases caseTracer
	answers, err := rego.New(
		rego.Compiler(s.compiler),
		rego.Store(s.store),
		rego.Query(test.ref.String()),
		rego.QueryTracer(&cases),
		rego.PrintHook(topdown.NewPrintHook(&printed)),
	).Eval(ctx)
	if ctx.Err() == context.DeadlineExceeded {
		return nil, fmt.Errorf("has not ended after %s", s.timeout)
	}
	if err != nil {
		return nil, err
	}
	r := &result{table: test.table, output: printed.String()}
	if len(answers) > 0 {
		r.take(answers[0].Expressions[0].Value)
	}
	for _, path := range cases.paths {
		r.expect(path)
	}
	return r, nil
}

// take fills in the value of a test: true, or what each case of a table that did not fail came to.
func (r *result) take(value any) {
	if cases, ok := value.(map[string]any); ok && r.table {
		for name, value := range cases {
			r.of(name).take(value)
		}
		return
	}
	r.passed = value == true
}

// expect notes a case that was tried: it failed, unless it is known already.
func (r *result) expect(path []string) {
	for _, name := range path {
		r = r.of(name)
	}
}

func (r *result) of(name string) *result {
	if r.cases == nil {
		r.cases = map[string]*result{}
	}
	if r.cases[name] == nil {
		r.cases[name] = &result{table: r.table}
	}
	return r.cases[name]
}

// A caseTracer gathers the cases that tests try.
type caseTracer struct{ paths [][]string }

func (*caseTracer) Enabled() bool { return true }

func (*caseTracer) Config() topdown.TraceConfig { return topdown.TraceConfig{PlugLocalVars: false} }

func (c *caseTracer) TraceEvent(event topdown.Event) {
	expr, ok := event.Node.(*ast.Expr)
	if !ok || event.Op != topdown.TestCaseOp {
		return
	}
	var path []string
	if names, ok := expr.Operand(0).Value.(*ast.Array); ok {
		names.Foreach(func(name *ast.Term) { path = append(path, nameOf(name)) })
	}
	c.paths = append(c.paths, path)
}

// nameOf is the key that a term has in a map.
func nameOf(term *ast.Term) string {
	if text, ok := term.Value.(ast.String); ok {
		return string(text)
	}
	return term.String()
}

func (r *result) report(t *testing.T, test test) {
	r.reportCase(t, test, "")
	if t.Failed() && r.output != "" {
		t.Logf("printed:\n%s", r.output)
	}
}

func (r *result) reportCase(t *testing.T, test test, of string) {
	for _, name := range slices.Sorted(maps.Keys(r.cases)) {
		t.Run(name, func(t *testing.T) { r.cases[name].reportCase(t, test, fmt.Sprintf(" for %q", name)) })
	}
	switch {
	case len(r.cases) > 0:
	case test.table && of == "":
		t.Errorf("%s: %s tries no case", test.location, test.name)
	case !r.passed:
		t.Errorf("%s: %s fails%s", test.location, test.name, of)
	}
}

//go:build !race

// The race detector allocates too, and would be counted.

package harness_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/internal/tenant"
)

const (
	// doubled is how many times as much twice the size may cost, and doubledSmall that of the small sizes of the quick run,
	// in which what grows with the square of the size is a smaller part.
	doubled      = 2.5
	doubledSmall = 2.15

	// tooMuch is what ends an evaluation, so that growth that is out of hand shows without being waited for.
	tooMuchSteps  = 5_000_000
	tooMuchValues = 10_000_000
	tooMuchBytes  = 600 << 20
	tooLong       = time.Minute
)

// A costs is what an evaluation costs. Steps are OPA's, which see no work inside a builtin; what that makes is in what is
// allocated. Neither sees values being compared and hashed, of which there is as much as there is in what the rules hold:
// values counts that, once for each place where it stands. Time is for the reader alone.
type costs struct {
	steps, values, bytes, allocations float64
	time                              time.Duration
}

// most is the highest of the counts, without the time.
func (c costs) most() float64 { return max(c.steps, c.values, c.bytes, c.allocations) }

// A question is what a host asks of the policies.
type question struct {
	name string
	// count is evaluated to count the steps, and the values in its answer.
	count rego.PreparedEvalQuery
	input func(tenant.Request) (ast.Value, error)
	// ask is asked to see what is allocated; without it that is seen where the steps are counted.
	ask func(context.Context, ast.Value) error
}

// TestCostGrowsInStep doubles what a tenant writes, in every way that is known, and demands of the policies that it costs
// at most 2.15 times, in small sizes. make exhaustive asks every host in larger ones, up to those that are too large to
// check, sees what asking allocates without the steps being counted, and demands at most 2.5 times.
func TestCostGrowsInStep(t *testing.T) {
	for i, question := range questions(t) {
		most := doubled
		if !exhaustive {
			if i > 0 {
				break
			}
			question.ask, most = nil, doubledSmall
		}
		t.Run(question.name, func(t *testing.T) {
			t.Log(header)
			for _, dimension := range tenant.Dimensions() {
				one := question.least(t, dimension)
				sizes := []int{dimension.Within / 6}
				if strings.Contains(dimension.Name, "depth") { // up to the depth that is read, each place has a longer path
					sizes = []int{dimension.Within / 3}
				}
				if exhaustive {
					sizes = []int{dimension.Within / 2}
				}
				if exhaustive && i == 0 {
					sizes = []int{dimension.Within}
					if dimension.Beyond > 0 {
						sizes = append(sizes, dimension.Beyond)
					}
				}
				for _, n := range sizes {
					question.double(t, dimension, n, one, most)
				}
			}
		})
	}
}

// least is what a dimension costs at least. Where what asking allocates is seen it is asked twice, since the first time
// costs more.
func (q question) least(t *testing.T, dimension tenant.Dimension) costs {
	t.Helper()
	if q.ask != nil {
		_, err := q.cost(t, dimension.Write(1))
		require.NoError(t, err, dimension.Name)
	}
	one, err := q.cost(t, dimension.Write(1))
	require.NoError(t, err, dimension.Name)
	return one
}

const header = "   n                                                  dimension |    steps   × |   values   × |      KiB   × |  allocs   × |   ms ms at 2n"

// double compares a size with twice itself, and logs what it finds as a row of a table.
func (q question) double(t *testing.T, dimension tenant.Dimension, n int, one costs, most float64) {
	t.Helper()
	row := fmt.Sprintf("%7d %55s |", n, dimension.Name)
	var once, twice, grown costs
	for range 2 {
		var err error
		if once, err = q.cost(t, dimension.Write(n)); err != nil {
			t.Errorf("%s n: %v FAIL", row, err)
			return
		}
		if twice, err = q.cost(t, dimension.Write(2*n)); err != nil {
			t.Errorf("%s %8.0f     | %8.0f     | %8.0f     | %8.0f     | %4d 2n: %v FAIL", row,
				once.steps, once.values, once.bytes/1024, once.allocations, once.time.Milliseconds(), err)
			return
		}
		if grown = growth(one, once, twice); grown.most() <= most {
			break
		}
		// Pooled buffers that one size leaves for the other count for one of them only: empty the pools, and look again.
		runtime.GC()
		runtime.GC()
	}
	row += fmt.Sprintf(" %8.0f %3.1f | %8.0f %3.1f | %8.0f %3.1f | %8.0f %3.1f | %4d %4d", once.steps, grown.steps, once.values, grown.values,
		once.bytes/1024, grown.bytes, once.allocations, grown.allocations, once.time.Milliseconds(), twice.time.Milliseconds())
	if grown.most() > most {
		t.Errorf("%s FAIL", row)
		return
	}
	t.Log(row)
}

// growth is how many times as much twice a size costs. Three quarters of what the smallest size costs are left out, lest
// they hide it; but no more than half of what the size costs, for what is too large to check is spared other work.
func growth(one, once, twice costs) costs {
	grown := func(one, once, twice float64) float64 {
		fixed := min(0.75*one, 0.5*once)
		return (twice - fixed) / (max(once, one) - fixed)
	}
	return costs{
		steps: grown(one.steps, once.steps, twice.steps), values: grown(one.values, once.values, twice.values),
		bytes: grown(one.bytes, once.bytes, twice.bytes), allocations: grown(one.allocations, once.allocations, twice.allocations),
	}
}

func (q question) cost(t *testing.T, request tenant.Request) (costs, error) {
	t.Helper()
	input, err := q.input(request)
	require.NoError(t, err)

	ctx, cancel := context.WithTimeout(t.Context(), tooLong)
	defer cancel()
	counter, values := &stepCounter{ctx: ctx, cancel: cancel}, 0
	cost, err := allocated(func() error {
		_, err := q.count.Eval(ctx, rego.EvalParsedInput(input), counter.watch(),
			rego.EvalGenerateJSON(func(answer *ast.Term, _ *rego.EvalContext) (any, error) {
				countValues(answer, &values)
				return true, nil
			}))
		return err
	})
	if err == nil && values > tooMuchValues {
		err = errors.New("too much")
	}
	if err == nil && q.ask != nil {
		cost, err = allocated(func() error { return q.ask(ctx, input) })
	}
	if err == nil && cost.bytes > tooMuchBytes {
		err = errors.New("too much")
	}
	if err != nil {
		return costs{}, fmt.Errorf("%d steps, %d values, %.0f MiB: %w", counter.steps, values, cost.bytes/(1<<20), err)
	}
	cost.steps, cost.values = float64(counter.steps), float64(values)
	return cost, nil
}

// allocated is what running costs, but for steps and values.
func allocated(run func() error) (costs, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	started := time.Now()
	err := run()
	took := time.Since(started)
	runtime.ReadMemStats(&after)
	return costs{
		bytes: float64(after.TotalAlloc - before.TotalAlloc), allocations: float64(after.Mallocs - before.Mallocs), time: took,
	}, err
}

// A stepCounter counts the steps of an evaluation, and ends it where there are too many.
type stepCounter struct {
	ctx    context.Context
	cancel context.CancelFunc
	steps  int
}

// watch has an evaluation count its steps. With make exhaustive they are the events that a tracer sees. A tracer takes most
// of the time, so else they are the times that OPA asks whether it is cancelled: before each expression, and more often
// in some builtins.
func (c *stepCounter) watch() rego.EvalOption {
	if exhaustive {
		return rego.EvalQueryTracer(c)
	}
	return rego.EvalExternalCancel(c)
}

func (*stepCounter) Enabled() bool { return true }

func (*stepCounter) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

func (c *stepCounter) TraceEvent(topdown.Event) { c.step() }

func (*stepCounter) Cancel() {}

func (c *stepCounter) Cancelled() bool {
	c.step()
	return c.ctx.Err() != nil
}

func (c *stepCounter) step() {
	if c.steps++; c.steps == tooMuchSteps {
		c.cancel()
	}
}

// countValues counts a value and those in it, up to too many.
func countValues(term *ast.Term, values *int) {
	if *values++; *values > tooMuchValues {
		return
	}
	switch value := term.Value.(type) {
	case *ast.Array:
		value.Foreach(func(element *ast.Term) { countValues(element, values) })
	case ast.Set:
		value.Foreach(func(element *ast.Term) { countValues(element, values) })
	case ast.Object:
		value.Foreach(func(_, member *ast.Term) { countValues(member, values) })
	}
}

// questions are those of the hosts: of check and explain, of Gatekeeper for a Constraint that denies, and of an API server
// to an OPA server. The first is asked in larger sizes, for the policies behind all of them are the same.
func questions(t *testing.T) []question {
	t.Helper()
	engine := newEngine(t)
	prepare := func(query string) rego.PreparedEvalQuery {
		prepared, err := engine.Prepare(t.Context(), query)
		require.NoError(t, err)
		return prepared
	}
	return []question{
		{
			"check and explain", prepare("data.pullpolicy"), canonical,
			func(ctx context.Context, input ast.Value) error {
				if _, err := engine.Judge(ctx, inputOf(input)); err != nil {
					return err
				}
				_, err := engine.Explain(ctx, inputOf(input))
				return err
			},
		},
		{
			"gatekeeper", prepare("data.pullpolicy.gatekeeper.answers"),
			func(request tenant.Request) (ast.Value, error) {
				parameters := tenant.Parameters()
				parameters["severities"] = []any{harness.SeverityError}
				return ast.InterfaceToValue(map[string]any{
					"review": tenant.Review(request)["request"], "parameters": parameters,
				})
			},
			nil,
		},
		{
			"admission", prepare("data.pullpolicy.admission.review"),
			func(request tenant.Request) (ast.Value, error) { return ast.InterfaceToValue(tenant.Review(request)) },
			nil,
		},
	}
}

// canonical is the input of check and explain. An update is one at admission.
func canonical(request tenant.Request) (ast.Value, error) {
	review := map[string]any{"object": request.Object, "admitted": request.Old != nil}
	if request.Old != nil {
		review["oldObject"] = request.Old
	}
	return ast.InterfaceToValue(map[string]any{"reviews": []any{review}, "parameters": tenant.Parameters()})
}

// inputOf is the Input of a canonical input.
func inputOf(input ast.Value) harness.Input {
	member := func(value ast.Value, key string) ast.Value {
		if found := value.(ast.Object).Get(ast.StringTerm(key)); found != nil {
			return found.Value
		}
		return nil
	}
	review := member(input, "reviews").(*ast.Array).Elem(0).Value
	return harness.Input{
		Reviews: []harness.Review{{
			Object: member(review, "object"), OldObject: member(review, "oldObject"), Admitted: member(review, "admitted") == ast.Boolean(true),
		}},
		Parameters: member(input, "parameters"),
	}
}

// TestGrowthIsSeen evaluates what grows in step with n, and what grows faster in one way each.
func TestGrowthIsSeen(t *testing.T) {
	for name, test := range map[string]struct {
		rule string
		seen bool
	}{
		"a loop":                       {`{i | some i, _ in input.list}`, false},
		"a loop in a loop":             {`count([1 | some a in input.list; some b in input.list; a == b])`, true},
		"a union in a loop":            {`count([1 | some i, _ in input.list; object.union(input.map, {"a": i})])`, true},
		"a concatenation in a loop":    {`count([1 | some i, _ in input.list; array.concat(input.list, [i])])`, true},
		"a walk":                       {`count([1 | walk(input.deep, [_, _])])`, false},
		"a walk that wants paths":      {`count([1 | walk(input.deep, [path, _]); path[0]])`, true},
		"JSON read once":               {`count(json.unmarshal(input.text))`, false},
		"JSON read in a loop":          {`count([1 | some i, _ in input.list; json.unmarshal(input.text)[i]])`, true},
		"a set of parts":               {`{x | some x in input.list}`, false},
		"a set of parts and the whole": {`{[i, input.list] | some i, _ in input.list}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			prepared, err := rego.New(rego.Module("a.rego", "package a\n\nb := "+test.rule+"\n"), rego.Query("data.a.b")).PrepareForEval(t.Context())
			require.NoError(t, err)
			question := question{name, prepared, grownInput, func(ctx context.Context, input ast.Value) error {
				_, err := prepared.Eval(ctx, rego.EvalParsedInput(input))
				return err
			}}
			var cost [4]costs
			for i, n := range []int{1, 1, 100, 200} { // the first time costs more
				cost[i], err = question.cost(t, tenant.Request{Object: map[string]any{"n": n}})
				require.NoError(t, err)
			}
			grown := growth(cost[1], cost[2], cost[3])
			assert.Equal(t, test.seen, grown.most() > doubled, "%+v", grown)
		})
	}
}

// grownInput has lists, maps, depth and text of the size that an object says.
func grownInput(request tenant.Request) (ast.Value, error) {
	list, members, deep := []any{}, map[string]any{}, any("x")
	for i := range request.Object["n"].(int) {
		list, members[fmt.Sprint(i)], deep = append(list, i), i, []any{deep}
	}
	text, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	return ast.InterfaceToValue(map[string]any{"list": list, "map": members, "deep": deep, "text": string(text)})
}

// TestNoRuleHasKeysOfTenants demands that an object is a comprehension, not a rule for each key: for each value that such a
// rule gets OPA looks through all before it, which is neither a step nor allocated, so that no count above sees it. What
// reads parameters and a node's state is left out, for no tenant writes those.
func TestNoRuleHasKeysOfTenants(t *testing.T) {
	for _, module := range newEngine(t).Policies().Modules {
		name := module.Parsed.Package.Path.String()
		if name == "data.pullpolicy.parameters" || name == "data.pullpolicy.kubelet" {
			continue
		}
		for _, rule := range module.Parsed.Rules {
			for _, key := range rule.Head.Ref()[1:] {
				if _, fixed := key.Value.(ast.String); !fixed && len(rule.Head.Args) == 0 {
					t.Errorf("%s: %s", rule.Location, rule.Head)
				}
			}
		}
	}
}

package conformance_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
)

// A comparison sets answers of Kubernetes' code beside those of the policies.
type comparison struct {
	what string
	with string // whose answer counts
	unit string // what a case is
	run  func(*testing.T, *harness.Engine) tally

	once  sync.Once
	tally tally
}

// suite is every comparison, in the order of the table.
var suite = []*comparison{references, podSpecs, alwaysPullImages, nodes, olderNodes}

// result runs the comparison, unless another test has, and fails where it found a disagreement or compared nothing.
func (c *comparison) result(t *testing.T) tally {
	t.Helper()
	c.once.Do(func() {
		engine, err := harness.New(t.Context())
		require.NoError(t, err)
		c.tally = c.run(t, engine)
	})
	require.Positive(t, c.tally.cases)
	require.Zero(t, c.tally.disagreements, "the first ones:\n%s", c.tally.first)
	return c.tally
}

// A tally counts what was compared, and keeps the first disagreements.
type tally struct {
	cases, disagreements int
	first                []string
}

func (t *tally) disagree(format string, args ...any) {
	t.disagreements++
	if len(t.first) < 5 {
		t.first = append(t.first, fmt.Sprintf(format, args...)+"\n")
	}
}

func (t *tally) add(other tally) {
	t.cases += other.cases
	t.disagreements += other.disagreements
	t.first = append(t.first, other.first[:min(len(other.first), 5-len(t.first))]...)
}

// inBatches splits n cases into batches and runs them on every processor; the tally is the same on each machine.
func inBatches(n int, run func(batch, size int) tally) tally {
	const size = 500
	tallies := make([]tally, (n+size-1)/size)
	batches := make(chan int)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for batch := range batches {
				tallies[batch] = run(batch, min(size, n-batch*size))
			}
		})
	}
	for batch := range tallies {
		batches <- batch
	}
	close(batches)
	workers.Wait()

	var total tally
	for _, t := range tallies {
		total.add(t)
	}
	return total
}

// A sample is an object as it is written, and what Kubernetes says of its images.
type sample struct {
	manifest any
	want     []harness.Explanation
}

// explained asks the policies about samples, and counts those where they see other uses or read one differently.
func explained(t testing.TB, engine *harness.Engine, samples []sample) tally {
	var input harness.Input
	for _, s := range samples {
		review := must(harness.NewReview(s.manifest, nil))
		review.Admitted = true // a file may hold placeholders that are filled in first, a request holds what is stored
		input.Reviews = append(input.Reviews, review)
	}
	got := map[int][]harness.Explanation{}
	for _, e := range must(engine.Explain(t.Context(), input)) {
		review := e.Review
		e.Review, e.Why, e.Outcomes, e.Obstacle, e.Advice = 0, "", harness.Outcomes{}, "", nil
		if e.Declared != "" {
			e.Origin = "declared" // who chose it is a question of histories, which make cluster asks
		}
		got[review] = append(got[review], e)
	}

	compared := tally{cases: len(samples)}
	for i, s := range samples {
		if !slices.Equal(s.want, got[i]) {
			compared.disagree("%s\n%s", short(s.manifest), difference(s.want, got[i]))
		}
	}
	return compared
}

// difference shows the first uses that are not the same.
func difference(want, got []harness.Explanation) string {
	for i := range max(len(want), len(got)) {
		var kubernetes, policies any = "no use", "no use"
		if i < len(want) {
			kubernetes = want[i]
		}
		if i < len(got) {
			policies = got[i]
		}
		if kubernetes != policies {
			return fmt.Sprintf("  kubernetes %+v\n  policies   %+v", kubernetes, policies)
		}
	}
	return ""
}

// short returns the beginning of an object, in JSON.
func short(manifest any) string {
	encoded := must(json.Marshal(manifest))
	return string(encoded[:min(len(encoded), 500)])
}

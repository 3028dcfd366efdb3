package harness_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
)

// fragile are policies that find "seen" in each object, and fail in some way for an object that asks for it.
const fragile = `package pullpolicy.violations

objects contains {"review": i, "at": "", "object": object} if {
	some i, review in input.reviews
	object := review.object
	not object.items
}

objects contains {"review": i, "at": sprintf("items[%d].", [j]), "object": item} if {
	some i, review in input.reviews
	some j, item in review.object.items
	not item.items
}

objects contains {"review": i, "at": sprintf("items[%d].items[%d].", [j, k]), "object": item} if {
	some i, review in input.reviews
	some j, list in review.object.items
	some k, item in list.items
}

violation(entry) := {
	"review": entry.review, "rule": "seen", "severity": "error", "msg": "seen", "path": sprintf("%skind", [entry.at]),
	"name": entry.object.name,
}

violations contains violation(entry) if {
	some entry in objects
	entry.object.name
	not entry.object.fail
}

violations contains object.union(violation(entry), entry.object.answer) if {
	some entry in objects
	entry.object.fail == "answer"
}

violations contains {"rule": "parameters", "severity": "error", "msg": "odd", "path": "parameters"} if input.parameters.odd

exempted := set()

judged := {"objects": count(objects), "images": 0} if not undefined

undefined if {
	some entry in objects
	entry.object.fail == "undefined"
}

together if count([entry | some entry in objects; entry.object.fail == "together"]) > 1

judged := {"objects": -1, "images": 0} if together

judged := {"objects": -2, "images": 0} if {
	some entry in objects
	entry.object.fail == "conflict"
}
`

const fragileExplanations = `package pullpolicy.explanations

import data.pullpolicy.violations

explanations contains violations.violation(entry) if some entry in violations.objects

explanations contains {"review": 99} if {
	some entry in violations.objects
	entry.object.fail
}

problems := set()
`

func fragileEngine(t *testing.T) *harness.Engine {
	t.Helper()
	policies, err := harness.LoadFS(fstest.MapFS{
		"violations.rego":   {Data: []byte(fragile)},
		"explanations.rego": {Data: []byte(fragileExplanations)},
	})
	require.NoError(t, err)
	return newEngine(t, harness.WithPolicies(policies))
}

// reviewsOf are reviews of JSON objects.
func reviewsOf(t *testing.T, objects ...string) harness.Input {
	t.Helper()
	var input harness.Input
	for _, object := range objects {
		input.Reviews = append(input.Reviews, review(t, json.RawMessage(object)))
	}
	return input
}

func good(name string) string { return fmt.Sprintf(`{"name": %q}`, name) }

// bad are objects with which the policies fail, each in its way.
func bad() map[string]string {
	answer := func(answer string) string { return `{"name": "bad", "fail": "answer", "answer": ` + answer + `}` }
	return map[string]string{
		"a conflict":                   `{"name": "bad", "fail": "conflict"}`,
		"no answer":                    `{"name": "bad", "fail": "undefined"}`,
		"a list that is a number":      answer(`{"list": 0}`),
		"a name that is an object":     answer(`{"name": {}}`),
		"a patch that is a list":       answer(`{"patch": []}`),
		"a review that is not there":   answer(`{"review": 99}`),
		"a review before the first":    answer(`{"review": -1}`),
		"a review that is half of one": answer(`{"review": 0.5}`),
		"a severity that is not one":   answer(`{"severity": "fatal"}`),
		"no severity":                  answer(`{"severity": null}`),
	}
}

func seen(violations []harness.Violation) []string {
	var seen []string
	for _, violation := range violations {
		at := "parameters"
		if violation.Review != nil {
			at = fmt.Sprint(*violation.Review)
		}
		seen = append(seen, at+" "+violation.Path+" "+violation.Name)
	}
	return seen
}

func failures(t *testing.T, err error) []string {
	t.Helper()
	failed, ok := errors.AsType[harness.ReviewErrors](err)
	require.True(t, ok, "%v", err)
	require.NotEmpty(t, failed)
	first, ok := errors.AsType[*harness.ReviewError](err)
	require.True(t, ok)
	assert.Same(t, failed[0], first)
	var at []string
	for _, failure := range failed {
		require.Error(t, failure.Err)
		at = append(at, fmt.Sprintf("%d %s", failure.Review, failure.Path))
	}
	return at
}

// TestJudgeNamesWhatFails puts each kind of bad object at each place among good ones.
func TestJudgeNamesWhatFails(t *testing.T) {
	t.Parallel()
	engine := fragileEngine(t)
	const all = 5
	for name, object := range bad() {
		for at := range all {
			var objects, want []string
			for i := range all {
				if i == at {
					objects = append(objects, object)
					continue
				}
				objects = append(objects, good(fmt.Sprintf("g%d", i)))
				want = append(want, fmt.Sprintf("%d kind g%d", i, i))
			}
			input := reviewsOf(t, objects...)

			verdict, err := engine.Judge(t.Context(), input)
			assert.Equal(t, []string{fmt.Sprintf("%d ", at)}, failures(t, err), name)
			require.NotNil(t, verdict)
			assert.Equal(t, want, seen(verdict.Violations), name)
			assert.Equal(t, all-1, verdict.Objects, name)

			explanations, err := engine.Explain(t.Context(), input)
			assert.Equal(t, []string{fmt.Sprintf("%d ", at)}, failures(t, err), name)
			assert.Len(t, explanations, all-1)
			assert.False(t, slices.ContainsFunc(explanations, func(e harness.Explanation) bool { return e.Review == at }))
		}
	}
}

func TestJudgeNamesWhatFailsInAList(t *testing.T) {
	t.Parallel()
	engine := fragileEngine(t)
	for name, object := range bad() {
		inner := `{"kind": "List", "items": [` + good("n0") + "," + object + "," + good("n2") + `]}`
		list := `{"kind": "List", "items": [` + good("i0") + "," + object + "," + inner + "," + good("i3") + "," + object + `]}`
		verdict, err := engine.Judge(t.Context(), reviewsOf(t, good("first"), list, good("last")))
		assert.Equal(t, []string{"1 items[1]", "1 items[2].items[1]", "1 items[4]"}, failures(t, err), name)
		assert.Equal(t, []string{
			"0 kind first",
			"1 items[0].kind i0", "1 items[2].items[0].kind n0", "1 items[2].items[2].kind n2", "1 items[3].kind i3",
			"2 kind last",
		}, seen(verdict.Violations), name)
		assert.Equal(t, 6, verdict.Objects, name)
	}
}

func TestJudgeWhereAllFail(t *testing.T) {
	t.Parallel()
	engine := fragileEngine(t)
	object := bad()["a conflict"]
	input := reviewsOf(t, object, object, object)
	parameters, err := harness.NewReview(map[string]any{"odd": true}, nil)
	require.NoError(t, err)
	input.Parameters = parameters.Object

	verdict, err := engine.Judge(t.Context(), input)
	assert.Equal(t, []string{"0 ", "1 ", "2 "}, failures(t, err))
	assert.ErrorContains(t, err, "check: review 0: ")
	assert.ErrorContains(t, err, "(and 2 more)")
	require.NotNil(t, verdict)
	assert.Equal(t, []string{"parameters parameters "}, seen(verdict.Violations), "once")
	assert.Zero(t, verdict.Objects)
}

// TestJudgeWhereOnlyAllFail has objects that fail together and not alone, so that none is to blame.
func TestJudgeWhereOnlyAllFail(t *testing.T) {
	t.Parallel()
	object := `{"name": "bad", "fail": "together"}`
	verdict, err := fragileEngine(t).Judge(t.Context(), reviewsOf(t, good("a"), object, object, good("d")))
	require.NoError(t, err)
	assert.Equal(t, []string{"0 kind a", "3 kind d"}, seen(verdict.Violations))
	assert.Equal(t, 4, verdict.Objects)

	list := `{"items": [` + object + "," + object + `]}`
	verdict, err = fragileEngine(t).Judge(t.Context(), reviewsOf(t, good("a"), list, good("d")))
	assert.Equal(t, []string{"1 "}, failures(t, err), "a List is one review")
	assert.Equal(t, []string{"0 kind a", "2 kind d"}, seen(verdict.Violations))
}

// TestJudgeDoesNotBlameReviews for what fails without any, or for being stopped.
func TestJudgeDoesNotBlameReviews(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"null":             "null",
		"an object":        "{}",
		"another severity": `[{"rule": "a", "severity": "info"}]`,
		"another review":   `[{"rule": "a", "severity": "error", "review": 0}]`,
	} {
		policies, err := harness.LoadFS(fstest.MapFS{"a.rego": {Data: []byte(
			"package pullpolicy.violations\n\nviolations := " + answer + "\n\nexempted := []\n\njudged := {\"objects\": 0, \"images\": 0}\n",
		)}})
		require.NoError(t, err)
		verdict, err := newEngine(t, harness.WithPolicies(policies)).Judge(t.Context(), harness.Input{})
		require.ErrorContains(t, err, "check: read verdict: ", name)
		_, blamed := errors.AsType[harness.ReviewErrors](err)
		assert.False(t, blamed, name)
		assert.Nil(t, verdict, name)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	verdict, err := fragileEngine(t).Judge(ctx, reviewsOf(t, good("a"), bad()["a conflict"]))
	require.ErrorIs(t, err, context.Canceled)
	_, blamed := errors.AsType[harness.ReviewErrors](err)
	assert.False(t, blamed)
	assert.Nil(t, verdict)
}

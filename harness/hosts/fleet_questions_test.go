//go:build hosts

package hosts_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/fixture"
)

// reviewOf is a fixture's object as an API server sends it when it is created, unless it is an AdmissionReview
// already; and the same as the harness takes it.
func reviewOf(t *testing.T, c *fixture.Case) (map[string]any, harness.Review) {
	t.Helper()
	object, err := ast.JSON(c.Input.Reviews[0].Object)
	require.NoError(t, err)
	review, ok := object.(map[string]any)
	version, _ := review["apiVersion"].(string)
	if !ok || review["kind"] != "AdmissionReview" || !strings.HasPrefix(version, "admission.k8s.io/") {
		review = admissionReview(object)
	}
	wrapped, err := harness.NewReview(review, nil)
	require.NoError(t, err)
	return review, wrapped
}

// A question is a fixture, with what bundles say of it.
type question struct {
	file   string
	input  harness.Input
	review map[string]any
	// Those of a bundle that ships no parameters, and of one that ships strict ones.
	verdicts  [2][]finding
	responses [2]*admission
}

// questionsFor are the fixtures that bring no parameters.
func questionsFor(t *testing.T) []question {
	t.Helper()
	engine, err := harness.New(t.Context())
	require.NoError(t, err)
	judge := func(reviews []harness.Review, parameters ast.Value) []harness.Violation {
		verdict, err := engine.Judge(t.Context(), harness.Input{Reviews: reviews, Parameters: parameters})
		require.NoError(t, err)
		return verdict.Violations
	}
	var questions []question
	for _, c := range load(t) {
		if c.Input.Parameters != nil {
			continue
		}
		review, wrapped := reviewOf(t, c)
		q := question{file: c.File, input: c.Input, review: review}
		for i, parameters := range []ast.Value{nil, harness.Parameters{Profile: "strict"}.Value()} {
			q.verdicts[i] = findings(judge(c.Input.Reviews, parameters))
			q.responses[i] = admissionOf(review, judge([]harness.Review{wrapped}, parameters))
		}
		questions = append(questions, q)
	}
	require.NotEmpty(t, questions)
	return questions
}

// A tally counts what many are answered at once.
type tally struct {
	mu       sync.Mutex
	requests int
	answered map[string]int // by revision
	failures []error
}

// ask sends a question in both ways. Bundles with an odd revision ship strict parameters.
func (l *tally) ask(ctx context.Context, opa *fleetServer, q question) {
	got, err := askAll(ctx, opa.url+violationsPath, q.input)
	if err == nil {
		var revision int
		if _, err = fmt.Sscanf(got.Revision, "r%d", &revision); err == nil {
			if want := q.verdicts[revision%2]; !reflect.DeepEqual(want, findings(got.Violations)) {
				err = fmt.Errorf("%s: %s found %v, want %v", q.file, got.Revision, findings(got.Violations), want)
			}
		}
	}
	response, reviewErr := admit(ctx, opa.url+reviewPath, q.review)
	if reviewErr == nil && !reflect.DeepEqual(response, q.responses[0]) && !reflect.DeepEqual(response, q.responses[1]) {
		reviewErr = fmt.Errorf("%s: %v is not a revision's answer", q.file, *response)
	}

	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests += 2
	l.answered[got.Revision]++
	for _, err := range []error{err, reviewErr} {
		if err != nil {
			l.failures = append(l.failures, err)
		}
	}
}

//go:build cluster

package cluster_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
)

// policies are the values of the policy field that are tried: all that it can be, and what it is mistaken for.
var policies = []any{
	json.RawMessage("null"), "", "Always", "IfNotPresent", "Never",
	"always", "ALWAYS", "Ifnotpresent", " Always", "Always ", "OnFailure", 1, true,
}

// A creation is an object as it was sent, and what became of it.
type creation struct {
	workload
	slot
	name     string
	manifest object
	status   int
	answer   string
	stored   object // nil where it was rejected
}

// TestDefaults creates an object of each kind with each image of the references' own table in each place, and with
// each policy, and demands that what is stored then is what explain says of what was sent.
func TestDefaults(t *testing.T) {
	images := referenceImages(t)
	engine := newEngine(t)

	var byImage, byPolicy []*creation
	for _, w := range workloads {
		for _, s := range slots {
			for _, image := range images {
				byImage = append(byImage, newCreation(w, s, len(byImage), image, nil))
			}
			for _, image := range []string{"nginx", "nginx:1"} {
				for _, policy := range policies {
					byPolicy = append(byPolicy, newCreation(w, s, len(byPolicy), image, policy))
				}
			}
		}
	}
	compare(t, fmt.Sprintf("defaults of %d images, by kind and place", len(images)), func(tally *tally) {
		createAll(t, "images", byImage)
		agree(t, engine, byImage, tally)
	})
	compare(t, fmt.Sprintf("%d written policies, by kind and place", len(policies)), func(tally *tally) {
		createAll(t, "policies", byPolicy)
		agree(t, engine, byPolicy, tally)
	})
}

func newCreation(w workload, s slot, n int, image, policy any) *creation {
	name := fmt.Sprintf("app-%d", n)
	return &creation{workload: w, slot: s, name: name, manifest: w.manifest(name, s.podSpec(image, policy))}
}

// createAll creates the objects in a new namespace, and reads back what was stored.
func createAll(t *testing.T, namespace string, creations []*creation) {
	t.Helper()
	newNamespace(t, namespace)
	inParallel(16, creations, func(c *creation) {
		status, answer, err := shared.do(t.Context(), http.MethodPost, c.path(namespace), c.manifest)
		c.status, c.answer = status, fmt.Sprintf("%s %v", answer, err)
	})

	stored := map[workload]map[string]object{}
	for _, w := range workloads {
		stored[w] = list(t, w, namespace)
	}
	for _, c := range creations {
		c.stored = stored[c.workload][c.name]
	}
}

// list reads the workload's objects in a namespace, by name.
func list(t *testing.T, w workload, namespace string) map[string]object {
	t.Helper()
	status, answer, err := shared.do(t.Context(), http.MethodGet, w.path(namespace), nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status, string(answer))
	var read struct {
		Items []object `json:"items"`
	}
	require.NoError(t, json.Unmarshal(answer, &read))
	byName := map[string]object{}
	for _, item := range read.Items {
		byName[item["metadata"].(object)["name"].(string)] = item
	}
	return byName
}

// agree counts where the API server and the policies differ: on a stored policy, or on whether it is rejected.
func agree(t *testing.T, engine *harness.Engine, creations []*creation, tally *tally) {
	t.Helper()
	for batch := range slices.Chunk(creations, 500) {
		effective, faults := judge(t, engine, batch)
		for i, c := range batch {
			tally.cases++
			switch {
			case c.stored == nil && !(400 <= c.status && c.status < 500):
				tally.disagree("%s %s: status %d: %s", c.kind, c.name, c.status, c.answer)
			case c.stored == nil && len(faults[i]) == 0:
				tally.disagree("refused, and no fault to the policies: %s\n%s", encode(t, c.manifest), c.answer)
			case c.stored == nil:
			case slices.Contains(faults[i], "policy-invalid"):
				tally.disagree("stored, and policy-invalid to the policies: %s", encode(t, c.manifest))
			default:
				if stored := c.fields(podSpecOf(c.stored))[c.policy]; stored != effective[i] {
					tally.disagree("stored with %v, and explained as %s: %s", stored, effective[i], encode(t, c.manifest))
				}
			}
		}
	}
}

// judge returns, for each object as it was sent, the policy in force for the use under test, and which of the rules
// found something that the API server may reject.
func judge(t *testing.T, engine *harness.Engine, batch []*creation) (effective []string, faults [][]string) {
	t.Helper()
	var input harness.Input
	for _, c := range batch {
		review, err := harness.NewReview(c.manifest, nil)
		require.NoError(t, err)
		input.Reviews = append(input.Reviews, review)
	}

	effective, faults = make([]string, len(batch)), make([][]string, len(batch))
	explanations, err := engine.Explain(t.Context(), input)
	require.NoError(t, err)
	for _, e := range explanations {
		if e.Container == "app" && e.List == batch[e.Review].list {
			effective[e.Review] = e.Effective
		}
	}
	verdict, err := engine.Judge(t.Context(), input)
	require.NoError(t, err)
	for _, v := range verdict.Violations {
		if v.Rule == "image-invalid" || v.Rule == "policy-invalid" {
			faults[*v.Review] = append(faults[*v.Review], v.Rule)
		}
	}
	return
}

// referenceImages are the images in the table that references_test.rego holds against Kubernetes.
func referenceImages(t *testing.T) []string {
	t.Helper()
	answers, err := rego.New(
		rego.Load([]string{"../../policies"}, nil),
		rego.Query(`[tests.expanded(image) | some image in (object.keys(tests.parsable) | tests.unparsable)]`),
		rego.Imports([]string{"data.pullpolicy.references_test as tests"}),
	).Eval(context.Background())
	require.NoError(t, err)
	require.Len(t, answers, 1)
	var images []string
	for _, image := range answers[0].Expressions[0].Value.([]any) {
		images = append(images, image.(string))
	}
	require.NotEmpty(t, images)
	return images
}

func encode(t *testing.T, value any) string {
	t.Helper()
	encoded, err := json.Marshal(value)
	require.NoError(t, err)
	return string(encoded)
}

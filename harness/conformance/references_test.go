package conformance_test

import (
	"flag"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
)

var objects = flag.Int("objects", 100_000, "how many objects TestReferences compares")

// references compares how images are read and defaulted, in each kind and list, for each way to declare a policy.
var references = &comparison{
	what: "references and defaults",
	with: "`Scheme.Default`, `ParseImageName`, `ValidatePodCreate`, `reference.ParseNormalizedNamed`",
	unit: "objects",
	run: func(t *testing.T, engine *harness.Engine) tally {
		return compareReferences(t, engine, *objects)
	},
}

func TestReferences(t *testing.T) { references.result(t) }

func compareReferences(t testing.TB, engine *harness.Engine, n int) tally {
	server, kinds := new(server), podKinds()
	return inBatches(n, func(batch, size int) tally {
		g := newGenerator(1, uint64(batch))
		samples := make([]sample, size)
		for i := range samples {
			manifest := g.manifest(pick(g, kinds))
			samples[i] = sample{manifest, server.explain(must(server.decode(manifest)))}
		}
		return explained(t, engine, samples)
	})
}

// FuzzReference compares one image with its policy in each list of one kind.
func FuzzReference(f *testing.F) {
	server, kinds := new(server), podKinds()
	engine, err := harness.New(f.Context())
	require.NoError(f, err)
	for _, image := range oddities {
		f.Add(image, "", uint(0))
	}

	f.Fuzz(func(t *testing.T, image, policy string, kind uint) {
		spec := map[string]any{}
		for _, slot := range slots() {
			slot.add(spec, "name", image, policy)
		}
		manifest := kinds[kind%uint(len(kinds))].manifest(spec)
		compared := explained(t, engine, []sample{{manifest, server.explain(must(server.decode(manifest)))}})
		require.Zero(t, compared.disagreements, compared.first)
	})
}

// TestUndecodable demands that what the API server cannot even decode never passes.
func TestUndecodable(t *testing.T) {
	server := new(server)
	engine, err := harness.New(t.Context())
	require.NoError(t, err)
	for _, slot := range slots() {
		for _, value := range []any{1, 1.5, true, []any{"Always"}, map[string]any{"a": "b"}} {
			for _, fields := range [][2]any{{value, "Always"}, {"nginx:1", value}} {
				spec := map[string]any{"containers": []any{map[string]any{"name": "app", "image": "nginx:1"}}}
				slot.add(spec, "name", fields[0], fields[1])
				manifest := map[string]any{"apiVersion": "v1", "kind": "Pod", "spec": spec}
				_, err := server.decode(manifest)
				require.Error(t, err)

				verdict, err := engine.Judge(t.Context(), harness.Input{Reviews: []harness.Review{must(harness.NewReview(manifest, nil))}})
				require.NoError(t, err)
				var rules []string
				for _, violation := range verdict.Violations {
					if violation.Severity == harness.SeverityError {
						rules = append(rules, violation.Rule)
					}
				}
				require.NotEmpty(t, rules, "%s with %v", slot.list, fields)
			}
		}
	}
}

package conformance_test

import (
	"encoding/json"
	"math/rand"
	"testing"

	"github.com/stretchr/testify/require"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"sigs.k8s.io/randfill"

	"github.com/pullpolicy/pullpolicy/harness"
)

// podSpecs compares what the policies find in an object of each kind with a walk over the Go object.
var podSpecs = &comparison{
	what: "pod specs in every kind that the API server decodes, by itself and in Lists and AdmissionReviews",
	with: "the Go types of `legacyscheme.Scheme`, by reflection",
	unit: "objects",
	run: func(t *testing.T, engine *harness.Engine) tally {
		return comparePodSpecs(t, engine, kinds())
	},
}

func TestPodSpecs(t *testing.T) { podSpecs.result(t) }

func comparePodSpecs(t testing.TB, engine *harness.Engine, kinds []kind) tally {
	const each = 20
	server := new(server)
	var total tally
	for i, kind := range kinds {
		g := newGenerator(2, uint64(i))
		fill := filler(int64(i))
		var samples []sample
		for range each {
			object := g.object(kind, fill)
			samples = append(samples, sample{object, server.explain(object)})
			for _, wrap := range wrappers {
				wrapper := wrap(object)
				samples = append(samples, sample{wrapper, server.explain(must(server.decode(wrapper)))})
			}
		}
		if kind.podSpec != nil {
			require.Subset(t, listsOf(samples), []string{"containers"}, kind)
		}
		total.add(explained(t, engine, samples))
	}
	return total
}

// object returns an object of a kind with every field filled at random, and hostile images where it has images.
func (g *generator) object(k kind, fill *randfill.Filler) runtime.Object {
	object := must(legacyscheme.Scheme.New(k.GroupVersionKind))
	fill.Fill(object)
	object.GetObjectKind().SetGroupVersionKind(k.GroupVersionKind)
	for _, use := range usesOf(object) {
		*use.image = g.reference()
		*use.policy = ""
	}
	return object
}

package conformance_test

import (
	"encoding/json"
	"math/rand"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	"k8s.io/apimachinery/pkg/api/meta"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
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
	for i, k := range kinds {
		g, fill := newGenerator(2, uint64(i)), filler(int64(i), k)
		var samples []sample
		for range each {
			object := g.object(k, fill)
			samples = append(samples, sample{object, server.explain(object)})
			if k.podSpec == nil {
				continue
			}
			wrapper := pick(g, wrappers(object))
			samples = append(samples, sample{wrapper, server.explain(must(server.decode(wrapper)))})
		}
		if k.podSpec != nil {
			for _, slot := range slots() {
				require.True(t, uses(samples, slot.list), "no %s was made with %s", k, slot.list)
			}
		}
		total.add(explained(t, engine, samples))
	}
	return total
}

// object returns an object of a kind, each field filled at random, with hostile images where it has images.
func (g *generator) object(k kind, fill *randfill.Filler) runtime.Object {
	object := must(legacyscheme.Scheme.New(k.GroupVersionKind))
	fill.Fill(object)
	object.GetObjectKind().SetGroupVersionKind(k.GroupVersionKind)
	for _, use := range usesOf(object) {
		policy, _ := g.policy().(string)
		*use.image, *use.policy = g.reference(), corev1.PullPolicy(policy)
	}
	return object
}

// filler fills objects of a kind. Where Kubernetes leaves open what stands there (a RawExtension), what is made to hold
// objects gets a Pod, which counts only where the API server unwraps it. The rest gets nothing: the policies search it by
// shape, as the template in a ControllerRevision, and Kubernetes' types do not say what it is.
func filler(seed int64, k kind) *randfill.Filler {
	var open json.RawMessage
	if slices.Contains([]string{"List", "AdmissionReview", "WatchEvent"}, k.Kind) {
		open = json.RawMessage(`{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "app", "image": "nginx"}]}}`)
	}
	return fuzzer.FuzzerFor(metafuzzer.Funcs, rand.NewSource(seed), legacyscheme.Codecs).
		Funcs(func(raw *runtime.RawExtension, _ randfill.Continue) { raw.Raw = open }).
		NumElements(1, 2).
		MaxDepth(24) // a Workload holds Workloads, and so on
}

// wrappers returns what an object may come in: Lists, Lists in Lists and, where it is not a list itself, AdmissionReviews.
func wrappers(object runtime.Object) []any {
	list := func(items ...any) any {
		return map[string]any{"apiVersion": "v1", "kind": "List", "items": items}
	}
	configMap := map[string]any{"apiVersion": "v1", "kind": "ConfigMap"}
	wrapped := []any{
		list(object),
		list(configMap, object, object),
		list(list(), list(configMap, object), list(list(object)), object),
	}
	if meta.IsListType(object) {
		return wrapped
	}
	for _, version := range []string{"v1", "v1beta1"} {
		wrapped = append(wrapped, map[string]any{
			"apiVersion": "admission.k8s.io/" + version,
			"kind":       "AdmissionReview",
			"request":    map[string]any{"operation": "UPDATE", "object": object, "oldObject": object},
		})
	}
	return wrapped
}

// uses says whether a sample has a use in a list.
func uses(samples []sample, list string) bool {
	return slices.ContainsFunc(samples, func(s sample) bool {
		return slices.ContainsFunc(s.want, func(e harness.Explanation) bool { return e.List == list })
	})
}

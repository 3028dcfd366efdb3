package conformance_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/plugin/pkg/admission/alwayspullimages"

	"github.com/pullpolicy/pullpolicy/harness"
)

// alwaysPullImages compares the admission plugin with the profile always: the uses that the plugin changes in a Pod,
// and would reject, are those that the profile reports, whether it sees the Pod as it was written or as it is stored.
var alwaysPullImages = &comparison{
	what: "the profile `always`",
	with: "the admission plugin `AlwaysPullImages`",
	unit: "Pods",
	run: func(t *testing.T, engine *harness.Engine) tally {
		return compareAlways(t, engine, 5_000)
	},
}

func TestAlways(t *testing.T) { alwaysPullImages.result(t) }

var podKind = kind{corev1.SchemeGroupVersion.WithKind("Pod"), []string{"spec"}}

func compareAlways(t testing.TB, engine *harness.Engine, n int) tally {
	server := new(server)
	return inBatches(n, func(batch, size int) tally {
		g := newGenerator(3, uint64(batch))
		compared := tally{cases: size}
		changed := make([][]string, size)
		var written, stored []any
		for i := range size {
			manifest := g.manifest(podKind)
			object := must(server.decode(manifest))
			legacyscheme.Scheme.Default(object)
			written, stored = append(written, manifest), append(stored, object)

			r := request{object: object}
			changed[i] = r.changed()
			if refused := r.refused(); refused != len(changed[i]) {
				compared.disagree("%s\n  the plugin changes %v, but rejects %d", short(manifest), changed[i], refused)
			}
		}
		for _, manifests := range [][]any{written, stored} {
			for i, reported := range reported(t, engine, manifests) {
				if !slices.Equal(changed[i], reported) {
					compared.disagree("%s\n  the plugin changes  %v\n  the profile reports %v", short(manifests[i]), changed[i], reported)
				}
			}
		}
		return compared
	})
}

// reported returns the paths of the uses in each object that the profile always reports for their policy.
func reported(t testing.TB, engine *harness.Engine, manifests []any) [][]string {
	input := harness.Input{Parameters: harness.Parameters{Profile: "always"}.Value()}
	for _, manifest := range manifests {
		input.Reviews = append(input.Reviews, must(harness.NewReview(manifest, nil)))
	}
	paths := make([][]string, len(manifests))
	for _, violation := range must(engine.Judge(t.Context(), input)).Violations {
		if violation.Rule == "policy-not-allowed" || violation.Rule == "policy-invalid" {
			use := violation.Path[:strings.LastIndex(violation.Path, ".")]
			paths[*violation.Review] = append(paths[*violation.Review], use)
		}
	}
	for _, uses := range paths {
		slices.Sort(uses)
	}
	return paths
}

// A request is what the API server asks the plugin about: the creation of an object, or an update of an old one.
type request struct {
	object, old runtime.Object
	subresource string
}

// changed returns the paths of the uses that the plugin changes, sorted.
func (r request) changed() []string {
	attributes := r.attributes()
	if err := alwayspullimages.NewAlwaysPullImages().Admit(context.Background(), attributes, nil); err != nil {
		panic(err)
	}
	admitted := usesOf(must(legacyscheme.Scheme.ConvertToVersion(attributes.GetObject(), r.kind().GroupVersion())))

	var paths []string
	for i, use := range usesOf(r.object) {
		if *use.policy != *admitted[i].policy {
			paths = append(paths, use.explanation.Path)
		}
	}
	slices.Sort(paths)
	return paths
}

// refused counts the uses for which the plugin rejects an object that it has not changed.
func (r request) refused() int {
	err := alwayspullimages.NewAlwaysPullImages().Validate(context.Background(), r.attributes(), nil)
	if err == nil {
		return 0
	}
	var refusals utilerrors.Aggregate
	if !errors.As(err, &refusals) {
		panic(err)
	}
	return len(refusals.Errors())
}

func (r request) kind() schema.GroupVersionKind {
	gvks, _, err := legacyscheme.Scheme.ObjectKinds(r.object)
	return must(gvks, err)[0]
}

// attributes returns the request in the version in which the API server admits objects, the internal one.
func (r request) attributes() admission.Attributes {
	internal := func(object runtime.Object) runtime.Object {
		return must(legacyscheme.Scheme.ConvertToVersion(object, schema.GroupVersion{Group: r.kind().Group, Version: runtime.APIVersionInternal}))
	}
	operation, old := admission.Create, runtime.Object(nil)
	if r.old != nil {
		operation, old = admission.Update, internal(r.old)
	}
	resource, _ := meta.UnsafeGuessKindToResource(r.kind())
	return admission.NewAttributesRecord(internal(r.object), old, r.kind(), "shop", "web", resource, r.subresource, operation, nil, false, nil)
}

// A divergence is a kind of request that the plugin lets pass and the profile always does not.
type divergence struct {
	requests string
	why      string
	examples func() []request
}

// divergences are all of them. They are on purpose, and RESULTS.md shows them.
var divergences = []divergence{
	{
		requests: "a pod template in any kind",
		why:      "the plugin waits for the Pods and changes those, so that the template says what does not hold",
		examples: func() []request {
			var all []request
			for _, k := range podKinds() {
				if example := pullsOnce(k, "containers"); !meta.IsListType(example) && k.Kind != podKind.Kind {
					all = append(all, request{object: example})
				}
			}
			return all
		},
	},
	{
		requests: "an ephemeral container, added through `pods/ephemeralcontainers`",
		why:      "the plugin ignores every subresource, so that the container runs from the node's copy",
		examples: func() []request {
			return []request{{
				object:      pullsOnce(podKind, "ephemeralContainers"),
				old:         must(new(server).decode(podKind.manifest(map[string]any{}))),
				subresource: "ephemeralcontainers",
			}}
		},
	},
	{
		requests: "an update of a Pod without an image that is new to it",
		why:      "the plugin spares Pods that are older than itself, because their policy can no longer change; the profile checks what runs",
		examples: func() []request {
			var all []request
			for _, slot := range slots() {
				all = append(all, request{object: pullsOnce(podKind, slot.list), old: pullsOnce(podKind, slot.list)})
			}
			return all
		},
	},
}

// pullsOnce returns an object as it is stored with one image of the policy IfNotPresent.
func pullsOnce(k kind, list string) runtime.Object {
	spec := map[string]any{}
	for _, slot := range slots() {
		if slot.list == list {
			slot.add(spec, "name", "registry.example.com/app:1.0", "IfNotPresent")
		}
	}
	object := must(new(server).decode(k.manifest(spec)))
	legacyscheme.Scheme.Default(object)
	return object
}

func TestDivergences(t *testing.T) {
	engine, err := harness.New(t.Context())
	require.NoError(t, err)
	for _, d := range divergences {
		t.Run(d.requests, func(t *testing.T) {
			requests := d.examples()
			require.NotEmpty(t, requests)
			for _, r := range requests {
				require.Empty(t, r.changed(), r.kind())
				require.Zero(t, r.refused(), r.kind())
				require.Len(t, reported(t, engine, []any{r.object})[0], 1, r.kind())
			}
		})
	}

	t.Run("an update with a new image is none", func(t *testing.T) {
		r := request{object: pullsOnce(podKind, "containers"), old: must(new(server).decode(podKind.manifest(map[string]any{})))}
		require.Equal(t, []string{"spec.containers[0]"}, r.changed())
		require.Equal(t, 1, r.refused())
		require.Equal(t, [][]string{r.changed()}, reported(t, engine, []any{r.object}))
	})
}

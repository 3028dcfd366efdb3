package conformance_test

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/api/testing" // installs every API group but the next two
	_ "k8s.io/kubernetes/pkg/apis/apiserverinternal/install"
	_ "k8s.io/kubernetes/pkg/apis/storagemigration/install"
)

// A kind is one that the API server can decode, in one of its versions.
type kind struct {
	schema.GroupVersionKind
	// podSpec is the way to its pod spec, nil where it has none.
	podSpec []string
}

// kinds returns every kind in the API server's scheme, always in the same order.
func kinds() []kind {
	var all []kind
	for gvk, t := range legacyscheme.Scheme.AllKnownTypes() {
		if gvk.Version == runtime.APIVersionInternal {
			continue
		}
		k := kind{GroupVersionKind: gvk}
		for _, found := range search(t, isPodSpec) {
			k.podSpec = found.way
		}
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b kind) int { return cmp.Compare(a.String(), b.String()) })
	return all
}

// podKinds returns the kinds that embed a pod spec, the lists of them included.
func podKinds() []kind {
	return slices.DeleteFunc(kinds(), func(k kind) bool { return k.podSpec == nil })
}

// manifest returns an object of the kind around a pod spec, as JSON decodes it.
func (k kind) manifest(podSpec map[string]any) map[string]any {
	object := nest(k.podSpec, podSpec).(map[string]any)
	object["apiVersion"], object["kind"] = k.GroupVersion().String(), k.Kind
	return object
}

// nest returns the JSON value in which the way leads to a value.
func nest(way []string, value any) any {
	for _, step := range slices.Backward(way) {
		if step == element {
			value = []any{value}
		} else {
			value = map[string]any{step: value}
		}
	}
	return value
}

// A slot is where a pod spec takes an image with a pull policy, as its Go type has it.
type slot struct {
	list   string
	within []string // the way from an element of the list
	image  string   // how the two fields are called there
	policy string
}

// slots returns every slot of a pod spec.
func slots() []slot {
	var all []slot
	for _, found := range search(reflect.TypeFor[corev1.PodSpec](), hasPolicy) {
		image, policy := policyFields(found.to)
		imageName, _ := jsonName(image)
		policyName, _ := jsonName(policy)
		all = append(all, slot{found.way[0], found.way[2:], imageName, policyName})
	}
	return all
}

// element is the step of a way into each element of a list or map.
const element = "*"

// A discovery is a type inside another one, and the way to it in JSON.
type discovery struct {
	way []string
	to  reflect.Type
}

// search finds the types for which is holds, inside a type and outside one another.
func search(from reflect.Type, is func(reflect.Type) bool, above ...reflect.Type) []discovery {
	if is(from) {
		return []discovery{{to: from}}
	}
	if slices.Contains(above, from) {
		return nil // a recursive type, which is being searched already
	}
	above = append(slices.Clip(above), from)

	switch from.Kind() {
	case reflect.Pointer:
		return search(from.Elem(), is, above...)
	case reflect.Slice, reflect.Array, reflect.Map:
		return under(element, search(from.Elem(), is, above...))
	case reflect.Struct:
		var all []discovery
		for field := range from.Fields() {
			if name, ok := jsonName(field); ok {
				all = append(all, under(name, search(field.Type, is, above...))...)
			}
		}
		return all
	default:
		return nil
	}
}

// under puts a step before each way; the step "" is none.
func under(step string, below []discovery) []discovery {
	for i := range below {
		if step != "" {
			below[i].way = append([]string{step}, below[i].way...)
		}
	}
	return below
}

func isPodSpec(t reflect.Type) bool { return t == reflect.TypeFor[corev1.PodSpec]() }

func hasPolicy(t reflect.Type) bool {
	_, policy := policyFields(t)
	return policy.Name != ""
}

// policyFields returns the field of a struct that holds a pull policy and the one with the image that it is for.
func policyFields(t reflect.Type) (image, policy reflect.StructField) {
	if t.Kind() != reflect.Struct {
		return
	}
	for field := range t.Fields() {
		switch {
		case field.Type == reflect.TypeFor[corev1.PullPolicy]():
			policy = field
		case field.Name == "Image" || field.Name == "Reference":
			image = field
		}
	}
	return
}

// jsonName returns the key of a field, "" where its own fields stand in its place, and whether JSON has it at all.
func jsonName(field reflect.StructField) (string, bool) {
	name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
	return name, field.IsExported() && name != "-"
}

// TestKinds proves what the suite takes for granted of the scheme.
func TestKinds(t *testing.T) {
	for gvk := range clientscheme.Scheme.AllKnownTypes() {
		require.True(t, legacyscheme.Scheme.Recognizes(gvk), "clients know %s, which the suite does not install", gvk)
	}
	for gvk, goType := range legacyscheme.Scheme.AllKnownTypes() {
		if gvk.Version == runtime.APIVersionInternal {
			continue
		}
		podSpecs := search(goType, isPodSpec)
		require.LessOrEqual(t, len(podSpecs), 1, "%s has more than one pod spec", gvk)
		require.Len(t, search(goType, hasPolicy), len(podSpecs)*len(slots()), "%s has a pull policy outside a pod spec", gvk)
	}
}

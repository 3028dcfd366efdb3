package conformance_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/distribution/reference"
	admissionv1 "k8s.io/api/admission/v1"
	admissionv1beta1 "k8s.io/api/admission/v1beta1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/util/parsers"

	"github.com/pullpolicy/pullpolicy/harness"
)

// A server answers with the code that the API server runs: its decoder, defaulters, validation and image parser.
type server struct {
	accepted sync.Map // slot and policy → whether validation takes the policy there
}

// decode reads an object as the API server reads a request, without defaults.
func (s *server) decode(manifest any) (runtime.Object, error) {
	encoded, err := json.Marshal(manifest)
	if err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	object, _, err := legacyscheme.Codecs.UniversalDeserializer().Decode(encoded, nil, nil)
	return object, err
}

// explain returns what the policies have to answer for an object: each use of an image in it, without why and outcomes.
func (s *server) explain(object runtime.Object) []harness.Explanation {
	var explanations []harness.Explanation
	for path, raw := range wrapped(object) {
		for _, e := range s.explain(must(s.decode(json.RawMessage(raw.Raw)))) {
			e.Path = path + "." + e.Path
			explanations = append(explanations, e)
		}
	}

	stored, bare := object.DeepCopyObject(), object.DeepCopyObject()
	legacyscheme.Scheme.Default(stored)
	for _, use := range usesOf(bare) {
		*use.policy = ""
	}
	legacyscheme.Scheme.Default(bare)

	storedUses, bareUses := usesOf(stored), usesOf(bare)
	for i, use := range usesOf(object) {
		e := use.explanation
		e.Image, e.Declared = *use.image, string(*use.policy)
		e.Reference = parse(e.Image)
		e.Default = string(*bareUses[i].policy)
		if policy := *storedUses[i].policy; s.accepts(e.List, policy) {
			e.Effective = string(policy)
		}
		e.Origin = "declared"
		if *storedUses[i].policy != *use.policy {
			e.Origin = "defaulted"
		}
		explanations = append(explanations, e)
	}
	slices.SortFunc(explanations, func(a, b harness.Explanation) int { return strings.Compare(a.Path, b.Path) })
	return explanations
}

// accepts says whether the API server's validation takes a policy in one of the lists of a pod spec.
func (s *server) accepts(list string, policy corev1.PullPolicy) bool {
	key := [2]string{list, string(policy)}
	if accepted, ok := s.accepted.Load(key); ok {
		return accepted.(bool)
	}

	spec, blamed := map[string]any{}, field.NewPath("spec", list).Index(0)
	for _, slot := range slots() {
		if slot.list == list {
			slot.add(spec, "name", "image", string(policy))
			for _, step := range append(slot.within, slot.policy) {
				blamed = blamed.Child(step)
			}
		}
	}
	var pod core.Pod
	written := must(s.decode(map[string]any{"apiVersion": "v1", "kind": "Pod", "spec": spec}))
	if err := legacyscheme.Scheme.Convert(written, &pod, nil); err != nil {
		panic(err)
	}
	problems := validation.ValidatePodCreate(&pod, validation.PodValidationOptions{})
	accepted := !slices.ContainsFunc(problems, func(problem *field.Error) bool { return problem.Field == blamed.String() })
	s.accepted.Store(key, accepted)
	return accepted
}

// parse reads an image with ParseImageName and, for what that does not return, with the parser that it calls.
func parse(image string) harness.Reference {
	name, _, digest, err := parsers.ParseImageName(image)
	if err != nil {
		return harness.Reference{}
	}
	named := must(reference.ParseNormalizedNamed(image))
	parsed := harness.Reference{
		Valid: true, Domain: reference.Domain(named), Path: reference.Path(named), Name: name, Digest: digest,
	}
	if tagged, ok := named.(reference.Tagged); ok {
		parsed.Tag = tagged.Tag()
	}
	return parsed
}

// wrapped yields the objects that an object carries for the API server to unwrap, each with its path.
func wrapped(object runtime.Object) map[string]runtime.RawExtension {
	inside := map[string]runtime.RawExtension{}
	switch wrapper := object.(type) {
	case *corev1.List:
		for i, item := range wrapper.Items {
			inside[fmt.Sprintf("items[%d]", i)] = item
		}
	case *admissionv1.AdmissionReview:
		if wrapper.Request != nil {
			inside["request.object"] = wrapper.Request.Object
		}
	case *admissionv1beta1.AdmissionReview:
		if wrapper.Request != nil {
			inside["request.object"] = wrapper.Request.Object
		}
	}
	return inside
}

// A use is one pull policy in a typed object, with the image that it is for.
type use struct {
	explanation harness.Explanation // its place: path, kind, namespace, name, list, container
	image       *string
	policy      *corev1.PullPolicy
}

// usesOf walks an object and returns every use in it, in the order of its fields.
func usesOf(object runtime.Object) []use {
	return walk(reflect.ValueOf(object), nil, harness.Explanation{})
}

func walk(value reflect.Value, path *field.Path, place harness.Explanation) []use {
	var uses []use
	switch value.Kind() {
	case reflect.Pointer:
		if !value.IsNil() {
			uses = walk(value.Elem(), path, place)
		}
	case reflect.Slice:
		for i := range value.Len() {
			uses = append(uses, walk(value.Index(i), path.Index(i), place)...)
		}
	case reflect.Struct:
		identify(value, &place)
		if image, policy := policyFields(value.Type()); policy.Name != "" {
			place.Path = path.String()
			uses = append(uses, use{
				explanation: place,
				image:       value.FieldByIndex(image.Index).Addr().Interface().(*string),
				policy:      value.FieldByIndex(policy.Index).Addr().Interface().(*corev1.PullPolicy),
			})
		}
		for _, lead := range leadsIn(value.Type()) {
			below, at := path, place
			if lead.name != "" {
				below = path.Child(lead.name)
			}
			if value.Field(lead.index).Kind() == reflect.Slice {
				at.List = lead.name
			}
			uses = append(uses, walk(value.Field(lead.index), below, at)...)
		}
	}
	return uses
}

// A lead is a field of a struct below which there are uses.
type lead struct {
	index int
	name  string // in JSON, "" where its own fields stand in its place
}

var leads sync.Map // reflect.Type → []lead: a walk would find them anew in every value

func leadsIn(t reflect.Type) []lead {
	if known, ok := leads.Load(t); ok {
		return known.([]lead)
	}
	var found []lead
	for field := range t.Fields() {
		if name, ok := jsonName(field); ok && len(search(field.Type, hasPolicy)) > 0 {
			found = append(found, lead{field.Index[0], name})
		}
	}
	leads.Store(t, found)
	return found
}

// identify notes what a struct says of the uses in it: which object they belong to, and which container they are in.
func identify(value reflect.Value, place *harness.Explanation) {
	if object, ok := value.Addr().Interface().(runtime.Object); ok {
		if gvks, _, err := legacyscheme.Scheme.ObjectKinds(object); err == nil {
			place.Kind = gvks[0].Kind
		}
		if identity, err := meta.Accessor(object); err == nil {
			place.Namespace, place.Name = identity.GetNamespace(), identity.GetName()
			if place.Name == "" {
				place.Name = identity.GetGenerateName()
			}
		}
		return
	}
	if name := value.FieldByName("Name"); name.IsValid() && name.Kind() == reflect.String {
		place.Container = name.String()
	}
}

// must returns a value that cannot be missing unless the suite itself is wrong.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

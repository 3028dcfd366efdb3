package harness_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/fixture"
)

// TestOneAnswer holds the laws of advice over the fixtures and over Pods that are made up, under many parameters: no two
// findings want different values of one field, no remedy names another policy than the patch writes, and once all patches
// are applied none is left and no new error is there.
func TestOneAnswer(t *testing.T) {
	engine := newEngine(t)
	patch := prepare(t, "json.patch(input.object, input.patches)")
	every, step := 40, 5
	if exhaustive {
		every, step = 4, 1
	}
	objects := append(fixtureObjects(t), madeUp(t, 350)...)
	for i, parameters := range grid() {
		if i%step != 0 {
			continue
		}
		t.Run(fmt.Sprint(parameters), func(t *testing.T) {
			var input harness.Input
			for j := i % every; j < len(objects); j += every {
				input.Reviews = append(input.Reviews, harness.Review{Object: objects[j]})
			}
			input.Parameters = parameters.Value()
			before, err := engine.Judge(t.Context(), input)
			require.NoError(t, err)

			patched := harness.Input{Parameters: parameters.Value()}
			for j, one := range input.Reviews {
				object := agreed(t, one.Object, of(before.Violations, j), patch)
				patched.Reviews = append(patched.Reviews, harness.Review{Object: object})
			}
			after, err := engine.Judge(t.Context(), patched)
			require.NoError(t, err)
			for j := range patched.Reviews {
				once := of(before.Violations, j)
				for _, violation := range of(after.Violations, j) {
					if violation.Patch != nil {
						t.Errorf("a patch is left: %s\n%s\n%s", violation.Msg, input.Reviews[j].Object, patched.Reviews[j].Object)
					}
					if violation.Severity == harness.SeverityError && !slices.ContainsFunc(once, func(v harness.Violation) bool { return same(v, violation) }) {
						t.Errorf("a new error: %s\n%s\n%s", violation.Msg, input.Reviews[j].Object, patched.Reviews[j].Object)
					}
				}
			}
		})
	}
}

var named = regexp.MustCompile(`[pP]ullPolicy: (\S+)`)

// agreed applies all patches of an object's violations, which have to agree.
func agreed(t *testing.T, object ast.Value, violations []harness.Violation, patch rego.PreparedEvalQuery) ast.Value {
	t.Helper()
	wanted := map[string]harness.Patch{}
	for _, violation := range violations {
		for _, name := range named.FindAllStringSubmatch(violation.Remedy, -1) {
			if violation.Patch == nil && violation.Rule != "policy-misplaced" || violation.Patch != nil && violation.Patch.Op == "add" && violation.Patch.Value != name[1] {
				t.Errorf("the remedy is not the patch: %s\n%s", violation.Msg, object)
			}
		}
		if violation.Patch == nil {
			continue
		}
		if other, ok := wanted[violation.Patch.Path]; ok && other != *violation.Patch {
			t.Errorf("two answers: %v and %v: %s\n%s", other, *violation.Patch, violation.Msg, object)
		}
		wanted[violation.Patch.Path] = *violation.Patch
	}
	patches := []any{}
	for _, one := range wanted {
		patches = append(patches, map[string]any{"op": one.Op, "path": one.Path, "value": one.Value})
	}
	if len(patches) == 0 {
		return object
	}
	results, err := patch.Eval(t.Context(), rego.EvalParsedInput(ast.NewObject(
		ast.Item(ast.StringTerm("object"), ast.NewTerm(object)), ast.Item(ast.StringTerm("patches"), ast.NewTerm(ast.MustInterfaceToValue(patches))),
	)))
	require.NoError(t, err)
	require.NotEmpty(t, results, "the patches do not apply: %v\n%s", patches, object)
	return ast.MustInterfaceToValue(results[0].Expressions[0].Value)
}

// TestEveryUseHasACleanPolicy asks each profile for one policy of three that no rule finds fault with. Where none is, a
// rule asks for another image.
func TestEveryUseHasACleanPolicy(t *testing.T) {
	engine := newEngine(t)
	for _, parameters := range grid() {
		if len(parameters) > 2 { // whoever sets more can forbid all three
			continue
		}
		t.Run(fmt.Sprint(parameters), func(t *testing.T) {
			policies := []string{"Always", "IfNotPresent", "Never"}
			input := harness.Input{Parameters: parameters.Value()}
			for _, image := range images {
				for _, policy := range policies {
					object := pod(image, policy)
					object["spec"].(map[string]any)["imagePullSecrets"] = []any{map[string]any{"name": "registry"}}
					input.Reviews = append(input.Reviews, review(t, object))
				}
			}
			verdict, err := engine.Judge(t.Context(), input)
			require.NoError(t, err)

			for i, image := range images {
				clean, other := false, false
				for j := range policies {
					violations := of(verdict.Violations, i*len(policies)+j)
					onImage := func(v harness.Violation) bool { return strings.HasSuffix(v.Path, ".image") }
					other = other || slices.ContainsFunc(violations, onImage)
					clean = clean || len(slices.DeleteFunc(violations, onImage)) == 0
				}
				if !clean && !other {
					t.Errorf("%s has no policy that is clean", image)
				}
			}
		})
	}
}

func prepare(t *testing.T, query string) rego.PreparedEvalQuery {
	t.Helper()
	prepared, err := rego.New(rego.Query(query)).PrepareForEval(t.Context())
	require.NoError(t, err)
	return prepared
}

func of(violations []harness.Violation, review int) []harness.Violation {
	return slices.DeleteFunc(slices.Clone(violations), func(v harness.Violation) bool { return v.Review == nil || *v.Review != review })
}

// same says whether two findings are of one rule about one container; what was said of an image may then be said of the
// policy that is there now.
func same(a, b harness.Violation) bool {
	return a.Rule == b.Rule && a.List == b.List && a.Container == b.Container
}

func fixtureObjects(t *testing.T) []ast.Value {
	t.Helper()
	cases, err := fixture.LoadAll(os.DirFS("../fixtures"))
	require.NoError(t, err)
	var objects []ast.Value
	for _, c := range cases {
		for _, review := range c.Input.Reviews {
			objects = append(objects, review.Object)
		}
	}
	return objects
}

var images = []string{
	"nginx", "nginx:latest", "nginx:1.27", "nginx:main", digested, "nginx:latest" + digested[5:], "localhost/app:latest", "localhost:5000/app",
	"localhost:5000/app:1", "registry.example.com/shop/app", "registry.example.com/shop/app:dev", "registry.example.com/shop/app:2",
}

const digested = "nginx@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// madeUp are Pods, and a custom resource for each ten, with what people write in the fields that matter.
func madeUp(t *testing.T, n int) []ast.Value {
	t.Helper()
	random := rand.New(rand.NewPCG(11, 11))
	pick := func(from ...any) any { return from[random.IntN(len(from))] }
	some := slices.Clone(images)
	policies := []any{nil, nil, "Always", "Always", "IfNotPresent", "IfNotPresent", "Never", "always", "NEVER", "ifNotPresent", " Never", "Sometimes", "", "${POLICY}"}
	container := func(name string) map[string]any {
		made := map[string]any{"name": name, "image": some[random.IntN(3)]}
		if random.IntN(12) == 0 {
			made["image"] = pick("", "Nginx", "nginx:${TAG}", "nginx:1.27.", "https://nginx", nil)
		}
		if policy := pick(policies...); policy != nil {
			made["imagePullPolicy"] = policy
		}
		if random.IntN(10) == 0 {
			made[pick("pullPolicy", "ImagePullPolicy", "imagepullpolicy").(string)] = pick("Always", "Never", "IfNotPresent", "always", "")
		}
		return made
	}
	containers := func(most int, name string) []any {
		list := []any{}
		for i := range random.IntN(most + 1) {
			list = append(list, container(fmt.Sprint(name, i)))
		}
		return list
	}
	objects := make([]ast.Value, n)
	for i := range objects {
		random.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
		spec := map[string]any{
			"containers": append(containers(2, "c"), container("app")), "initContainers": containers(2, "init"),
			"ephemeralContainers": containers(1, "debug"),
		}
		if random.IntN(3) == 0 {
			spec["imagePullSecrets"] = []any{map[string]any{"name": "registry"}}
		}
		if random.IntN(4) == 0 {
			image := map[string]any{"reference": some[random.IntN(3)]}
			if policy := pick(policies...); policy != nil {
				image["pullPolicy"] = policy
			}
			spec["volumes"] = []any{map[string]any{"name": "data", "image": image}}
		}
		if random.IntN(12) == 0 {
			spec["imagePullPolicy"] = pick("Always", "IfNotPresent", "Never")
		}
		object := map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "web"}, "spec": spec}
		if i%10 == 0 {
			object = map[string]any{"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": map[string]any{"name": "web"}, "spec": map[string]any{"template": map[string]any{"spec": spec}}}
		}
		objects[i] = ast.MustInterfaceToValue(object)
	}
	return objects
}

// A given is a set of parameters, as a user writes it.
type given map[string]any

func (g given) Value() ast.Value { return ast.MustInterfaceToValue(map[string]any(g)) }

// grid has each profile alone, and then what can be set beside it, many a time at random.
func grid() []given {
	var sets []given
	for _, profile := range harness.Profiles() {
		sets = append(sets, given{"profile": profile}, given{"profile": profile, "kubernetesVersion": "1.34"}, given{"profile": profile, "kubernetesVersion": "1.37"})
	}
	random := rand.New(rand.NewPCG(7, 7))
	list := func(values ...any) []any { return values }
	choices := []struct {
		key    string
		values []any
	}{
		{"kubernetesVersion", list("1.34", "1.37")},
		{"preloadedImages", list(list("nginx:*"), list("**"), list("localhost/**", "localhost:5000/**"))},
		{"privateImages", list(list("registry.example.com/**"), list("**"))},
		{"mutableTags", list(list("main", "dev"), list("*"))},
		{"allowedPolicies", list(list("Always"), list("IfNotPresent"), list("Never"), list("Always", "Never"), list("IfNotPresent", "Never"), list("Always", "IfNotPresent"))},
		{"policies", list(list(map[string]any{"images": list("registry.example.com/**"), "allow": list("Always")}), list(map[string]any{"images": list("nginx:*"), "allow": list("Never", "IfNotPresent")}))},
		{"imagePullCredentialsVerificationPolicy", list("NeverVerify", "NeverVerifyPreloadedImages", "AlwaysVerify")},
		{"rules", list(
			map[string]any{"mutable-tag-cached": "off"}, map[string]any{"digest-always-pulled": "error"}, map[string]any{"never-not-preloaded": "error"},
			map[string]any{"cached-without-credentials": "error", "policy-conflict": "error"}, map[string]any{"never-not-preloaded": "off", "digest-missing": "error"},
			map[string]any{"policy-missing": "off", "policy-defaults-to-always": "off", "policy-stale": "error"}, map[string]any{"digest-always-pulled": "off", "policy-not-allowed": "warning"},
		)},
	}
	for i := range 65 {
		set := given{"profile": harness.Profiles()[i%5]}
		for _, choice := range choices {
			if random.IntN(2) == 0 {
				set[choice.key] = choice.values[random.IntN(len(choice.values))]
			}
		}
		sets = append(sets, set)
	}
	return sets
}

// TestMessagesAreShort demands that a message is one line of at most 160 characters where names are ordinary, and names
// the rule first.
func TestMessagesAreShort(t *testing.T) {
	engine := newEngine(t)
	input := harness.Input{}
	for _, object := range madeUp(t, 60) {
		input.Reviews = append(input.Reviews, harness.Review{Object: object})
	}
	for i, parameters := range grid() {
		if i%5 != 0 && !exhaustive {
			continue
		}
		input.Parameters = parameters.Value()
		verdict, err := engine.Judge(t.Context(), input)
		require.NoError(t, err)
		for _, violation := range verdict.Violations {
			if len(violation.Msg) > 160 || strings.Contains(violation.Msg, "\n") || !strings.HasPrefix(violation.Msg, violation.Rule+": ") {
				t.Errorf("%d characters: %s", len(violation.Msg), violation.Msg)
			}
		}
	}
}

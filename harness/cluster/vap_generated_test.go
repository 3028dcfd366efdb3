//go:build cluster

package cluster_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
)

const digestOfGenerated = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

var (
	generatedImages = []string{
		"nginx", "nginx:latest", "nginx:1.27", "nginx:main", "nginx" + digestOfGenerated, "nginx:latest" + digestOfGenerated,
		"localhost/app:latest", "localhost:5000/app", "127.0.0.1:5000/app:1", "registry.example.com/shop/app",
		"registry.example.com/shop/app:dev", "registry.example.com/shop/app:2",
	}
	brokenImages = []string{
		"Nginx", "nginx:", "nginx:a:b", "nginx:a/b", "registry.example.com:5000/shop/app:a/b", "nginx:1.2e+07", "nginx:1+2",
		"nginx:" + strings.Repeat("1", 129), "nginx:.1", "nginx:1=2", "ng inx", "https://nginx", "a#b://nginx", "map[tag:1]", "%IMAGE%",
		"nginx@", "nginx@sha256:12", "nginx@sha512:12:34", "nginx@md5:12", "nginx" + digestOfGenerated + "@",
		"nginx@sha256:" + strings.ToUpper(digestOfGenerated[8:]), "nginx@sha256:" + strings.Repeat("g", 64), "ko://example.com/app:",
		"${IMAGE}", "$IMAGE:1.", "{{ .Values.image }}:", "${IMAGE}:a:b", "<image>/App", "$(params.image)@sha256:12", "@@IMAGE@@:1+2",
		"${REGISTRY}/shop/app:.1", "${IMAGE}:1", "{$A}:$B/{}",
	}
	piecesOfImages = []string{
		"${A}", "$B", "{{ .x }}", "<c>", "@@D@@", "a", "App", "localhost", "x.io", ":5000", "/", "/", ":", ":", "@", "sha256:", "12", "1.2",
		"+", "-", "e+1", "_", " ", "ko://", digestOfGenerated,
	}
)

// requestsGenerated are Pods and Deployments that use a few images many times, as tenants write them, each under some of
// the parameters.
func requestsGenerated(t *testing.T, sets, each int) []*request {
	t.Helper()
	random := rand.New(rand.NewPCG(5, 5))
	var requests []*request
	for i := range sets {
		parameters := generatedParameters(t, random, harness.Profiles()[i%len(harness.Profiles())], i >= len(harness.Profiles()))
		for range each {
			of := []workload{pod, deployment}[random.IntN(2)]
			podSpec := generatedPodSpec(random, of == deployment)
			r := &request{
				file: fmt.Sprintf("%s %v under %v", of.kind, podSpec, parameters), id: fmt.Sprintf("g%d", len(requests)),
				parameters: parameters, operation: "CREATE", object: of.manifest("", podSpec),
			}
			if podSpec["ephemeralContainers"] != nil {
				r.operation, r.subresource, r.former = "UPDATE", "ephemeralcontainers", clone(t, r.object)
				delete(r.former["spec"].(object), "ephemeralContainers")
			}
			requests = append(requests, r)
			r.complete()
		}
	}
	return requests
}

func generatedPodSpec(random *rand.Rand, template bool) object {
	chosen := make([]string, 1+random.IntN(3))
	for i := range chosen {
		chosen[i] = generatedImages[random.IntN(len(generatedImages))]
		if random.IntN(12) == 0 {
			chosen[i] = brokenImages[random.IntN(len(brokenImages))]
		} else if random.IntN(12) == 0 {
			chosen[i] = "a"
			for range 2 + random.IntN(4) {
				chosen[i] += piecesOfImages[random.IntN(len(piecesOfImages))]
			}
		}
	}
	policies := []string{always, ifNotPresent, never, ""}
	fields := func(image, policy string) object {
		made := object{image: chosen[random.IntN(len(chosen))]}
		if chosen := policies[random.IntN(len(policies))]; chosen != "" {
			made[policy] = chosen
		}
		return made
	}
	containers := func(name string, n int) []any {
		var made []any
		for i := range n {
			c := fields("image", "imagePullPolicy")
			c["name"] = fmt.Sprintf("%s%d", name, i)
			made = append(made, c)
		}
		return made
	}
	podSpec := object{"containers": containers("app", 1+random.IntN(3))}
	if n := random.IntN(4); n > 0 {
		podSpec["initContainers"] = containers("init", n)
	}
	if random.IntN(4) == 0 {
		podSpec["volumes"] = []any{object{"name": "model", "image": fields("reference", "pullPolicy")}}
	}
	if !template && random.IntN(5) == 0 {
		podSpec["ephemeralContainers"] = containers("debug", 1+random.IntN(2))
	}
	if random.IntN(3) == 0 {
		podSpec["imagePullSecrets"] = []any{object{"name": "registry"}}
	}
	return podSpec
}

// generatedParameters are a profile's, the default's being none, or those with some more.
func generatedParameters(t *testing.T, random *rand.Rand, profile string, more bool) ast.Value {
	t.Helper()
	if profile == harness.Profiles()[0] && !more {
		return nil
	}
	parameters := object{"profile": profile}
	for _, choice := range []struct {
		key    string
		values []any
	}{
		{"kubernetesVersion", []any{"1.34", "1.37"}},
		{"imagePullCredentialsVerificationPolicy", []any{"NeverVerify", "NeverVerifyPreloadedImages", "AlwaysVerify"}},
		{"preloadedImages", []any{[]any{"nginx:*"}, []any{"**"}, []any{"localhost/**", "localhost:5000/**"}}},
		{"privateImages", []any{[]any{"registry.example.com/**"}, []any{"**"}}},
		{"mutableTags", []any{[]any{"main", "dev"}, []any{"*"}}},
		{"allowedPolicies", []any{[]any{always}, []any{ifNotPresent}, []any{never}, []any{always, never}, []any{never, ifNotPresent}}},
		{"policies", []any{
			[]any{object{"images": []any{"registry.example.com/**"}, "allow": []any{always}}},
			[]any{object{"images": []any{"nginx:*"}, "allow": []any{never, ifNotPresent}}},
		}},
		{"exemptions", []any{[]any{object{"containers": []any{"init*"}, "images": []any{"nginx"}, "reason": "a test"}}}},
		{"rules", []any{
			object{"mutable-tag-cached": "off"}, object{"digest-always-pulled": "error"}, object{"never-not-preloaded": "error"},
			object{"cached-without-credentials": "error", "policy-conflict": "error"},
			object{"never-not-preloaded": "off", "digest-missing": "error"},
			object{"digest-always-pulled": "off", "policy-not-allowed": "warning"},
		}},
	} {
		if more && random.IntN(3) == 0 {
			parameters[choice.key] = choice.values[random.IntN(len(choice.values))]
		}
	}
	value, err := ast.InterfaceToValue(parameters)
	require.NoError(t, err)
	return value
}

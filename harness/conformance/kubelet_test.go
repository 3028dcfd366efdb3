package conformance_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/distribution/reference"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	featuregatetesting "k8s.io/component-base/featuregate/testing"
	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/features"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
	"k8s.io/kubernetes/pkg/kubelet/images/pullmanager"

	"github.com/pullpolicy/pullpolicy/harness"
)

// nodes compares what starts come to on nodes of every state.
var nodes = &comparison{
	what: "starts on a node, by its state",
	with: "the kubelet's `EnsureImageExists` and `MustAttemptImagePull`",
	unit: "starts",
	run: func(t *testing.T, engine *harness.Engine) tally {
		all := everyNode(everyStock)
		all = append(all, randomNodes(4, 1000)...)
		answer(t, all)
		return compareStarts(t, engine, all)
	},
}

func TestNodes(t *testing.T) {
	t.Logf("%d starts, no disagreement", nodes.result(t).cases)
}

// A trial is containers on a node, and what the kubelet makes of the start of each.
type trial struct {
	node       node
	containers []container
	want       []harness.Start
}

// A container is an image and its pull policy.
type container struct{ image, policy string }

// A stock is what a node has, and images to start there.
type stock struct{ has, started []string }

var (
	someDigest  = "@sha256:" + strings.Repeat("a", 64)
	otherDigest = "@sha256:" + strings.Repeat("b", 64)
)

var everyStock = []stock{
	{nil, []string{"nginx:1", "registry.example.com:5000/team/app" + someDigest, "Nginx", " nginx", ""}},
	{[]string{"nginx:1"}, []string{
		"nginx:1", "nginx:2", "nginx", "nginx" + someDigest, "docker.io/library/nginx:1", "library/nginx:1", "nginx:1:1",
	}},
	{[]string{"docker.io/library/nginx:1"}, []string{"docker.io/library/nginx:1", "nginx:1", "index.docker.io/nginx:1"}},
	{[]string{"nginx"}, []string{"nginx", "nginx:latest", "docker.io/library/nginx"}},
	{[]string{"nginx:1" + someDigest}, []string{
		"nginx" + someDigest, "nginx:2" + someDigest, "docker.io/nginx" + someDigest, "nginx" + otherDigest, "nginx:1",
	}},
	{[]string{"registry.example.com:5000/team/app:1.0"}, []string{
		"registry.example.com:5000/team/app:1.0", "registry.example.com/team/app:1.0", "team/app:1.0",
	}},
	{[]string{"nginx:1", "docker.io/library/nginx:1"}, []string{"nginx:1", "docker.io/library/nginx:1", "library/nginx:1"}},
	{[]string{"nginx:1", "nginx:1"}, []string{"nginx:1", "docker.io/library/nginx:1"}},
	{[]string{"nginx:1", "nginx:2"}, []string{"nginx:1", "nginx:2"}},
}

var (
	arrivals    = []string{"preloaded", "anonymous", "secret"}
	registries  = []string{"up", "refused", "unavailable", "signatureInvalid"}
	credentials = []string{"none", "same", "same-content", "rotated", "other"}

	// verifications are how kubelets verify, those of before 1.35 first.
	verifications = []node{
		{KubernetesVersion: "1.34"},
		{},
		{Verification: &verification{Policy: kubeletconfig.NeverVerify}},
		{Verification: &verification{Policy: kubeletconfig.NeverVerifyPreloadedImages}},
		{Verification: &verification{Policy: kubeletconfig.AlwaysVerify}},
		{Verification: &verification{Policy: kubeletconfig.NeverVerifyAllowlistedImages}},
		{Verification: allowlist("nginx")},
		{Verification: allowlist("docker.io/library/nginx")},
		{Verification: allowlist("docker.io/*", "library/*")},
		{Verification: allowlist("busybox", "registry.example.com:5000/*")},
		{Verification: allowlist("team/app", "registry.example.com:5000/team/app", "nginx/*")},
	}
)

// everyNode returns every combination of what decides a start: stock, arrivals, verification, registry, credentials
// and policy.
func everyNode(stocks []stock) []trial {
	var all []trial
	for _, stock := range stocks {
		var containers []container
		for _, image := range stock.started {
			for _, policy := range policyNames {
				containers = append(containers, container{image, policy})
			}
		}
		for _, images := range arrived(stock.has) {
			for _, n := range verifications {
				for _, n.Registry = range registries {
					for _, n.Credentials = range credentials {
						n.Images = images
						all = append(all, trial{node: n, containers: containers})
					}
				}
			}
		}
	}
	return all
}

var policyNames = []string{"Always", "IfNotPresent", "Never"}

// arrived returns the images in every combination of the ways in which they come.
func arrived(names []string) [][]nodeImage {
	if len(names) == 0 {
		return [][]nodeImage{nil}
	}
	var all [][]nodeImage
	for _, rest := range arrived(names[1:]) {
		for _, arrival := range arrivals {
			all = append(all, append([]nodeImage{{names[0], arrival}}, rest...))
		}
	}
	return all
}

// randomNodes returns nodes with hostile images, and lists that are cut from them.
func randomNodes(seed uint64, n int) []trial {
	all := make([]trial, n)
	for i := range all {
		g := newGenerator(seed, uint64(i))
		name := g.reference()
		for !usable(name) {
			name = g.reference()
		}
		variants := []string{
			name,
			g.mutate(name),
			must(reference.ParseDockerRef(name)).String(),
			must(reference.ParseNormalizedNamed(name)).Name(),
		}
		var patterns []string
		for _, variant := range variants {
			host, _, _ := strings.Cut(variant, "/")
			for _, pattern := range []string{variant, host + "/*", variant + "/*"} {
				if pullmanager.ValidateAllowlistImagesPatterns([]string{pattern}) == nil && g.oneIn(2) {
					patterns = append(patterns, pattern)
				}
			}
		}
		all[i].node = node{
			Images:       []nodeImage{{name, pick(g, arrivals)}},
			Registry:     pick(g, registries),
			Credentials:  pick(g, credentials),
			Verification: pick(g, []*verification{nil, {Policy: kubeletconfig.AlwaysVerify}, allowlist(patterns...), allowlist(patterns...)}),
		}
		for _, variant := range variants {
			all[i].containers = append(all[i].containers, container{variant, pick(g, policyNames)})
		}
	}
	return all
}

// usable says whether the image can come with credentials, which the kubelet does not find for an address of IPv6.
func usable(image string) bool {
	_, err := reference.ParseNormalizedNamed(image)
	return err == nil && !strings.HasPrefix(image, "[")
}

// answer has the kubelet start each container on its node.
func answer(t *testing.T, all []trial) {
	off := func(trial trial) bool { return trial.node.KubernetesVersion != "" }
	for _, verifies := range []bool{true, false} {
		t.Run(fmt.Sprintf("%s=%t", features.KubeletEnsureSecretPulledImages, verifies), func(t *testing.T) {
			featuregatetesting.SetFeatureGateDuringTest(t, utilfeature.DefaultFeatureGate, features.KubeletEnsureSecretPulledImages, verifies)
			dir := t.TempDir()
			inBatches(len(all), func(batch, size int) tally {
				for i := range all[batch*batchSize:][:size] {
					if trial := &all[batch*batchSize+i]; off(*trial) != verifies {
						trial.answer(dir)
					}
				}
				return tally{}
			})
		})
	}
}

const batchSize = 500 // of inBatches

func (tr *trial) answer(dir string) {
	kubelet := newKubelet(dir, tr.node)
	for _, c := range tr.containers {
		tr.want = append(tr.want, kubelet.start(c))
	}
}

// compareStarts counts the containers of which the policies say something else than the kubelet.
func compareStarts(t testing.TB, engine *harness.Engine, all []trial) tally {
	return inBatches(len(all), func(batch, size int) tally {
		var compared tally
		for _, trial := range all[batch*batchSize:][:size] {
			compared.add(trial.compare(t, engine))
		}
		return compared
	})
}

func (tr *trial) compare(t testing.TB, engine *harness.Engine) tally {
	compared := tally{cases: len(tr.containers)}
	var containers []any
	for _, c := range tr.containers {
		containers = append(containers, map[string]any{"name": "app", "image": c.image, "imagePullPolicy": c.policy})
	}
	manifest := podKind.manifest(map[string]any{"containers": containers})
	got := map[string]*harness.Start{}
	for _, explanation := range must(engine.Explain(t.Context(), harness.Input{
		Reviews: []harness.Review{must(harness.NewReview(manifest, nil))},
		Node:    tr.node.value(),
	})) {
		if explanation.Start != nil {
			explanation.Start.Why = "" // the policies' own words
		}
		got[explanation.Path] = explanation.Start
	}
	for i, c := range tr.containers {
		want := tr.want[i]
		if !stored(c.image) {
			want.Outcome = "rejected"
		}
		if start := got[fmt.Sprintf("spec.containers[%d]", i)]; start == nil || *start != want {
			compared.disagree("%+v on %s\n  kubernetes %+v\n  policies   %+v", c, must(json.Marshal(tr.node)), want, start)
		}
	}
	return compared
}

// stored says whether the API server stores a Pod with an image, by its own validation; the kubelet sees no other.
func stored(image string) bool {
	containers := []core.Container{{
		Name: "app", Image: image, ImagePullPolicy: core.PullAlways, TerminationMessagePolicy: core.TerminationMessageReadFile,
	}}
	pod := core.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop"},
		Spec: core.PodSpec{
			Containers: containers, RestartPolicy: core.RestartPolicyAlways, DNSPolicy: core.DNSClusterFirst, TerminationGracePeriodSeconds: new(int64(30)),
		},
	}
	return !slices.ContainsFunc(validation.ValidatePodCreate(&pod, validation.PodValidationOptions{}), func(problem *field.Error) bool {
		return problem.Field == "spec.containers[0].image"
	})
}

// TestNodeMutants proves that the comparison can fail, as TestMutants does.
func TestNodeMutants(t *testing.T) {
	all := everyNode([]stock{
		{nil, []string{"nginx:1"}},
		{[]string{"nginx:1"}, []string{"nginx:1", "nginx:2", "docker.io/library/nginx:1"}},
		{[]string{"nginx:1" + someDigest}, []string{"nginx:2" + someDigest}},
	})
	answer(t, all)

	for _, mutant := range []struct{ name, old, new string }{
		{"Always with a copy", `"absent": "pull", "usable": "pull"`, `"absent": "pull", "usable": "cached"`},
		{"IfNotPresent with a copy", `"usable": "cached", "withheld": "pull"`, `"usable": "pull", "withheld": "pull"`},
		{"IfNotPresent with a copy withheld", `"usable": "cached", "withheld": "pull"`, `"usable": "cached", "withheld": "cached"`},
		{"Never without a copy", `"absent": "ErrImageNeverPull",` + "\n" + `		"usable"`, `"absent": "pull",` + "\n" + `		"usable"`},
		{"Never with a copy withheld", `"withheld": "ErrImageNeverPull"`, `"withheld": "cached"`},
		{"back-off", `"retry": "ImagePullBackOff"`, `"retry": "ErrImagePull"`},
		{"registry that refuses", `"refused": "ErrImagePull"`, `"refused": "RegistryUnavailable"`},
		{"registry that is unavailable", `"RegistryUnavailable"`, `"ErrImagePull"`},
		{"signature that is not valid", `"SignatureValidationFailed"`, `"ErrImagePull"`},
		{"proof for a preloaded image", `"preloaded": set()`, `"preloaded": {"same"}`},
		{"proof for an image that came without credentials", `"anonymous": {"none", `, `"anonymous": {`},
		{"proof by the same secret", `"secret": {"same", `, `"secret": {`},
		{"proof by other content", `"same-content", "rotated"}`, `"same-content"}`},
		{"proof by another secret", `"same-content", "rotated"}`, `"same-content", "rotated", "other"}`},
		{"version that verifies", `node.minor >= 35`, `node.minor >= 34`},
		{"AlwaysVerify", `"AlwaysVerify"`, `"Always"`},
		{"NeverVerifyPreloadedImages", `origin.arrived != "preloaded"`, `origin.arrived == "secret"`},
		{"NeverVerifyAllowlistedImages", `not _listed(use, node)`, `_listed(use, node)`},
		{"prefix in the list", `startswith(use.image, `, `startswith(use.reference.name, `},
		{"name in the list", `_repository(use.image, use.reference) if`, `use.reference.name if`},
		{"name in the record", `origin.name == _recorded_as(`, `_recorded_as(`},
		{"digest beside a tag", `concat("@", [reference.name, reference.digest])`, `reference.full`},
	} {
		t.Run(mutant.name, func(t *testing.T) {
			t.Parallel()
			engine := mutate(t, "kubelet", mutant.old, mutant.new)
			require.True(t, slices.ContainsFunc(all, func(tr trial) bool { return tr.compare(t, engine).disagreements > 0 }))
		})
	}
}

// TestAllowlist demands that the policies refuse the patterns that the kubelet does not start with, and no others.
func TestAllowlist(t *testing.T) {
	engine, err := harness.New(t.Context())
	require.NoError(t, err)
	refuses := func(patterns ...string) bool {
		_, err := engine.Explain(t.Context(), harness.Input{Node: node{Verification: allowlist(patterns...)}.value()})
		return err != nil
	}

	g := newGenerator(5, 0)
	patterns := []string{
		"", " ", "*", "/*", "//*", "*/*", "a/*", "a/**", "a/*/*", "a/*b", "a*", " a/*", "a/* ", "a b/*", "a/", "/a", "a:1/*", "a:1", "A", "A/a", "a/A",
		"nginx", "docker.io/library/nginx", "nginx" + someDigest, "nginx:1" + someDigest, strings.Repeat("a", 64), "a_b/c", "a.b:5000/c", "[::1]:5000/c",
		strings.Repeat("a", 255), strings.Repeat("a", 256), "a/" + strings.Repeat("a", 255), "a/" + strings.Repeat("a", 256),
		"a_a/" + strings.Repeat("a", 251), "a_a/" + strings.Repeat("a", 252),
	}
	for range 2000 {
		pattern := g.reference()
		patterns = append(patterns, pattern, pattern+"/*")
	}
	var accepted []string
	for _, pattern := range patterns {
		if pullmanager.ValidateAllowlistImagesPatterns([]string{pattern}) == nil {
			accepted = append(accepted, pattern)
			continue
		}
		assert.True(t, refuses(pattern), "%q", pattern)
	}
	require.Greater(t, len(accepted), len(patterns)/10)
	for chunk := range slices.Chunk(accepted, 50) {
		assert.False(t, refuses(chunk...), "one of %q", chunk)
	}
}

//go:build hosts

package hosts_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/fixture"
	"github.com/pullpolicy/pullpolicy/harness/gatekeeper"
)

const constraintsFolder = "../../bundle/constraints"

// A ready is a file of Constraints that can be used as it is.
type ready struct {
	parameters harness.Parameters
	severities []string          // that it reports
	actions    map[string]string // of gator, by severity
	kinds      []string          // that it matches, with their groups; none for all
}

// TestConstraints runs gator test with each of the Constraints that are ready to use, over all fixtures at once, and
// demands what pullpolicy check finds under the same parameters, outside the namespaces that they leave out.
func TestConstraints(t *testing.T) {
	t.Parallel()
	both := []string{"error", "warning"}
	denyAndWarn := map[string]string{"error": "deny", "warning": "warn"}
	preloaded := []string{"registry.example.com/preloaded/**"}
	rollouts := []harness.PodSpecKind{{Group: "argoproj.io", Kind: "Rollout", Path: "spec.template.spec"}}
	all := map[string]ready{
		"strict.yaml":       {harness.Parameters{Profile: "strict"}, both, denyAndWarn, nil},
		"always.yaml":       {harness.Parameters{Profile: "always"}, both, denyAndWarn, nil},
		"airgapped.yaml":    {harness.Parameters{Profile: "airgapped", PreloadedImages: preloaded}, both, denyAndWarn, nil},
		"multi-tenant.yaml": {harness.Parameters{Profile: "multi-tenant"}, both, denyAndWarn, nil},
		"dryrun.yaml":       {harness.Parameters{Profile: "strict"}, both, map[string]string{"error": "dryrun", "warning": "dryrun"}, nil},
		"scoped.yaml":       {harness.Parameters{}, []string{"error"}, denyAndWarn, nil},
		"workloads.yaml": {harness.Parameters{}, []string{"error"}, denyAndWarn, []string{
			"/Pod", "/PodTemplate", "/ReplicationController",
			"apps/Deployment", "apps/DaemonSet", "apps/ReplicaSet", "apps/StatefulSet", "batch/CronJob", "batch/Job",
		}},
		"custom-resources.yaml": {harness.Parameters{PodSpecs: rollouts}, []string{"error"}, denyAndWarn, []string{
			"argoproj.io/Rollout", "serving.knative.dev/Service",
		}},
	}
	files, err := filepath.Glob(filepath.Join(constraintsFolder, "*"))
	require.NoError(t, err)
	require.Len(t, files, len(all))
	engine, err := harness.New(t.Context())
	require.NoError(t, err)

	programs := gators(t)
	for _, file := range files {
		name := filepath.Base(file)
		c, ok := all[name]
		require.True(t, ok, name)
		paths, want := []string{template, file}, []finding{}
		for _, f := range readable(t) {
			paths = append(paths, filepath.Join(fixtures, f.File))
			if c.matches(f) {
				want = append(want, c.finds(t, engine, f)...)
			}
		}
		require.NotEmpty(t, want)
		for _, g := range programs {
			t.Run(g.version+" "+name, func(t *testing.T) {
				started := time.Now()
				results, err := g.test(t.Context(), paths...)
				require.NoError(t, err)
				assert.Equal(t, sorted(want), findings(violationsOf(results)))
				for _, r := range results {
					assert.Equal(t, c.actions[r.Metadata.Details.Severity], r.action(), r.Msg)
				}
				t.Logf("gator %s test %s: %d fixtures, %d findings, 0 disagreements, %.1f s", g.version, name, len(paths)-2, len(want), time.Since(started).Seconds())
			})
		}
	}
}

// finds is what the engine finds in a fixture under the parameters, as far as it is reported.
func (c ready) finds(t *testing.T, engine *harness.Engine, f *fixture.Case) []finding {
	t.Helper()
	verdict, err := engine.Judge(t.Context(), harness.Input{Reviews: f.Input.Reviews, Parameters: c.parameters.Value()})
	require.NoError(t, err)
	return slices.DeleteFunc(findings(verdict.Violations), func(v finding) bool { return !slices.Contains(c.severities, v.Severity) })
}

// readable are the fixtures that gator test takes for Kubernetes objects.
func readable(t *testing.T) []*fixture.Case {
	t.Helper()
	return slices.DeleteFunc(load(t), func(c *fixture.Case) bool {
		review := c.Input.Reviews[0]
		return gatekeeper.Unreadable(review) != "" || at(review.Object, "apiVersion") == ""
	})
}

// matches says whether the match block takes a fixture.
func (c ready) matches(f *fixture.Case) bool {
	object := f.Input.Reviews[0].Object
	if slices.Contains([]string{"kube-system", "gatekeeper-system"}, at(object, "metadata", "namespace")) {
		return false
	}
	group, _, found := strings.Cut(at(object, "apiVersion"), "/")
	if !found {
		group = ""
	}
	return len(c.kinds) == 0 || slices.Contains(c.kinds, group+"/"+at(object, "kind"))
}

// TestConstraintsLeaveOut demands silence about namespaces that are left out, and not about others.
func TestConstraintsLeaveOut(t *testing.T) {
	g := newGator(t, "PULLPOLICY_GATOR")
	files, err := filepath.Glob(filepath.Join(constraintsFolder, "*"))
	require.NoError(t, err)
	for _, file := range files {
		for namespace, silent := range map[string]bool{"kube-system": true, "gatekeeper-system": true, "shop": false, "kube-system-2": false} {
			var manifests []string
			for _, apiVersion := range []string{"v1", "argoproj.io/v1alpha1"} {
				kind := map[string]string{"v1": "PodTemplate", "argoproj.io/v1alpha1": "Rollout"}[apiVersion]
				template := `{"template": {"spec": {"containers": [{"name": "a", "image": "nginx", "imagePullPolicy": "Never"}]}}}`
				if kind == "Rollout" {
					template = `{"spec": ` + template + `}`
				}
				manifests = append(manifests, strings.Replace(template, "{", `{"apiVersion": "`+apiVersion+`", "kind": "`+kind+
					`", "metadata": {"name": "a", "namespace": "`+namespace+`"}, `, 1))
			}
			results, err := g.test(t.Context(), template, file, write(t, "manifests.json", strings.Join(manifests, "\n")))
			require.NoError(t, err)
			assert.Equal(t, silent, len(results) == 0, "%s in %s", file, namespace)
		}
	}
}

// TestGatekeeperFolder holds what applies to a cluster: kubectl apply -f takes the template alone, for it looks into no
// folder below; kubectl apply -k the Constraints as well, but those of gator, which no cluster enforces.
func TestGatekeeperFolder(t *testing.T) {
	kubectl := program(t, "PULLPOLICY_KUBECTL")
	applied, err := filepath.Glob(gatekeeperFolder + "/*.*")
	require.NoError(t, err)
	assert.Equal(t, []string{template}, applied)

	var want [][]byte
	for _, file := range []string{"template.yaml", "constraints/deny.yaml", "constraints/warn.yaml"} {
		text, err := os.ReadFile(filepath.Join(gatekeeperFolder, file))
		require.NoError(t, err)
		want = append(want, text)
	}
	built, err := exec.CommandContext(t.Context(), kubectl, "kustomize", gatekeeperFolder).Output()
	require.NoError(t, err)
	assert.Equal(t, manifestsOf(t, want...), manifestsOf(t, bytes.Split(built, []byte("\n---\n"))...))

	g := newGator(t, "PULLPOLICY_GATOR")
	results, err := g.test(t.Context(), gatekeeperFolder)
	require.NoError(t, err)
	assert.Empty(t, results, "the policies check themselves")
}

// TestExamplesForArtifactHub runs the examples that Artifact Hub shows. It reads them, and the template, below its folder.
func TestExamplesForArtifactHub(t *testing.T) {
	g := newGator(t, "PULLPOLICY_GATOR")
	output, err := exec.CommandContext(t.Context(), g.program, "verify", "-v", "../../bundle/artifacthub/suite.yaml").CombinedOutput()
	require.NoError(t, err, string(output))
	require.Len(t, submatches(passedCase, output), 3)
}

// manifestsOf are the documents by their kinds and names.
func manifestsOf(t *testing.T, documents ...[]byte) map[string]any {
	t.Helper()
	manifests := map[string]any{}
	for _, document := range documents {
		var read map[string]any
		require.NoError(t, yaml.Unmarshal(document, &read))
		value, err := ast.InterfaceToValue(read)
		require.NoError(t, err)
		manifests[at(value, "kind")+" "+at(value, "metadata", "name")] = read
	}
	return manifests
}

// TestTemplateCost prints what the template costs Gatekeeper when it is applied, beside one that holds a single rule.
func TestTemplateCost(t *testing.T) {
	text, err := os.ReadFile(template)
	require.NoError(t, err)
	smallest := write(t, "template.yaml", `apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: k8simagepullpolicy}
spec:
  crd: {spec: {names: {kind: K8sImagePullPolicy}}}
  targets:
    - target: admission.k8s.gatekeeper.sh
      code:
        - engine: Rego
          source:
            version: v1
            rego: |
              package smallest
              violation contains {"msg": "a"} if input.review.object.spec.a
`)
	constraint := write(t, "constraint.yaml", "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sImagePullPolicy\nmetadata: {name: a}\n")
	pod := write(t, "pod.yaml", cleanPod)
	for _, g := range gators(t) {
		ours, theirs := g.compiles(t, template, constraint, pod), g.compiles(t, smallest, constraint, pod)
		t.Logf("gator %s bench: the template has %d bytes and compiles in %s, %d times as long as one with a single rule (%s)",
			g.version, len(text), ours.Round(time.Millisecond), ours/theirs, theirs.Round(time.Microsecond))
	}
}

// compiles is the shortest of several times in which gator compiles the templates among files.
func (g gator) compiles(t *testing.T, files ...string) time.Duration {
	t.Helper()
	args := []string{"bench", "--engine=rego", "--iterations=1", "--warmup=0", "--output=json"}
	for _, file := range files {
		args = append(args, "--filename="+file)
	}
	var shortest time.Duration
	for range 5 {
		output, err := exec.CommandContext(t.Context(), g.program, args...).Output()
		require.NoError(t, err)
		var read []struct {
			SetupBreakdown struct{ TemplateCompilation string }
		}
		require.NoError(t, json.Unmarshal(output[bytes.IndexByte(output, '['):], &read))
		took, err := time.ParseDuration(read[0].SetupBreakdown.TemplateCompilation)
		require.NoError(t, err)
		require.Positive(t, took)
		shortest = min(took, cmp.Or(shortest, took))
	}
	return shortest
}

//go:build hosts

package hosts_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/manifest"
)

const mutators = "../../bundle/mutation"

// expansions has gator make, of each object that has a template, the Pod that it would lead to.
const expansions = `
apiVersion: expansion.gatekeeper.sh/v1beta1
kind: ExpansionTemplate
metadata: {name: template}
spec:
  applyTo:
    - {groups: [apps], versions: [v1], kinds: [DaemonSet, Deployment, ReplicaSet, StatefulSet]}
    - {groups: [""], versions: [v1], kinds: [ReplicationController]}
    - {groups: [batch], versions: [v1], kinds: [Job]}
    - {groups: [argoproj.io], versions: [v1alpha1], kinds: [Rollout]}
    - {groups: [serving.knative.dev], versions: [v1], kinds: [Service]}
  templateSource: spec.template
  generatedGVK: {group: "", version: v1, kind: Pod}
---
apiVersion: expansion.gatekeeper.sh/v1beta1
kind: ExpansionTemplate
metadata: {name: cronjob}
spec:
  applyTo:
    - {groups: [batch], versions: [v1], kinds: [CronJob]}
  templateSource: spec.jobTemplate
  generatedGVK: {group: batch, version: v1, kind: Job}
---
apiVersion: expansion.gatekeeper.sh/v1beta1
kind: ExpansionTemplate
metadata: {name: podtemplate}
spec:
  applyTo:
    - {groups: [""], versions: [v1], kinds: [PodTemplate]}
  templateSource: template
  generatedGVK: {group: "", version: v1, kind: Pod}
`

// TestMutators expands objects of each kind before the mutators and without them, and demands that the rules are
// content with what was written, and that nothing else was. Mutators that name an operation, such as those of Pods, act
// in a cluster alone: make cluster.
func TestMutators(t *testing.T) {
	engine, err := harness.New(t.Context())
	require.NoError(t, err)
	g := newGator(t, "PULLPOLICY_GATOR")
	before := write(t, "expansions.yaml", expansions)
	for name, test := range map[string]struct {
		file    string
		objects string
		kinds   []string
		profile string
		cured   []string // rules that find something without the mutators, and nothing with them
		chosen  string   // the policy of what declares one
	}{
		"always": {
			"always-templates.yaml",
			templates("DaemonSet", "Deployment", "StatefulSet", "ReplicationController", "CronJob", "PodTemplate"),
			[]string{"DaemonSet", "Deployment", "StatefulSet", "ReplicationController", "CronJob", "PodTemplate"},
			"always", []string{"policy-missing", "policy-not-allowed", "mutable-tag-cached"}, "Always",
		},
		"explicit": {
			"explicit-custom-resources.yaml", templates("Rollout", "Service"), []string{"Rollout", "Service"},
			"baseline", []string{"policy-missing"}, "Never",
		},
	} {
		t.Run(name, func(t *testing.T) {
			started := time.Now()
			objects := write(t, "objects.json", test.objects)
			without := podsOf(g.expand(t, before, objects))
			with := podsOf(g.expand(t, before, objects, filepath.Join(mutators, test.file)))
			require.Len(t, with, len(test.kinds))
			require.Equal(t, slices.Sorted(maps.Keys(without)), slices.Sorted(maps.Keys(with)))

			found := map[string]int{}
			for pod := range with {
				for _, v := range judgeUnder(t, engine, test.profile, without[pod]) {
					found[v.Rule]++
				}
				for _, v := range judgeUnder(t, engine, test.profile, with[pod]) {
					assert.NotContains(t, test.cured, v.Rule, "%s: %s", pod, v.Msg)
				}
				assert.Equal(t, test.chosen, declaredBy(t, engine, with[pod], "chosen"), pod)
				assert.Equal(t, withoutPolicies(without[pod]), withoutPolicies(with[pod]), pod)
			}
			for _, rule := range test.cured {
				assert.Positive(t, found[rule], rule)
			}
			t.Logf("gator %s expand: %s writes what %s are content with into %d kinds, %.1f s",
				g.version, test.file, test.cured, len(test.kinds), time.Since(started).Seconds())
		})
	}
}

// templates are objects of kinds, each with an image in every place, some of them with a policy.
func templates(kinds ...string) string {
	var all []string
	for _, kind := range kinds {
		template := `{"spec": {
			"containers": [
				{"name": "missing", "image": "registry.example.com/shop/web:1"},
				{"name": "chosen", "image": "registry.example.com/shop/proxy", "imagePullPolicy": "Never"}],
			"initContainers": [
				{"name": "init", "image": "registry.example.com/shop/init:2"},
				{"name": "kept", "image": "registry.example.com/shop/kept:latest", "imagePullPolicy": "IfNotPresent"}],
			"volumes": [
				{"name": "data", "emptyDir": {}},
				{"name": "model", "image": {"reference": "registry.example.com/shop/model:3"}},
				{"name": "rules", "image": {"reference": "registry.example.com/shop/rules", "pullPolicy": "Never"}}]}}`
		spec := `"spec": {"template": ` + template + `}`
		switch kind {
		case "CronJob":
			spec = `"spec": {"jobTemplate": {"spec": {"template": ` + template + `}}}`
		case "PodTemplate":
			spec = `"template": ` + template
		}
		all = append(all, fmt.Sprintf(`{"apiVersion": %q, "kind": %q, "metadata": {"name": %q, "namespace": "shop"}, %s}`,
			versions[kind], kind, strings.ToLower(kind), spec))
	}
	return strings.Join(all, "\n")
}

var versions = map[string]string{
	"DaemonSet": "apps/v1", "Deployment": "apps/v1", "ReplicaSet": "apps/v1", "StatefulSet": "apps/v1",
	"ReplicationController": "v1", "PodTemplate": "v1", "CronJob": "batch/v1", "Job": "batch/v1",
	"Rollout": "argoproj.io/v1alpha1", "Service": "serving.knative.dev/v1",
}

// expand runs gator expand and returns what it makes of the objects in files.
func (g gator) expand(t *testing.T, files ...string) []ast.Value {
	t.Helper()
	args := []string{"expand", "--format=yaml"} // as JSON, what it writes cannot be read
	for _, file := range files {
		args = append(args, "--filename="+file)
	}
	var stderr bytes.Buffer
	command := exec.CommandContext(t.Context(), g.program, args...)
	command.Stderr = &stderr
	output, err := command.Output()
	require.NoError(t, err, stderr.String())
	documents, problems := (&manifest.Reader{}).Read("gator expand", bytes.NewReader(output))
	require.Empty(t, problems)
	var all []ast.Value
	for _, document := range documents {
		all = append(all, document.Value)
	}
	return all
}

// podsOf are the Pods among objects, by their names.
func podsOf(objects []ast.Value) map[string]ast.Value {
	pods := map[string]ast.Value{}
	for _, object := range objects {
		if at(object, "kind") == "Pod" {
			pods[at(object, "metadata", "name")] = object
		}
	}
	return pods
}

func judgeUnder(t *testing.T, engine *harness.Engine, profile string, object ast.Value) []harness.Violation {
	t.Helper()
	verdict, err := engine.Judge(t.Context(), harness.Input{
		Reviews: []harness.Review{{Object: object}}, Parameters: harness.Parameters{Profile: profile}.Value(),
	})
	require.NoError(t, err)
	return verdict.Violations
}

// declaredBy is the policy that a container declares.
func declaredBy(t *testing.T, engine *harness.Engine, object ast.Value, container string) string {
	t.Helper()
	uses, err := engine.Explain(t.Context(), harness.Input{Reviews: []harness.Review{{Object: object}}})
	require.NoError(t, err)
	for _, use := range uses {
		if use.Container == container {
			return use.Declared
		}
	}
	require.Fail(t, "no container "+container)
	return ""
}

// withoutPolicies is an object as text in which no policy is left.
func withoutPolicies(object ast.Value) string {
	decoded, err := ast.JSON(object)
	if err != nil {
		return err.Error()
	}
	var strip func(value any)
	strip = func(value any) {
		switch value := value.(type) {
		case map[string]any:
			delete(value, "imagePullPolicy")
			delete(value, "pullPolicy")
			for _, member := range value {
				strip(member)
			}
		case []any:
			for _, element := range value {
				strip(element)
			}
		}
	}
	strip(decoded)
	encoded, err := json.Marshal(decoded)
	if err != nil {
		return err.Error()
	}
	return string(encoded)
}

// TestExpansion holds what becomes of findings where others have Gatekeeper expand workloads: the Constraints that ship
// are about the original alone, so that nothing is found twice; one that does not say so finds the same again in the
// Pod, and one about what is generated finds it there alone.
func TestExpansion(t *testing.T) {
	g := newGator(t, "PULLPOLICY_GATOR")
	before := write(t, "expansions.yaml", expansions)
	objects := write(t, "objects.json", templates("Deployment", "Job", "CronJob", "PodTemplate", "Rollout"))
	constraint := func(match string) string {
		return write(t, "constraint.yaml", `{apiVersion: constraints.gatekeeper.sh/v1beta1, kind: K8sImagePullPolicy, metadata: {name: a}, spec: {match: {`+match+`}}}`)
	}
	test := func(paths ...string) (original, implied []finding) {
		results, err := g.test(t.Context(), append(paths, objects)...)
		require.NoError(t, err)
		for _, r := range results {
			if strings.HasPrefix(r.Msg, "[Implied by ") {
				implied = append(implied, findings(violationsOf([]gatorResult{r}))...)
			} else {
				original = append(original, findings(violationsOf([]gatorResult{r}))...)
			}
		}
		return sorted(original), sorted(implied)
	}
	want, none := test(gatekeeperFolder)
	require.NotEmpty(t, want)
	require.Empty(t, none)

	shipped, implied := test(gatekeeperFolder, before)
	assert.Equal(t, want, shipped)
	assert.Empty(t, implied)

	original, implied := test(template, constraint(""), before)
	assert.Equal(t, want, original)
	// A CronJob's Job and its Pod are two, so what is in it is found three times.
	jobs := len(findingsBelow(want, "spec.jobTemplate."))
	require.Positive(t, jobs)
	assert.Len(t, implied, len(want)+jobs)

	original, implied = test(template, constraint("source: Generated, kinds: [{apiGroups: [''], kinds: [Pod]}]"), before)
	assert.Empty(t, original)
	assert.Equal(t, len(want), len(implied))
	assert.Len(t, findingsBelow(implied, "spec."), len(implied))
	assert.Empty(t, findingsBelow(implied, "spec.template."))
}

func findingsBelow(all []finding, prefix string) []finding {
	return slices.DeleteFunc(slices.Clone(all), func(f finding) bool { return !strings.HasPrefix(f.Path, prefix) })
}

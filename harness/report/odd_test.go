package report_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/pullpolicy/pullpolicy/harness/report"
)

// wholes are objects of each kind of place that the policies look at. Any value in them becomes odd.
var wholes = []string{
	`{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "b", "labels": {"c": "d"}, "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{\"spec\":{\"containers\":[{\"name\":\"a\",\"image\":\"x\"}]}}"}, "managedFields": [{"manager": "kubectl", "operation": "Apply", "fieldsV1": {"f:spec": {"f:containers": {"k:{\"name\":\"app\"}": {"f:imagePullPolicy": {}}}}}}], "ownerReferences": [{"kind": "Job", "name": "j"}]}, "spec": {"nodeName": "n", "imagePullSecrets": [{"name": "s"}], "containers": [{"name": "app", "image": "nginx", "imagePullPolicy": "Never"}], "initContainers": [{"name": "i", "image": "x@sha256:1", "restartPolicy": "Always"}], "ephemeralContainers": [{"name": "e", "image": "busybox:1"}], "volumes": [{"name": "v", "image": {"reference": "r:1", "pullPolicy": "Always"}}]}, "status": {"containerStatuses": [{"name": "app", "image": "nginx", "imageID": "nginx@sha256:1"}]}}`,
	`{"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "a"}, "spec": {"jobTemplate": {"spec": {"template": {"spec": {"containers": [{"name": "app", "image": "nginx"}]}}}}}}`,
	`{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "apps/v1", "kind": "DeploymentList", "items": [{"spec": {"template": {"spec": {"containers": [{"image": "x"}]}}}}]}, {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "b"}}]}`,
	`{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {"uid": "u", "operation": "UPDATE", "object": {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a", "image": "x"}]}}, "oldObject": {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a", "image": "y"}]}}}}`,
	`{"apiVersion": "tekton.dev/v1", "kind": "Task", "metadata": {"name": "a"}, "spec": {"stepTemplate": {"image": "t", "imagePullPolicy": "Never"}, "steps": [{"name": "s", "image": "x:latest"}, {"name": "t"}], "sidecars": [{"name": "c", "image": "y"}]}}`,
	`{"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": {"template": {"spec": {"containers": [{"name": "app", "image": "nginx", "imagePullPolicy": "Never"}]}}, "server": {"image": {"repository": "r", "tag": "1", "digest": "sha256:1", "pullPolicy": "Always"}}, "image": "x", "version": "1", "pullPolicy": "Never", "containers": {"app": {"image": "x"}}, "extraContainers": [{"image": "x"}], "volumes": [{"image": {"reference": "r"}}]}}`,
}

// odd returns what nobody expects in the place of a value.
func odd(random *rand.Rand, was any) any {
	all := []any{
		nil, true, 0, -1, 1.5, json.Number("1e400"), json.Number("99999999999999999999"),
		"", " ", "\n::error::", "\x00\u2028é", "*", "[", "{a", "%!s(int=1)", strings.Repeat("a/", 200), "@sha256:", "a:b:c@d",
		"admission.k8s.io/v1", "List", "AdmissionReview", "Pod", "$(params.x)", "{{ .Values.x }}",
		[]any{}, []any{nil}, []any{[]any{}}, []any{0, "a", nil, map[string]any{}}, []any{was}, []any{[]any{was}}, []any{was, was},
		map[string]any{}, map[string]any{"": nil}, map[string]any{"0": was}, map[string]any{"a.b[0]": was},
		map[string]any{"image": was}, map[string]any{"items": []any{was}, "kind": "List"},
		map[string]any{"containers": []any{[]any{was}}}, nested(was, 60),
	}
	return all[random.IntN(len(all))]
}

// nested puts a value into lists and objects by turns.
func nested(value any, depth int) any {
	for i := range depth {
		if i%2 == 0 {
			value = []any{value}
		} else {
			value = map[string]any{"spec": value}
		}
	}
	return value
}

// spoil makes one value below, or beside those of an object, odd.
func spoil(random *rand.Rand, value any) any {
	if random.IntN(6) > 0 {
		switch value := value.(type) {
		case map[string]any:
			if keys := slices.Sorted(maps.Keys(value)); len(keys) > 0 {
				key := keys[random.IntN(len(keys))]
				if random.IntN(20) == 0 {
					value[key+"s"] = odd(random, value[key])
				} else {
					value[key] = spoil(random, value[key])
				}
				return value
			}
		case []any:
			if len(value) > 0 {
				i := random.IntN(len(value))
				value[i] = spoil(random, value[i])
				return value
			}
		}
	}
	return odd(random, value)
}

// oddObject is one of the wholes with a few odd values, as JSON on one line.
func oddObject(t *testing.T, random *rand.Rand) string {
	t.Helper()
	for {
		var object any
		require.NoError(t, json.Unmarshal([]byte(wholes[random.IntN(len(wholes))]), &object))
		for range 1 + random.IntN(3) {
			object = spoil(random, object)
		}
		if _, ok := object.(map[string]any); ok {
			text, err := json.Marshal(object)
			require.NoError(t, err)
			return string(text)
		}
	}
}

// TestOddObjectsSpoilNothing puts odd objects between good ones, as documents and as items of a List, and demands what
// is found in the good ones.
func TestOddObjectsSpoilNothing(t *testing.T) {
	t.Parallel()
	run := report.Run{Engine: newEngine(t)}
	var compact any
	require.NoError(t, yaml.Unmarshal([]byte(mistaken), &compact))
	encoded, err := json.Marshal(compact)
	require.NoError(t, err)
	good := string(encoded)

	for seed := range uint64(2) {
		random := rand.New(rand.NewPCG(seed, 10))
		var lines []string
		for range 50 {
			lines = append(lines, oddObject(t, random), good)
		}
		for name, text := range map[string]string{
			"documents": strings.Join(lines, "\n") + "\n",
			"a List":    `{"apiVersion": "v1", "kind": "List", "items": [` + strings.Join(lines, ",\n") + "]}\n",
		} {
			run.Stdin = strings.NewReader(text)
			checked, err := run.Check(t.Context(), []string{"-"})
			require.NoError(t, err, "seed %d", seed)
			found := map[int][]string{}
			for _, finding := range checked.Violations {
				found[finding.Line] = append(found[finding.Line], finding.Rule)
			}
			run.Stdin = strings.NewReader(text)
			explained, err := run.Explain(t.Context(), []string{"-"})
			require.NoError(t, err, "seed %d", seed)
			used := map[int]int{}
			for _, use := range explained.Uses {
				used[use.Line]++
			}
			for i := range lines {
				if i%2 == 1 {
					require.Equal(t, []string{"tag-mutable", "mutable-tag-cached"}, found[i+1], "%s, seed %d, line %d, after %s", name, seed, i+1, lines[i-1])
					require.Equal(t, 1, used[i+1], "%s, seed %d, line %d, after %s", name, seed, i+1, lines[i-1])
				}
			}
			for _, problem := range append(checked.Errors, explained.Errors...) {
				require.Equal(t, "-", problem.File)
				require.Equal(t, 1, problem.Line%2, "%s, seed %d: %v", name, seed, problem)
			}
		}
	}
}

// FuzzCheckBesideGood reads any bytes beside good files.
func FuzzCheckBesideGood(f *testing.F) {
	for _, whole := range wholes {
		f.Add([]byte(whole))
	}
	for _, text := range []string{"", "{", "a: &a [*a]", "kind: Pod\nspec: {containers: [[{image: x, imagePullPolicy: Never}]]}", "\x00", "---\n...\n", "- a"} {
		f.Add([]byte(text))
	}
	engine := newEngine(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		dir := t.TempDir()
		write(t, dir, "a.yaml", mistaken)
		write(t, dir, "m.yaml", string(text))
		write(t, dir, "z.yaml", mistaken)
		run := report.Run{Engine: engine}
		checked, err := run.Check(t.Context(), []string{dir})
		require.NoError(t, err)
		good := slices.DeleteFunc(checked.Violations, func(f report.Finding) bool { return strings.HasSuffix(f.File, "m.yaml") })
		assert.Len(t, good, 4)
		_, err = run.Explain(t.Context(), []string{dir})
		require.NoError(t, err)
	})
}

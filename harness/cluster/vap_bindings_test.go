//go:build cluster

package cluster_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/vap"
)

// TestNativeBindings demands of the shipped bindings that they leave kube-system alone, deny where their parameters are
// missing, check hundreds of containers, and deny what costs too much to check.
func TestNativeBindings(t *testing.T) {
	const bound, unset, globs = "native-bindings", "native-parameters-missing", "native-globs"
	installNative(t)
	newBoundNamespace(t, bound, bound)
	labelNamespace(t, "kube-system", bound+"=")
	t.Cleanup(func() {
		_, err := shared.kubectlIn(context.Background(), "", nil, "label", "namespace", "kube-system", bound+"-")
		require.NoError(t, err)
	})
	var preloaded []any
	for i := range 200 {
		preloaded = append(preloaded, fmt.Sprintf("registry.example.com/team-%03d/**", i))
	}
	require.Empty(t, bind(t, "pullpolicy", globs, bound, object{"preloadedImages": preloaded}))
	require.Empty(t, bind(t, "pullpolicy", unset, bound, nil))
	require.Empty(t, bind(t, "pullpolicy", bound, bound, object{}))
	untilBound(t, bound, bound)

	for name, c := range map[string]struct {
		namespace string
		manifest  object
		want      []string // what the denial says, nil where it is allowed
	}{
		"a mistake":                        {bound, cachedPod(bound), []string{"mutable-tag-cached"}},
		"a mistake in kube-system":         {"kube-system", cachedPod(bound), nil},
		"no parameters":                    {bound, cachedPod(unset), []string{"no params found"}},
		"250 containers":                   {bound, manyContainers(bound, 250, ":1.2.3"), nil},
		"250 mistakes":                     {bound, manyContainers(bound, 250, ""), []string{"mutable-tag-cached", `container "c1" `}},
		"20 containers and 200 globs":      {bound, manyContainers(globs, 20, ":1.2.3"), nil},
		"more containers than are checked": {bound, manyContainers(bound, 1500, ":1.2.3"), []string{"cost limit exceeded"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := workloadOf(c.manifest).path(c.namespace) + "?dryRun=All"
			answer, err := shared.send(t.Context(), http.MethodPost, path, c.manifest)
			require.NoError(t, err)
			if c.want == nil {
				require.Equal(t, http.StatusCreated, answer.status, string(answer.body))
				require.Empty(t, nativeWarnings(answer))
			}
			for _, want := range c.want {
				require.Equal(t, http.StatusUnprocessableEntity, answer.status, string(answer.body))
				require.Contains(t, strings.Join(nativeDenials(t, answer), "\n"), want)
			}
		})
	}
}

// TestNativeUpdates demands that what was there before the policy, and breaks its rules, can be updated as long as its
// pod spec stays as it is, or is mended.
func TestNativeUpdates(t *testing.T) {
	const bound = "native-updates"
	replicaSet := workload{"apps/v1", "ReplicaSet"}
	installNative(t)
	newBoundNamespace(t, bound, bound)
	for _, w := range []workload{pod, deployment, replicaSet} {
		manifest := w.manifest("app", container.podSpec("nginx", ifNotPresent))
		manifest["metadata"].(object)["labels"] = object{parametersLabel: bound}
		manifest["metadata"].(object)["finalizers"] = []any{"pullpolicy.github.io/test"}
		status, answer, err := shared.do(t.Context(), http.MethodPost, w.path(bound), manifest)
		require.NoError(t, err)
		require.Equal(t, http.StatusCreated, status, string(answer))
	}
	require.Empty(t, bind(t, "pullpolicy", bound, bound, object{}))
	untilBound(t, bound, bound)

	steps := []struct {
		args   string
		denied bool
	}{
		{"label pod/app tier=web", false},
		{"set image pod/app app=nginx:latest", true},
		{"set image pod/app app=nginx:1", false},
		{"delete pod/app --wait=false --grace-period=0", false},
		{`patch pod/app --type=merge --patch={"metadata":{"finalizers":null}}`, false},
		{`patch replicaset/app --type=merge --patch={"spec":{"replicas":0}}`, false},
		{`patch deployment/app --type=merge --patch={"spec":{"replicas":2}}`, false},
		{"set image deployment/app app=nginx:latest", true},
		{"set env deployment/app A=b", true},
		{"set image deployment/app app=nginx:1", false},
		{"set env deployment/app A=b", false},
	}
	compare(t, "native admission: updates of what was there before", func(tally *tally) {
		for _, step := range steps {
			tally.cases++
			_, err := shared.kubectlIn(t.Context(), bound, nil, strings.Fields(step.args)...)
			if refused := err != nil; refused != step.denied || refused && !strings.Contains(err.Error(), "mutable-tag-cached: ") {
				tally.disagree("%s: want it denied is %v, got: %v", step.args, step.denied, err)
			}
		}
	})
}

// manyContainers is a Deployment with images of 96 characters where the tag is one of six, whose policies differ.
func manyContainers(set string, n int, tag string) object {
	var containers []any
	for i := range n {
		containers = append(containers, object{
			"name":            fmt.Sprintf("c%d", i),
			"image":           fmt.Sprintf("registry.example.com/shop/%064d%s", i, tag),
			"imagePullPolicy": []string{always, ifNotPresent}[i%2],
		})
	}
	manifest := deployment.manifest("many", object{"containers": containers})
	manifest["metadata"].(object)["labels"] = object{parametersLabel: set}
	return manifest
}

// TestNativeProfiles demands that the API server accepts the bindings and parameters of each profile.
func TestNativeProfiles(t *testing.T) {
	installNative(t)
	for _, profile := range harness.Profiles() {
		file := filepath.Join(nativeFolder, "profiles", profile+".yaml")
		printed, err := shared.kubectlIn(t.Context(), "default", nil, "apply", "--server-side", "--dry-run=server", "-f", file)
		require.NoError(t, err)
		require.Len(t, strings.Split(strings.TrimSpace(string(printed)), "\n"), 4, string(printed))
	}
}

// installNative applies what the bundle ships as its README says.
func installNative(t *testing.T) {
	t.Helper()
	_, err := shared.kubectlIn(t.Context(), "default", nil, "apply", "--server-side", "-f", nativeFolder)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		status, _, err := shared.do(t.Context(), http.MethodGet, parametersPath, nil)
		return err == nil && status == http.StatusOK
	}, time.Minute, 50*time.Millisecond, "%s is not served", parametersPath)
}

// bind creates the parameters and bindings of the shipped profile baseline, with other parameters. They are for objects
// with the label of the set alone, in namespaces with the label given. Parameters that are nil are left out. It returns
// with what the API server rejects the parameters.
func bind(t *testing.T, policy, set, namespaceLabel string, parameters any) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(nativeFolder, "profiles/baseline.yaml"))
	require.NoError(t, err)
	var refusals []string
	for _, document := range documents(t, text) {
		name := strings.Replace(nameIn(document), "pullpolicy", policy+"-"+set, 1)
		document["metadata"] = object{"name": name}
		path, spec := parametersPath, document["spec"].(object)
		switch {
		case document["kind"] == vap.Kind && parameters == nil:
			continue
		case document["kind"] == vap.Kind:
			document["spec"] = parameters
			if given, ok := parameters.(object); ok {
				given = maps.Clone(given)
				given["severities"] = spec["severities"]
				document["spec"] = given
			}
		default:
			path = admissionPath + "validatingadmissionpolicybindings"
			spec["policyName"] = policy
			spec["paramRef"].(object)["name"] = name
			match := spec["matchResources"].(object)
			match["namespaceSelector"].(object)["matchLabels"] = object{namespaceLabel: ""}
			match["objectSelector"] = object{"matchLabels": object{parametersLabel: set}}
		}
		status, answer, err := shared.do(t.Context(), http.MethodPost, path+"?fieldValidation=Strict", document) // as kubectl does
		require.NoError(t, err)
		if status == http.StatusCreated {
			t.Cleanup(func() { removeAt(t, path+"/"+name) })
			continue
		}
		require.Equal(t, parametersPath, path, string(answer))
		refusals = append(refusals, string(answer))
	}
	return refusals
}

// newBoundNamespace creates a namespace with the label that bindings want.
func newBoundNamespace(t *testing.T, name, label string) {
	t.Helper()
	newNamespace(t, name)
	labelNamespace(t, name, label+"=")
}

// untilBound waits until the bindings of a set are in force in a namespace. What was bound before them is, too, then.
func untilBound(t *testing.T, namespace, set string) {
	t.Helper()
	probe := cachedPod(set)
	require.Eventually(t, func() bool {
		answer, err := shared.send(t.Context(), http.MethodPost, pod.path(namespace)+"?dryRun=All", probe)
		return err == nil && answer.status == http.StatusUnprocessableEntity && len(nativeWarnings(answer)) > 0
	}, time.Minute, 100*time.Millisecond, "the bindings of %s are not in force", set)
}

// cachedPod is a Pod that is denied and warned of by default.
func cachedPod(set string) object {
	manifest := pod.manifest("cached", container.podSpec("nginx", ifNotPresent))
	manifest["metadata"].(object)["labels"] = object{parametersLabel: set}
	return manifest
}

func removeAt(t *testing.T, path string) {
	status, answer, err := shared.do(context.Background(), http.MethodDelete, path, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status, string(answer))
}

func labelNamespace(t *testing.T, namespace, label string) {
	t.Helper()
	_, err := shared.kubectlIn(t.Context(), "", nil, "label", "--overwrite", "namespace", namespace, label)
	require.NoError(t, err)
}

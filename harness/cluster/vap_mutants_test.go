//go:build cluster

package cluster_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// nativeMutants are mistakes in the policy, each a text in it and what stands there in place of it, and one that is none.
var nativeMutants = []struct{ name, text, mistake string }{
	{"init containers are overlooked", ".?initContainers.orValue([])", ".?initialContainers.orValue([])"},
	{"image volumes are overlooked", "has(v.image)", "has(v.picture)"},
	{"Never looks for a moved tag", "f.policy != 'Always' && f.refreshed", "f.policy == 'IfNotPresent' && f.refreshed"},
	{"a digest does not pin", "valid && p.digest == ''", "valid"},
	{"latest is a version", "p.tag in ['', ':latest']", "p.tag in ['']"},
	{"each use gets its own answer", "filter(p, t.subject + p in variables.written)", "filter(p, p == t.policy)"},
	{"any init container brings the image up to date", "s.policy == 'Always' && !", "!"},
	{"volumes are there after init containers", "&& !(s.full in variables.mounted)", ""},
	{"short names are not normalised", "? 'docker.io/library/' + p", "? p"},
	{"none", "variables:", "variables:"},
}

// TestNativeMutants demands that the comparison of TestNativeAdmission notices each mistake, with the fixtures,
// references and Pods that have no parameters.
func TestNativeMutants(t *testing.T) {
	const free = nativeFree + "-of-mutants"
	newNamespace(t, free)
	installNative(t)
	requests := slices.DeleteFunc(slices.Concat(requestsOf(t), requestsOfReferences(t), requestsGenerated(t, 1, 100)), func(r *request) bool {
		return nativeDiffers[r.file] != "" || r.apart != "" || r.parameters != nil || r.operation != "CREATE" || !slices.Contains(workloads, workloadOf(r.object))
	})
	asked := askedOf(t, newEngine(t), requests, free)
	shipped, err := os.ReadFile(filepath.Join(nativeFolder, "policy.yaml"))
	require.NoError(t, err)

	name := func(i int) string { return fmt.Sprintf("mutant-%d", i) }
	for i, mutant := range nativeMutants {
		require.Contains(t, string(shipped), mutant.text, mutant.name)
		createPolicy(t, name(i), strings.ReplaceAll(string(shipped), mutant.text, mutant.mistake))
		newBoundNamespace(t, name(i), name(i))
		require.Empty(t, bind(t, name(i), nameOf(nil), name(i), object{}))
	}
	compare(t, "native admission: mistakes noticed", func(tally *tally) {
		for i, mutant := range nativeMutants {
			tally.cases++
			untilBound(t, name(i), nameOf(nil))
			if got, want := noticed(t, asked, name(i)), mutant.text != mutant.mistake; got != want {
				tally.disagree("%s: noticed is %v, want %v", mutant.name, got, want)
			}
		}
	})
}

// noticed says whether an answer in the namespace is another than the engine's.
func noticed(t *testing.T, asked []*admission, namespace string) bool {
	t.Helper()
	for some := range slices.Chunk(asked, 100) {
		sendAll(t, some, func(*admission) string { return namespace }, "?dryRun=All")
		if slices.ContainsFunc(some, func(a *admission) bool { return a.difference(t) != "" }) {
			return true
		}
	}
	return false
}

// createPolicy creates another ValidatingAdmissionPolicy.
func createPolicy(t *testing.T, name, text string) {
	t.Helper()
	policy := documents(t, []byte(text))[0]
	policy["metadata"] = object{"name": name}
	path := admissionPath + "validatingadmissionpolicies"
	status, answer, err := shared.do(t.Context(), http.MethodPost, path, policy)
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, status, string(answer))
	t.Cleanup(func() { removeAt(t, path+"/"+name) })
}

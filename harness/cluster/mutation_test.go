//go:build cluster

package cluster_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
)

const (
	shippedMutators  = "../../bundle/mutation"
	shippedReady     = "../../bundle/constraints"
	shippedPatch     = "../../bundle/webhook/mutate-ephemeral-containers.yaml"
	ephemeralMutator = shippedMutators + "/always-ephemeral-containers.yaml"
	assignPath       = "/apis/mutations.gatekeeper.sh/v1/assign"
)

// TestMutators applies the mutators that the bundle ships, unchanged, to a cluster in which there is something already,
// and demands that they write what the rules are content with, and what their README says of them.
func TestMutators(t *testing.T) {
	g := newGatekeeper(t, "--audit-interval", "0")
	for _, namespace := range []string{"before", "after", "kept"} {
		g.createNamespace(t, namespace, nil)
	}
	g.createCached(t, "before")
	g.createNeverDebugged(t, "before")
	g.defineRollout(t)
	_, err := g.kubectlIn(t.Context(), "default", nil, "apply", "--server-side", "-k", filepath.Dir(shippedTemplate))
	require.ErrorContains(t, err, "ensure CRDs are installed first", "the first time, as its comment says, it takes the template alone")
	g.untilServed(t, constraintPath)
	g.mutate(t, "Fail")
	g.guard(t, "Fail")

	for _, test := range []struct {
		what string
		run  func(*testing.T, *tally)
	}{
		{"a mutator that fills in what is missing", g.fillsNothingIn},
		{"Constraints ready to use, and kubectl apply -k", g.takesReady},
		{"mutators", g.takesMutators},
		{"objects of every kind, mutated", g.mutatesTemplates},
		{"updates of what was there before", g.sparesUpdates},
		{"ephemeral containers, mutated", g.mutatesEphemeral},
		{"custom resources, mutated", g.mutatesRollouts},
		{"a mutator without operations", g.breaksUpdates},
	} {
		t.Run(test.what, func(t *testing.T) {
			compare(t, "Gatekeeper "+g.version+": "+test.what, func(tally *tally) { test.run(t, tally) })
		})
	}
}

// fillsNothingIn shows that no mutator can tell a default from a choice: the API server has filled in the policy before.
func (g *gatekeeper) fillsNothingIn(t *testing.T, tally *tally) {
	g.assign(t, "fill-in", "Pod", "spec.containers[name: *].imagePullPolicy", object{"pathTests": []any{
		object{"subPath": "spec.containers[name: *].imagePullPolicy", "condition": "MustNotExist"},
	}})
	defer g.unassign(t, "fill-in")
	for _, image := range []string{release, latest} {
		tally.cases++
		stored := g.create(t, pod, "after", pod.manifest(rename(image), container.podSpec(image, nil)))
		want := map[string]string{release: ifNotPresent, latest: always}[image]
		if got := container.fields(podSpecOf(stored))["imagePullPolicy"]; got != want {
			tally.disagree("%s: stored is %v, want the default %s", image, got, want)
		}
	}
}

// rename is an image as part of a name.
func rename(image string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, image)
}

// assign creates a mutator that writes Always into a kind of the core group, and waits until it is enforced.
func (g *gatekeeper) assign(t *testing.T, name, kind, location string, parameters object) {
	t.Helper()
	parameters["assign"] = object{"value": always}
	status, answer, err := g.do(t.Context(), http.MethodPost, assignPath, object{
		"apiVersion": "mutations.gatekeeper.sh/v1", "kind": "Assign", "metadata": object{"name": name},
		"spec": object{
			"applyTo":    []any{object{"groups": []any{""}, "versions": []any{"v1"}, "kinds": []any{kind}}},
			"location":   location,
			"parameters": parameters,
		},
	})
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, status, string(answer))
	g.untilEnforced(t, assignPath)
}

func (g *gatekeeper) unassign(t *testing.T, name string) {
	t.Helper()
	status, answer, err := g.do(t.Context(), http.MethodDelete, assignPath+"/"+name, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status, string(answer))
}

// create creates an object and returns what is stored.
func (g *gatekeeper) create(t *testing.T, w workload, namespace string, manifest object) object {
	t.Helper()
	status, answer, err := g.do(t.Context(), http.MethodPost, w.path(namespace), manifest)
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, status, string(answer))
	var stored object
	require.NoError(t, json.Unmarshal(answer, &stored))
	return stored
}

// takesReady applies the Constraints that are ready to use, each and all, and the folder as kustomize builds it. The
// Constraint that demands Always is left in force.
func (g *gatekeeper) takesReady(t *testing.T, tally *tally) {
	files, err := filepath.Glob(filepath.Join(shippedReady, "*.yaml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		tally.cases++
		if _, err := g.kubectlIn(t.Context(), "default", nil, "apply", "--server-side", "-f", file); err != nil {
			tally.disagree("%s: %v", file, err)
		}
	}
	tally.cases++
	if _, err := g.kubectlIn(t.Context(), "default", nil, "apply", "--server-side", "-k", filepath.Dir(shippedTemplate)); err != nil {
		tally.disagree("kubectl apply -k: %v", err)
	}
	g.untilEnforced(t, constraintPath)
	for _, file := range append(files, shippedConstraints) {
		if filepath.Base(file) != "always.yaml" {
			_, err := g.kubectlIn(t.Context(), "default", nil, "delete", "-f", file)
			require.NoError(t, err)
		}
	}
	g.untilEnforced(t, constraintPath)
}

// takesMutators applies the mutators as their README says, under the API server's strict validation; but that of ephemeral
// containers, before which the webhook is to be patched.
func (g *gatekeeper) takesMutators(t *testing.T, tally *tally) {
	files, err := filepath.Glob(filepath.Join(shippedMutators, "*.yaml"))
	require.NoError(t, err)
	for _, file := range files {
		if file == ephemeralMutator {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		tally.cases += len(documents(t, text))
		if _, err := g.kubectlIn(t.Context(), "default", nil, "apply", "--server-side", "-f", file); err != nil {
			tally.disagree("%s: %v", file, err)
		}
	}
	g.untilEnforced(t, assignPath)
}

// mutatesTemplates creates an object of each kind with each policy in each place: the Constraint that demands Always has
// nothing to deny, and the engine finds nothing in what is stored. ReplicaSets are left to their Deployments.
func (g *gatekeeper) mutatesTemplates(t *testing.T, tally *tally) {
	engine := newEngine(t)
	for _, w := range workloads {
		for i, s := range slots {
			for j, policy := range []any{nil, always, ifNotPresent, never} {
				tally.cases++
				manifest := w.manifest(fmt.Sprintf("mutated-%d-%d", i, j), s.podSpec(release, policy))
				answer, err := g.send(t.Context(), http.MethodPost, w.path("after"), manifest)
				require.NoError(t, err)
				if w.kind == "ReplicaSet" {
					if denied := len(denialsIn(t, answer)) > 0; denied != (policy != always || s.list != "containers") {
						tally.disagree("%s, %s, %v: denied %t: %s", w.kind, s.list, policy, denied, answer.body)
					}
					continue
				}
				if answer.status != http.StatusCreated {
					tally.disagree("%s, %s, %v: %s", w.kind, s.list, policy, answer.body)
					continue
				}
				var stored object
				require.NoError(t, json.Unmarshal(answer.body, &stored))
				if found := judgeAlways(t, engine, stored); len(found) > 0 {
					tally.disagree("%s, %s, %v: %s", w.kind, s.list, policy, found)
				}
			}
		}
	}
}

// judgeAlways are the rules that the profile always finds broken in an object, but for what a mutator has no hand in.
func judgeAlways(t *testing.T, engine *harness.Engine, stored object) []string {
	t.Helper()
	review, err := harness.NewReview(stored, nil)
	require.NoError(t, err)
	verdict, err := engine.Judge(t.Context(), harness.Input{
		Reviews: []harness.Review{review}, Parameters: harness.Parameters{Profile: "always", Severities: []string{"error"}}.Value(),
	})
	require.NoError(t, err)
	var rules []string
	for _, violation := range verdict.Violations {
		rules = append(rules, violation.Msg)
	}
	return rules
}

// sparesUpdates labels what was there before the mutators: Pods and Jobs stay as they are, for their policies can never
// change, and other templates change now.
func (g *gatekeeper) sparesUpdates(t *testing.T, tally *tally) {
	g.unconstrain(t)
	for _, w := range workloads {
		for i, s := range slots {
			tally.cases++
			name := fmt.Sprintf("cached-%d", i)
			if _, err := g.kubectlIn(t.Context(), "before", nil, "label", w.kind, name, "touched=yes"); err != nil {
				tally.disagree("%s %s: %v", w.kind, name, err)
				continue
			}
			want := always
			if w.kind == "Pod" || w.kind == "Job" || w.kind == "ReplicaSet" {
				want = ifNotPresent
			}
			if got := s.fields(podSpecOf(g.stored(t, w, "before", name)))[s.policy]; got != want {
				tally.disagree("%s %s: stored is %v, want %s", w.kind, name, got, want)
			}
		}
	}
}

// unconstrain deletes the Constraint that demands Always, so that only the mutators and the API server speak.
func (g *gatekeeper) unconstrain(t *testing.T) {
	t.Helper()
	_, err := g.kubectlIn(t.Context(), "default", nil, "delete", "-f", filepath.Join(shippedReady, "always.yaml"))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		answer, err := g.send(t.Context(), http.MethodPost, "/apis/apps/v1/namespaces/after/replicasets?dryRun=All",
			workload{"apps/v1", "ReplicaSet"}.manifest("free", container.podSpec(release, ifNotPresent)))
		return err == nil && answer.status == http.StatusCreated
	}, time.Minute, 100*time.Millisecond, "the Constraint is still in force")
}

func (g *gatekeeper) stored(t *testing.T, w workload, namespace, name string) object {
	t.Helper()
	status, answer, err := g.do(t.Context(), http.MethodGet, w.path(namespace)+"/"+name, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status, string(answer))
	var stored object
	require.NoError(t, json.Unmarshal(answer, &stored))
	return stored
}

// createNeverDebugged creates a Pod with an ephemeral container that never pulls.
func (g *gatekeeper) createNeverDebugged(t *testing.T, namespace string) {
	t.Helper()
	g.create(t, pod, namespace, pod.manifest("debugged", container.podSpec(release, ifNotPresent)))
	require.NoError(t, g.debug(t, namespace, "debugged", "old", never))
}

// debug adds an ephemeral container to a Pod with kubectl debug.
func (g *gatekeeper) debug(t *testing.T, namespace, pod, name, policy string) error {
	t.Helper()
	_, err := g.kubectlIn(t.Context(), namespace, nil, "debug", "pod/"+pod, "--image", release, "--container", name,
		"--profile", "general", "--image-pull-policy", policy)
	return err
}

// mutatesEphemeral adds ephemeral containers: the webhook that ships is not asked about them, the patched one is. Then
// nothing can be changed about a Pod that has one with another policy.
func (g *gatekeeper) mutatesEphemeral(t *testing.T, tally *tally) {
	label := func() error {
		_, err := g.kubectlIn(t.Context(), "before", nil, "label", "--overwrite", "pod", "debugged", "touched="+fmt.Sprint(tally.cases))
		return err
	}
	tally.cases++
	require.NoError(t, label())
	_, err := g.kubectlIn(t.Context(), "default", nil, "apply", "--server-side", "-f", ephemeralMutator)
	require.NoError(t, err)
	g.untilEnforced(t, assignPath)

	tally.cases++
	g.create(t, pod, "after", pod.manifest("debugged", container.podSpec(release, nil)))
	require.NoError(t, g.debug(t, "after", "debugged", "unasked", never))
	if got := g.ephemeral(t, "after"); !slices.Equal(got, []any{never}) {
		tally.disagree("as it ships, the webhook is asked about ephemeral containers: %v", got)
	}

	_, err = g.kubectlIn(t.Context(), "default", nil, "patch", "mutatingwebhookconfiguration",
		"gatekeeper-mutating-webhook-configuration", "--patch-file", shippedPatch)
	require.NoError(t, err)
	require.Eventually(t, func() bool { // the API server learns of it in its own time, and the Pod takes no more then
		return g.debug(t, "before", "debugged", fmt.Sprintf("new-%d", time.Now().UnixNano()), always) != nil
	}, time.Minute, 100*time.Millisecond, "the patched webhook is not asked")

	g.create(t, pod, "kept", pod.manifest("debugged", container.podSpec(release, nil)))
	for _, policy := range []string{always, ifNotPresent, never} {
		require.NoError(t, g.debug(t, "kept", "debugged", strings.ToLower(policy), policy))
	}
	tally.cases += 3
	if got := g.ephemeral(t, "kept"); !slices.Equal(got, []any{always, always, always}) {
		tally.disagree("patched, the webhook leaves %v", got)
	}

	tally.cases++
	if err := label(); err == nil || !strings.Contains(err.Error(), "pod updates may not change fields other than") {
		tally.disagree("label a Pod with an ephemeral container that never pulls: %v", err)
	}
}

// ephemeral are the policies of the ephemeral containers of the Pod debugged.
func (g *gatekeeper) ephemeral(t *testing.T, namespace string) []any {
	t.Helper()
	var policies []any
	for _, element := range g.stored(t, pod, namespace, "debugged")["spec"].(object)["ephemeralContainers"].([]any) {
		policies = append(policies, element.(object)["imagePullPolicy"])
	}
	return policies
}

func (g *gatekeeper) defineRollout(t *testing.T) {
	t.Helper()
	g.createDefinition(t, object{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": object{"name": "rollouts.argoproj.io"},
		"spec": object{
			"group": "argoproj.io", "scope": "Namespaced",
			"names": object{"kind": "Rollout", "plural": "rollouts", "singular": "rollout"},
			"versions": []any{object{
				"name": "v1alpha1", "served": true, "storage": true,
				"schema": object{"openAPIV3Schema": object{"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
			}},
		},
	})
	g.untilServed(t, rollout.path("before"))
}

var rollout = workload{"argoproj.io/v1alpha1", "Rollout"}

// mutatesRollouts creates custom resources: what is left out is Always, and what is declared stays.
func (g *gatekeeper) mutatesRollouts(t *testing.T, tally *tally) {
	for i, s := range slots {
		for _, policy := range []any{nil, ifNotPresent, never} {
			tally.cases++
			manifest := rollout.manifest(strings.ToLower(fmt.Sprintf("mutated-%d-%v", i, policy != nil)+fmt.Sprint(policy == never)), s.podSpec(release, policy))
			var want any = always
			if policy != nil {
				want = policy
			}
			stored := g.create(t, rollout, "after", manifest)
			if got := s.fields(podSpecOf(stored))[s.policy]; got != want {
				tally.disagree("%s, %v: stored is %v, want %v", s.list, policy, got, want)
			}
		}
	}
}

// breaksUpdates shows why the mutators of Pods name their operation: without it, nothing can be changed about a Pod that
// was there before.
func (g *gatekeeper) breaksUpdates(t *testing.T, tally *tally) {
	g.assign(t, "always-on-updates", "Pod", "spec.containers[name: *].imagePullPolicy", object{})
	defer g.unassign(t, "always-on-updates")
	tally.cases++
	_, err := g.kubectlIn(t.Context(), "before", nil, "label", "pod", "cached-0", "broken=yes")
	if err == nil || !strings.Contains(err.Error(), "pod updates may not change fields other than") {
		tally.disagree("label a Pod: %v", err)
	}
}

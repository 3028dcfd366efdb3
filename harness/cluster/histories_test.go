//go:build cluster

package cluster_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/report"
)

const (
	latest  = "my-image:latest"
	release = "my-image:my-release"

	always       = "Always"
	ifNotPresent = "IfNotPresent"
	never        = "Never"
	omitted      = ""
)

// A step is one thing that is done to the object of a case.
type step func(ctx context.Context, c *historyCase) error

// sends is a step that sends the case's manifest to a verb of kubectl.
func sends(image, policy string, args ...string) step {
	return func(ctx context.Context, c *historyCase) error {
		var written any
		if policy != omitted {
			written = policy
		}
		_, err := shared.kubectlIn(ctx, c.namespace, c.manifest(c.object, c.podSpec(image, written)), append(args, "-f", "-")...)
		return err
	}
}

func create(image, policy string) step  { return sends(image, policy, "create") }
func replace(image, policy string) step { return sends(image, policy, "replace") }
func apply(image, policy string) step   { return sends(image, policy, "apply") }

func applyServerSide(image, policy string) step {
	return sends(image, policy, "apply", "--server-side")
}

func applyServerSideAs(manager, image, policy string) step {
	return sends(image, policy, "apply", "--server-side", "--force-conflicts", "--field-manager", manager)
}

func setImage(image string) step {
	return func(ctx context.Context, c *historyCase) error {
		_, err := shared.kubectlIn(ctx, c.namespace, nil, "set", "image", c.kind+"/"+c.object, "app="+image)
		return err
	}
}

// patchPolicy writes the policy alone into the template's container.
func patchPolicy(policy string) step {
	return func(ctx context.Context, c *historyCase) error {
		patch := `{"spec":{"template":{"spec":{"containers":[{"name":"app","imagePullPolicy":"` + policy + `"}]}}}}`
		_, err := shared.kubectlIn(ctx, c.namespace, nil, "patch", c.kind+"/"+c.object, "--patch", patch)
		return err
	}
}

// refused demands that the API server rejects a step.
func refused(s step) step {
	return func(ctx context.Context, c *historyCase) error {
		if err := s(ctx, c); err == nil || !strings.Contains(err.Error(), "is invalid") {
			return fmt.Errorf("want it rejected, got: %w", err)
		}
		return nil
	}
}

// What can be read of a stored policy's past.
const (
	noAnnotation = "no annotation"
	leftOut      = "left out"

	byCreate      = "kubectl-create/Update"
	byReplace     = "kubectl-replace/Update"
	byPatch       = "kubectl-patch/Update"
	byApply       = "kubectl-client-side-apply/Update"
	byServerApply = "kubectl/Apply"
	byNobody      = ""
)

// A trace is a stored policy, and what the object says of where it comes from.
type trace struct {
	policy  string
	owners  string // of the policy field, by managedFields
	applied string // the policy in the last-applied annotation
}

// A sight is in which outputs of kubectl get policy-stale finds the policy.
type sight int

const (
	unseen  sight = iota
	managed       // only with --show-managed-fields
	plain         // only without: managedFields clears it
	both
)

// A historyCase is what is done to an object, and what must be stored then.
type historyCase struct {
	name string
	workload
	slot
	steps []step
	want  trace
	seen  sight

	namespace, object string
}

var (
	pod        = workload{"v1", "Pod"}
	deployment = workload{"apps/v1", "Deployment"}

	container, initContainer, volume = slots[0], slots[1], slots[2]
)

// of is a case.
func of(w workload, s slot, name string, want trace, seen sight, steps ...step) *historyCase {
	name = w.kind + ", " + s.list + ": " + name
	return &historyCase{name: name, workload: w, slot: s, steps: steps, want: want, seen: seen}
}

// historyCases are all of them; a policy that was stored with an earlier image and could not be told from a choice
// is unseen here, and only the update itself shows it.
func historyCases() []*historyCase {
	cases := []*historyCase{
		// The article's own example, and its mirror.
		of(pod, container, "created with latest, image set", trace{always, byCreate, noAnnotation}, unseen,
			create(latest, omitted), setImage(release)),
		of(pod, container, "created with a release, latest set", trace{ifNotPresent, byCreate, noAnnotation}, unseen,
			create(release, omitted), setImage(latest)),
		of(pod, container, "applied with latest, image applied", trace{always, byApply, leftOut}, both,
			apply(latest, omitted), apply(release, omitted)),
		of(pod, container, "replaced with another image", trace{always, byCreate, noAnnotation}, unseen,
			create(latest, omitted), refused(replace(release, omitted))),
		of(pod, container, "the policy dropped", trace{never, byServerApply, noAnnotation}, unseen,
			applyServerSide(release, never), refused(applyServerSide(release, omitted))),

		of(deployment, container, "created with latest, image set", trace{always, byCreate, noAnnotation}, unseen,
			create(latest, omitted), setImage(release)),
		of(deployment, container, "created with a release, latest set", trace{ifNotPresent, byCreate, noAnnotation}, unseen,
			create(release, omitted), setImage(latest)),
		of(deployment, container, "created with a policy, image set", trace{always, byCreate, noAnnotation}, unseen,
			create(latest, always), setImage(release)),
		of(deployment, container, "created, replaced", trace{ifNotPresent, byReplace, noAnnotation}, unseen,
			create(latest, omitted), replace(release, omitted)),
		of(deployment, container, "created, image applied", trace{always, byCreate, leftOut}, both,
			create(latest, omitted), apply(release, omitted)),
		of(deployment, container, "created, image applied by the server", trace{always, byCreate, noAnnotation}, unseen,
			create(latest, omitted), applyServerSideAs("kubectl", release, omitted)),

		of(deployment, container, "applied and left alone", trace{always, byApply, leftOut}, unseen,
			apply(latest, omitted)),
		of(deployment, container, "applied, image applied", trace{always, byApply, leftOut}, both,
			apply(latest, omitted), apply(release, omitted)),
		of(deployment, container, "applied, latest applied", trace{ifNotPresent, byApply, leftOut}, both,
			apply(release, omitted), apply(latest, omitted)),
		of(deployment, container, "applied, image set", trace{always, byApply, leftOut}, both,
			apply(latest, omitted), setImage(release)),
		of(deployment, container, "applied with a policy, image applied", trace{always, byApply, always}, unseen,
			apply(latest, always), apply(release, always)),
		of(deployment, container, "applied, the policy dropped", trace{ifNotPresent, byApply, leftOut}, unseen,
			apply(release, never), apply(release, omitted)),
		of(deployment, container, "applied, the policy dropped with the image", trace{always, byApply, leftOut}, unseen,
			apply(release, never), apply(latest, omitted)),
		of(deployment, container, "applied, Always patched", trace{always, byPatch, leftOut}, plain,
			apply(release, omitted), patchPolicy(always)),
		of(deployment, container, "applied, Never patched", trace{never, byPatch, leftOut}, unseen,
			apply(release, omitted), patchPolicy(never)),
		of(deployment, container, "applied by the server with a policy, applied without",
			trace{always, "other/Apply", leftOut}, plain,
			applyServerSideAs("other", release, always), apply(release, omitted)),
		of(deployment, container, "applied, applied by another on the server", trace{ifNotPresent, byNobody, noAnnotation}, unseen,
			apply(latest, omitted), applyServerSideAs("other", release, omitted)),
		of(deployment, container, "applied, replaced", trace{ifNotPresent, byReplace, noAnnotation}, unseen,
			apply(latest, omitted), replace(release, omitted)),
		of(deployment, container, "applied, image applied by the server", trace{ifNotPresent, byNobody, leftOut}, unseen,
			apply(latest, omitted), applyServerSide(release, omitted)),

		of(deployment, container, "applied by the server and left alone", trace{always, byNobody, noAnnotation}, unseen,
			applyServerSide(latest, omitted)),
		of(deployment, container, "applied by the server, image applied", trace{always, byNobody, noAnnotation}, managed,
			applyServerSide(latest, omitted), applyServerSide(release, omitted)),
		of(deployment, container, "applied by the server, latest applied", trace{ifNotPresent, byNobody, noAnnotation}, managed,
			applyServerSide(release, omitted), applyServerSide(latest, omitted)),
		of(deployment, container, "applied by the server, image set", trace{always, byNobody, noAnnotation}, managed,
			applyServerSide(latest, omitted), setImage(release)),
		of(deployment, container, "applied by the server with a policy, image applied",
			trace{always, byServerApply, noAnnotation}, unseen,
			applyServerSide(latest, always), applyServerSide(release, always)),
		of(deployment, container, "applied by the server, the policy dropped",
			trace{ifNotPresent, byNobody, noAnnotation}, unseen,
			applyServerSide(release, never), applyServerSide(release, omitted)),
		of(deployment, container, "applied by the server, Always patched", trace{always, byPatch, noAnnotation}, unseen,
			applyServerSide(release, omitted), patchPolicy(always)),
		of(deployment, container, "applied by two managers, the policy dropped by one",
			trace{always, "other/Apply", noAnnotation}, unseen,
			applyServerSide(latest, always), applyServerSideAs("other", release, always),
			applyServerSide(release, omitted)),
	}

	for _, s := range []slot{initContainer, volume} {
		cases = append(cases,
			of(deployment, s, "applied, image applied", trace{always, byApply, leftOut}, both,
				apply(latest, omitted), apply(release, omitted)),
			of(deployment, s, "applied by the server, image applied", trace{always, byNobody, noAnnotation}, managed,
				applyServerSide(latest, omitted), applyServerSide(release, omitted)),
			of(deployment, s, "created, replaced", trace{ifNotPresent, byReplace, noAnnotation}, unseen,
				create(latest, omitted), replace(release, omitted)),
			of(deployment, s, "applied by the server with a policy, image applied",
				trace{always, byServerApply, noAnnotation}, unseen,
				applyServerSide(latest, always), applyServerSide(release, always)),
		)
	}
	for _, w := range workloads {
		if w.kind == "Job" {
			cases = append(cases, of(w, container, "image applied", trace{always, byApply, leftOut}, unseen,
				apply(latest, omitted), refused(apply(release, omitted))))
			continue
		}
		cases = append(cases,
			of(w, container, "applied by the server, image applied", trace{always, byNobody, noAnnotation}, managed,
				applyServerSide(latest, omitted), applyServerSide(release, omitted)),
			of(w, container, "applied, image set", trace{always, byApply, leftOut}, both,
				apply(latest, omitted), setImageIn(w, release)),
		)
	}
	for i, c := range cases {
		c.namespace, c.object = "histories", fmt.Sprintf("%s-%d", strings.ToLower(c.kind), i)
	}
	return cases
}

// setImageIn is setImage, but kubectl knows no images in a PodTemplate, which is applied again instead.
func setImageIn(w workload, image string) step {
	if w.kind == "PodTemplate" {
		return apply(image, omitted)
	}
	return setImage(image)
}

// TestHistories does to objects what people do, and demands of each what is stored then and what shows where it comes
// from; and of policy-stale that it finds, in what kubectl get prints of the whole cluster, what can be seen there.
func TestHistories(t *testing.T) {
	newNamespace(t, "histories")
	cases := historyCases()
	compare(t, "histories of a policy", func(tally *tally) {
		var mu sync.Mutex
		inParallel(4, cases, func(c *historyCase) {
			got, err := c.run(t.Context())
			mu.Lock()
			defer mu.Unlock()
			tally.cases++
			if err != nil || got != c.want {
				tally.disagree("%s: got %q, want %q (%v)", c.name, got, c.want, err)
			}
		})
	})

	var kinds []string
	for _, w := range workloads {
		kinds = append(kinds, w.kind)
	}
	for _, output := range []struct {
		what string
		args []string
		kind string // "" is every kind
		seen []sight
	}{
		{"get deployments -A -o yaml", []string{"deployments", "-A"}, "Deployment", []sight{plain, both}},
		{"get deployments -A -o yaml --show-managed-fields", []string{"deployments", "-A", "--show-managed-fields"},
			"Deployment", []sight{managed, both}},
		{"get of every kind", []string{strings.Join(kinds, ",")}, "", []sight{plain, both}},
		{"get of every kind, with managed fields", []string{strings.Join(kinds, ","), "--show-managed-fields"},
			"", []sight{managed, both}},
	} {
		compare(t, "stale policies in kubectl "+output.what, func(tally *tally) {
			want := []string{}
			for _, c := range cases {
				if slices.Contains(output.seen, c.seen) && (output.kind == "" || output.kind == c.kind) {
					want = append(want, c.object+" "+c.list)
				}
			}
			printed, err := shared.kubectlIn(t.Context(), "histories", nil, append([]string{"get", "-o", "yaml"}, output.args...)...)
			require.NoError(t, err)
			checked, stale := check(t, printed)
			tally.cases = checked.Summary.Images
			if !assert.ElementsMatch(t, want, stale) {
				tally.disagree("%s", output.what)
			}
		})
	}
}

// TestMutated has the API server write Always into every Deployment of a namespace, as webhooks do. Nobody owns that
// policy either, so policy-stale takes it for an old default as soon as the object was edited, but not before.
func TestMutated(t *testing.T) {
	newNamespace(t, "mutated")
	createMutation(t, "mutated")
	t.Cleanup(func() { // or the other tests would find them
		status, answer, err := shared.do(context.Background(), http.MethodDelete, deployment.path("mutated"), nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status, string(answer))
	})
	unowned := trace{always, byNobody, noAnnotation}
	cases := []*historyCase{
		of(deployment, container, "created", unowned, unseen, applyServerSide(release, omitted)),
		of(deployment, container, "edited", unowned, managed,
			applyServerSide("my-image:1", omitted), applyServerSide(release, omitted)),
	}
	compare(t, "policies that admission writes", func(tally *tally) {
		for i, c := range cases {
			c.namespace, c.object = "mutated", fmt.Sprintf("app-%d", i)
			got, err := c.run(t.Context())
			tally.cases++
			if err != nil || got != c.want {
				tally.disagree("%s: got %q, want %q (%v)", c.name, got, c.want, err)
			}
		}
		printed, err := shared.kubectlIn(t.Context(), "mutated", nil, "get", "deployments", "-o", "yaml", "--show-managed-fields")
		require.NoError(t, err)
		if _, stale := check(t, printed); !slices.Equal(stale, []string{"app-1 containers"}) {
			tally.disagree("found %s", stale)
		}
	})
}

// createMutation has Always written into the Deployments of a namespace, and waits until that holds.
func createMutation(t *testing.T, namespace string) {
	t.Helper()
	const path = "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolic"
	for resource, body := range map[string]object{
		"ies": {"metadata": object{"name": namespace}, "spec": object{
			"reinvocationPolicy": "Never",
			"matchConstraints": object{"resourceRules": []any{object{
				"apiGroups": []any{"apps"}, "apiVersions": []any{"v1"}, "resources": []any{"deployments"},
				"operations": []any{"CREATE", "UPDATE"},
			}}},
			"matchConditions": []any{object{"name": "here", "expression": "request.namespace == '" + namespace + "'"}},
			"mutations": []any{object{"patchType": "JSONPatch", "jsonPatch": object{"expression": `[JSONPatch{op: "replace", ` +
				`path: "/spec/template/spec/containers/0/imagePullPolicy", value: "Always"}]`}}},
		}},
		"ybindings": {"metadata": object{"name": namespace}, "spec": object{"policyName": namespace}},
	} {
		status, answer, err := shared.do(t.Context(), http.MethodPost, path+resource, body)
		require.NoError(t, err)
		require.Equal(t, http.StatusCreated, status, string(answer))
	}
	require.Eventually(t, func() bool {
		manifest := deployment.manifest("probe", container.podSpec(release, nil))
		_, answer, err := shared.do(t.Context(), http.MethodPost, deployment.path(namespace)+"?dryRun=All", manifest)
		return err == nil && bytes.Contains(answer, []byte(`"imagePullPolicy":"Always"`))
	}, time.Minute, 200*time.Millisecond, "the policies are not written")
}

// run takes the steps, and reads what is stored then.
func (c *historyCase) run(ctx context.Context) (trace, error) {
	for i, step := range c.steps {
		if err := step(ctx, c); err != nil {
			return trace{}, fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	status, answer, err := shared.do(ctx, http.MethodGet, c.path(c.namespace)+"/"+c.object, nil)
	if err != nil || status != http.StatusOK {
		return trace{}, fmt.Errorf("read: status %d, %w", status, err)
	}
	return c.read(answer)
}

// read reads the trace out of an object as the API server returns it.
func (c *historyCase) read(answer []byte) (trace, error) {
	var stored object
	var known struct {
		Metadata struct {
			Annotations   map[string]string
			ManagedFields []struct {
				Manager, Operation string
				FieldsV1           object
			}
		}
	}
	if err := json.Unmarshal(answer, &stored); err != nil {
		return trace{}, err
	}
	if err := json.Unmarshal(answer, &known); err != nil {
		return trace{}, err
	}

	read := trace{policy: c.fields(podSpecOf(stored))[c.policy].(string), applied: noAnnotation}
	var owners []string
	for _, manager := range known.Metadata.ManagedFields {
		if c.owned(manager.FieldsV1) {
			owners = append(owners, manager.Manager+"/"+manager.Operation)
		}
	}
	slices.Sort(owners)
	read.owners = strings.Join(owners, " ")
	if annotation, ok := known.Metadata.Annotations["kubectl.kubernetes.io/last-applied-configuration"]; ok {
		var applied object
		if err := json.Unmarshal([]byte(annotation), &applied); err != nil {
			return trace{}, err
		}
		if read.applied, ok = c.fields(podSpecOf(applied))[c.policy].(string); !ok {
			read.applied = leftOut
		}
	}
	return read, nil
}

// owned says whether the policy of the use is among a manager's fields, wherever the kind has its pod spec.
func (c *historyCase) owned(fields object) bool {
	for key, below := range fields {
		below, _ := below.(object)
		if key == "f:"+c.list {
			own, _ := below[`k:{"name":"app"}`].(object)
			for _, step := range c.within {
				own, _ = own["f:"+step].(object)
			}
			_, ok := own["f:"+c.policy]
			return ok
		}
		if c.owned(below) {
			return true
		}
	}
	return false
}

// check checks what kubectl printed as pullpolicy check does, and returns where it found policy-stale.
func check(t *testing.T, printed []byte) (*report.Report, []string) {
	t.Helper()
	run := report.Run{Engine: newEngine(t), Stdin: bytes.NewReader(printed)}
	checked, err := run.Check(t.Context(), []string{"-"})
	require.NoError(t, err)
	require.Empty(t, checked.Errors)
	stale := []string{}
	for _, violation := range checked.Violations {
		if violation.Rule == "policy-stale" {
			stale = append(stale, violation.Name+" "+violation.List)
		}
	}
	return checked, stale
}

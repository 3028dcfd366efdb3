//go:build cluster

package cluster_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/internal/tenant"
)

const (
	// How much more of its processor one request may cost Gatekeeper than a Deployment of costYard containers, each a
	// violation, and how much memory all of them. The Deployment is sent again and again, for the machine is not as fast
	// at all times.
	costFactor = 2
	costYard   = 150
	costMiB    = 100

	// How much of that the many small requests of a cluster may cost, Leases and Events.
	smallShare = 0.05
)

// TestGatekeeperCosts sends n and 2n of everything that a tenant writes past the Constraints and the webhook as they
// ship. Each is answered in time, and none that is forbidden gets in.
func TestGatekeeperCosts(t *testing.T) {
	g := newGatekeeper(t, "--audit-interval", "0") // an audit would be counted with the requests
	g.timeout = 3
	g.createNamespace(t, "costs", nil)
	for group, kind := range map[string]string{"example.org": "Thing", "tekton.dev": "Task", "aquasecurity.github.io": "VulnerabilityReport"} {
		definition := tenant.Definition(group, kind, tenant.Anything())
		if group == "aquasecurity.github.io" {
			definition["spec"].(object)["versions"].([]any)[0].(object)["name"] = "v1alpha1"
		}
		g.createDefinition(t, definition)
		g.untilServed(t, pathOf(object{"apiVersion": group + "/" + versionOf(definition), "kind": kind}))
	}

	var requests []costRequest
	for i, dimension := range tenant.Dimensions() {
		if dimension.Cluster == 0 {
			continue
		}
		for _, n := range []int{dimension.Cluster, 2 * dimension.Cluster} {
			request := costRequest{Dimension: dimension, n: n, Request: dimension.Write(n)}
			if request.Old != nil {
				name := fmt.Sprintf("old-%d-%d", i, n)
				request.Old["metadata"].(object)["name"], request.Object["metadata"].(object)["name"] = name, name
				status, answer, err := g.do(t.Context(), http.MethodPost, pathOf(request.Old), request.Old)
				require.NoError(t, err)
				require.Equal(t, http.StatusCreated, status, "%s: %.500s", dimension.Name, answer)
			}
			requests = append(requests, request)
		}
	}

	g.applyTemplate(t)
	g.guard(t, "Ignore")
	g.enforce(t, g.constraint(t, "deny.yaml"), g.constraint(t, "warn.yaml"))
	for range 20 { // so that what Gatekeeper costs at first is not counted
		answer, err := g.send(t.Context(), http.MethodPost, pod.path("costs")+"?dryRun=All", pod.manifest("app", container.podSpec(latest, ifNotPresent)))
		require.NoError(t, err)
		require.Equal(t, http.StatusForbidden, answer.status, "%s", answer.body)
	}

	compare(t, "Gatekeeper "+g.version+": n and 2n of what a tenant writes", func(tally *tally) { g.costs(t, tally, requests) })
	compare(t, "Gatekeeper "+g.version+": Leases and Events", func(tally *tally) { g.costsOfSmall(t, tally) })
}

// A costRequest is n of a dimension.
type costRequest struct {
	tenant.Dimension
	n int
	tenant.Request
}

func (g *gatekeeper) costs(t *testing.T, tally *tally, requests []costRequest) {
	var table strings.Builder
	rows := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprint(rows, "dimension\tn\tKB\tstatus\tCPU ms\twall ms\tpeak MiB\tsaid\tfault\t\n")
	first := g.usage(t)
	var yard time.Duration
	for i, request := range requests {
		if i%8 == 0 {
			yard = g.yard(t)
		}
		before := g.usage(t)
		method, path := http.MethodPost, pathOf(request.Object)
		if request.Old != nil {
			method, path = http.MethodPut, path+"/"+nameIn(request.Object)
		}
		started := time.Now()
		answer, err := g.send(t.Context(), method, path+"?dryRun=All", request.Object)
		took := time.Since(started)
		require.NoError(t, err)
		after := g.usage(t)

		var faults []string
		if after.unasked > before.unasked {
			faults = append(faults, "let through unasked")
		}
		switch denials := denialsIn(t, answer); {
		case !request.Forbidden && answer.status >= 300:
			faults = append(faults, "want it let through")
		case request.Forbidden && answer.status != http.StatusForbidden:
			faults = append(faults, "want 403")
		case request.Forbidden && !startWith(denials, "[pull-policy-errors] "):
			faults = append(faults, "denied by another")
		}
		if after.cpu-before.cpu >= costFactor*yard {
			faults = append(faults, fmt.Sprintf("%d CPU ms, want less than %d times %d",
				(after.cpu-before.cpu).Milliseconds(), costFactor, yard.Milliseconds()))
		}
		if after.peak > before.peak && after.peak-first.peak >= costMiB {
			faults = append(faults, fmt.Sprintf("%d MiB", after.peak-first.peak))
		}
		tally.cases++
		if len(faults) > 0 {
			tally.disagree("%s, n = %d: %s", request.Name, request.n, strings.Join(faults, ", "))
		}
		fmt.Fprintf(rows, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%.60q\t%s\t\n", request.Name, request.n, len(encode(t, request.Object))/1000,
			answer.status, (after.cpu - before.cpu).Milliseconds(), took.Milliseconds(), after.peak, said(t, answer), strings.Join(faults, ", "))
	}
	require.NoError(t, rows.Flush())
	t.Logf("peak %d MiB before them\n%s", first.peak, &table)
	last := g.usage(t)
	tally.note = fmt.Sprintf("%.1f CPU s, %d MiB more", (last.cpu - first.cpu).Seconds(), last.peak-first.peak)
}

// yard is what a Deployment of costYard containers costs now.
func (g *gatekeeper) yard(t *testing.T) time.Duration {
	t.Helper()
	before := g.usage(t)
	answer, err := g.send(t.Context(), http.MethodPost, deployment.path("costs")+"?dryRun=All", largeDeployment(costYard, 0))
	require.NoError(t, err)
	require.Equal(t, http.StatusForbidden, answer.status, "%.500s", answer.body)
	return g.usage(t).cpu - before.cpu
}

// said is the first thing that is wrong, in the answer to a request.
func said(t *testing.T, a answer) string {
	t.Helper()
	for _, denial := range denialsIn(t, a) {
		return strings.TrimPrefix(denial, "[pull-policy-errors] ")
	}
	return ""
}

func (g *gatekeeper) costsOfSmall(t *testing.T, tally *tally) {
	const times = 100
	yard := g.yard(t)
	for _, small := range []object{
		{"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": object{"name": "small"}, "spec": object{"holderIdentity": "a"}},
		{
			"apiVersion": "v1", "kind": "Event", "metadata": object{"name": "small"}, "reason": "Pulled", "message": "pulled",
			"involvedObject": object{"kind": "Pod", "name": "app", "namespace": "costs"},
		},
	} {
		before := g.usage(t)
		for range times {
			answer, err := g.send(t.Context(), http.MethodPost, pathOf(small)+"?dryRun=All", small)
			require.NoError(t, err)
			require.Equal(t, http.StatusCreated, answer.status, "%s", answer.body)
		}
		each := (g.usage(t).cpu - before.cpu) / times
		tally.cases++
		tally.note += fmt.Sprintf("%s %s CPU each; ", small["kind"], each)
		if limit := time.Duration(smallShare * float64(yard)); each >= limit {
			tally.disagree("%s: %s CPU each, want less than %s", small["kind"], each, limit)
		}
	}
}

// A usage is what Gatekeeper has used since it started, and how often the API server let through what it could not ask
// about.
type usage struct {
	cpu     time.Duration
	peak    int // MiB
	unasked int
}

func (g *gatekeeper) usage(t *testing.T) usage {
	t.Helper()
	process := fmt.Sprintf("/proc/%d/", g.process.command.Process.Pid)
	stat, err := os.ReadFile(process + "stat")
	require.NoError(t, err)
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // behind the name, which may have blanks
	const userTime, ticks = 11, time.Second / 100                   // see proc_pid_stat(5), from the third field on
	var used usage
	for _, field := range fields[userTime : userTime+2] {
		n, err := strconv.Atoi(string(field))
		require.NoError(t, err)
		used.cpu += time.Duration(n) * ticks
	}
	status, err := os.ReadFile(process + "status")
	require.NoError(t, err)
	_, peak, found := bytes.Cut(status, []byte("\nVmHWM:"))
	require.True(t, found)
	kib, err := strconv.Atoi(string(bytes.Fields(peak)[0]))
	require.NoError(t, err)
	used.peak = kib / 1024

	code, metrics, err := g.do(t.Context(), http.MethodGet, "/metrics", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, code)
	for line := range strings.Lines(string(metrics)) {
		if strings.HasPrefix(line, "apiserver_admission_webhook_fail_open_count{") {
			count, err := strconv.Atoi(strings.TrimSpace(line[strings.LastIndexByte(line, ' '):]))
			require.NoError(t, err)
			used.unasked += count
		}
	}
	return used
}

// pathOf is where the API server serves the kind of an object, in the namespace of this test.
func pathOf(manifest object) string {
	version, kind := manifest["apiVersion"].(string), manifest["kind"].(string)
	if kind == "CustomResourceDefinition" {
		return "/apis/" + version + "/customresourcedefinitions"
	}
	return workload{version, kind}.path("costs")
}

func versionOf(definition object) string {
	return definition["spec"].(object)["versions"].([]any)[0].(object)["name"].(string)
}

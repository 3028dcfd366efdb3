//go:build cluster

package cluster_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
)

const writers = 50

// TestGatekeeperFaults does to Gatekeeper and the API server what happens to them, while writers apply what the
// Constraints allow and what they forbid.
func TestGatekeeperFaults(t *testing.T) {
	g := newGatekeeper(t, "--audit-interval", fmt.Sprint(auditInterval), "--constraint-violations-limit", "5000")
	g.applyTemplate(t)
	g.guard(t, "Fail")
	g.enforce(t, g.pair(t, "baseline")...)

	for _, test := range []struct {
		what string
		run  func(*testing.T, *tally)
	}{
		{"a template of 1 MiB with 200 containers", g.large}, // while nothing else is audited
		{"no fault", g.calm},
		{"killed, its Pod replaced", g.replaced},
		{"killed, its container started again", g.startedAgain},
		{"the API server killed and started again", g.restarted},
		{"template and Constraints updated", g.updated},
		{"killed, failing open", g.failsOpen},
		{"300 namespaces", g.manyNamespaces},
	} {
		t.Run(test.what, func(t *testing.T) {
			compare(t, "Gatekeeper "+g.version+", "+test.what, func(tally *tally) { test.run(t, tally) })
		})
	}
}

// A load is what writers do to a namespace, half of which the Constraints forbid.
type load struct {
	g         *gatekeeper
	namespace string
	stop      context.CancelFunc
	writers   sync.WaitGroup

	mu        sync.Mutex
	allowed   int
	denied    int
	failed    map[string]int  // requests without a verdict, by what was said
	latencies []time.Duration // of requests with a verdict
	through   []string        // what was forbidden, and taken
}

// startLoad has writers apply Deployments until finish is called: each its own one again and again, in turn with an
// image that moves and is pulled, and with one that moves and is not.
func (g *gatekeeper) startLoad(t *testing.T, namespace string) *load {
	t.Helper()
	g.createNamespace(t, namespace, nil)
	ctx, cancel := context.WithCancel(t.Context())
	l := &load{g: g, namespace: namespace, stop: cancel, failed: map[string]int{}}
	for writer := range writers {
		l.writers.Go(func() { l.write(ctx, writer) })
	}
	return l
}

func (l *load) write(ctx context.Context, writer int) {
	for n := 0; ctx.Err() == nil; n++ {
		forbidden := n%2 == 1
		name := fmt.Sprintf("app-%d-%d", writer, n/4) // which is created either way, and updated either way
		if n/4%2 == 1 {
			forbidden = !forbidden
		}
		policy := always
		if forbidden {
			policy = ifNotPresent
		}
		manifest := deployment.manifest(name, container.podSpec(latest, policy))
		started := time.Now()
		answer, err := l.g.send(context.WithoutCancel(ctx), http.MethodPatch,
			deployment.path(l.namespace)+"/"+name+"?fieldManager=writer&force=true", manifest)
		l.count(name, forbidden, answer, err, time.Since(started))
		time.Sleep(time.Duration(50+rand.IntN(100)) * time.Millisecond)
	}
}

func (l *load) count(name string, forbidden bool, answer answer, err error, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil && answer.status < 300:
		l.allowed++
		if forbidden {
			l.through = append(l.through, name)
		}
	case err == nil && answer.status == http.StatusForbidden && strings.Contains(string(answer.body), "mutable-tag-cached: "):
		l.denied++
	case err != nil:
		l.failed["no answer"]++
		return
	default:
		l.failed[fmt.Sprintf("status %d", answer.status)]++
		return
	}
	l.latencies = append(l.latencies, took)
}

// finish stops the writers and returns the names of the forbidden Deployments that are stored, sorted.
func (l *load) finish(t *testing.T, engine *harness.Engine) []string {
	t.Helper()
	l.stop()
	l.writers.Wait()
	forbidden := []string{}
	for _, stored := range l.g.list(t, deployment, l.namespace) {
		review, err := harness.NewReview(stored, nil)
		require.NoError(t, err)
		verdict, err := engine.Judge(t.Context(), harness.Input{
			Reviews: []harness.Review{review}, Parameters: harness.Parameters{Severities: []string{harness.SeverityError}}.Value(),
		})
		require.NoError(t, err)
		if len(verdict.Violations) > 0 {
			forbidden = append(forbidden, nameIn(stored))
		}
	}
	slices.Sort(forbidden)
	return forbidden
}

// verdicts is how often there was one.
func (l *load) verdicts() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.allowed + l.denied
}

// waitFor waits until there have been so many more verdicts.
func (l *load) waitFor(t *testing.T, more int) {
	t.Helper()
	before := l.verdicts()
	require.Eventually(t, func() bool { return l.verdicts() >= before+more }, time.Minute, 10*time.Millisecond)
}

func (l *load) String() string {
	var failed strings.Builder
	for _, said := range slices.Sorted(maps.Keys(l.failed)) {
		fmt.Fprintf(&failed, ", %d with %s", l.failed[said], said)
	}
	return fmt.Sprintf("%d let through of %d forbidden; %d allowed%s; %s",
		len(l.through), l.denied+len(l.through), l.allowed, &failed, spread(l.latencies))
}

// spread are the percentiles of latencies.
func spread(latencies []time.Duration) string {
	if len(latencies) == 0 {
		return "no latencies"
	}
	slices.Sort(latencies)
	at := func(share float64) string {
		return latencies[int(share*float64(len(latencies)-1))].Round(100 * time.Microsecond).String()
	}
	return fmt.Sprintf("p50 %s, p99 %s, max %s", at(0.5), at(0.99), at(1))
}

// underLoad does something while writers write, and demands that nothing forbidden got in.
func (g *gatekeeper) underLoad(t *testing.T, tally *tally, namespace string, fault func()) *load {
	t.Helper()
	l := g.startLoad(t, namespace)
	l.waitFor(t, 2*writers)
	fault()
	l.waitFor(t, 2*writers)
	stored := l.finish(t, newEngine(t))
	tally.cases, tally.note = l.allowed+l.denied, l.String()
	require.Positive(t, l.denied)
	for _, name := range append(l.through, stored...) {
		tally.disagree("let through: %s", name)
	}
	return l
}

func (g *gatekeeper) calm(t *testing.T, tally *tally) {
	l := g.underLoad(t, tally, "calm", func() { time.Sleep(2 * time.Second) })
	require.Empty(t, l.failed)
}

func (g *gatekeeper) replaced(t *testing.T, tally *tally) {
	g.killed(t, tally, "replaced", func() { g.replace(t) })
}

// startedAgain starts the manager in the same Pod. Then it finds the status objects of the one that was killed, takes
// their Constraints for deleted as long as it does not watch them, expects them no more, and says that it is ready
// before it has them. So nothing forbidden gets in only where ready is who has said so for some time, which the
// successThreshold of a readinessProbe asks for.
func (g *gatekeeper) startedAgain(t *testing.T, tally *tally) {
	g.service.settle.Store(int64(3 * time.Second))
	defer g.service.settle.Store(0)
	g.killed(t, tally, "again", func() {})
}

func (g *gatekeeper) killed(t *testing.T, tally *tally, namespace string, meanwhile func()) {
	t.Helper()
	l := g.underLoad(t, tally, namespace, func() {
		require.NoError(t, g.kill())
		meanwhile()
		time.Sleep(time.Second)
		require.NoError(t, g.start(t.Context()))
	})
	require.NotEmpty(t, l.failed, "no request while Gatekeeper was gone")
}

func (g *gatekeeper) restarted(t *testing.T, tally *tally) {
	l := g.underLoad(t, tally, "restarted", func() { require.NoError(t, g.restart(t.Context())) })
	require.NotEmpty(t, l.failed, "no request while the API server was gone")
}

// updated changes the template's Rego and the Constraints' parameters and match, again and again; each of them forbids
// the same.
func (g *gatekeeper) updated(t *testing.T, tally *tally) {
	status, answer, err := g.do(t.Context(), http.MethodGet, templatePath+"/k8simagepullpolicy", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	var template object
	require.NoError(t, json.Unmarshal(answer, &template))
	delete(template["metadata"].(object), "managedFields")
	delete(template["metadata"].(object), "resourceVersion")
	delete(template, "status")

	l := g.underLoad(t, tally, "updated", func() {
		for n := range 4 {
			g.changeTemplate(t, template, n)
			kind := []string{"Deployment", "*"}[n%2]
			g.enforce(t, g.pair(t, "baseline", with(object{"mutableTags": []any{fmt.Sprint("dev-", n)}}),
				matching("kinds", []any{object{"apiGroups": []any{"*"}, "kinds": []any{kind}}}))...)
		}
	})
	require.Empty(t, l.failed)
	g.enforce(t, g.pair(t, "baseline")...)
}

// changeTemplate changes the Rego, and every other time the schema too, and waits until the manager has taken it.
func (g *gatekeeper) changeTemplate(t *testing.T, template object, n int) {
	t.Helper()
	spec := template["spec"].(object)
	source := spec["targets"].([]any)[0].(object)["code"].([]any)[0].(object)["source"].(object)
	source["rego"] = fmt.Sprintf("%s\n# %d\n", source["rego"], n)
	if n%2 == 1 {
		spec["crd"].(object)["spec"].(object)["validation"].(object)["openAPIV3Schema"].(object)["description"] = fmt.Sprint(n)
	}
	status, answer, err := g.do(t.Context(), http.MethodPatch, templatePath+"/k8simagepullpolicy?fieldManager=test&force=true", template)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status, string(answer))
	require.Eventually(t, func() bool {
		status, answer, err := g.do(t.Context(), http.MethodGet, templatePath+"/k8simagepullpolicy", nil)
		return err == nil && status == http.StatusOK && observed(answer)
	}, time.Minute, 20*time.Millisecond, "the template is not taken")
}

// observed says whether the manager has seen the present generation of a template, and found nothing wrong with it.
func observed(template []byte) bool {
	var read struct {
		Metadata struct{ Generation int64 }
		Status   struct {
			ByPod []struct {
				ObservedGeneration int64
				Errors             []any
			}
		}
	}
	if json.Unmarshal(template, &read) != nil || len(read.Status.ByPod) == 0 {
		return false
	}
	return read.Status.ByPod[0].ObservedGeneration == read.Metadata.Generation && len(read.Status.ByPod[0].Errors) == 0
}

// failsOpen kills Gatekeeper where the API server takes what nobody checks, as it does with the webhook that Gatekeeper
// ships, and demands that the audit finds exactly what got in.
func (g *gatekeeper) failsOpen(t *testing.T, tally *tally) {
	g.guard(t, "Ignore")
	defer g.guard(t, "Fail")
	l := g.startLoad(t, "open")
	l.waitFor(t, 2*writers)
	require.NoError(t, g.kill())
	l.waitFor(t, 4*writers)
	require.NoError(t, g.start(t.Context()))
	l.waitFor(t, 2*writers)
	stored := l.finish(t, newEngine(t))
	require.NotEmpty(t, stored, "nothing got in")

	g.untilAudited(t, time.Now())
	audited := []string{}
	for _, violation := range g.statusOf(t, "deny-baseline").Violations {
		if violation["namespace"] == l.namespace {
			audited = append(audited, violation["name"].(string))
		}
	}
	slices.Sort(audited)
	tally.cases = len(stored)
	tally.note = fmt.Sprintf("%d got in, the audit finds %d; %s", len(stored), len(audited), spread(l.latencies))
	if !slices.Equal(audited, stored) {
		tally.disagree("stored %q, audited %q", stored, audited)
	}
	for _, name := range stored {
		if !slices.Contains(l.through, name) {
			tally.disagree("%s is stored, and was rejected", name)
		}
	}
}

// manyNamespaces has one pair of Constraints check what is created in each of many namespaces, and audit what was there.
func (g *gatekeeper) manyNamespaces(t *testing.T, tally *tally) {
	names := make([]string, 300)
	for i := range names {
		names[i] = fmt.Sprintf("tenant-%d", i)
	}
	g.guard(t, "Ignore")
	g.enforce(t, g.pair(t, "baseline", matching("namespaceSelector", object{"matchLabels": object{"tenant": "yes"}}))...)

	var mu sync.Mutex
	var latencies []time.Duration
	inParallel(16, names, func(name string) {
		for _, c := range []struct {
			path     string
			manifest object
			status   int
		}{
			{"/api/v1/namespaces", object{"metadata": object{"name": name, "labels": object{"tenant": "yes"}}}, http.StatusCreated},
			{pod.path(name), pod.manifest("cached", container.podSpec(latest, ifNotPresent)), http.StatusForbidden},
			{pod.path(name), pod.manifest("pulled", container.podSpec(latest, always)), http.StatusCreated},
		} {
			started := time.Now()
			answer, err := g.send(t.Context(), http.MethodPost, c.path, c.manifest)
			mu.Lock()
			latencies = append(latencies, time.Since(started))
			tally.cases++
			if err != nil || answer.status != c.status {
				tally.disagree("%s in %s: %v %s", c.path, name, err, answer.body)
			}
			mu.Unlock()
		}
	})
	g.untilAudited(t, time.Now())
	tally.note = spread(latencies)
	if found := g.statusOf(t, "warn-baseline").TotalViolations; found != len(names) {
		tally.disagree("the audit finds %d of %d", found, len(names))
	}
}

// large sends Deployments of 1 MiB with 200 containers, which the webhook must check before its time-out of 3 s: where
// nothing is wrong, where the last container is, and where all are. An update brings two of them.
func (g *gatekeeper) large(t *testing.T, tally *tally) {
	g.createNamespace(t, "large", nil)
	path := deployment.path("large")
	clean, all := largeDeployment(200, 200), largeDeployment(200, 0)
	require.GreaterOrEqual(t, len(encode(t, clean)), 1<<20)
	status, answer, err := g.do(t.Context(), http.MethodPost, path, clean)
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, status, "%.500s", answer)

	var latencies []time.Duration
	before := g.webhookTime(t)
	for range 2 {
		for _, c := range []struct {
			method, path string
			manifest     object
			denials      int
		}{
			{http.MethodPost, path, clean, 0},
			{http.MethodPost, path, largeDeployment(200, 199), 1},
			{http.MethodPost, path, all, 200},
			{http.MethodPut, path + "/app", clean, 0},
			{http.MethodPut, path + "/app", all, 200},
		} {
			tally.cases++
			c.manifest["metadata"] = object{"name": "app"}
			if c.method == http.MethodPost {
				c.manifest["metadata"] = object{"name": "another"}
			}
			started := time.Now()
			answer, err := g.send(t.Context(), c.method, c.path+"?dryRun=All", c.manifest)
			require.NoError(t, err)
			latencies = append(latencies, time.Since(started))
			denials := denialsIn(t, answer)
			if len(denials) != c.denials || !startWith(denials, "[deny-baseline] mutable-tag-cached: ") {
				tally.disagree("want %d denials: %.500s", c.denials, answer.body)
			}
		}
	}
	webhook := (g.webhookTime(t) - before) / time.Duration(tally.cases)
	tally.note = fmt.Sprintf("%s, of which %s on average for the webhook", spread(latencies), webhook.Round(time.Millisecond))
	status, answer, err = g.do(t.Context(), http.MethodDelete, path+"/app", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status, "%.500s", answer)
}

// largeDeployment has so many containers, of which those from an index on are forbidden, and nothing is wrong with the
// others.
func largeDeployment(count, forbidden int) object {
	containers := make([]any, count)
	for i := range containers {
		image := fmt.Sprintf("registry.example.com/shop/app-%d:1.2.3", i)
		if i >= forbidden {
			image = fmt.Sprintf("registry.example.com/shop/app-%d:latest", i)
		}
		containers[i] = object{
			"name": fmt.Sprintf("app-%d", i), "image": image, "imagePullPolicy": ifNotPresent,
			"env": []any{object{"name": "PADDING", "value": strings.Repeat("x", 5300)}},
		}
	}
	return deployment.manifest("app", object{"containers": containers})
}

// webhookTime is how long the API server has waited for Gatekeeper's answers so far.
func (g *gatekeeper) webhookTime(t *testing.T) time.Duration {
	t.Helper()
	status, answer, err := g.do(t.Context(), http.MethodGet, "/metrics", nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	const metric, label = "apiserver_admission_webhook_admission_duration_seconds_sum{", `name="validation.gatekeeper.sh"`
	total := 0.0
	for line := range strings.Lines(string(answer)) {
		if strings.HasPrefix(line, metric) && strings.Contains(line, label) {
			fields := strings.Fields(line)
			seconds, err := strconv.ParseFloat(fields[len(fields)-1], 64)
			require.NoError(t, err)
			total += seconds
		}
	}
	return time.Duration(total * float64(time.Second))
}

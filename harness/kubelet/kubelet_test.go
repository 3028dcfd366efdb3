//go:build kubelet

package kubelet_test

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
)

// The content of the images that a tag names, one after the other.
const (
	before = "old"
	after  = "new"
)

// A situation is what a start finds.
type situation struct {
	name    string
	absent  bool // the node has no image
	moved   bool // the tag names another image than the node has
	down    bool // the registry does not answer
	restart bool // the container has run, and starts again
	want    func(harness.Outcomes) string
}

var situations = []situation{
	{name: "absent", absent: true, want: func(o harness.Outcomes) string { return o.Absent }},
	{name: "cached", want: func(o harness.Outcomes) string { return o.Cached }},
	{name: "moved", moved: true, want: func(o harness.Outcomes) string { return o.Moved }},
	{name: "down", down: true, want: func(o harness.Outcomes) string { return o.RegistryDown }},
	{name: "cached-restart", restart: true, want: func(o harness.Outcomes) string { return o.Cached }},
	{name: "moved-restart", moved: true, restart: true, want: func(o harness.Outcomes) string { return o.Moved }},
	{name: "down-restart", down: true, restart: true, want: func(o harness.Outcomes) string { return o.RegistryDown }},
}

// A declaration is what a manifest says of an image: its policy, if any, and its tag, if any.
type declaration struct{ policy, tag string }

var declarations = []declaration{
	{"Always", "1"}, {"IfNotPresent", "1"}, {"Never", "1"},
	{"IfNotPresent", "latest"}, {"", "1"}, {"", "latest"}, {"", ""},
}

// A trial is a Pod with a declaration in a situation.
type trial struct {
	situation
	declaration
	name string // of its Pod, and of its image's repository
	dir  string // what the container shares with the test
	pod  map[string]any

	ran, asked int // starts and requests before the one that counts
	seen       observation
}

// An observation is what came of a start.
type observation struct {
	asked   bool   // the registry, for the manifest
	content string // what ran, if anything did
	reason  string // for which the container waits
}

// outcome says an observation as the policies do; one that does not add up is not an outcome of theirs.
func (o observation) outcome(tagged string) string {
	switch {
	case o.asked && o.content == tagged && o.reason == "":
		return "pulled"
	case !o.asked && o.content == before && o.reason == "":
		return "cached"
	case o.content == "" && o.asked == (o.reason == "ErrImagePull"):
		return o.reason
	}
	return fmt.Sprintf("unexplained: %+v", o)
}

// TestOutcomes starts each declaration in each situation and demands the outcome that the policies give for its Pod.
func TestOutcomes(t *testing.T) {
	require.Zero(t, os.Geteuid(), "containers take root")
	kubelet := program(t, "PULLPOLICY_KUBELET")
	engine, err := harness.New(t.Context())
	require.NoError(t, err)

	images := startRegistry(t)
	images.push(t, "pause", "1", "")
	node := startNode(t, images.host+"/pause:1")
	trials := newTrials(t, images)

	// An earlier Pod brings the images, as it would on any node: pulled without a secret, they ask for none.
	var carried []any
	for _, trial := range trials {
		images.push(t, trial.name, cmp.Or(trial.tag, "latest"), before)
		if !trial.absent {
			carried = append(carried, container(trial.name, images.host+"/"+trial.name+":"+cmp.Or(trial.tag, "latest"), "IfNotPresent"))
		}
	}
	node.start(t, "carrier", pod("carrier", t.TempDir(), carried...))
	await(t, node, func(waiting map[string]string) []string {
		var late []string
		for _, trial := range trials {
			if reason, known := waiting["carrier/"+trial.name]; !trial.absent && (!known || reason != "") {
				late = append(late, trial.name+" "+reason)
			}
		}
		return late
	})
	each(t, node, images, trials, func(trial *trial) bool { return trial.restart }, func(trial *trial) {
		node.start(t, trial.name, trial.pod)
	})

	for _, trial := range trials {
		if trial.moved {
			images.push(t, trial.name, cmp.Or(trial.tag, "latest"), after)
		}
	}
	begin := func(trial *trial) {
		if trial.restart {
			require.NoError(t, os.WriteFile(filepath.Join(trial.dir, "exit"), nil, 0o600))
		} else {
			node.start(t, trial.name, trial.pod)
		}
	}
	each(t, node, images, trials, func(trial *trial) bool { return !trial.down }, begin)
	images.stop()
	each(t, node, images, trials, func(trial *trial) bool { return trial.down }, begin)

	version, err := exec.Command(kubelet, "--version").Output()
	require.NoError(t, err)
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "POLICY\tTAG\tSITUATION\tREGISTRY\tRAN\tWAITS FOR\tPULLPOLICY")
	disagreements := 0
	for _, trial := range trials {
		review, err := harness.NewReview(trial.pod, nil)
		require.NoError(t, err)
		explanations, err := engine.Explain(t.Context(), harness.Input{Reviews: []harness.Review{review}})
		require.NoError(t, err)
		require.Len(t, explanations, 1)
		want := trial.want(explanations[0].Outcomes)

		tagged := before
		if trial.moved {
			tagged = after
		}
		if !assert.Equal(t, want, trial.seen.outcome(tagged), trial.name) {
			disagreements++
		}
		asked := map[bool]string{true: "asked"}[trial.seen.asked]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", cmp.Or(trial.policy, "-"), cmp.Or(trial.tag, "-"), trial.situation.name,
			cmp.Or(asked, "-"), cmp.Or(trial.seen.content, "-"), cmp.Or(trial.seen.reason, "-"), want)
	}
	require.NoError(t, w.Flush())
	t.Logf("%s: %d starts, %d disagreements\n%s", strings.TrimSpace(string(version)), len(trials), disagreements, &table)
}

func newTrials(t *testing.T, images *registry) []*trial {
	t.Helper()
	var trials []*trial
	for _, d := range declarations {
		for _, s := range situations {
			name := strings.ToLower(strings.Join([]string{s.name, cmp.Or(d.policy, "none"), cmp.Or(d.tag, "none")}, "-"))
			image := images.host + "/" + name
			if d.tag != "" {
				image += ":" + d.tag
			}
			dir := t.TempDir()
			trials = append(trials, &trial{
				situation: s, declaration: d, name: name, dir: dir,
				pod: pod(name, dir, container("app", image, d.policy)),
			})
		}
	}
	return trials
}

// pod is a Pod whose containers share a folder of the node.
func pod(name, dir string, containers ...any) map[string]any {
	return map[string]any{
		"apiVersion": "v1", "kind": "Pod",
		"metadata": map[string]any{"name": name},
		"spec": map[string]any{
			"hostNetwork": true, "terminationGracePeriodSeconds": 1,
			"containers": containers,
			"volumes":    []any{map[string]any{"name": "shared", "hostPath": map[string]any{"path": dir}}},
		},
	}
}

func container(name, image, policy string) map[string]any {
	c := map[string]any{
		"name": name, "image": image, "args": []string{"/shared/ran"},
		"volumeMounts": []any{map[string]any{"name": "shared", "mountPath": "/shared"}},
	}
	if policy != "" {
		c["imagePullPolicy"] = policy
	}
	return c
}

// each begins a start of some trials at once, and waits until it is seen what came of each.
func each(t *testing.T, node *node, images *registry, trials []*trial, some func(*trial) bool, begin func(*trial)) {
	t.Helper()
	for _, trial := range trials {
		if some(trial) {
			trial.ran, trial.asked = len(trial.starts(t)), images.requests(trial.name)
			trial.seen = observation{}
			begin(trial)
		}
	}
	await(t, node, func(waiting map[string]string) []string {
		var late []string
		for _, trial := range trials {
			if some(trial) && !trial.settled(t, images, waiting[trial.name+"/app"]) {
				late = append(late, trial.name+" "+waiting[trial.name+"/app"])
			}
		}
		return late
	})
}

// settled notes what came of a start, once something has: content ran, or the container waits for its image.
func (trial *trial) settled(t *testing.T, images *registry, reason string) bool {
	t.Helper()
	if trial.seen != (observation{}) {
		return true
	}
	if ran := trial.starts(t); len(ran) > trial.ran {
		trial.seen.content = ran[trial.ran]
	} else if strings.HasPrefix(reason, "ErrImage") {
		trial.seen.reason = reason
	} else {
		return false
	}
	trial.seen.asked = images.requests(trial.name) > trial.asked
	return true
}

// starts returns the content of each start so far.
func (trial *trial) starts(t *testing.T) []string {
	t.Helper()
	ran, err := os.ReadFile(filepath.Join(trial.dir, "ran"))
	if !os.IsNotExist(err) {
		require.NoError(t, err)
	}
	return strings.Fields(string(ran))
}

// await polls the node until nothing is late.
func await(t *testing.T, node *node, late func(waiting map[string]string) []string) {
	t.Helper()
	deadline := time.After(3 * time.Minute)
	for {
		remaining := late(node.waiting(t))
		if len(remaining) == 0 {
			return
		}
		select {
		case err := <-node.exited:
			require.FailNow(t, "the node ended", "%v", err)
		case <-deadline:
			require.FailNow(t, "these starts come to nothing", strings.Join(remaining, "\n"))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// program returns the path of the program that an environment variable names, and fails without one: a program that is
// not there proves nothing.
func program(t *testing.T, variable string) string {
	t.Helper()
	path, err := exec.LookPath(os.Getenv(variable))
	require.NoError(t, err, "%s names no program; run make kubelet", variable)
	return path
}

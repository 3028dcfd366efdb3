package conformance_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/distribution/reference"
	"github.com/stretchr/testify/require"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"

	"github.com/pullpolicy/pullpolicy/harness"
)

// olderNodes compares what the copies on a node are worth to a Pod, before the version that the other comparisons are
// with.
var olderNodes = &comparison{
	what: "starts on a node of 1.35 and 1.36",
	with: "the pull managers of these versions",
	unit: "starts",
	run: func(t *testing.T, engine *harness.Engine) tally {
		var compared tally
		for _, version := range olderVersions(t) {
			all := olderTrials(version, append(everyNode(everyStock), randomNodes(6, 500)...))
			answers := askOlder(t, version, all)
			compared.add(inBatches(len(all), func(batch, size int) tally {
				var compared tally
				for i := range size {
					n := batch*batchSize + i
					compared.add(all[n].compareOlder(t, engine, answers[n]))
				}
				return compared
			}))
		}
		return compared
	},
}

func TestOlderNodes(t *testing.T) {
	t.Logf("%d starts, no disagreement", olderNodes.result(t).cases)
}

// olderVersions are the older Kubernetes that .ci/versions pins.
func olderVersions(t *testing.T) []string {
	t.Helper()
	pins, err := os.ReadFile("../../.ci/versions")
	require.NoError(t, err)
	var versions []string
	for _, match := range regexp.MustCompile(`(?m)^KUBERNETES_1_\d+=(.+)$`).FindAllSubmatch(pins, -1) {
		versions = append(versions, string(match[1]))
	}
	require.NotEmpty(t, versions, "no KUBERNETES_1_… in .ci/versions")
	return versions
}

// TestOlderMutants proves that the comparison can fail, as TestMutants does.
func TestOlderMutants(t *testing.T) {
	version := olderVersions(t)[0]
	all := olderTrials(version, everyNode([]stock{{[]string{"nginx:1"}, []string{"nginx:1", "docker.io/library/nginx:1"}}}))
	answers := askOlder(t, version, all)
	for _, mutant := range []struct{ name, old, new string }{
		{"list before 1.36", "minor >= 36\n} else := use.image", "minor >= 35\n} else := use.image"},
		{"record before 1.36", "minor >= 36\n} else := reference.name", "minor >= 35\n} else := reference.name"},
	} {
		t.Run(mutant.name, func(t *testing.T) {
			engine, disagreements := mutate(t, "kubelet", mutant.old, mutant.new), 0
			for i := range all {
				disagreements += all[i].compareOlder(t, engine, answers[i]).disagreements
			}
			require.Positive(t, disagreements)
		})
	}
}

// olderTrials are the nodes whose state decides more than the registry does, as of an older version.
func olderTrials(version string, all []trial) []trial {
	all = slices.DeleteFunc(all, func(tr trial) bool {
		return tr.node.KubernetesVersion != "" || tr.node.Registry != "up"
	})
	minor := regexp.MustCompile(`^v(1\.\d+)\.`).FindStringSubmatch(version)[1]
	for i := range all {
		all[i].node.KubernetesVersion = minor
		all[i].containers = slices.DeleteFunc(slices.Clone(all[i].containers), func(c container) bool {
			_, err := reference.ParseNormalizedNamed(c.image)
			return err != nil
		})
	}
	return all
}

// An olderAnswer is what harness/conformance/older writes of a trial.
type olderAnswer struct {
	Rejected string
	Copies   []string
}

// askOlder compiles the pull manager of a version, and asks it.
func askOlder(t *testing.T, version string, all []trial) []olderAnswer {
	t.Helper()
	program := filepath.Join(t.TempDir(), "older")
	minor := strings.Join(strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)[:2], ".")
	run(t, nil, "go", "build", "-overlay", overlay(t, version), "-tags", "kubernetes"+minor, "-o", program, "./older")

	type question struct {
		node
		Started []string
	}
	questions := make([]question, len(all))
	for i, tr := range all {
		questions[i].node = tr.node
		if tr.node.Verification == nil {
			questions[i].Verification = &verification{Policy: kubeletconfig.NeverVerifyPreloadedImages}
		}
		for _, c := range tr.containers {
			questions[i].Started = append(questions[i].Started, c.image)
		}
	}
	var answers []olderAnswer
	require.NoError(t, json.Unmarshal(run(t, must(json.Marshal(questions)), program), &answers))
	require.Len(t, answers, len(all))
	return answers
}

// overlay writes a file for go build -overlay that puts the source of a version's pull manager into the folder that
// harness/conformance/older imports. All else is of the version in go.mod.
func overlay(t *testing.T, version string) string {
	t.Helper()
	var module struct{ Dir string }
	require.NoError(t, json.Unmarshal(run(t, nil, "go", "mod", "download", "-json", "k8s.io/kubernetes@"+version), &module))
	sources, err := filepath.Glob(filepath.Join(module.Dir, "pkg/kubelet/images/pullmanager/*.go"))
	require.NoError(t, err)
	here, err := filepath.Abs("older/pullmanager")
	require.NoError(t, err)
	replace := map[string]string{}
	for _, source := range sources {
		if !strings.HasSuffix(source, "_test.go") {
			replace[filepath.Join(here, filepath.Base(source))] = source
		}
	}
	require.NotEmpty(t, replace, module.Dir)
	file := filepath.Join(t.TempDir(), "overlay.json")
	require.NoError(t, os.WriteFile(file, must(json.Marshal(map[string]any{"Replace": replace})), 0o600))
	return file
}

func run(t *testing.T, in []byte, program string, args ...string) []byte {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, args...)
	var stderr bytes.Buffer
	command.Stdin, command.Stderr = bytes.NewReader(in), &stderr
	out, err := command.Output()
	require.NoError(t, err, "%s: %s%.500s", command, &stderr, out)
	return out
}

// outcomes are what the image manager makes of a copy, by the policy; harness/conformance/kubelet_test.go holds them
// against the newest.
var outcomes = map[string]map[string]harness.Start{
	"Always": {
		"absent":   {Pull: true, Outcome: "pulled"},
		"usable":   {Pull: true, Outcome: "pulled"},
		"withheld": {Pull: true, Outcome: "pulled"},
	},
	"IfNotPresent": {
		"absent":   {Pull: true, Outcome: "pulled"},
		"usable":   {Outcome: "cached"},
		"withheld": {Pull: true, Outcome: "pulled"},
	},
	"Never": {
		"absent":   {Outcome: "ErrImageNeverPull"},
		"usable":   {Outcome: "cached"},
		"withheld": {Outcome: "ErrImageNeverPull"},
	},
}

func (tr *trial) compareOlder(t testing.TB, engine *harness.Engine, answer olderAnswer) tally {
	if answer.Rejected != "" {
		_, err := engine.Explain(t.Context(), harness.Input{Node: tr.node.value()})
		compared := tally{cases: 1}
		if err == nil {
			compared.disagree("%s: the kubelet says %q, the policies nothing", must(json.Marshal(tr.node)), answer.Rejected)
		}
		return compared
	}
	tr.want = nil
	for i, c := range tr.containers {
		tr.want = append(tr.want, outcomes[c.policy][answer.Copies[i]])
	}
	return tr.compare(t, engine)
}

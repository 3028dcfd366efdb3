//go:build hosts

package hosts_test

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/fixture"
	"github.com/pullpolicy/pullpolicy/harness/gatekeeper"
	"github.com/pullpolicy/pullpolicy/harness/manifest"
)

const (
	gatekeeperFolder = "../../bundle/gatekeeper"
	template         = gatekeeperFolder + "/template.yaml"
	suite            = "../../bundle/gator/suite.yaml"
)

// A gator is Gatekeeper's program for policies without a cluster.
type gator struct{ program, version, opa string }

// gators are the newest gator as it is built, and the same on the OPA of the oldest Gatekeeper that is supported.
func gators(t *testing.T) []gator {
	t.Helper()
	engine, err := harness.New(t.Context())
	require.NoError(t, err)
	supported := engine.Policies().Manifest.Metadata["opa"].(map[string]any)
	newest, floor := newGator(t, "PULLPOLICY_GATOR"), newGator(t, "PULLPOLICY_GATOR_FLOOR")
	require.Equal(t, "v"+supported["minimum"].(string), floor.opa, "PULLPOLICY_GATOR_FLOOR has another OPA than the oldest")
	require.NotEqual(t, newest.opa, floor.opa)
	return []gator{newest, floor}
}

func newGator(t *testing.T, variable string) gator {
	t.Helper()
	path := program(t, variable)
	built, err := buildinfo.ReadFile(path)
	require.NoError(t, err)
	versions := map[string]string{built.Main.Path: built.Main.Version}
	for _, module := range built.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		versions[module.Path] = module.Version
	}
	opa := versions["github.com/open-policy-agent/opa"]
	return gator{path, fmt.Sprintf("%s with OPA %s", versions["github.com/open-policy-agent/gatekeeper/v3"], opa), opa}
}

// A gatorResult is one line of what gator test finds.
type gatorResult struct {
	Msg      string
	Action   string   `json:"enforcementAction"`
	Scoped   []string `json:"scopedActions"`
	Metadata struct{ Details harness.Violation }
	Object   struct{ APIVersion string } `json:"violatingObject"`
}

// action is what would be done in a cluster.
func (r gatorResult) action() string {
	if r.Action == "scoped" {
		return strings.Join(r.Scoped, " ")
	}
	return r.Action
}

// violationsOf are the violations in manifests: gator checks the template and the Constraints too, and wrong parameters
// are found in whatever is checked.
func violationsOf(results []gatorResult) []harness.Violation {
	var violations []harness.Violation
	for _, r := range results {
		if strings.Contains(r.Object.APIVersion, ".gatekeeper.sh/") {
			continue
		}
		violations = append(violations, r.Metadata.Details)
	}
	return violations
}

// A gatorRefusal is what gator says where it checks nothing. Its exit code is that of a violation.
type gatorRefusal string

func (r gatorRefusal) Error() string { return string(r) }

// test runs gator test over files and folders.
func (g gator) test(ctx context.Context, paths ...string) ([]gatorResult, error) {
	args := []string{"test", "--output=json"}
	for _, path := range paths {
		args = append(args, "--filename="+path)
	}
	command := exec.CommandContext(ctx, g.program, args...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(output) == 0 && stderr.Len() > 0 {
		return nil, gatorRefusal(strings.TrimSpace(stderr.String()))
	}
	if err != nil && (exit == nil || exit.ExitCode() != 1) {
		return nil, fmt.Errorf("gator test: %w: %s", err, &stderr)
	}
	var results []gatorResult
	if err := json.Unmarshal(output, &results); err != nil {
		return nil, fmt.Errorf("read gator's output: %w", err)
	}
	if denied := slices.ContainsFunc(results, func(r gatorResult) bool { return r.action() == "deny" }); denied != (err != nil) {
		return nil, fmt.Errorf("gator test: denied %t, and its exit code says %w", denied, err)
	}
	return results, nil
}

// TestGatorTest runs gator test over the fixtures, all that have the same parameters at once, for each run compiles the
// template. Where gator takes the parameters or the object for none, it says so of that fixture alone.
func TestGatorTest(t *testing.T) {
	g := newGator(t, "PULLPOLICY_GATOR")
	started := time.Now()
	engine, err := harness.New(t.Context())
	require.NoError(t, err)
	taken, alone := map[string][]*fixture.Case{}, []string{}
	verdicts := map[string]*harness.Verdict{}
	cases := load(t)
	for _, c := range cases {
		verdicts[c.File], err = engine.Judge(t.Context(), c.Input)
		require.NoError(t, err, c.File)
		if mayReject(c, verdicts[c.File]) {
			alone = append(alone, c.File)
			continue
		}
		parameters := parametersOf(t, c)
		taken[parameters] = append(taken[parameters], c)
	}

	answers := inParallel(slices.Sorted(maps.Keys(taken)), func(parameters string) (answer gatorAnswer) {
		paths := []string{template, constraintFor(t, taken[parameters][0])}
		for _, c := range taken[parameters] {
			paths = append(paths, filepath.Join(fixtures, c.File))
		}
		answer.results, answer.err = g.test(t.Context(), paths...)
		return answer
	})
	disagreements := 0
	for parameters, together := range taken {
		var want []finding
		for _, c := range together {
			want = append(want, findings(verdicts[c.File].Violations)...)
		}
		require.NoError(t, answers[parameters].err, parameters)
		if !assert.ElementsMatch(t, want, findings(violationsOf(answers[parameters].results)), parameters) {
			disagreements++
		}
	}

	byFile := map[string]*fixture.Case{}
	for _, c := range cases {
		byFile[c.File] = c
	}
	refusals := inParallel(alone, func(file string) (answer gatorAnswer) {
		answer.results, answer.err = g.test(t.Context(), template, constraintFor(t, byFile[file]), filepath.Join(fixtures, file))
		return answer
	})
	refused := 0
	for _, file := range alone {
		var said gatorRefusal
		if errors.As(refusals[file].err, &said) {
			refused++
			continue
		}
		require.NoError(t, refusals[file].err, file)
		if !assert.Equal(t, findings(verdicts[file].Violations), findings(violationsOf(refusals[file].results)), file) {
			disagreements++
		}
	}
	enter(row{"gator test", g.version, len(cases), disagreements, time.Since(started)})
	t.Logf("%d fixtures are rejected with an error", refused)
	assert.Less(t, refused, len(cases)/4)
}

// mayReject says whether gator has a reason to reject a fixture: it is not a Kubernetes object, or one without a version; or its
// parameters do not fit the schema, which is a violation elsewhere.
func mayReject(c *fixture.Case, verdict *harness.Verdict) bool {
	review := c.Input.Reviews[0]
	return gatekeeper.Unreadable(review) != "" || at(review.Object, "apiVersion") == "" ||
		slices.ContainsFunc(verdict.Violations, func(v harness.Violation) bool { return v.Rule == "parameters-invalid" })
}

type gatorAnswer struct {
	results []gatorResult
	err     error
}

// constraintFor writes a Constraint that matches everything, with the parameters of a fixture.
func constraintFor(t *testing.T, c *fixture.Case) string {
	t.Helper()
	parameters := parametersOf(t, c)
	if parameters == "" {
		parameters = "{}"
	}
	return write(t, "constraint.json", `{"apiVersion": "constraints.gatekeeper.sh/v1beta1", "kind": "`+gatekeeper.Kind+
		`", "metadata": {"name": "fixture"}, "spec": {"parameters": `+parameters+`}}`)
}

// inParallel runs something for each item, as many at once as there are processors.
func inParallel[R any](items []string, run func(string) R) map[string]R {
	var mu sync.Mutex
	answers := make(map[string]R, len(items))
	var running sync.WaitGroup
	queue := make(chan string)
	for range runtime.NumCPU() {
		running.Go(func() {
			for item := range queue {
				answer := run(item)
				mu.Lock()
				answers[item] = answer
				mu.Unlock()
			}
		})
	}
	for _, item := range items {
		queue <- item
	}
	close(queue)
	running.Wait()
	return answers
}

var (
	passedCase = regexp.MustCompile(`(?m)^    --- PASS: (\S+)\t`)
	passedTest = regexp.MustCompile(`(?m)^--- PASS: (\S+)\t`)
)

// TestGatorVerify runs the generated suite. With what gator rejects it covers every fixture, the updates with the
// object before them as well. The oldest OPA runs updates and peers; TestConstraints has it check all fixtures.
func TestGatorVerify(t *testing.T) {
	t.Parallel()
	cases, refusals := suiteOf(t)
	updates := updatesOf(t)
	require.NotEmpty(t, updates)
	for i, g := range gators(t) {
		t.Run(g.version, func(t *testing.T) {
			t.Parallel()
			started := time.Now()
			args, want := []string{"verify", "-v", suite}, slices.Collect(maps.Keys(cases))
			if i > 0 {
				const few = "^(peers|rules/policy-stale)/"
				args = append(args, "--run", few)
				want = slices.DeleteFunc(want, func(name string) bool { return !regexp.MustCompile(few).MatchString(name) })
			}
			output, err := exec.CommandContext(t.Context(), g.program, args...).CombinedOutput()
			require.NoError(t, err, string(output))
			passed := submatches(passedCase, output)
			assert.ElementsMatch(t, want, passed)
			assert.Subset(t, passed, updates)
			if i == 0 {
				assert.Subset(t, submatches(passedTest, output), refusals)
			}
			t.Logf("%d cases make a policy stale by an update; %d Constraints are rejected", len(updates), len(refusals))
			enter(row{"gator verify", g.version, len(passed), 0, time.Since(started)})
		})
	}
}

// TestSuiteLeavesOut runs what the suite leaves out through suites of its own, and demands that gator rejects it.
func TestSuiteLeavesOut(t *testing.T) {
	cases, _ := suiteOf(t)
	leftOut := slices.DeleteFunc(load(t), func(c *fixture.Case) bool { _, ok := cases[nameOf(c)]; return ok })
	require.NotEmpty(t, leftOut)
	for _, g := range gators(t) {
		for _, c := range leftOut {
			suite := suiteFor(t, c)
			output, err := exec.CommandContext(t.Context(), g.program, "verify", suite).CombinedOutput()
			require.Error(t, err, c.File)
			assert.Regexp(t, `schema|unknown fields|invalid AdmissionReview|AdmissionRequest|Object 'Kind' is missing|no kind`, string(output), c.File)
		}
		t.Logf("gator %s verify: %d fixtures that the suite cannot hold, all rejected with an error", g.version, len(leftOut))
	}
}

// suiteFor writes a suite that demands nothing but that a fixture is checked.
func suiteFor(t *testing.T, c *fixture.Case) string {
	t.Helper()
	constraint := constraintFor(t, c)
	folder := filepath.Dir(constraint)
	relative := func(path string) string {
		absolute, err := filepath.Abs(path)
		require.NoError(t, err)
		path, err = filepath.Rel(folder, absolute)
		require.NoError(t, err)
		return path
	}
	text, err := json.Marshal(map[string]any{
		"apiVersion": "test.gatekeeper.sh/v1alpha1", "kind": "Suite", "metadata": map[string]any{"name": "left-out"},
		"tests": []any{map[string]any{
			"name": "left-out", "template": relative(template), "constraint": "constraint.json",
			"cases": []any{map[string]any{
				"name": "left-out", "object": relative(filepath.Join(fixtures, c.File)),
				"assertions": []any{map[string]any{"violations": 0, "message": "^none of them says this$"}},
			}},
		}},
	})
	require.NoError(t, err)
	path := filepath.Join(folder, "suite.yaml")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

func submatches(pattern *regexp.Regexp, text []byte) []string {
	var all []string
	for _, match := range pattern.FindAllSubmatch(text, -1) {
		all = append(all, string(match[1]))
	}
	return all
}

// A written case is what the suite demands of a fixture.
type writtenCase struct {
	Name       string
	Assertions []assertion
}

type assertion struct {
	Violations int
	Message    string
}

// nameOf is what the suite calls a fixture.
func nameOf(c *fixture.Case) string { return strings.TrimSuffix(c.File, ".yaml") }

// suiteOf are the cases of the suite by their names, and the tests which demand that a Constraint is rejected.
func suiteOf(t *testing.T) (cases map[string]writtenCase, refusals []string) {
	t.Helper()
	text, err := os.ReadFile(suite)
	require.NoError(t, err)
	var read struct {
		Tests []struct {
			Name    string
			Invalid bool
			Cases   []writtenCase
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &read))
	cases = map[string]writtenCase{}
	for _, test := range read.Tests {
		if test.Invalid {
			refusals = append(refusals, test.Name)
		}
		for _, c := range test.Cases {
			cases[c.Name] = c
		}
	}
	return cases, refusals
}

// updatesOf are the fixtures, as the suite names them, in which an update makes a policy stale.
func updatesOf(t *testing.T) []string {
	t.Helper()
	cases, _ := suiteOf(t)
	var updates []string
	for _, c := range load(t) {
		object := c.Input.Reviews[0].Object
		name := nameOf(c)
		demanded := slices.ContainsFunc(cases[name].Assertions, func(a assertion) bool {
			return a.Violations > 0 && a.Message == "^policy-stale: "
		})
		if demanded && at(object, "kind") == "AdmissionReview" && at(object, "request", "operation") == "UPDATE" {
			updates = append(updates, name)
		}
	}
	return updates
}

// at is the text at a path, "" where there is none.
func at(value ast.Value, path ...string) string {
	var ref ast.Ref
	for _, key := range path {
		ref = append(ref, ast.StringTerm(key))
	}
	found, err := value.Find(ref)
	if err != nil {
		return ""
	}
	text, _ := found.(ast.String)
	return string(text)
}

// TestGatorOnManifests demands of gator test with what the bundle ships for it, for each file below PULLPOLICY_CORPUS
// (without it, the examples), what the engine finds. A file that gator cannot read it rejects, and is counted by the
// reason.
func TestGatorOnManifests(t *testing.T) {
	corpus := os.Getenv("PULLPOLICY_CORPUS")
	if corpus == "" {
		corpus = filepath.Join(fixtures, "examples")
	}
	files, problems := manifest.Files([]string{corpus}, nil)
	require.Empty(t, problems)
	require.NotEmpty(t, files)
	engine, err := harness.New(t.Context())
	require.NoError(t, err)
	want := map[string][]finding{}
	for _, file := range files {
		want[file] = found(t, engine, file)
	}

	for _, g := range gators(t) {
		t.Run(g.version, func(t *testing.T) {
			started := time.Now()
			answers := inParallel(files, func(file string) (answer gatorAnswer) {
				answer.results, answer.err = g.test(t.Context(), gatekeeperFolder, file)
				return answer
			})
			judged, total, disagreements, reasons := 0, 0, 0, map[string]int{}
			for _, file := range files {
				answer := answers[file]
				var said gatorRefusal
				if errors.As(answer.err, &said) {
					reasons[reasonOf(said, file)]++
					continue
				}
				require.NoError(t, answer.err, file)
				judged++
				total += len(want[file])
				if !assert.ElementsMatch(t, want[file], findings(violationsOf(answer.results)), file) {
					disagreements++
				}
				for _, r := range answer.results {
					assert.Equal(t, map[string]string{"deny": "error", "warn": "warning"}[r.action()], r.Metadata.Details.Severity, r.Msg)
				}
			}
			t.Logf("%d findings", total)
			enter(row{"gator test, manifests", g.version, judged, disagreements, time.Since(started)})
			for _, reason := range slices.Sorted(maps.Keys(reasons)) {
				t.Logf("gator %s test: rejects %d files: %s", g.version, reasons[reason], reason)
			}
			require.Positive(t, judged)
		})
	}
}

// found is what the engine finds in a file.
func found(t *testing.T, engine *harness.Engine, file string) []finding {
	t.Helper()
	documents, _ := (&manifest.Reader{}).ReadFile(file)
	all := []finding{}
	for _, document := range documents {
		verdict, err := engine.Judge(t.Context(), harness.Input{Reviews: []harness.Review{{Object: document.Value}}})
		require.NoError(t, err)
		all = append(all, findings(verdict.Violations)...)
	}
	return all
}

// reasonOf is a refusal without the names of the file and of its objects.
func reasonOf(said gatorRefusal, file string) string {
	text := strings.ReplaceAll(said.Error(), file, "FILE")
	if i := strings.LastIndex(text, ": "); i >= 0 && len(text) > 160 {
		text = text[i+2:]
	}
	return text
}

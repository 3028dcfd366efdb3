//go:build hosts

package hosts_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/fixture"
	"github.com/pullpolicy/pullpolicy/harness/pack"
)

// TestJavaScript asks the bundle for WebAssembly in OPA's SDK for JavaScript, and demands every word of the engine's
// verdicts and explanations.
func TestJavaScript(t *testing.T) {
	sdk := newJavaScript(t)
	engine, err := harness.New(t.Context())
	require.NoError(t, err)

	cases := load(t)
	var questions []asked
	for _, c := range cases {
		questions = append(questions, questionsAbout(c.Input)...)
	}
	started := time.Now()
	answers := sdk.ask(t, questions)
	byFile := map[string][]harness.Violation{}
	for i, c := range cases {
		byFile[c.File] = equal(t, engine, c.Input, answers[i*perInput:], c.File)
	}
	agree(t, row{host: "opa-wasm (npm)", version: sdk.version}, started, func(_ context.Context, c *fixture.Case) ([]harness.Violation, error) {
		return byFile[c.File], nil
	})
}

// TestJavaScriptShowsTexts has texts escaped and globs matched by the builtins of WebAssembly, which are other code than
// OPA's own.
func TestJavaScriptShowsTexts(t *testing.T) {
	sdk := newJavaScript(t)
	engine, err := harness.New(t.Context())
	require.NoError(t, err)

	var inputs []harness.Input
	for name, image := range map[string]string{
		"controls":  controls(0, 0xff),
		"letters":   "größe/\u07ff\u0800\ud7ff\ue000\ufffd\uffff\U00010000\U0010ffff",
		"bidi":      "x\u2028y\u202egnp.exe\u2066\ufeff\u200b",
		"long":      strings.Repeat("é", 300),
		"quotes":    "a \"b\" \\ 'c'",
		"plain":     "nginx:1.27",
		"digest":    "nginx@sha256:" + strings.Repeat("0a", 32),
		"upper":     "Nginx",
		"a bracket": "nginx:[dev]",
	} {
		pod := map[string]any{
			"apiVersion": "example.com/v1", "kind": image, "metadata": map[string]any{"name": name},
			"spec": map[string]any{image: map[string]any{"containers": []any{map[string]any{"name": image, "image": image}}}},
		}
		review, err := harness.NewReview(pod, nil)
		require.NoError(t, err)
		for _, parameters := range []harness.Parameters{
			{Profile: "strict", MutableTags: []string{"1.*", image}},
			{Profile: image},
			{Profile: "airgapped", PreloadedImages: []string{"ngin?:{1.27,2}", "*", `\*`, "[n]ginx", image}},
		} {
			inputs = append(inputs, harness.Input{Reviews: []harness.Review{review}, Parameters: parameters.Value()})
		}
	}
	var questions []asked
	for _, input := range inputs {
		questions = append(questions, questionsAbout(input)...)
	}
	answers := sdk.ask(t, questions)
	for i, input := range inputs {
		require.NotEmpty(t, equal(t, engine, input, answers[i*perInput:], strconv.Itoa(i)))
	}
}

// controls are the characters from first to last.
func controls(first, last rune) string {
	var text strings.Builder
	for r := first; r <= last; r++ {
		text.WriteRune(r)
	}
	return text.String()
}

// A javaScript is the SDK with a policy.
type javaScript struct{ node, folder, policy, version string }

// newJavaScript installs the SDK, as its lock file has it, into a folder of the test's own, and builds the policy.
func newJavaScript(t *testing.T) javaScript {
	t.Helper()
	sdk := javaScript{node: program(t, "PULLPOLICY_NODE"), folder: t.TempDir()}
	require.NoError(t, os.CopyFS(sdk.folder, os.DirFS("javascript")))
	install := exec.CommandContext(t.Context(), program(t, "PULLPOLICY_NPM"), "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = sdk.folder
	output, err := install.CombinedOutput()
	require.NoError(t, err, "%s", output)
	var installed struct{ Version string }
	text, err := os.ReadFile(filepath.Join(sdk.folder, "node_modules/@open-policy-agent/opa-wasm/package.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &installed))
	sdk.version = installed.Version

	var packed bytes.Buffer
	require.NoError(t, pack.Build(t.Context(), os.DirFS(policies), pack.Options{Target: "wasm"}, &packed))
	archive, err := pack.Read(&packed)
	require.NoError(t, err)
	loaded, err := archive.Load(nil)
	require.NoError(t, err)
	sdk.policy = write(t, "policy.wasm", string(loaded.WasmModules[0].Raw))
	return sdk
}

type asked struct {
	Entrypoint string        `json:"entrypoint"`
	Input      harness.Input `json:"input"`
}

const perInput = 4

func questionsAbout(input harness.Input) []asked {
	return []asked{
		{"pullpolicy/violations/violations", input},
		{"pullpolicy/violations/exempted", input},
		{"pullpolicy/violations/judged", input},
		{"pullpolicy/explanations/explanations", input},
	}
}

func (j javaScript) ask(t *testing.T, questions []asked) []json.RawMessage {
	t.Helper()
	encoded, err := json.Marshal(questions)
	require.NoError(t, err)
	command := exec.CommandContext(t.Context(), j.node, "ask.js", j.policy)
	command.Dir, command.Stdin = j.folder, bytes.NewReader(encoded)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	require.NoError(t, err, "%s", &stderr)
	var answers []json.RawMessage
	require.NoError(t, json.Unmarshal(output, &answers))
	require.Len(t, answers, len(questions))
	return answers
}

// equal demands the engine's answers about an input, and returns the violations.
func equal(t *testing.T, engine *harness.Engine, input harness.Input, answers []json.RawMessage, about string) []harness.Violation {
	t.Helper()
	verdict, err := engine.Judge(t.Context(), input)
	require.NoError(t, err)
	explanations, err := engine.Explain(t.Context(), input)
	require.NoError(t, err)

	violations := read[harness.Violation](t, answers[0])
	assert.Equal(t, texts(t, verdict.Violations), texts(t, violations), about)
	assert.Equal(t, texts(t, verdict.Exempted), texts(t, read[harness.Violation](t, answers[1])), about)
	var judged struct{ Objects, Images int }
	require.NoError(t, json.Unmarshal(answers[2], &judged))
	assert.Equal(t, verdict.Objects, judged.Objects, about)
	assert.Equal(t, verdict.Images, judged.Images, about)
	assert.Equal(t, texts(t, explanations), texts(t, read[harness.Explanation](t, answers[3])), about)
	return violations
}

func read[T any](t *testing.T, answer json.RawMessage) []T {
	t.Helper()
	var elements []T
	require.NoError(t, json.Unmarshal(answer, &elements))
	return elements
}

// texts are the elements as JSON, sorted: a set has no order of its own.
func texts[T any](t *testing.T, elements []T) []string {
	t.Helper()
	all := make([]string, 0, len(elements))
	for _, element := range elements {
		text, err := json.Marshal(element)
		require.NoError(t, err)
		all = append(all, string(text))
	}
	slices.Sort(all)
	return all
}

//go:build hosts

package hosts_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/pullpolicy/pullpolicy/harness"
)

// TestSuiteFindsBrokenTemplates breaks the template in the ways in which Gatekeeper goes silent, rule by rule, and
// demands that the suite's cases of that rule fail. It runs two of them: one that fails is enough.
func TestSuiteFindsBrokenTemplates(t *testing.T) {
	g := newGator(t, "PULLPOLICY_GATOR")
	engine, err := harness.New(t.Context())
	require.NoError(t, err)
	started := time.Now()

	cases, _ := suiteOf(t)
	two := map[string]string{}
	for _, rule := range engine.Rules() {
		var found []string
		for name, c := range cases {
			if strings.HasPrefix(name, "rules/"+rule.ID+"/") && slices.ContainsFunc(c.Assertions, func(a assertion) bool {
				return a.Violations > 0 && a.Message == "^"+rule.ID+": "
			}) {
				found = append(found, name)
			}
		}
		slices.Sort(found)
		require.NotEmpty(t, found, rule.ID)
		two[rule.ID] = "^(" + strings.Join(found[:min(2, len(found))], "|") + ")$"
	}

	type mutant struct{ rule, what string }
	mutants := map[string]mutant{}
	for _, rule := range engine.Rules() {
		for what := range breaks {
			mutants[rule.ID+" "+what] = mutant{rule.ID, what}
		}
	}
	names := slices.Sorted(maps.Keys(mutants))
	roots := map[string]string{}
	for _, name := range names {
		roots[name] = breakTemplate(t, mutants[name].rule, breaks[mutants[name].what])
	}
	outputs := inParallel(names, func(name string) string {
		suite := filepath.Join(roots[name], "bundle/gator/suite.yaml")
		output, err := exec.CommandContext(t.Context(), g.program, "verify", "--run", two[mutants[name].rule], suite).CombinedOutput()
		return fmt.Sprintf("%v\n%s", err, output)
	})
	refused := 0
	for _, name := range names {
		if strings.Contains(outputs[name], "unable to compile modules") {
			refused++
			continue
		}
		assert.Regexp(t, `(?m)^    --- FAIL: rules/`+mutants[name].rule+"/.*\n.*violations", outputs[name], name)
	}
	t.Logf("gator %s verify: %d broken templates, of which gator rejects %d and cases of the suite find the others, %.1f s",
		g.version, len(mutants), refused, time.Since(started).Seconds())
	assert.Less(t, refused, len(mutants)/2, "the suite is to find them, not the compiler")
}

// breaks are ways to break a rule's module, "" for one that is gone.
var breaks = map[string]func(rule string) string{
	"loses its METADATA": func(rule string) string {
		return firstComment.ReplaceAllString(rule, "")
	},
	"is gone": func(string) string { return "" },
	// Gatekeeper takes such a reference, does not move it, and leaves it undefined.
	"refers to its facts without an import": func(rule string) string {
		return someIn.ReplaceAllString(rule, "$1 data.lib.pullpolicy.$2.")
	},
}

var firstComment = regexp.MustCompile(`\A(#.*\n)+`)

var someIn = regexp.MustCompile(`(\bsome \w+ in) (\w+)\.`)

// breakTemplate is a copy of the suite's folders whose template has a rule broken.
func breakTemplate(t *testing.T, rule string, change func(string) string) string {
	t.Helper()
	text, err := os.ReadFile(template)
	require.NoError(t, err)
	var object map[string]any
	require.NoError(t, yaml.Unmarshal(text, &object))
	target := object["spec"].(map[string]any)["targets"].([]any)[0].(map[string]any)
	source := target["code"].([]any)[0].(map[string]any)["source"].(map[string]any)

	broken := 0
	var libs []any
	for _, lib := range source["libs"].([]any) {
		if strings.Contains(lib.(string), "\npackage lib.pullpolicy.rules."+strings.ReplaceAll(rule, "-", "_")+"\n") {
			changed := change(lib.(string))
			require.NotEqual(t, lib, changed, rule)
			broken++
			if changed == "" {
				continue
			}
			lib = changed
		}
		libs = append(libs, lib)
	}
	require.Equal(t, 1, broken, rule)
	source["libs"] = libs

	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	folder := t.TempDir()
	encoded, err := json.Marshal(object)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "bundle/gatekeeper"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "bundle/gatekeeper/template.yaml"), encoded, 0o600))
	for _, name := range []string{"bundle/gator", "fixtures"} {
		require.NoError(t, os.Symlink(filepath.Join(root, name), filepath.Join(folder, name)))
	}
	return folder
}

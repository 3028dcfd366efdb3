package harness_test

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/policies"
)

// TestOnlyConftestsRulesAreNamedSo holds what conftest test --all-namespaces asks for: every rule and function named so,
// in whatever package, tests too; and of a function it makes an error that ends the run. That is a little more than
// conftest takes today (warn, deny, violation, and these with _ and more).
func TestOnlyConftestsRulesAreNamedSo(t *testing.T) {
	taken := regexp.MustCompile(`^(warn|deny|violation|exception)`)
	found := []string{}
	require.NoError(t, fs.WalkDir(policies.FS, ".", func(path string, _ fs.DirEntry, err error) error {
		require.NoError(t, err)
		if !strings.HasSuffix(path, ".rego") {
			return nil
		}
		text, err := fs.ReadFile(policies.FS, path)
		require.NoError(t, err)
		module, err := ast.ParseModuleWithOpts(path, string(text), ast.ParserOptions{RegoVersion: ast.RegoV1})
		require.NoError(t, err)
		for _, rule := range module.Rules {
			name := rule.Head.Ref().String()
			if taken.MatchString(name) && name != "violations" { // an entrypoint, and no name of conftest's
				found = append(found, module.Package.Path.String()+"."+name)
			}
		}
		return nil
	}))
	assert.ElementsMatch(t, []string{
		"data.pullpolicy.conftest.deny", "data.pullpolicy.conftest.warn", "data.pullpolicy.conftest.exception",
	}, found)
}

package harness_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/policies"
)

// rego returns the sources that make lint checks, without their tests.
func rego(t *testing.T) map[string]string {
	t.Helper()
	sources := map[string]string{}
	for _, root := range []fs.FS{policies.FS, os.DirFS("../bundle/opa")} {
		require.NoError(t, fs.WalkDir(root, ".", func(name string, _ fs.DirEntry, err error) error {
			if err != nil || path.Ext(name) != ".rego" || strings.HasSuffix(name, "_test.rego") {
				return err
			}
			text, err := fs.ReadFile(root, name)
			sources[name] = string(text)
			return err
		}))
	}
	return sources
}

func schemas(t *testing.T) *ast.SchemaSet {
	t.Helper()
	set := ast.NewSchemaSet()
	folder := os.DirFS("../bundle/schemas")
	files, err := fs.Glob(folder, "*.json")
	require.NoError(t, err)
	for _, file := range files {
		text, err := fs.ReadFile(folder, file)
		require.NoError(t, err)
		var schema any
		require.NoError(t, json.Unmarshal(text, &schema), file)
		set.Put(ast.SchemaRootRef.Append(ast.StringTerm(strings.TrimSuffix(file, ".json"))), schema)
	}
	return set
}

// checkTypes returns what opa check --schema bundle/schemas says of sources, by file and line.
func checkTypes(t *testing.T, sources map[string]string) map[string]string {
	t.Helper()
	modules := map[string]*ast.Module{}
	for name, text := range sources {
		module, err := ast.ParseModuleWithOpts(name, text, ast.ParserOptions{ProcessAnnotation: true})
		require.NoError(t, err)
		modules[name] = module
	}
	compiler := ast.NewCompiler().SetErrorLimit(0).WithSchemas(schemas(t)).WithUseTypeCheckAnnotations(true)
	compiler.Compile(modules)
	said := map[string]string{}
	for _, err := range compiler.Errors {
		said[fmt.Sprintf("%s:%d", err.Location.File, err.Location.Row)] += err.Message + "\n"
	}
	return said
}

func TestTypes(t *testing.T) {
	assert.Empty(t, checkTypes(t, rego(t)))
}

// TestTypesSeeTypos misspells each key of the input that a module reads, all at once.
func TestTypesSeeTypos(t *testing.T) {
	planted := rego(t)
	key := regexp.MustCompile(`\binput\.\w+`)
	wanted := map[string]string{}
	for name, text := range planted {
		lines := strings.Split(text, "\n")
		for i, line := range lines {
			if found := key.FindString(line); found != "" && !strings.HasPrefix(strings.TrimSpace(line), "#") {
				lines[i] = key.ReplaceAllString(line, "${0}z")
				wanted[fmt.Sprintf("%s:%d", name, i+1)] = "undefined ref: " + found + "z"
			}
		}
		planted[name] = strings.Join(lines, "\n")
	}
	require.NotEmpty(t, wanted)

	said := checkTypes(t, planted)
	for place, want := range wanted {
		assert.Contains(t, said[place], want, place)
	}
}

// TestTypesOfTheInput reads the input in a rule of its own for each case.
func TestTypesOfTheInput(t *testing.T) {
	tests := []struct{ in, read, want string }{
		{"pullpolicy.new", "input.reviews[0].object.spec", ""},
		{"pullpolicy.new", "input.reviews[0].oldObject.spec", ""},
		{"pullpolicy.new", "input.reviews[0].admitted", ""},
		{"pullpolicy.new", "input.reviews[0].objects", "undefined ref: input.reviews[0].objects"},
		{"pullpolicy.new", "input.review", "undefined ref: input.review"},
		{"pullpolicy.new", "input.parameters.profile", ""},
		{"pullpolicy.new", "input.request", "undefined ref: input.request"},
		{"pullpolicy.kubelet", "input.node.verification.policy", ""},
		{"pullpolicy.kubelet", "input.node.verification.policies", "undefined ref: input.node.verification.policies"},
		{"pullpolicy.kubelet", "input.reviewz", "undefined ref: input.reviewz"},
		{"pullpolicy.conftest", "input[0].contents", ""},
		{"pullpolicy.gatekeeper", "input.review.object.spec", ""},
		{"pullpolicy.gatekeeper", "input.review.objects", "undefined ref: input.review.objects"},
		{"pullpolicy.gatekeeper", "input.reviews", "undefined ref: input.reviews"},
		{"pullpolicy.admission", "input.request.userInfo.username", ""},
		{"pullpolicy.admission", "input.request.user", "undefined ref: input.request.user"},
		{"pullpolicy.admission", "input.reviews", "undefined ref: input.reviews"},
		{"system.authz", "input.headers", ""},
		{"system.authz", "input.header", "undefined ref: input.header"},
		{"system.log", "input.input.reviews", ""},
		{"system.log", "input.reviews", "undefined ref: input.reviews"},
	}
	sources := rego(t)
	for i, test := range tests {
		sources[fmt.Sprintf("case%d", i)] = fmt.Sprintf("package %s\n\n_case%d := %s\n", test.in, i, test.read)
	}
	said := checkTypes(t, sources)
	for i, test := range tests {
		t.Run(test.in+" "+test.read, func(t *testing.T) {
			got := said[fmt.Sprintf("case%d:3", i)]
			if test.want == "" {
				assert.Empty(t, got)
			}
			assert.Contains(t, got, test.want)
		})
	}
}

// TestInputSchemaIsTheInput compares the schema with what the Go types encode to.
func TestInputSchemaIsTheInput(t *testing.T) {
	text, err := os.ReadFile("../bundle/schemas/input.json")
	require.NoError(t, err)
	var schema struct {
		Properties map[string]struct {
			Items struct{ Properties map[string]any }
		}
	}
	require.NoError(t, json.Unmarshal(text, &schema))

	var input map[string]any
	encoded, err := json.Marshal(harness.Input{
		Reviews:    []harness.Review{{Object: ast.NewObject(), OldObject: ast.NewObject(), Admitted: true}},
		Parameters: ast.NewObject(),
		Node:       ast.NewObject(),
	})
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(encoded, &input))
	assert.ElementsMatch(t, slices.Collect(maps.Keys(input)), slices.Collect(maps.Keys(schema.Properties)))
	review := input["reviews"].([]any)[0].(map[string]any)
	assert.ElementsMatch(t, keys(review), keys(schema.Properties["reviews"].Items.Properties))
}

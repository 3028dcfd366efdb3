package gatekeeper_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/gatekeeper"
)

// A template is what is read back of one.
type template struct {
	Metadata struct {
		Name        string
		Annotations map[string]string
	}
	Spec struct {
		CRD struct {
			Spec struct {
				Names      struct{ Kind string }
				Validation struct{ OpenAPIV3Schema map[string]any }
			}
		}
		Targets []struct {
			Target string
			Code   []struct {
				Engine string
				Source struct {
					Version, Rego string
					Libs          []string
				}
			}
		}
	}
}

func newTemplate(t *testing.T) template {
	t.Helper()
	engine, err := harness.New(t.Context())
	require.NoError(t, err)
	schema, err := engine.Schema(t.Context())
	require.NoError(t, err)
	text, err := gatekeeper.Template(engine.Policies(), schema)
	require.NoError(t, err)
	var read template
	require.NoError(t, yaml.Unmarshal(text, &read))
	t.Logf("%d bytes", len(text))
	return read
}

// TestTemplateFits holds the template against what etcd and kubectl apply take: the latter writes it all into one
// annotation of at most 256 KiB.
func TestTemplateFits(t *testing.T) {
	template := newTemplate(t)
	require.Len(t, template.Spec.Targets, 1)
	source := template.Spec.Targets[0].Code[0].Source
	assert.Less(t, len(source.Rego)+len(strings.Join(source.Libs, "")), 256<<10)
	assert.Equal(t, "k8simagepullpolicy", template.Metadata.Name)
	assert.Equal(t, strings.ToLower(template.Spec.CRD.Spec.Names.Kind), template.Metadata.Name)
	assert.Equal(t, "v1", source.Version)
}

// TestTemplateKeepsTheRules compiles the template's Rego with the floor's capabilities, and finds each rule there with
// its METADATA, without which it would be silent.
func TestTemplateKeepsTheRules(t *testing.T) {
	source := newTemplate(t).Spec.Targets[0].Code[0].Source
	modules := map[string]*ast.Module{}
	for _, text := range append(source.Libs, source.Rego) {
		module, err := ast.ParseModuleWithOpts("", text, ast.ParserOptions{RegoVersion: ast.RegoV1, ProcessAnnotation: true})
		require.NoError(t, err)
		modules[text] = module
	}
	assert.True(t, slices.ContainsFunc(modules[source.Rego].Rules, func(rule *ast.Rule) bool {
		return rule.Head.Ref().String() == "violation"
	}), "Gatekeeper asks for violation")
	floor, err := ast.LoadCapabilitiesVersion("v1.10.0")
	require.NoError(t, err)
	compiler := ast.NewCompiler().WithStrict(true).WithCapabilities(floor)
	compiler.Compile(modules)
	require.Empty(t, compiler.Errors)

	engine, err := harness.New(t.Context())
	require.NoError(t, err)
	for _, rule := range engine.Rules() {
		path := "data.lib.pullpolicy.rules." + strings.ReplaceAll(rule.ID, "-", "_")
		i := slices.IndexFunc(slices.Collect(maps.Values(modules)), func(m *ast.Module) bool {
			return m.Package.Path.String() == path && len(m.Annotations) > 0 && m.Annotations[0].Title == rule.Title
		})
		assert.GreaterOrEqual(t, i, 0, rule.ID)
	}
}

// TestSchemaIsStructural holds what a CustomResourceDefinition rejects, and what it would store with each Constraint.
func TestSchemaIsStructural(t *testing.T) {
	schema := newTemplate(t).Spec.CRD.Spec.Validation.OpenAPIV3Schema
	var visit func(path string, schema map[string]any)
	visit = func(path string, schema map[string]any) {
		assert.NotEmpty(t, schema["type"], path)
		for _, key := range []string{"additionalProperties", "default", "$schema", "$comment", "title"} {
			assert.NotContains(t, schema, key, path)
		}
		if items, ok := schema["items"].(map[string]any); ok {
			visit(path+"[]", items)
		}
		properties, _ := schema["properties"].(map[string]any)
		for name, property := range properties {
			visit(path+"."+name, property.(map[string]any))
			assert.NotEmpty(t, property.(map[string]any)["description"], path+"."+name)
		}
	}
	visit("parameters", schema)
	profile := schema["properties"].(map[string]any)["profile"].(map[string]any)
	assert.Contains(t, profile["description"], "baseline, where none is given")
}

func TestTemplateRefuses(t *testing.T) {
	const entry = "package pullpolicy.gatekeeper\n\nimport data.pullpolicy.a\n\nanswers contains {\"msg\": \"\"} if a.b\n"
	for name, test := range map[string]struct {
		modules map[string]string
		want    string
	}{
		"no entry": {
			map[string]string{"a.rego": "package pullpolicy.a\n\nb := 1\n"},
			"there is no package pullpolicy.gatekeeper",
		},
		"no answers": {
			map[string]string{"gatekeeper.rego": "package pullpolicy.gatekeeper\n\nviolation contains {\"msg\": \"\"}\n"},
			"package pullpolicy.gatekeeper has no rule answers",
		},
		"a reference to data in a call": {
			map[string]string{"a.rego": "package pullpolicy.a\n\nb if count(data.pullpolicy.c.d) > 0\n"},
			"a.rego:3: Gatekeeper leaves data.pullpolicy.c.d undefined; import its package",
		},
		"a reference to data in a comprehension": {
			map[string]string{"a.rego": "package pullpolicy.a\n\nb := [c |\n\tsome c in data.pullpolicy.c\n]\n"},
			"a.rego:4: Gatekeeper leaves data.pullpolicy.c undefined",
		},
		"all of data": {
			map[string]string{"a.rego": "package pullpolicy.a\n\nb := object.get(data, \"c\", 1)\n"},
			"a.rego:3: Gatekeeper leaves data undefined",
		},
		"data in a with": {
			map[string]string{"a.rego": "package pullpolicy.a\n\nb if input.c with data.d as 1\n"},
			"a.rego:3: Gatekeeper leaves data.d undefined",
		},
		"an import from elsewhere": {
			map[string]string{"a.rego": "package pullpolicy.a\n\nimport data.parameters\n\nb if parameters.c\n"},
			"a.rego:3: Gatekeeper has no data.parameters",
		},
		"an import of the input": {
			map[string]string{"a.rego": "package pullpolicy.a\n\nimport input.review\n\nb if review.c\n"},
			"a.rego:3: Gatekeeper has no input.review",
		},
		"an import of no package": {
			map[string]string{"a.rego": "package pullpolicy.a\n\nimport data.pullpolicy.d\n\nb if d.c\n"},
			"a.rego:3: data.pullpolicy.d is imported, and is not a package",
		},
	} {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{}
			if name != "no entry" {
				files["gatekeeper.rego"] = &fstest.MapFile{Data: []byte(entry)}
			}
			for name, text := range test.modules {
				files[name] = &fstest.MapFile{Data: []byte(text)}
			}
			policies, err := harness.LoadFS(files)
			require.NoError(t, err)
			_, err = gatekeeper.Template(policies, nil)
			require.ErrorContains(t, err, test.want)
		})
	}
}

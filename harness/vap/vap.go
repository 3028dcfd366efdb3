// Package vap writes the rules that CEL can express as a ValidatingAdmissionPolicy, with the kind that holds its
// parameters and the bindings of each profile, for clusters without Gatekeeper.
package vap

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/internal/generated"
)

// The kind that holds the parameters, and what the API server calls its objects.
const (
	APIVersion = group + "/" + version
	Kind       = "ImagePullPolicyParameters"
	Resource   = "imagepullpolicyparameters"

	group   = "pullpolicy.github.io"
	version = "v1"
)

// Rules returns the ids of the rules in the policy, sorted. The others find nothing in what an API server has accepted, or
// need what CEL cannot read; bundle/vap/README.md says which and why.
func Rules() []string {
	return []string{
		"cached-without-credentials",
		"digest-always-pulled",
		"digest-missing",
		"image-invalid",
		"mutable-tag-cached",
		"never-not-preloaded",
		"policy-conflict",
		"policy-not-allowed",
		"tag-mutable",
	}
}

var (
	//go:embed policy.yaml.tmpl
	policyTemplate string
	//go:embed profile.yaml.tmpl
	profileTemplate string
)

// A binding is what becomes of the findings of one severity.
type binding struct{ Name, Severity, Action string }

var bindings = []binding{
	{"deny", harness.SeverityError, "Deny"},
	{"warn", harness.SeverityWarning, "Warn"},
}

// Files returns the generated files by their paths below bundle/. The schema is that of the policies' parameters.
func Files(ctx context.Context, policies *bundle.Bundle, schema map[string]any) (map[string][]byte, error) {
	facts, err := read(ctx, policies, schema)
	if err != nil {
		return nil, fmt.Errorf("read policies: %w", err)
	}
	definition, err := definition(facts)
	if err != nil {
		return nil, fmt.Errorf("write definition of %s: %w", Kind, err)
	}
	policy, err := execute(policyTemplate, facts)
	if err != nil {
		return nil, fmt.Errorf("write policy: %w", err)
	}
	files := map[string][]byte{"vap/crd.yaml": definition, "vap/policy.yaml": policy}
	for _, profile := range harness.Profiles() {
		text, err := execute(profileTemplate, map[string]any{
			"Generated": generated.Mark, "APIVersion": APIVersion, "Kind": Kind, "Resource": Resource,
			"Profile": profile, "Bindings": bindings,
		})
		if err != nil {
			return nil, fmt.Errorf("write profile %s: %w", profile, err)
		}
		files["vap/profiles/"+profile+".yaml"] = text
	}
	return files, nil
}

// facts are what the policies say of themselves.
type facts struct {
	Generated, APIVersion, Kind string
	// All are all rules, and Rules those in the policy.
	All, Rules []harness.Rule
	Profiles   []string
	// Allowed are the pull policies that a profile allows.
	Allowed map[string][]string
	// The regular expressions of references and of their registries.
	Grammar, Domain string
	// Placeholders are the regular expressions of a text up to the end of its last placeholder, one for each form.
	Placeholders []string
	schema       map[string]any
}

// Private rules are read too, because the policy has to say the same.
const query = `
grammar := data.pullpolicy.references._grammar
domain := data.pullpolicy.references._domain
behind := data.pullpolicy.references._behind
allowed := {profile: policies |
	some profile in input.profiles
	policies := data.pullpolicy.parameters.allowed({"valid": false}) with input.parameters as {"profile": profile}
}`

func read(ctx context.Context, policies *bundle.Bundle, schema map[string]any) (*facts, error) {
	read := &facts{
		Generated: generated.Mark, APIVersion: APIVersion, Kind: Kind,
		All: harness.Rules(policies), Profiles: harness.Profiles(), Allowed: map[string][]string{}, schema: schema,
	}
	for _, id := range Rules() {
		i := slices.IndexFunc(read.All, func(rule harness.Rule) bool { return rule.ID == id })
		if i < 0 {
			return nil, fmt.Errorf("no rule %s", id)
		}
		read.Rules = append(read.Rules, read.All[i])
	}

	results, err := rego.New(
		rego.ParsedBundle("pullpolicy", policies),
		rego.Query(query),
		rego.Input(map[string]any{"profiles": harness.Profiles()}),
	).Eval(ctx)
	if err != nil {
		return nil, err
	}
	if len(results) != 1 {
		return nil, harness.ErrUndefined
	}
	read.Grammar, _ = results[0].Bindings["grammar"].(string)
	read.Domain, _ = results[0].Bindings["domain"].(string)
	behind, _ := results[0].Bindings["behind"].(string)
	const begin, end = "^(?s:.*)(?:", ")([^(){}$<>]*)$"
	forms, ok := strings.CutPrefix(behind, begin)
	forms, closed := strings.CutSuffix(forms, end)
	if !ok || !closed {
		return nil, fmt.Errorf("%q is not what CEL can be told of placeholders", behind)
	}
	for form := range strings.SplitSeq(forms, "|") {
		read.Placeholders = append(read.Placeholders, begin+form+")") // CEL has no groups, so it cuts this off
	}
	for profile, policies := range results[0].Bindings["allowed"].(object) {
		for _, policy := range policies.([]any) {
			read.Allowed[profile] = append(read.Allowed[profile], policy.(string))
		}
	}
	return read, nil
}

func execute(text string, data any) ([]byte, error) {
	layout, err := template.New("").Delims("<%", "%>").Option("missingkey=error").Funcs(functions).Parse(text)
	if err != nil {
		return nil, err
	}
	var written bytes.Buffer
	err = layout.Execute(&written, data)
	return written.Bytes(), err
}

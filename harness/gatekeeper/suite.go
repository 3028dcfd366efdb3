package gatekeeper

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/fixture"
)

// A test is what the suite runs with one set of parameters.
type test struct {
	name       string
	parameters any
	cases      []*fixture.Case
}

// suite returns, by their paths below bundle/, a suite for gator verify and its Constraints, one for each set of
// parameters among the fixtures. A case demands of gator what the engine finds, rule by rule; where the parameters do
// not fit the schema, the test demands that gator rejects the Constraint. Left out are fixtures that gator takes for no
// Kubernetes object, and Constraints with keys that nobody knows: gator rejects those too, but a suite cannot demand it.
func suite(ctx context.Context, engine *harness.Engine, schema map[string]any, cases []*fixture.Case) (map[string][]byte, error) {
	tests, err := testsOf(cases)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	var all []any
	for _, t := range tests {
		known, err := fits(ctx, schema, t.parameters)
		if err != nil {
			return nil, err
		}
		fit, err := fits(ctx, structural(schema), t.parameters)
		if err != nil {
			return nil, err
		}
		if fit && !known {
			continue
		}
		file := "constraints/" + t.name + ".yaml"
		if files["gator/"+file], err = t.constraint(); err != nil {
			return nil, err
		}
		written := object{{"name", t.name}, {"template", "../gatekeeper/template.yaml"}, {"constraint", file}}
		if fit {
			cases, err := t.written(ctx, engine)
			if err != nil {
				return nil, err
			}
			written = append(written, member{"cases", cases})
		} else {
			written = append(written, member{"invalid", true})
		}
		all = append(all, written)
	}
	files["gator/suite.yaml"], err = encode(object{
		{"apiVersion", "test.gatekeeper.sh/v1alpha1"},
		{"kind", "Suite"},
		{"metadata", object{{"name", name}}},
		{"tests", all},
	})
	return files, err
}

// testsOf groups fixtures by their parameters, sorted by the parameters' names.
func testsOf(cases []*fixture.Case) ([]*test, error) {
	byName := map[string]*test{}
	for _, c := range cases {
		if n := len(c.Input.Reviews); n != 1 {
			return nil, fmt.Errorf("%s: holds %d objects, and a case of a suite is one", c.File, n)
		}
		if Unreadable(c.Input.Reviews[0]) != "" {
			continue
		}
		var parameters any = map[string]any{}
		if c.Input.Parameters != nil {
			var err error
			if parameters, err = ast.JSON(c.Input.Parameters); err != nil {
				return nil, fmt.Errorf("%s: %w", c.File, err)
			}
		}
		name, err := nameOf(parameters)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.File, err)
		}
		if byName[name] == nil {
			byName[name] = &test{name: name, parameters: parameters}
		}
		byName[name].cases = append(byName[name].cases, c)
	}
	var tests []*test
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		tests = append(tests, byName[name])
	}
	return tests, nil
}

// nameOf names parameters by what they are, so that a new fixture renames no other's Constraint.
func nameOf(parameters any) (string, error) {
	encoded, err := json.Marshal(parameters)
	if err != nil {
		return "", err
	}
	if string(encoded) == "{}" {
		return "none", nil
	}
	sum := sha256.Sum256(encoded)
	return "parameters-" + hex.EncodeToString(sum[:4]), nil
}

// fits says whether parameters fit the schema that a Constraint is held against.
func fits(ctx context.Context, schema, parameters any) (bool, error) {
	results, err := rego.New(
		// A text alone would be read as JSON.
		rego.Query(`[fits, _] = json.match_schema({"it": input.parameters}, {"properties": {"it": input.schema}})`),
		rego.Input(map[string]any{"parameters": parameters, "schema": schema}),
		rego.StrictBuiltinErrors(true),
	).Eval(ctx)
	if err != nil {
		return false, fmt.Errorf("match schema: %w", err)
	}
	return results[0].Bindings["fits"].(bool), nil
}

func (t *test) constraint() ([]byte, error) {
	return encode(object{
		{"apiVersion", "constraints.gatekeeper.sh/v1beta1"},
		{"kind", Kind},
		{"metadata", object{{"name", t.name}}},
		{"spec", object{{"parameters", plain(t.parameters)}}},
	})
}

func (t *test) written(ctx context.Context, engine *harness.Engine) ([]any, error) {
	var all []any
	for _, c := range t.cases {
		verdict, err := engine.Judge(ctx, c.Input)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.File, err)
		}
		all = append(all, object{
			{"name", strings.TrimSuffix(c.File, ".yaml")},
			{"object", "../../fixtures/" + c.File},
			{"assertions", assertions(verdict.Violations)},
		})
	}
	return all, nil
}

// assertions demand each rule's number of violations, and no others.
func assertions(violations []harness.Violation) []any {
	found := map[string]int{}
	for _, violation := range violations {
		found[violation.Rule]++
	}
	all := []any{object{{"violations", len(violations)}}}
	for _, rule := range slices.Sorted(maps.Keys(found)) {
		all = append(all, object{{"violations", found[rule]}, {"message", "^" + rule + ": "}})
	}
	return all
}

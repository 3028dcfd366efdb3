package vap

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/internal/generated"
)

type object = map[string]any

// definition is the CustomResourceDefinition of the parameters.
func definition(facts *facts) ([]byte, error) {
	spec, err := specification(facts)
	if err != nil {
		return nil, err
	}
	text, err := yaml.Marshal(object{
		"apiVersion": "apiextensions.k8s.io/v1",
		"kind":       "CustomResourceDefinition",
		"metadata":   object{"name": Resource + "." + group},
		"spec": object{
			"group": group,
			"names": object{"kind": Kind, "listKind": Kind + "List", "plural": Resource, "singular": Resource},
			"scope": "Cluster",
			"versions": []any{object{
				"name": version, "served": true, "storage": true,
				"schema": object{"openAPIV3Schema": object{
					"description": "parameters of the ValidatingAdmissionPolicy pullpolicy",
					"type":        "object",
					"required":    []any{"spec"},
					"properties":  object{"spec": spec},
				}},
				"additionalPrinterColumns": []any{
					object{"name": "Profile", "type": "string", "jsonPath": ".spec.profile"},
					object{"name": "Severities", "type": "string", "jsonPath": ".spec.severities"},
				},
			}},
		},
	})
	return append([]byte("# "+generated.Mark+"\n"), text...), err
}

// specification is the schema of the parameters but for what the policy cannot have: pod specs in custom resources, and
// the severities of other rules.
func specification(facts *facts) (object, error) {
	spec := structural(facts.schema).(object)
	for _, key := range []string{"$schema", "title"} {
		delete(spec, key)
	}
	spec["description"] = "the parameters, as every other host has them"
	properties, err := below(spec, "properties")
	if err != nil {
		return nil, err
	}
	delete(properties, "podSpecs")
	delete(properties, "images")
	rules, err := below(properties, "rules", "properties")
	if err != nil {
		return nil, err
	}
	for _, rule := range facts.All {
		if !slices.Contains(Rules(), rule.ID) {
			delete(rules, rule.ID)
		}
	}
	for name, value := range defaults {
		parameter, err := below(properties, name)
		if err != nil {
			return nil, err
		}
		parameter["default"] = value
	}
	return spec, checkExempted(properties, facts.All)
}

// defaults are what the API server fills in, so that the policy need not ask what is there.
var defaults = object{
	"severities":      []any{harness.SeverityError, harness.SeverityWarning},
	"rules":           object{},
	"mutableTags":     []any{},
	"policies":        []any{},
	"preloadedImages": []any{},
	"privateImages":   []any{},
	"exemptions":      []any{},
}

// checkExempted lets the API server reject an exemption of a rule that nothing is named like. It estimates what that
// costs by the sizes that the schema allows.
func checkExempted(properties object, rules []harness.Rule) error {
	exemptions, err := below(properties, "exemptions")
	if err != nil {
		return err
	}
	globs, err := below(exemptions, "items", "properties", "rules")
	if err != nil {
		return err
	}
	glob, err := below(globs, "items")
	if err != nil {
		return err
	}
	var ids []string
	for _, rule := range rules {
		ids = append(ids, rule.ID)
	}
	exemptions["maxItems"], globs["maxItems"], glob["maxLength"] = 100, len(ids), 32
	glob["pattern"] = `^[a-z*-]+$`
	glob["x-kubernetes-validations"] = []any{object{
		"rule":    "' " + strings.Join(ids, " ") + " '.matches(' ' + self.replace('*', '[^ ]*') + ' ')",
		"message": "no rule is called so; write the id of a rule, or a glob of ids",
	}}
	return nil
}

// structural is a JSON Schema as the API server takes it, which rejects unknown keys by itself. Globs get a pattern, so
// that nothing in them ends a quotation in the policy's regular expressions.
func structural(schema any) any {
	switch schema := schema.(type) {
	case object:
		written := object{}
		for key, value := range schema {
			written[key] = structural(value)
		}
		if written["additionalProperties"] == false {
			delete(written, "additionalProperties")
		}
		if items, ok := written["items"].(object); ok && items["minLength"] != nil {
			items["pattern"] = `^[^\s\\]+$`
		}
		return written
	case []any:
		written := make([]any, len(schema))
		for i, value := range schema {
			written[i] = structural(value)
		}
		return written
	}
	return schema
}

// below is the map at a path in a schema.
func below(schema object, path ...string) (object, error) {
	for _, key := range path {
		next, ok := schema[key].(object)
		if !ok {
			return nil, fmt.Errorf("the schema of the parameters has no %s", strings.Join(path, "."))
		}
		schema = next
	}
	return schema, nil
}

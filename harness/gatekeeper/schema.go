package gatekeeper

import "fmt"

// structural returns a JSON Schema as a CustomResourceDefinition takes it
// (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema).
// It has no additionalProperties: false beside properties; an unknown key is for the API server's field validation.
// Nor has it defaults: the API server would store today's with every Constraint, and they would stay there.
func structural(schema map[string]any) map[string]any {
	result := map[string]any{}
	for key, value := range schema {
		switch key {
		case "$schema", "$comment", "title", "additionalProperties", "default":
		case "properties":
			properties := map[string]any{}
			for name, property := range value.(map[string]any) {
				properties[name] = structural(property.(map[string]any))
			}
			result[key] = properties
		case "items":
			result[key] = structural(value.(map[string]any))
		default:
			result[key] = value
		}
	}
	if value, ok := schema["default"]; ok {
		result["description"] = fmt.Sprintf("%v; %v, where none is given", schema["description"], value)
	}
	if _, ok := result["description"]; !ok && schema["title"] != nil {
		result["description"] = schema["title"]
	}
	return result
}

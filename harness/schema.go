package harness

import (
	"context"
	"fmt"
)

// Schema returns the JSON Schema of the parameters, from which bundle/schemas/parameters.json is written. The rules in
// it are described by their titles.
func (e *Engine) Schema(ctx context.Context) (map[string]any, error) {
	schema, err := e.schema(ctx, "data.pullpolicy.parameters.schema")
	if err != nil {
		return nil, err
	}
	for _, rule := range e.Rules() {
		severity, ok := member(schema, "properties", "rules", "properties", rule.ID)
		if !ok {
			return nil, fmt.Errorf("evaluate schema: it has no rule %s", rule.ID)
		}
		severity["description"] = rule.Title
	}
	return schema, nil
}

func member(object map[string]any, path ...string) (map[string]any, bool) {
	for _, key := range path {
		below, ok := object[key].(map[string]any)
		if !ok {
			return nil, false
		}
		object = below
	}
	return object, true
}

// NodeSchema returns the JSON Schema of a node's state, from which bundle/schemas/node.json is written.
func (e *Engine) NodeSchema(ctx context.Context) (map[string]any, error) {
	return e.schema(ctx, "data.pullpolicy.kubelet.schema")
}

func (e *Engine) schema(ctx context.Context, query string) (map[string]any, error) {
	if !e.made() {
		return nil, fmt.Errorf("evaluate schema: %w", errNotMade)
	}
	prepared, err := e.prepare(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("evaluate schema: %w", err)
	}
	results, err := prepared.Eval(ctx)
	if err != nil {
		return nil, fmt.Errorf("evaluate schema: %w", err)
	}
	if len(results) == 0 {
		return nil, fmt.Errorf("evaluate schema: %w", ErrUndefined)
	}
	schema, ok := results[0].Expressions[0].Value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("evaluate schema: %w", ErrUndefined)
	}
	return schema, nil
}

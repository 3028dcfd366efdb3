package gatekeeper

import (
	"bytes"
	"encoding/json"

	"go.yaml.in/yaml/v3"

	"github.com/pullpolicy/pullpolicy/harness/internal/generated"
)

const header = "# " + generated.Mark + "\n"

func encode(value any) ([]byte, error) {
	text := bytes.NewBufferString(header)
	encoder := yaml.NewEncoder(text)
	encoder.SetIndent(2)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	err := encoder.Close()
	return text.Bytes(), err
}

// An object keeps the order of its keys.
type object []member

type member struct {
	key   string
	value any
}

// MarshalYAML implements yaml.Marshaler.
func (o object) MarshalYAML() (any, error) {
	mapping := &yaml.Node{Kind: yaml.MappingNode}
	for _, m := range o {
		var key, value yaml.Node
		if err := key.Encode(m.key); err != nil {
			return nil, err
		}
		if err := value.Encode(m.value); err != nil {
			return nil, err
		}
		mapping.Content = append(mapping.Content, &key, &value)
	}
	return mapping, nil
}

// A literal is a text that YAML shows line by line.
type literal string

// MarshalYAML implements yaml.Marshaler.
func (l literal) MarshalYAML() (any, error) {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.LiteralStyle, Value: string(l)}, nil
}

// plain returns a decoded JSON value whose numbers YAML writes as they are spelt.
func plain(value any) any {
	switch value := value.(type) {
	case json.Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: value.String()}
	case map[string]any:
		result := make(map[string]any, len(value))
		for key, member := range value {
			result[key] = plain(member)
		}
		return result
	case []any:
		result := make([]any, len(value))
		for i, element := range value {
			result[i] = plain(element)
		}
		return result
	}
	return value
}

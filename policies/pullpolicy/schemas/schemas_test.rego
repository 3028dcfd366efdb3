package pullpolicy.schemas_test

import data.pullpolicy.schemas

_schema := {
	"type": "object",
	"properties": {
		"name": {"type": "string", "minLength": 1, "pattern": "^[a-z]*$"},
		"colour": {"type": "string", "enum": ["red", "blue"]},
		"many": {"type": "array", "minItems": 1, "items": {
			"type": "object",
			"required": ["a", "b"],
			"properties": {"a": {"type": "boolean"}, "b": {"type": "number"}},
		}},
		"long": {"type": "object", "properties": {name: {"type": "number"} | some name in _names}},
		"some": {"type": "object", "minProperties": 1, "properties": {"a": {"type": "null"}}},
	},
}

_names := {
	"allowedPolicies", "allowedTags", "exemptions", "kubernetesVersion",
	"mutableTags", "podSpecs", "policies", "preloadedImages",
}

test_misfits[note] if {
	some note, tc in {
		"nothing": [{}, {}],
		"all that fits": [
			{"name": "a", "colour": "red", "many": [{"a": true, "b": 1}], "some": {"a": null}},
			{},
		],
		"another type": [[], {[]: "[] is an array; write an object"}],
		"a type with something in it": [[{"a": "\n"}], {[]: "[…] is an array; write an object"}],
		"a map for a text": [{"name": {"a": "\n"}}, {["name"]: "{…} is an object; write a string"}],
		"a number of many digits": [
			{"name": to_number(_ones(300))},
			{["name"]: sprintf(`"%s"… is a number; write a string`, [_ones(256)])},
		],
		"a text with control characters": [{"colour": "\nred"}, {["colour"]: `"\nred" is not one of red, blue`}],
		"an unknown key, and nothing of what stands below it": [
			{"size": {"name": 1}},
			{["size"]: `"size" is not known; write one of colour, long, many, name, some`},
		],
		"an unknown key among many": [
			{"long": {"policyset": 1}},
			{["long", "policyset"]: `"policyset" is not known; write policies`},
		],
		"an unknown key among many that are like it": [
			{"long": {"Allowed": 1}},
			{["long", "Allowed"]: `"Allowed" is not known; write allowedPolicies or allowedTags`},
		],
		"an unknown key among many that are not like it": [
			{"long": {"x": 1}},
			{["long", "x"]: `"x" is not known; see the schema for the keys`},
		],
		"a value that is none of some": [{"colour": "Red"}, {["colour"]: `"Red" is not one of red, blue`}],
		"a text of another form": [{"name": "A"}, {["name"]: `"A" does not match ^[a-z]*$`}],
		"an empty text": [{"name": ""}, {["name"]: "is empty"}],
		"an empty array": [{"many": []}, {["many"]: "is empty"}],
		"an empty object": [{"some": {}}, {["some"]: "is empty"}],
		"null": [{"name": null}, {["name"]: "null is a null; write a string"}],
		"something missing in an item": [{"many": [{"a": true, "b": 1}, {"b": 1}]}, {["many", 1]: "lacks a"}],
		"several": [
			{"name": 1, "many": [{}]},
			{["name"]: "1 is a number; write a string", ["many", 0]: "lacks a, b"},
		],
	}
	schemas.misfits(_schema, tc[0]) == tc[1]
}

_ones(digits) := concat("", ["1" | some _ in numbers.range(1, digits)])

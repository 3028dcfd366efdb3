package pullpolicy.parameters

import data.pullpolicy.references
import data.pullpolicy.rules

# METADATA
# description: |
#   the JSON Schema of the parameters; bundle/schemas/parameters.json is written from it, and so is the check
#   below
schema := {
	"$schema": "http://json-schema.org/draft-07/schema#",
	"title": "pullpolicy parameters",
	"type": "object",
	"additionalProperties": false,
	"properties": object.union(_properties, {"rules": {
		"description": "rule id → severity, over the profile's; a rule that is off is not evaluated",
		"type": "object",
		"additionalProperties": false,
		"properties": {id: {"type": "string", "enum": ["error", "warning", "off"]} | some id in rule_ids},
	}}),
}

# METADATA
# description: the ids of all rules
rule_ids contains replace(name, "_", "-") if {
	some name
	rules[name].severities
}

_properties := {
	"profile": {
		"description": "a named set of severities and lists",
		"type": "string",
		"enum": ["baseline", "strict", "always", "airgapped", "multi-tenant"],
		"default": "baseline",
	},
	"mutableTags": {
		"description": "globs of tags that move, besides latest and no tag at all",
		"type": "array",
		"items": {"type": "string", "minLength": 1},
	},
	"allowedPolicies": {
		"description": "the pull policies that the whole cluster may use",
		"type": "array",
		"minItems": 1,
		"items": {"type": "string", "enum": ["Always", "IfNotPresent", "Never"]},
	},
	"policies": {
		"description": "overrides of allowedPolicies for some images; the first that matches wins",
		"type": "array",
		"items": {
			"type": "object",
			"additionalProperties": false,
			"required": ["images", "allow"],
			"properties": {
				"images": {
					"description": "globs of images, normalised as references are",
					"type": "array",
					"minItems": 1,
					"items": {"type": "string", "minLength": 1},
				},
				"allow": {
					"description": "the pull policies that these images may use",
					"type": "array",
					"minItems": 1,
					"items": {"type": "string", "enum": ["Always", "IfNotPresent", "Never"]},
				},
			},
		},
	},
	"preloadedImages": {
		"description": "globs of images that are on every node before any Pod starts",
		"type": "array",
		"items": {"type": "string", "minLength": 1},
	},
	"podSpecs": {
		"description": "further kinds with a pod spec, where its shape is not enough to find it",
		"type": "array",
		"items": {
			"type": "object",
			"additionalProperties": false,
			"required": ["kind", "path"],
			"properties": {
				"group": {
					"description": "the API group, without the version; none is the core group",
					"type": "string",
				},
				"kind": {"description": "the kind", "type": "string", "minLength": 1},
				"path": {
					"description": "the pod spec's place; [*] or * stands for any element or key",
					"type": "string",
					"pattern": `^[A-Za-z0-9_*-]+(\[\*\]|\.[A-Za-z0-9_*-]+)*$`,
				},
			},
		},
	},
	"exemptions": {
		"description": "findings to accept: all that is given must match; reported with the reason",
		"type": "array",
		"items": {
			"type": "object",
			"additionalProperties": false,
			"required": ["reason"],
			"minProperties": 2,
			"properties": {
				"rules": {
					"description": "globs of rule ids",
					"type": "array",
					"minItems": 1,
					"items": {"type": "string", "minLength": 1},
				},
				"namespaces": {
					"description": "globs of namespaces",
					"type": "array",
					"minItems": 1,
					"items": {"type": "string", "minLength": 1},
				},
				"images": {
					"description": "globs of images, normalised as references are",
					"type": "array",
					"minItems": 1,
					"items": {"type": "string", "minLength": 1},
				},
				"containers": {
					"description": "globs of container names",
					"type": "array",
					"minItems": 1,
					"items": {"type": "string", "minLength": 1},
				},
				"reason": {"description": "why this is accepted", "type": "string", "minLength": 1},
			},
		},
	},
	"kubernetesVersion": {
		"description": "the cluster's minor version; quote it, because 1.30 is the number 1.3",
		"type": "string",
		"pattern": `^1\.[0-9]+$`,
		"default": "1.37",
	},
}

# Rego has no recursion, so the values are visited by a walk, and each finds its schema by its place
_unfit[at] := message if {
	input.parameters != null
	walk(input.parameters, [at, value])
	message := _complaint(at, value)
}

# a rule that nothing is named like would be exempted in silence
_unfit[at] := message if {
	some i, exemption in input.parameters.exemptions
	some j, pattern in exemption.rules
	is_string(pattern)
	pattern != ""
	not _names_rule(pattern)
	at := ["exemptions", i, "rules", j]
	message := sprintf("%q is no rule; write the id of a rule, or a glob of ids", [pattern])
}

_names_rule(pattern) if {
	some id in rule_ids
	glob.match(references.literal(pattern), null, id)
}

_complaint(at, value) := sprintf("%q is not known; write one of %s", [key, _listed(known)]) if {
	key := at[count(at) - 1]
	known := object.keys(_schema_of(array.slice(at, 0, count(at) - 1)).properties)
	not key in known
} else := sprintf("%s is %s; write %s", [_shown(value), _article(type_name(value)), _article(wanted)]) if {
	wanted := _schema_of(at).type
	type_name(value) != wanted
} else := sprintf("%s is not one of %s", [_shown(value), _listed(values)]) if {
	values := _schema_of(at).enum
	not value in values
} else := sprintf("%s does not match %s", [_shown(value), pattern]) if {
	pattern := _schema_of(at).pattern
	not regex.match(pattern, value)
} else := sprintf("lacks %s", [_listed(missing)]) if {
	missing := {key | some key in _schema_of(at).required} - object.keys(value)
	count(missing) > 0
} else := "is empty" if {
	count(value) < object.get(_schema_of(at), _least[type_name(value)], 0)
}

_shown(value) := sprintf("%q", [value]) if {
	is_string(value)
} else := json.marshal(value)

_least := {"string": "minLength", "array": "minItems", "object": "minProperties"}

_schema_of(at) := object.get(schema, [step | some key in at; some step in _down(key)], {})

_down(key) := ["properties", key] if is_string(key)

_down(key) := ["items"] if is_number(key)

_listed(values) := concat(", ", [sprintf("%v", [value]) | some value in values])

_article(type) := concat(" ", [_articles[type], type])

_articles := {"array": "an", "object": "an", "null": "a", "boolean": "a", "number": "a", "string": "a"}

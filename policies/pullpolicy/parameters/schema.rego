package pullpolicy.parameters

import data.pullpolicy.references
import data.pullpolicy.rules
import data.pullpolicy.schemas
import data.pullpolicy.texts

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
	"severities": {
		"description": "the severities that are reported; both, where none are given",
		"type": "array",
		"minItems": 1,
		"items": {"type": "string", "enum": ["error", "warning"]},
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
	"privateImages": {
		"description": "globs of images that take credentials to pull, also where no pull secret is seen",
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
	"images": {
		"description": "further kinds that run an image which stands by itself, not in a container",
		"type": "array",
		"items": {
			"type": "object",
			"additionalProperties": false,
			"required": ["kind", "image"],
			"properties": {
				"group": {
					"description": "the API group, without the version; none is the core group",
					"type": "string",
				},
				"kind": {"description": "the kind", "type": "string", "minLength": 1},
				"image": {
					"description": "the image's place; [*] or * stands for any element or key",
					"type": "string",
					"pattern": `^[A-Za-z0-9_*-]+(\[\*\]|\.[A-Za-z0-9_*-]+)*$`,
				},
				"policy": {
					"description": "the policy's place, with a * where the image has one; left out, the kind has none",
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
		"pattern": `^1\.(0|[1-9][0-9]*)$`,
	},
	"imagePullCredentialsVerificationPolicy": {
		# regal ignore:line-length
		"description": "the kubelets' setting of that name, from 1.33 on with its feature gate; left out, the version's default",
		"type": "string",
		"enum": ["NeverVerify", "NeverVerifyPreloadedImages", "NeverVerifyAllowlistedImages", "AlwaysVerify"],
	},
}

_unfit[at] := complaint if {
	_users != {} # most have none, and a sixth of what a small object costs is the schema
	some at, complaint in schemas.complaints(schema, _users)
}

# a misspelt rule would silently exempt nothing
_unfit[at] := complaint if {
	some i, exemption in _users.exemptions
	some j, pattern in exemption.rules
	is_string(pattern)
	pattern != ""
	not _names_rule(pattern)
	at := ["exemptions", i, "rules", j]
	complaint := [concat(" ", [texts.quoted(pattern), "is not a rule"]), "write the id of a rule, or a glob of ids"]
}

_names_rule(pattern) if {
	some id in rule_ids
	glob.match(references.literal(pattern), null, id)
}

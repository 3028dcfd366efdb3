package pullpolicy.parameters_test

import data.pullpolicy.parameters

_profiles := "baseline, strict, always, airgapped, multi-tenant"

# Each row is the parameters, and of each complaint the place and the words.
_complaints := {
	"a list for the parameters": [[], {[[], "[] is an array; write an object"]}],
	"a text for the parameters": ["strict", {[[], `"strict" is a string; write an object`]}],
	"null for the parameters, which is none": [null, set()],
	"false for the parameters": [false, {[[], "false is a boolean; write an object"]}],
	"an unknown key": [
		{"Profile": "strict"},
		{[["Profile"], `"Profile" is not known; write profile`]},
	],
	"what stands below an unknown key": [
		{"gatekeeper": {"profile": "strict", "rules": [1, {}, null]}},
		{[["gatekeeper"], `"gatekeeper" is not known; see the schema for the keys`]},
	],
	"an unknown profile": [{"profile": "Strict"}, {[["profile"], concat("", [`"Strict" is not one of `, _profiles])]}],
	"no text for the profile": [{"profile": 1}, {[["profile"], "1 is a number; write a string"]}],
	"null for the profile": [{"profile": null}, {[["profile"], "null is a null; write a string"]}],
	"a text for a list": [{"mutableTags": "dev"}, {[["mutableTags"], `"dev" is a string; write an array`]}],
	"a map for a list": [{"policies": {}}, {[["policies"], "{} is an object; write an array"]}],
	"an empty tag": [{"mutableTags": ["dev", ""]}, {[["mutableTags", 1], "is empty"]}],
	"a number for a tag": [{"mutableTags": [1.10]}, {[["mutableTags", 0], "1.10 is a number; write a string"]}],
	"an empty image": [{"preloadedImages": [""]}, {[["preloadedImages", 0], "is empty"]}],
	"no policy allowed": [{"allowedPolicies": []}, {[["allowedPolicies"], "is empty"]}],
	"an unknown policy": [
		{"allowedPolicies": ["always"]},
		{[["allowedPolicies", 0], `"always" is not one of Always, IfNotPresent, Never`]},
	],
	"an unknown rule": [
		{"rules": {"tag-mutabel": "off"}},
		{[["rules", "tag-mutabel"], `"tag-mutabel" is not known; write tag-mutable`]},
	],
	"a rule spelt as its package": [
		{"rules": {"tag_mutable": "off"}},
		{[["rules", "tag_mutable"], `"tag_mutable" is not known; see the schema for the keys`]},
	],
	"an unknown severity": [
		{"rules": {"tag-mutable": "info"}},
		{[["rules", "tag-mutable"], `"info" is not one of error, warning, off`]},
	],
	# YAML 1.1 reads off as false
	"off without quotes": [
		{"rules": {"tag-mutable": false}},
		{[["rules", "tag-mutable"], "false is a boolean; write a string"]},
	],
	"an override of no image": [
		{"policies": [{"images": [], "allow": ["Never"]}]},
		{[["policies", 0, "images"], "is empty"]},
	],
	"an override that allows nothing": [
		{"policies": [{"images": ["a"], "allow": []}]},
		{[["policies", 0, "allow"], "is empty"]},
	],
	"an override that does not say what it allows": [
		{"policies": [{"images": ["a"]}]},
		{[["policies", 0], "lacks allow"]},
	],
	"an override that says nothing": [{"policies": [{}]}, {[["policies", 0], "lacks allow, images"]}],
	"an unknown key of an override": [
		{"policies": [{"images": ["a"], "allow": ["Never"], "deny": ["Always"]}]},
		{[["policies", 0, "deny"], `"deny" is not known; write one of allow, images`]},
	],
	"a text for an override": [{"policies": ["Never"]}, {[["policies", 0], `"Never" is a string; write an object`]}],
	"a kind without its place": [{"podSpecs": [{"kind": "Farm"}]}, {[["podSpecs", 0], "lacks path"]}],
	"an image without its place": [{"images": [{"kind": "Farm"}]}, {[["images", 0], "lacks image"]}],
	"an empty kind": [{"podSpecs": [{"kind": "", "path": "spec"}]}, {[["podSpecs", 0, "kind"], "is empty"]}],
	"a place with a slash": [
		{"podSpecs": [{"kind": "Farm", "path": "/spec/pod"}]},
		{[["podSpecs", 0, "path"], `"/spec/pod" does not match ^[A-Za-z0-9_*-]+(\[\*\]|\.[A-Za-z0-9_*-]+)*$`]},
	],
	"an exemption without reason": [
		{"exemptions": [{"rules": ["tag-mutable"], "images": ["nginx"]}]},
		{[["exemptions", 0], "lacks reason"]},
	],
	"an exemption by one thing without reason": [
		{"exemptions": [{"rules": ["tag-mutable"]}]},
		{[["exemptions", 0], "lacks reason"]},
	],
	"an exemption with an empty reason": [
		{"exemptions": [{"images": ["nginx"], "reason": ""}]},
		{[["exemptions", 0, "reason"], "is empty"]},
	],
	"an exemption of no rule": [
		{"exemptions": [{"rules": ["tag-mutable", "tag"], "reason": "a"}]},
		{[["exemptions", 0, "rules", 1], `"tag" is not a rule; write the id of a rule, or a glob of ids`]},
	],
	"an exemption of a glob of no rule": [
		{"exemptions": [{"rules": ["tags-*"], "reason": "a"}]},
		{[["exemptions", 0, "rules", 0], `"tags-*" is not a rule; write the id of a rule, or a glob of ids`]},
	],
	"an exemption of what is not a glob": [
		{"exemptions": [{"rules": ["tag-["], "reason": "a"}]},
		{[["exemptions", 0, "rules", 0], `"tag-[" is not a rule; write the id of a rule, or a glob of ids`]},
	],
	"an exemption of a number": [
		{"exemptions": [{"rules": [1], "reason": "a"}]},
		{[["exemptions", 0, "rules", 0], "1 is a number; write a string"]},
	],
	"an exemption of an empty rule": [
		{"exemptions": [{"rules": [""], "reason": "a"}]},
		{[["exemptions", 0, "rules", 0], "is empty"]},
	],
	"an exemption of an empty list": [
		{"exemptions": [{"namespaces": [], "reason": "a"}]},
		{[["exemptions", 0, "namespaces"], "is empty"]},
	],
	# quotes are forgotten easily, and 1.30 is 1.3 then
	"a number for the version": [
		{"kubernetesVersion": 1.30},
		{[["kubernetesVersion"], "1.30 is a number; write a string"]},
	],
	"a version with a patch": [
		{"kubernetesVersion": "1.37.2"},
		{[["kubernetesVersion"], `"1.37.2" does not match ^1\.(0|[1-9][0-9]*)$`]},
	],
	"a version with a v": [
		{"kubernetesVersion": "v1.37"},
		{[["kubernetesVersion"], `"v1.37" does not match ^1\.(0|[1-9][0-9]*)$`]},
	],
	"an empty version": [{"kubernetesVersion": ""}, {[["kubernetesVersion"], `"" does not match ^1\.(0|[1-9][0-9]*)$`]}],
	"several": [
		{"profile": "loose", "mutableTags": [""], "rules": []},
		{
			[["profile"], concat("", [`"loose" is not one of `, _profiles])],
			[["mutableTags", 0], "is empty"],
			[["rules"], "[] is an array; write an object"],
		},
	],
}

test_problems[note] if {
	some note, tc in _complaints
	found := parameters.problems with input.parameters as tc[0]
	{[problem.at, concat("; ", [part | some part in [problem.message, problem.remedy]; part != ""])] |
		some problem in found
	} == tc[1]
}

# It accepts nothing, or everything; what the words are matters less.
test_problem_of_an_exemption_with_a_reason_alone if {
	found := parameters.problems with input.parameters as {"exemptions": [{"reason": "a"}]}
	{problem.at | some problem in found} == {["exemptions", 0]}
}

test_no_problems[note] if {
	some note, value in {
		"no parameters": {},
		"an empty map": {"parameters": {}},
		"everything": {"parameters": _all},
		"empty lists": {"parameters": {
			"mutableTags": [], "policies": [], "preloadedImages": [],
			"podSpecs": [], "images": [], "exemptions": [],
		}},
		"no rules": {"parameters": {"rules": {}}},
		"every rule": {"parameters": {"rules": {id: "off" | some id in parameters.rule_ids}}},
		"every profile": {"parameters": {"profile": "multi-tenant"}},
		"a glob of every rule": {"parameters": {"exemptions": [{"rules": ["*"], "reason": "a"}]}},
		"an empty group": {"parameters": {"podSpecs": [{"group": "", "kind": "Farm", "path": "spec"}]}},
	}
	count(parameters.problems) == 0 with input as value
}

test_rule_ids if {
	parameters.rule_ids == {
		"cached-without-credentials", "digest-always-pulled", "digest-missing", "image-invalid", "input-invalid",
		"mutable-tag-cached", "never-not-preloaded", "parameters-invalid", "policy-conflict",
		"policy-defaults-to-always", "policy-invalid", "policy-misplaced", "policy-missing", "policy-not-allowed",
		"policy-stale", "tag-mutable",
	}
}

test_schema_is_a_schema if {
	json.verify_schema(parameters.schema) == [true, null]
}

# The schema is for others to read, so it has to say what the check says.
test_schema_rejects[note] if {
	some note, value in {note: tc[0] | some note, tc in _complaints; not note in _only_checked}
	[valid, _] := json.match_schema(json.marshal(value), parameters.schema)
	not valid
}

# JSON Schema knows no globs.
_only_checked := {"an exemption of no rule", "an exemption of a glob of no rule", "an exemption of what is not a glob"}

test_schema_accepts if {
	json.match_schema(_all, parameters.schema) == [true, []]
}

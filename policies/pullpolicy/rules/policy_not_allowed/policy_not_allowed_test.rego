package pullpolicy.rules.policy_not_allowed_test

import data.pullpolicy.advice
import data.pullpolicy.rules.policy_not_allowed
import data.pullpolicy.texts
import data.pullpolicy.uses
import data.pullpolicy.uses_test

# Each row is a use with parameters, and the places and remedies of its findings.
_rows := {
	"outside the profile": {
		"use": {},
		"parameters": {"profile": "always"},
		"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: Always"]},
	},
	"outside the profile by default": {
		"use": {"declared": "", "meant": ""},
		"parameters": {"profile": "always"},
		"want": {["spec.containers[0].image", "write imagePullPolicy: Always"]},
	},
	"outside the list": {
		"use": {"declared": "Never", "effective": "Never", "meant": "Never"},
		"parameters": {"allowedPolicies": ["Always", "IfNotPresent"]},
		"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: IfNotPresent"]},
	},
	"where only Always is allowed, for what a registry may not have": {
		"use": {"declared": "Never", "effective": "Never", "meant": "Never"},
		"parameters": {"profile": "always"},
		"want": {["spec.containers[0].imagePullPolicy", "allow another policy for it"]},
	},
	"outside an override": {
		"use": {},
		"parameters": {"policies": [{"images": ["nginx"], "allow": ["Always", "Never"]}]},
		"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: Always"]},
	},
	"of an image that is filled in later": {
		"use": {"image": "$(params.image)", "deferred": true, "default": "", "custom": true},
		"parameters": {"profile": "always"},
		"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: Always"]},
	},
	"within the profile": {
		"use": {"declared": "Always", "effective": "Always"},
		"parameters": {"profile": "always"},
		"want": set(),
	},
	"within the override that is first": {
		"use": {},
		"parameters": {"policies": [
			{"images": ["nginx:1"], "allow": ["IfNotPresent"]},
			{"images": ["nginx"], "allow": ["Always"]},
		]},
		"want": set(),
	},
	"an override of another image": {
		"use": {},
		"parameters": {"policies": [{"images": ["corp/**"], "allow": ["Always"]}]},
		"want": set(),
	},
	"everything is allowed": {"use": {}, "parameters": {}, "want": set()},
	"a policy that is not valid": {
		"use": {"declared": "always", "effective": ""},
		"parameters": {"profile": "always"},
		"want": set(),
	},
}

test_findings[note] if {
	some note, tc in _rows
	found := policy_not_allowed.findings with uses.found as {uses_test.example(tc.use)}
		with input.parameters as tc.parameters
	{[texts.path(finding.at), finding.remedy] | some finding in found} == tc.want
}

test_message[note] if {
	some note, tc in {
		"by the profile": [{"profile": "always"}, "profile always allows Always"],
		"by the list": [{"allowedPolicies": ["Never", "Always"]}, "allowedPolicies allows Never or Always"],
		"by an override": [{"policies": [{"images": ["nginx"], "allow": ["Always"]}]}, "policies allows Always"],
	}
	found := policy_not_allowed.findings with uses.found as {uses_test.example({})}
		with input.parameters as tc[0]
		with advice.policy as "Always"
	{finding.message | some finding in found} == {concat("", [
		`container "app" has IfNotPresent, but `,
		tc[1],
		"; write imagePullPolicy: Always",
	])}
}

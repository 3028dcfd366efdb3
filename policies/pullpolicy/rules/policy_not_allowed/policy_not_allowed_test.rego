package pullpolicy.rules.policy_not_allowed_test

import data.pullpolicy.result
import data.pullpolicy.rules.policy_not_allowed
import data.pullpolicy.uses
import data.pullpolicy.uses_test

test_findings[note] if {
	some note, tc in {
		"outside the profile": {
			"use": {},
			"parameters": {"profile": "always"},
			"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: Always"]},
		},
		"outside the profile by default": {
			"use": {"declared": ""},
			"parameters": {"profile": "always"},
			"want": {["spec.containers[0].image", "write imagePullPolicy: Always"]},
		},
		"outside the list": {
			"use": {"declared": "Never", "effective": "Never"},
			"parameters": {"allowedPolicies": ["Always", "IfNotPresent"]},
			"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: IfNotPresent"]},
		},
		"outside an override": {
			"use": {},
			"parameters": {"policies": [{"images": ["nginx"], "allow": ["Always", "Never"]}]},
			"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: Always"]},
		},
		"outside the profile, of an image that is filled in later": {
			"use": {"image": "$(params.image)", "deferred": true, "default": "", "custom": true},
			"parameters": {"profile": "always"},
			"want": {["spec.containers[0].imagePullPolicy", "write an allowed policy"]},
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
		"no policy": {
			"use": {"declared": "always", "effective": ""},
			"parameters": {"profile": "always"},
			"want": set(),
		},
	}
	found := policy_not_allowed.findings with uses.found as {uses_test.example(tc.use)}
		with input.parameters as tc.parameters
	{[result.path(finding.at), finding.remedy] | some finding in found} == tc.want
}

test_message[note] if {
	some note, tc in {
		"one is allowed": {
			"allowed": ["Always"],
			"want": "with IfNotPresent where only Always is allowed",
			"remedy": "write imagePullPolicy: Always",
		},
		"two are allowed": {
			"allowed": ["Never", "Always"],
			"want": "with IfNotPresent where only Never or Always is allowed",
			"remedy": "write imagePullPolicy: Never",
		},
	}
	found := policy_not_allowed.findings with uses.found as {uses_test.example({})}
		with input.parameters as {"allowedPolicies": tc.allowed}
	{finding.message | some finding in found} == {sprintf(
		`container "app" runs nginx:1 %s, so a cluster that enforces it refuses it; %s`,
		[tc.want, tc.remedy],
	)}
}

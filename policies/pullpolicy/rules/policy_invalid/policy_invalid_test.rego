package pullpolicy.rules.policy_invalid_test

import data.pullpolicy.result
import data.pullpolicy.rules.policy_invalid
import data.pullpolicy.uses
import data.pullpolicy.uses_test

_refused(changes) := uses_test.example(object.union({"declared": "always", "effective": ""}, changes))

test_findings[note] if {
	some note, tc in {
		"the default": {
			"use": {},
			"parameters": {},
			"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: IfNotPresent"]},
		},
		"the other default": {
			"use": {"image": "nginx", "default": "Always"},
			"parameters": {},
			"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: Always"]},
		},
		"a tag that moves": {
			"use": {"image": "nginx:dev", "mutable": true},
			"parameters": {},
			"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: Always"]},
		},
		"a digest": {
			"use": {"image": uses_test.pinned("nginx:latest"), "default": "Always"},
			"parameters": {},
			"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: IfNotPresent"]},
		},
		"what is allowed": {
			"use": {},
			"parameters": {"allowedPolicies": ["Never"]},
			"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: Never"]},
		},
		"what does not parse": {
			"use": {"image": "Nginx"},
			"parameters": {},
			"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: IfNotPresent"]},
		},
		"an image that is filled in later": {
			"use": {"image": "$(params.image)", "deferred": true, "default": "", "custom": true},
			"parameters": {},
			"want": {["spec.containers[0].imagePullPolicy", "write an allowed policy"]},
		},
	}
	found := policy_invalid.findings with uses.found as {_refused(tc.use)} with input.parameters as tc.parameters
	{[result.path(finding.at), finding.remedy] | some finding in found} == tc.want
}

test_no_findings[note] if {
	some note, changes in {
		"Always": {"declared": "Always", "effective": "Always"},
		"IfNotPresent": {"declared": "IfNotPresent", "effective": "IfNotPresent"},
		"Never": {"declared": "Never", "effective": "Never"},
		"one that is filled in later": {"declared": "$(params.policy)", "effective": "", "undecided": true},
		"none declared for an image that is filled in later": {"declared": "", "effective": "", "undecided": true},
		"none declared": {"declared": "", "effective": "IfNotPresent"},
	}
	count(policy_invalid.findings) == 0 with uses.found as {uses_test.example(changes)}
}

test_message if {
	use := _refused({"list": "volumes", "container": "model", "policy_field": "pullPolicy", "declared": `"a"`})
	found := policy_invalid.findings with uses.found as {use}
	{finding.message | some finding in found} == {concat("", [
		`image volume "model" has the pullPolicy "\"a\"" for nginx:1, which is no policy, `,
		"so the API server accepts no Pod with it; write pullPolicy: IfNotPresent",
	])}
}

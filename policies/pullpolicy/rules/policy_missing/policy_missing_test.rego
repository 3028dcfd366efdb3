package pullpolicy.rules.policy_missing_test

import data.pullpolicy.advice
import data.pullpolicy.rules.policy_missing
import data.pullpolicy.texts
import data.pullpolicy.uses
import data.pullpolicy.uses_test

_silent(changes) := uses_test.example(object.union({"declared": "", "meant": ""}, changes))

test_findings[note] if {
	some note, tc in {
		"the default": {"use": {}, "parameters": {}, "want": "write imagePullPolicy: IfNotPresent"},
		"a tag that moves": {
			"use": {"image": "nginx:dev", "mutable": true},
			"parameters": {},
			"want": "write imagePullPolicy: Always",
		},
		"what is allowed": {"use": {}, "parameters": {"profile": "always"}, "want": "write imagePullPolicy: Always"},
		"what was meant": {"use": {"meant": "Always"}, "parameters": {}, "want": "write imagePullPolicy: Always"},
		"an image that is filled in later": {
			"use": {"image": "$(params.image)", "deferred": true, "default": "", "effective": ""},
			"parameters": {},
			"want": "write the policy you mean",
		},
	}
	found := policy_missing.findings with uses.found as {_silent(tc.use)} with input.parameters as tc.parameters
	{[texts.path(finding.at), finding.remedy] | some finding in found} == {["spec.containers[0].image", tc.want]}
}

test_no_findings[note] if {
	some note, changes in {
		"the default, declared": {"declared": "IfNotPresent"},
		"another policy": {"declared": "Never", "effective": "Never"},
		"a policy that is not valid": {"declared": "always", "effective": ""},
		"Always by default, for which there is a rule": {"image": "nginx", "default": "Always", "effective": "Always"},
		"what the API server would have filled in": {"defaulted": true},
		"what an operator chooses": {"by_operator": true},
		"an image that cannot start": {"image": ""},
	}
	count(policy_missing.findings) == 0 with uses.found as {_silent(changes)}
}

test_message[note] if {
	some note, tc in {
		"of a container": [{}, "imagePullPolicy", "IfNotPresent"],
		"of an image that is filled in later": [
			{"default": ""},
			"imagePullPolicy",
			"the default of the image filled in later",
		],
		"of an image volume": [{"policy_field": "pullPolicy"}, "pullPolicy", "IfNotPresent"],
	}
	found := policy_missing.findings with uses.found as {_silent(tc[0])} with advice.policy as "Always"
	{finding.message | some finding in found} == {concat("", [
		`container "app" has no `,
		tc[1],
		", so it gets ",
		tc[2],
		" for good; write ",
		tc[1],
		": Always",
	])}
}

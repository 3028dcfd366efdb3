package pullpolicy.rules.policy_missing_test

import data.pullpolicy.result
import data.pullpolicy.rules.policy_missing
import data.pullpolicy.uses
import data.pullpolicy.uses_test

_silent(changes) := uses_test.example(object.union({"declared": ""}, changes))

test_findings[note] if {
	some note, tc in {
		"the default": {"use": {}, "parameters": {}, "want": "write imagePullPolicy: IfNotPresent"},
		"the other default": {
			"use": {"image": "nginx", "default": "Always", "effective": "Always"},
			"parameters": {},
			"want": "write imagePullPolicy: Always",
		},
		"a tag that moves": {
			"use": {"image": "nginx:dev", "mutable": true},
			"parameters": {},
			"want": "write imagePullPolicy: Always",
		},
		"a digest beside latest": {
			"use": {"image": uses_test.pinned("nginx:latest"), "default": "Always", "effective": "Always"},
			"parameters": {},
			"want": "write imagePullPolicy: IfNotPresent",
		},
		"what is allowed": {"use": {}, "parameters": {"profile": "always"}, "want": "write imagePullPolicy: Always"},
		"no image": {"use": {"image": ""}, "parameters": {}, "want": "write imagePullPolicy: IfNotPresent"},
	}
	found := policy_missing.findings with uses.found as {_silent(tc.use)} with input.parameters as tc.parameters
	{[result.path(finding.at), finding.remedy] | some finding in found} == {["spec.containers[0].image", tc.want]}
}

test_no_findings[note] if {
	some note, changes in {
		"the default, declared": {"declared": "IfNotPresent"},
		"another policy": {"declared": "Never", "effective": "Never"},
		"no policy": {"declared": "always", "effective": ""},
		"what the API server would have filled in": {"declared": "", "defaulted": true},
	}
	count(policy_missing.findings) == 0 with uses.found as {uses_test.example(changes)}
}

test_message[note] if {
	some note, tc in {
		"of a container": {
			"use": {},
			"want": concat("", [
				`container "app" declares no imagePullPolicy for nginx:1, so it gets IfNotPresent because `,
				"the tag is not latest, and keeps it when the image changes; write imagePullPolicy: IfNotPresent",
			]),
		},
		"of an image that is filled in later": {
			"use": {"image": "$(params.image)", "deferred": true, "default": "", "effective": ""},
			"want": concat("", [
				`container "app" declares no imagePullPolicy for $(params.image), so it gets the default of whatever `,
				"image is filled in, and keeps it when the image changes; write the policy that is meant",
			]),
		},
		"of an image volume": {
			"use": {
				"list": "volumes",
				"container": "model",
				"policy_field": "pullPolicy",
				"image": "models/bert",
				"mutable": true,
				"default": "Always",
			},
			"want": concat("", [
				`image volume "model" declares no pullPolicy for models/bert, so it gets Always because `,
				"no tag means latest, and keeps it when the image changes; write pullPolicy: Always",
			]),
		},
	}
	found := policy_missing.findings with uses.found as {_silent(tc.use)}
	{finding.message | some finding in found} == {tc.want}
}

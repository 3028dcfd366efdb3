package pullpolicy.rules.mutable_tag_cached_test

import data.pullpolicy.result
import data.pullpolicy.rules.mutable_tag_cached
import data.pullpolicy.uses
import data.pullpolicy.uses_test

test_findings[note] if {
	some note, tc in {
		"IfNotPresent": {
			"use": {"mutable": true},
			"parameters": {},
			"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: Always"]},
		},
		"Never": {
			"use": {"mutable": true, "declared": "Never", "effective": "Never"},
			"parameters": {},
			"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: Always"]},
		},
		"IfNotPresent by default": {
			"use": {"mutable": true, "image": "nginx:dev", "declared": ""},
			"parameters": {},
			"want": {["spec.containers[0].image", "write imagePullPolicy: Always"]},
		},
		"where Always is not allowed": {
			"use": {"mutable": true},
			"parameters": {"profile": "airgapped"},
			"want": {["spec.containers[0].imagePullPolicy", "pin the image by digest"]},
		},
		"Always": {
			"use": {"mutable": true, "declared": "Always", "effective": "Always"},
			"parameters": {},
			"want": set(),
		},
		"no policy": {"use": {"mutable": true, "declared": "always", "effective": ""}, "parameters": {}, "want": set()},
		"a tag that stays": {"use": {"mutable": false}, "parameters": {}, "want": set()},
	}
	found := mutable_tag_cached.findings with uses.found as {uses_test.example(tc.use)}
		with input.parameters as tc.parameters
	{[result.path(finding.at), finding.remedy] | some finding in found} == tc.want
}

test_message if {
	use := uses_test.example({"image": "nginx:dev", "mutable": true, "declared": ""})
	found := mutable_tag_cached.findings with uses.found as {use}
	{finding.message | some finding in found} == {concat("", [
		`container "app" uses nginx:dev, whose tag moves, with IfNotPresent, the default, `,
		"so each node keeps whatever content it has under that tag; write imagePullPolicy: Always",
	])}
}

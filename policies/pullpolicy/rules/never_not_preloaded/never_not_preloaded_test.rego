package pullpolicy.rules.never_not_preloaded_test

import data.pullpolicy.result
import data.pullpolicy.rules.never_not_preloaded
import data.pullpolicy.uses
import data.pullpolicy.uses_test

_never(changes) := uses_test.example(object.union({"declared": "Never", "effective": "Never"}, changes))

test_findings[note] if {
	some note, tc in {
		"nothing is preloaded": {
			"use": {},
			"parameters": {},
			"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: IfNotPresent"]},
		},
		"another image is preloaded": {
			"use": {},
			"parameters": {"preloadedImages": ["nginx:2", "corp/**"]},
			"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: IfNotPresent"]},
		},
		"a tag that moves": {
			"use": {"image": "nginx", "mutable": true, "default": "Always"},
			"parameters": {},
			"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: Always"]},
		},
		"where the best policy is not allowed": {
			"use": {},
			"parameters": {"profile": "always"},
			"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: Always"]},
		},
		"where no other policy is allowed": {
			"use": {},
			"parameters": {"allowedPolicies": ["Never"]},
			"want": {["spec.containers[0].imagePullPolicy", "preload it and list it in preloadedImages"]},
		},
		"preloaded": {"use": {}, "parameters": {"preloadedImages": ["corp/**", "nginx:*"]}, "want": set()},
		"IfNotPresent": {
			"use": {"declared": "IfNotPresent", "effective": "IfNotPresent"},
			"parameters": {},
			"want": set(),
		},
		"Always": {"use": {"declared": "Always", "effective": "Always"}, "parameters": {}, "want": set()},
		"no policy": {"use": {"declared": "never", "effective": ""}, "parameters": {}, "want": set()},
		"what does not parse": {"use": {"image": "Nginx:1"}, "parameters": {}, "want": set()},
	}
	found := never_not_preloaded.findings with uses.found as {_never(tc.use)}
		with input.parameters as tc.parameters
	{[result.path(finding.at), finding.remedy] | some finding in found} == tc.want
}

test_message if {
	found := never_not_preloaded.findings with uses.found as {_never({})}
	{finding.message | some finding in found} == {concat("", [
		`container "app" uses nginx:1 with Never, which nothing preloads, `,
		"so a node without it waits (ErrImageNeverPull); write imagePullPolicy: IfNotPresent",
	])}
}

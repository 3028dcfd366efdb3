package pullpolicy.rules.digest_always_pulled_test

import data.pullpolicy.result
import data.pullpolicy.rules.digest_always_pulled
import data.pullpolicy.uses
import data.pullpolicy.uses_test

test_findings[note] if {
	some note, tc in {
		"Always": {
			"use": {"image": uses_test.pinned("nginx:1"), "declared": "Always", "effective": "Always"},
			"parameters": {},
			"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: IfNotPresent"]},
		},
		"Always by default, because of the tag latest": {
			"use": {"image": uses_test.pinned("nginx:latest"), "declared": "", "effective": "Always"},
			"parameters": {},
			"want": {["spec.containers[0].image", "write imagePullPolicy: IfNotPresent"]},
		},
		"where IfNotPresent is not allowed": {
			"use": {"image": uses_test.pinned("nginx"), "declared": "Always", "effective": "Always"},
			"parameters": {"profile": "always"},
			"want": {["spec.containers[0].imagePullPolicy", "allow IfNotPresent for it"]},
		},
		"IfNotPresent": {"use": {"image": uses_test.pinned("nginx")}, "parameters": {}, "want": set()},
		"Never": {
			"use": {"image": uses_test.pinned("nginx"), "declared": "Never", "effective": "Never"},
			"parameters": {},
			"want": set(),
		},
		"no policy": {
			"use": {"image": uses_test.pinned("nginx"), "declared": "always", "effective": ""},
			"parameters": {},
			"want": set(),
		},
		"a tag": {"use": {"declared": "Always", "effective": "Always"}, "parameters": {}, "want": set()},
		"a digest that does not parse": {
			"use": {"image": "nginx@sha256:0", "declared": "Always", "effective": "Always"},
			"parameters": {},
			"want": set(),
		},
	}
	found := digest_always_pulled.findings with uses.found as {uses_test.example(tc.use)}
		with input.parameters as tc.parameters
	{[result.path(finding.at), finding.remedy] | some finding in found} == tc.want
}

test_message if {
	image := uses_test.pinned("nginx:latest")
	use := uses_test.example({"image": image, "declared": "", "effective": "Always"})
	found := digest_always_pulled.findings with uses.found as {use}
	{finding.message | some finding in found} == {concat("", [
		`container "app" uses `, image, ", whose content cannot change, with Always, the default, ",
		"so each start needs the registry for nothing; write imagePullPolicy: IfNotPresent",
	])}
}

package pullpolicy.rules.digest_always_pulled_test

import data.pullpolicy.advice
import data.pullpolicy.rules.digest_always_pulled
import data.pullpolicy.texts
import data.pullpolicy.uses
import data.pullpolicy.uses_test

_pinned(changes) := uses_test.example(object.union(
	{"image": uses_test.pinned("nginx:1"), "declared": "Always", "effective": "Always", "meant": "Always"},
	changes,
))

test_findings[note] if {
	some note, tc in {
		"Always": {"use": {}, "parameters": {}, "want": {"spec.containers[0].imagePullPolicy"}},
		"Always by default, because of the tag latest": {
			"use": {"image": uses_test.pinned("nginx:latest"), "declared": "", "default": "Always", "meant": ""},
			"parameters": {},
			"want": {"spec.containers[0].image"},
		},
		"where only Never is allowed beside it": {
			"use": {"preloaded": true},
			"parameters": {"allowedPolicies": ["Always", "Never"]},
			"want": {"spec.containers[0].imagePullPolicy"},
		},
		"where no other policy is allowed": {"use": {}, "parameters": {"profile": "always"}, "want": set()},
		"where Always is what verifies pull secrets": {"use": {"unverified": true}, "parameters": {}, "want": set()},
		"IfNotPresent": {"use": {"declared": "IfNotPresent", "effective": "IfNotPresent"}, "parameters": {}, "want": set()},
		"Never": {"use": {"declared": "Never", "effective": "Never"}, "parameters": {}, "want": set()},
		"a policy that is not valid": {"use": {"declared": "always", "effective": ""}, "parameters": {}, "want": set()},
		"a tag": {"use": {"image": "nginx:1"}, "parameters": {}, "want": set()},
		"a digest that does not parse": {"use": {"image": "nginx@sha256:0"}, "parameters": {}, "want": set()},
	}
	found := digest_always_pulled.findings with uses.found as {_pinned(tc.use)} with input.parameters as tc.parameters
	{texts.path(finding.at) | some finding in found} == tc.want
}

test_message if {
	found := digest_always_pulled.findings with uses.found as {_pinned({"declared": "", "meant": ""})}
	{finding.message | some finding in found} == {concat("", [
		`container "app" has a digest, and with Always (default) depends on the registry for no benefit; `,
		"write imagePullPolicy: IfNotPresent",
	])}
}

test_message_where_nothing_cached_is_safe if {
	found := digest_always_pulled.findings with uses.found as {_pinned({})}
		with advice.policy as ""
		with advice.cacheable as true
	{finding.remedy | some finding in found} == {"allow IfNotPresent for it"}
}

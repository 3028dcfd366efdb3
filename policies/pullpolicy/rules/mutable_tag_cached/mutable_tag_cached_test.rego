package pullpolicy.rules.mutable_tag_cached_test

import data.pullpolicy.advice
import data.pullpolicy.rules.mutable_tag_cached
import data.pullpolicy.texts
import data.pullpolicy.uses
import data.pullpolicy.uses_test

test_findings[note] if {
	some note, tc in {
		"IfNotPresent": {"use": {"mutable": true}, "want": {"spec.containers[0].imagePullPolicy"}},
		"Never": {
			"use": {"mutable": true, "declared": "Never", "effective": "Never"},
			"want": {"spec.containers[0].imagePullPolicy"},
		},
		"IfNotPresent by default": {
			"use": {"mutable": true, "image": "nginx:dev", "declared": ""},
			"want": {"spec.containers[0].image"},
		},
		"Always": {"use": {"mutable": true, "declared": "Always", "effective": "Always"}, "want": set()},
		"a policy that is not valid": {"use": {"mutable": true, "declared": "always", "effective": ""}, "want": set()},
		"a tag that stays": {"use": {"mutable": false}, "want": set()},
		"what an init container has just pulled": {"use": {"mutable": true, "refreshed": true}, "want": set()},
	}
	found := mutable_tag_cached.findings with uses.found as {uses_test.example(tc.use)}
	{texts.path(finding.at) | some finding in found} == tc.want
}

test_message[note] if {
	some note, tc in {
		"a tag": ["nginx:dev", "Always", "tag dev", "pin a version, or write imagePullPolicy: Always"],
		"no tag": ["nginx", "Always", "no tag", "pin a version, or write imagePullPolicy: Always"],
		"where Always is not right": ["nginx", "", "no tag", "pin a version or digest"],
	}
	use := uses_test.example({"image": tc[0], "mutable": true, "declared": ""})
	found := mutable_tag_cached.findings with uses.found as {use} with advice.policy as tc[1]
	{finding.message | some finding in found} == {concat("", [
		`container "app" has `,
		tc[2],
		" and IfNotPresent, so nodes keep old content; ",
		tc[3],
	])}
}

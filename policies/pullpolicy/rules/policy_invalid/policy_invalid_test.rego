package pullpolicy.rules.policy_invalid_test

import data.pullpolicy.rules.policy_invalid
import data.pullpolicy.texts
import data.pullpolicy.uses
import data.pullpolicy.uses_test

_rejected(changes) := uses_test.example(object.union(
	{"declared": "always", "effective": "", "meant": "Always"},
	changes,
))

test_findings[note] if {
	some note, tc in {
		"the word rightly spelt": [{}, {}, "write imagePullPolicy: Always"],
		"another word rightly spelt": [{"declared": "NEVER", "meant": "Never"}, {}, "write imagePullPolicy: Never"],
		"no such word": [{"declared": "Sometimes", "meant": ""}, {}, "write imagePullPolicy: IfNotPresent"],
		"a word that is not allowed": [{}, {"allowedPolicies": ["IfNotPresent"]}, "write imagePullPolicy: IfNotPresent"],
		"an image that cannot start": [{"image": "Nginx"}, {}, "write a valid policy"],
		"Never for a tag that moves": [
			{"image": "nginx:dev", "mutable": true, "declared": "never", "meant": "Never"},
			{},
			"pin a version or digest, and write a valid policy",
		],
	}
	found := policy_invalid.findings with uses.found as {_rejected(tc[0])} with input.parameters as tc[1]
	{[texts.path(finding.at), finding.remedy] | some finding in found} == {["spec.containers[0].imagePullPolicy", tc[2]]}
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

test_message[note] if {
	some note, tc in {
		"of an image volume": [
			{"list": "volumes", "container": "model", "policy_field": "pullPolicy", "declared": `"a"`, "meant": ""},
			concat("", [
				`image volume "model" has pullPolicy: "\"a\"", which the API server rejects; `,
				"write pullPolicy: IfNotPresent",
			]),
		],
		"of a placeholder in a built-in kind": [
			{"declared": "${POLICY}", "meant": ""},
			`container "app" has imagePullPolicy: ${POLICY}, which is a placeholder that is filled in later; render it first`,
		],
	}
	found := policy_invalid.findings with uses.found as {_rejected(tc[0])}
	{finding.message | some finding in found} == {tc[1]}
}

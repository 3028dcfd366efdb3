package pullpolicy.rules.policy_defaults_to_always_test

import data.pullpolicy.rules.policy_defaults_to_always
import data.pullpolicy.texts
import data.pullpolicy.uses
import data.pullpolicy.uses_test

_silent(changes) := uses_test.example(object.union(
	{"image": "nginx", "mutable": true, "declared": "", "default": "Always", "effective": "Always", "meant": ""},
	changes,
))

test_findings[note] if {
	some note, tc in {
		"no tag": [{}, "no tag means", "pin a version, or write imagePullPolicy: Always"],
		"latest": [{"image": "nginx:latest"}, "tag latest means", "pin a version, or write imagePullPolicy: Always"],
		"a digest beside latest": [
			{"image": uses_test.pinned("nginx:latest"), "mutable": false},
			"tag latest means",
			"write imagePullPolicy: IfNotPresent",
		],
		"no tag in a registry that is local": [{"local": true}, "no tag means", "pin a version or digest"],
	}
	found := policy_defaults_to_always.findings with uses.found as {_silent(tc[0])}
	{[texts.path(finding.at), finding.message] | some finding in found} == {["spec.containers[0].image", concat("", [
		`container "app" has no imagePullPolicy, so `,
		tc[1],
		" Always for good; ",
		tc[2],
	])]}
}

test_no_findings[note] if {
	some note, changes in {
		"Always, declared": {"declared": "Always"},
		"another default": {"image": "nginx:1", "default": "IfNotPresent", "effective": "IfNotPresent"},
		"what the API server would have filled in": {"defaulted": true},
		"what an operator chooses": {"by_operator": true},
		"an image that cannot start": {"starts": false},
	}
	count(policy_defaults_to_always.findings) == 0 with uses.found as {object.union(_silent({}), changes)}
}

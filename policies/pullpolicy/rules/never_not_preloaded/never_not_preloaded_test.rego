package pullpolicy.rules.never_not_preloaded_test

import data.pullpolicy.rules.never_not_preloaded
import data.pullpolicy.texts
import data.pullpolicy.uses
import data.pullpolicy.uses_test

_never(changes) := uses_test.example(object.union(
	{"declared": "Never", "effective": "Never", "meant": "Never"},
	changes,
))

test_findings if {
	found := never_not_preloaded.findings with uses.found as {_never({})}
	{texts.path(finding.at) | some finding in found} == {"spec.containers[0].imagePullPolicy"}
}

test_no_findings[note] if {
	some note, changes in {
		"preloaded": {"preloaded": true},
		"pulled by an init container": {"refreshed": true},
		"IfNotPresent": {"declared": "IfNotPresent", "effective": "IfNotPresent"},
		"Always": {"declared": "Always", "effective": "Always"},
		"a policy that is not valid": {"declared": "never", "effective": ""},
		"what does not parse": {"image": "Nginx:1"},
	}
	count(never_not_preloaded.findings) == 0 with uses.found as {_never(changes)}
}

test_remedy[note] if {
	some note, tc in {
		"as a warning it believes Never": [{}, "preload it and list it in preloadedImages"],
		"as an error it does not": [{"profile": "strict"}, "write imagePullPolicy: IfNotPresent"],
		"where no other policy is allowed": [
			{"profile": "strict", "allowedPolicies": ["Never"]},
			"preload it and list it in preloadedImages",
		],
	}
	found := never_not_preloaded.findings with uses.found as {_never({})} with input.parameters as tc[0]
	{finding.remedy | some finding in found} == {tc[1]}
}

test_message if {
	found := never_not_preloaded.findings with uses.found as {_never({})}
	{finding.message | some finding in found} == {concat("", [
		`container "app" has Never and waits on nodes without the image (ErrImageNeverPull); `,
		"preload it and list it in preloadedImages",
	])}
}

package pullpolicy.rules.policy_stale_test

import data.pullpolicy.histories
import data.pullpolicy.rules.policy_stale
import data.pullpolicy.texts
import data.pullpolicy.uses
import data.pullpolicy.uses_test

_released := uses_test.example({"declared": "Always", "effective": "Always", "meant": "Always"})

_latest := uses_test.example({"at": ["spec", "containers", 1], "image": "nginx", "mutable": true, "default": "Always"})

test_findings[note] if {
	some note, tc in {
		"Always": [_released, {}, {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: IfNotPresent"]}],
		"IfNotPresent": [
			_latest,
			{},
			{["spec.containers[1].imagePullPolicy", "write imagePullPolicy: Always"]},
		],
		"what is right as it is": [_released, {"profile": "always"}, set()],
		"where no policy is right": [
			_latest,
			{"profile": "airgapped"},
			{["spec.containers[1].imagePullPolicy", "pin a digest"]},
		],
	}
	found := policy_stale.findings with histories.unchosen as {{"use": tc[0], "evidence": "the default of nginx"}}
		with uses.found as {tc[0]}
		with input.parameters as tc[1]
	{[texts.path(finding.at), finding.remedy] | some finding in found} == tc[2]
}

test_message if {
	found := policy_stale.findings with histories.unchosen as {{"use": _released, "evidence": "the default of nginx"}}
		with uses.found as {_released}
	{finding.message | some finding in found} == {concat("", [
		`container "app" keeps Always, the default of nginx, though its image means IfNotPresent; `,
		"write imagePullPolicy: IfNotPresent",
	])}
}

test_no_findings if {
	found := policy_stale.findings with histories.unchosen as set()
	found == set()
}

test_findings_of_an_update if {
	pod := {"kind": "Pod", "spec": {"containers": [{"name": "app", "image": "nginx:1", "imagePullPolicy": "Always"}]}}
	old := {"kind": "Pod", "spec": {"containers": [{"name": "app", "image": "nginx", "imagePullPolicy": "Always"}]}}
	found := policy_stale.findings with input.reviews as [{"object": pod, "oldObject": old}]
	{texts.path(finding.at) | some finding in found} == {"spec.containers[0].imagePullPolicy"}
}

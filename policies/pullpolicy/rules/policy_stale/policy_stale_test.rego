package pullpolicy.rules.policy_stale_test

import data.pullpolicy.histories
import data.pullpolicy.result
import data.pullpolicy.rules.policy_stale
import data.pullpolicy.uses_test

_released := uses_test.example({"declared": "Always", "effective": "Always"})

_latest := uses_test.example({
	"at": ["spec", "containers", 1],
	"image": "nginx",
	"mutable": true,
	"default": "Always",
})

test_findings[note] if {
	some note, tc in {
		"Always": [_released, {}, "spec.containers[0].imagePullPolicy", "write imagePullPolicy: IfNotPresent"],
		"IfNotPresent": [_latest, {}, "spec.containers[1].imagePullPolicy", "write imagePullPolicy: Always"],
		"where the new default is not allowed": [
			_released,
			{"profile": "always"},
			"spec.containers[0].imagePullPolicy",
			"write the policy that is meant",
		],
	}
	found := policy_stale.findings with histories.unchosen as {{"use": tc[0], "evidence": "the default of nginx"}}
		with input.parameters as tc[1]
	{[result.path(finding.at), finding.remedy] | some finding in found} == {[tc[2], tc[3]]}
}

test_message if {
	found := policy_stale.findings with histories.unchosen as {{"use": _released, "evidence": "the default of nginx"}}
	{finding.message | some finding in found} == {concat("", [
		`container "app" keeps Always, the default of nginx, although its image is now nginx:1 `,
		"with the default IfNotPresent; write imagePullPolicy: IfNotPresent",
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
	{result.path(finding.at) | some finding in found} == {"spec.containers[0].imagePullPolicy"}
}

package pullpolicy.rules.policy_misplaced_test

import data.pullpolicy.podspecs
import data.pullpolicy.rules.policy_misplaced
import data.pullpolicy.uses
import data.pullpolicy.uses_test

_stray := {"at": ["spec", "containers", 0, "pullPolicy"], "key": "pullPolicy", "value": "Always"}

_use(changes) := uses_test.example(object.union({"declared": "", "meant": "Always", "strays": [_stray]}, changes))

test_findings_in_a_container[note] if {
	some note, tc in {
		"the policy that was meant": [
			{},
			{"op": "remove", "path": "/spec/containers/0/pullPolicy"},
			"write imagePullPolicy: Always",
		],
		"beside one that holds": [
			{"declared": "IfNotPresent", "meant": "IfNotPresent"},
			{"op": "remove", "path": "/spec/containers/0/pullPolicy"},
			"remove it",
		],
		"of an image that cannot start": [{"image": "Nginx"}, {}, "remove it"],
	}
	found := policy_misplaced.findings with uses.found as {_use(tc[0])} with podspecs.found as set()
	{[object.get(finding, "patch", {}), finding.message] | some finding in found} == {[tc[1], concat("", [
		"Kubernetes ignores spec.containers[0].pullPolicy: Always; ",
		tc[2],
	])]}
}

test_findings_above[note] if {
	some note, tc in {
		"each image has an answer": [_use({"strays": []}), {"op": "remove", "path": "/spec/imagePullPolicy"}],
		"an image has none": [_use({"strays": [], "image": "Nginx"}), {}],
	}
	stray := {"at": ["spec", "imagePullPolicy"], "key": "imagePullPolicy", "value": "Always"}
	pod := {"id": [0, ["spec"]], "review": 0, "object": {}, "former": false, "strays": [stray]}
	found := policy_misplaced.findings with uses.found as {tc[0]}
		with podspecs.found as {pod, object.union(pod, {"former": true, "id": 1})}
	{[object.get(finding, "patch", {}), finding.message] | some finding in found} == {[
		tc[1],
		concat("", [
			"Kubernetes ignores spec.imagePullPolicy: Always; ",
			"write imagePullPolicy in each container",
		]),
	]}
}

test_no_findings if {
	count(policy_misplaced.findings) == 0 with uses.found as {uses_test.example({})} with podspecs.found as set()
}

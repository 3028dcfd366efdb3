package pullpolicy.rules.policy_conflict_test

import data.pullpolicy.result
import data.pullpolicy.rules.policy_conflict
import data.pullpolicy.uses
import data.pullpolicy.uses_test

_always := {"declared": "Always", "effective": "Always"}

_never := {"declared": "Never", "effective": "Never"}

_first := uses_test.example(object.union({"container": "first"}, _always))

_second(changes) := uses_test.example(object.union({"at": ["spec", "containers", 1], "container": "second"}, changes))

_third(changes) := _second(object.union(changes, {"at": ["spec", "containers", 2], "container": "third"}))

test_findings[note] if {
	some note, tc in {
		"another policy": {
			"uses": {_first, _second({})},
			"want": {["spec.containers[1].imagePullPolicy", "write imagePullPolicy: Always"]},
		},
		"another policy by default": {
			"uses": {_first, _second({"declared": ""})},
			"want": {["spec.containers[1].image", "write imagePullPolicy: Always"]},
		},
		"another spelling of the image": {
			"uses": {_first, _second({"image": "docker.io/library/nginx:1"})},
			"want": {["spec.containers[1].imagePullPolicy", "write imagePullPolicy: Always"]},
		},
		"no tag is latest": {
			"uses": {_second({"image": "nginx"}), _third(object.union({"image": "nginx:latest"}, _always))},
			"want": {["spec.containers[2].imagePullPolicy", "write imagePullPolicy: IfNotPresent"]},
		},
		"an init container": {
			"uses": {_first, _second({"list": "initContainers", "at": ["spec", "initContainers", 0]})},
			"want": {["spec.initContainers[0].imagePullPolicy", "write imagePullPolicy: Always"]},
		},
		"two others": {
			"uses": {_first, _second({}), _third(_never)},
			"want": {
				["spec.containers[1].imagePullPolicy", "write imagePullPolicy: Always"],
				["spec.containers[2].imagePullPolicy", "write imagePullPolicy: Always"],
			},
		},
		"one of two others": {
			"uses": {_first, _second({}), _third(_always)},
			"want": {["spec.containers[1].imagePullPolicy", "write imagePullPolicy: Always"]},
		},
	}
	found := policy_conflict.findings with uses.found as tc.uses
	{[result.path(finding.at), finding.remedy] | some finding in found} == tc.want
}

test_no_findings[note] if {
	some note, second in {
		"the same policy": _second(_always),
		"the same policy by default": _second({"declared": "", "effective": "Always"}),
		"another tag": _second({"image": "nginx:2"}),
		"another image": _second({"image": "corp/nginx:1"}),
		"the same tag with a digest": _second({"image": uses_test.pinned("nginx:1")}),
		"another pod spec": _second({"pod": [1, ["spec"]]}),
		"no policy": _second({"declared": "always", "effective": ""}),
		"what does not parse": _second({"image": "Nginx:1"}),
	}
	count(policy_conflict.findings) == 0 with uses.found as {_first, second}
}

# Each Pod has two policies, and of each image one.
test_no_findings_across_reviews if {
	reviews := [{"object": _pod("Always", "Never")}, {"object": _pod("Never", "Always")}]
	count(policy_conflict.findings) == 0 with input.reviews as reviews
}

_pod(nginx, redis) := {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": [
	{"name": "web", "image": "nginx:1", "imagePullPolicy": nginx},
	{"name": "cache", "image": "redis:7", "imagePullPolicy": redis},
]}}

# Their full reference is empty, and they have nothing in common.
test_no_findings_of_what_does_not_parse if {
	different := {_second({"image": "Nginx"}), _third(object.union({"image": "Apache"}, _never))}
	count(policy_conflict.findings) == 0 with uses.found as different
}

test_findings_where_the_other_policy_is_not_allowed if {
	found := policy_conflict.findings with uses.found as {_first, _second({})}
		with input.parameters as {"profile": "airgapped"}
	{[result.path(finding.at), finding.remedy] | some finding in found} == {[
		"spec.containers[1].imagePullPolicy",
		"give both the same policy",
	]}
}

test_message if {
	found := policy_conflict.findings with uses.found as {_first, _second({"declared": ""})}
	{finding.message | some finding in found} == {concat("", [
		`container "second" uses nginx:1 with IfNotPresent, the default, but container "first" uses it with Always, `,
		"so one can start where the other fails; write imagePullPolicy: Always",
	])}
}

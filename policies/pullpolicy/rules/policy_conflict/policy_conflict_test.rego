package pullpolicy.rules.policy_conflict_test

import data.pullpolicy.advice
import data.pullpolicy.rules.policy_conflict
import data.pullpolicy.texts
import data.pullpolicy.uses
import data.pullpolicy.uses_test

_always := {"declared": "Always", "effective": "Always", "meant": "Always"}

_never := {"declared": "Never", "effective": "Never", "meant": "Never"}

_first := uses_test.example(object.union({"container": "first"}, _always))

_second(changes) := uses_test.example(object.union({"at": ["spec", "containers", 1], "container": "second"}, changes))

_third(changes) := _second(object.union(changes, {"at": ["spec", "containers", 2], "container": "third"}))

_init(changes) := _second(object.union(changes, {"list": "initContainers", "at": ["spec", "initContainers", 0]}))

_written := {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: IfNotPresent"]}

test_findings[note] if {
	some note, tc in {
		"another policy": [{_first, _second({})}, _written],
		"another policy by default": [
			{_first, _second({"declared": "", "meant": ""})},
			{["spec.containers[1].image", "write imagePullPolicy: Always"]},
		],
		"another spelling of the image": [{_first, _second({"image": "docker.io/library/nginx:1"})}, _written],
		"no tag is latest": [
			{
				_second({"image": "nginx", "mutable": true}),
				_third(object.union({"image": "nginx:latest", "mutable": true}, _always)),
			},
			{["spec.containers[1].imagePullPolicy", "write imagePullPolicy: Always"]},
		],
		"an init container that does not pull": [{_first, _init({})}, _written],
		"two others": [
			{_first, _second({}), _third(_never)},
			(_written | {["spec.containers[2].imagePullPolicy", "write imagePullPolicy: IfNotPresent"]}),
		],
		"one of two others": [
			{_first, _second({}), _third(_always)},
			(_written | {["spec.containers[2].imagePullPolicy", "write imagePullPolicy: IfNotPresent"]}),
		],
	}
	found := policy_conflict.findings with uses.found as tc[0]
	{[texts.path(finding.at), finding.remedy] | some finding in found} == tc[1]
}

# What starts first is right: image volumes, then init containers, containers, and ephemeral containers.
test_findings_where_no_policy_is_right[note] if {
	some note, tc in {
		"containers": [{_first, _second({})}, "spec.containers[1].imagePullPolicy"],
		"an init container": [{_first, _init({})}, "spec.containers[0].imagePullPolicy"],
	}
	found := policy_conflict.findings with uses.found as tc[0] with advice.policy as ""
	{[texts.path(finding.at), finding.remedy] | some finding in found} == {[tc[1], "give both the same policy"]}
}

test_no_findings[note] if {
	some note, second in {
		"the same policy": _second(_always),
		"the same policy by default": _second({"declared": "", "effective": "Always"}),
		"another tag": _second({"image": "nginx:2"}),
		"another image": _second({"image": "corp/nginx:1"}),
		"the same tag with a digest": _second({"image": uses_test.pinned("nginx:1")}),
		"another pod spec": _second({"pod": [1, ["spec"]]}),
		"a container that an init container pulls for": _second({"refreshed": true}),
		"a policy that is not valid": _second({"declared": "always", "effective": ""}),
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

test_message if {
	found := policy_conflict.findings with uses.found as {_first, _second({"declared": "", "meant": ""})}
	{finding.message | some finding in found} == {concat("", [
		`container "second" has IfNotPresent and "first" Always for one image, so one can fail; `,
		"write imagePullPolicy: Always",
	])}
}

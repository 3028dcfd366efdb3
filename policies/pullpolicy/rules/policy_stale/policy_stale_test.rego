package pullpolicy.rules.policy_stale_test

import data.pullpolicy.result
import data.pullpolicy.rules.policy_stale
import data.pullpolicy.uses
import data.pullpolicy.uses_test

_latest(changes) := uses_test.example(object.union(
	{"image": "nginx", "mutable": true, "declared": "Always", "default": "Always", "effective": "Always"},
	changes,
))

_versioned(changes) := uses_test.example(changes)

_always := {"declared": "Always", "effective": "Always"}

_updates := {
	"Always from latest": {
		"old": _latest({}),
		"new": _versioned(_always),
		"parameters": {},
		"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: IfNotPresent"]},
	},
	"IfNotPresent from a version": {
		"old": _versioned({}),
		"new": _latest({"declared": "IfNotPresent", "effective": "IfNotPresent"}),
		"parameters": {},
		"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: Always"]},
	},
	"of a container that has moved": {
		"old": _latest({}),
		"new": _versioned({"at": ["spec", "containers", 1], "declared": "Always", "effective": "Always"}),
		"parameters": {},
		"want": {["spec.containers[1].imagePullPolicy", "write imagePullPolicy: IfNotPresent"]},
	},
	"where the new default is not allowed": {
		"old": _latest({}),
		"new": _versioned(_always),
		"parameters": {"profile": "always"},
		"want": {["spec.containers[0].imagePullPolicy", "write the policy that is meant"]},
	},
	"the same image": {
		"old": _latest({}),
		"new": _latest({}),
		"parameters": {},
		"want": set(),
	},
	"another image with the same default": {
		"old": _versioned({}),
		"new": _versioned({"image": "nginx:2"}),
		"parameters": {},
		"want": set(),
	},
	"the new default": {"old": _latest({}), "new": _versioned({}), "parameters": {}, "want": set()},
	"another policy than before": {
		"old": _latest({}),
		"new": _versioned({"declared": "Never", "effective": "Never"}),
		"parameters": {},
		"want": set(),
	},
	"a policy that was no default before": {
		"old": _versioned(_always),
		"new": _versioned({"image": "nginx:2", "declared": "Always", "effective": "Always"}),
		"parameters": {},
		"want": set(),
	},
	"none declared": {
		"old": _latest({"declared": ""}),
		"new": _versioned({"declared": ""}),
		"parameters": {},
		"want": set(),
	},
	"another container": {
		"old": _latest({"container": "web"}),
		"new": _versioned(_always),
		"parameters": {},
		"want": set(),
	},
	"another list": {
		"old": _latest({"list": "initContainers"}),
		"new": _versioned(_always),
		"parameters": {},
		"want": set(),
	},
	"another pod spec": {
		"old": _latest({"pod": [1, ["spec"]]}),
		"new": _versioned(_always),
		"parameters": {},
		"want": set(),
	},
}

test_findings[note] if {
	some note, tc in _updates
	found := policy_stale.findings with uses.former as {tc.old} with uses.found as {tc.new}
		with input.parameters as tc.parameters
	{[result.path(finding.at), finding.remedy] | some finding in found} == tc.want
}

test_message if {
	use := _versioned(_always)
	found := policy_stale.findings with uses.former as {_latest({})} with uses.found as {use}
	{finding.message | some finding in found} == {concat("", [
		`container "app" keeps Always, the default of nginx, although its image is now nginx:1 `,
		"with the default IfNotPresent; write imagePullPolicy: IfNotPresent",
	])}
}

test_findings_of_an_update if {
	pod := {"kind": "Pod", "spec": {"containers": [{"name": "app", "image": "nginx:1", "imagePullPolicy": "Always"}]}}
	old := {"kind": "Pod", "spec": {"containers": [{"name": "app", "image": "nginx", "imagePullPolicy": "Always"}]}}
	found := policy_stale.findings with input.reviews as [{"object": pod, "oldObject": old}]
	{result.path(finding.at) | some finding in found} == {"spec.containers[0].imagePullPolicy"}
}

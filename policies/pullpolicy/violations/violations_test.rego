package pullpolicy.violations_test

import data.pullpolicy.violations

_pod(containers) := {"object": {
	"apiVersion": "v1",
	"kind": "Pod",
	"metadata": {"name": "web"},
	"spec": {"containers": containers},
}}

_input := {
	"reviews": [
		_pod([
			{"name": "app", "image": "nginx", "imagePullPolicy": "Never"},
			{"name": "db", "image": "postgres:17", "imagePullPolicy": "IfNotPresent"},
		]),
		_pod([{"name": "app", "image": "nginx:1", "imagePullPolicy": "IfNotPresent"}]),
	],
	"parameters": {
		"preloadedImages": ["**"],
		"exemptions": [
			{"rules": ["tag-mutable"], "reason": "the first reason"},
			{"rules": ["tag-*"], "reason": "the second reason"},
		],
	},
}

test_violations if {
	found := violations.violations with input as _input
	found == {{
		"rule": "mutable-tag-cached",
		"severity": "error",
		"msg": concat("", [
			`mutable-tag-cached: container "app" has no tag and Never, so nodes keep old content; `,
			"pin a version or digest",
		]),
		"path": "spec.containers[0].imagePullPolicy",
		"remedy": "pin a version or digest",
		"review": 0,
		"kind": "Pod",
		"namespace": "",
		"name": "web",
		"container": "app",
		"list": "containers",
		"image": "nginx",
		"declared": "Never",
		"effective": "Never",
		"default": "Always",
	}}
}

test_exempted if {
	exempted := violations.exempted with input as _input
	{[violation.rule, violation.path, violation.reason] | some violation in exempted} == {[
		"tag-mutable",
		"spec.containers[0].image",
		"the first reason",
	]}
}

test_no_violation_is_exempted_by_default if {
	reviews := {"reviews": _input.reviews}
	count(violations.exempted) == 0 with input as reviews
	found := violations.violations with input as reviews
	{violation.rule | some violation in found} == {"mutable-tag-cached", "never-not-preloaded", "tag-mutable"}
}

test_judged[note] if {
	some note, tc in {
		"all objects and uses": [_input, {"objects": 2, "images": 3, "unknown": 0}],
		"no reviews": [{"reviews": []}, {"objects": 0, "images": 0, "unknown": 0}],
		"no input": [{}, {"objects": 0, "images": 0, "unknown": 0}],
		"an object without images": [
			{"reviews": [{"object": {"apiVersion": "v1", "kind": "Service"}}]},
			{"objects": 1, "images": 0, "unknown": 0},
		],
		"the items of a List": [
			{"reviews": [{"object": {"apiVersion": "v1", "kind": "List", "items": [{"kind": "Service"}, {"kind": "Secret"}]}}]},
			{"objects": 2, "images": 0, "unknown": 0},
		],
		"an image that is filled in later": [
			{"reviews": [{"object": {
				"apiVersion": "argoproj.io/v1alpha1",
				"kind": "Workflow",
				"spec": {"templates": [{"container": {"image": "{{image}}"}}, {"container": {"image": "{{image}}:1"}}]},
			}}]},
			{"objects": 1, "images": 2, "unknown": 1},
		],
		"the old object of an update is not checked": [
			{"reviews": [object.union(_input.reviews[1], {"oldObject": _input.reviews[0].object})]},
			{"objects": 1, "images": 1, "unknown": 0},
		],
	}
	violations.judged == tc[1] with input as tc[0]
}

package pullpolicy.explanations_test

import data.pullpolicy.explanations
import data.pullpolicy.references
import data.pullpolicy.uses
import data.pullpolicy.uses_test

test_explanations if {
	use := uses_test.example({
		"image": "nginx", "declared": "", "meant": "", "mutable": true,
		"default": "Always", "effective": "Always",
	})
	found := explanations.explanations with uses.found as {use}
	found == {{
		"review": 0,
		"path": "spec.containers[0]",
		"kind": "Pod",
		"namespace": "shop",
		"name": "web",
		"list": "containers",
		"container": "app",
		"image": "nginx",
		"reference": references.parse("nginx"),
		"declared": "",
		"default": "Always",
		"effective": "Always",
		"origin": "defaulted",
		"why": "no tag means latest",
		"outcomes": {
			"absent": "pulled",
			"absentRegistryDown": "ErrImagePull",
			"cached": "pulled",
			"otherCredentials": "pulled",
			"moved": "pulled",
			"registryDown": "ErrImagePull",
		},
		"advice": {"field": "imagePullPolicy", "policy": "Always", "why": "it is the default of the image"},
	}}
}

test_explanations_origin[note] if {
	some note, tc in {
		"none declared": {
			"use": {"declared": ""},
			"want": ["defaulted", "the tag is not latest", "cached"],
		},
		"declared": {
			"use": {"declared": "IfNotPresent"},
			"want": ["declared", "it is written in the manifest", "cached"],
		},
		"declared, but not valid": {
			"use": {"declared": "always", "effective": ""},
			"want": ["declared", "it is not a valid policy", "rejected"],
		},
		"none declared, and the image is filled in later": {
			"use": object.union(
				{"declared": "", "image": "$(params.image)", "deferred": true},
				{"default": "", "effective": "", "undecided": true},
			),
			"want": ["defaulted", "it depends on the image, which is filled in later", "unknown"],
		},
		"declared, and the image is filled in later": {
			"use": {"declared": "Always", "image": "$(params.image)", "effective": "Always", "deferred": true},
			"want": ["declared", "it is written in the manifest", "pulled"],
		},
		"none declared, and an operator chooses": {
			"use": {"declared": "", "default": "", "effective": "", "undecided": true, "by_operator": true},
			"want": ["defaulted", "its operator chooses it", "unknown"],
		},
		"declared, but filled in later": {
			"use": {"declared": "$(params.policy)", "effective": "", "undecided": true},
			"want": ["declared", "it is filled in later", "unknown"],
		},
		"none declared, and the image does not parse": {
			"use": {"declared": "", "image": "Nginx", "flaw": {"by": "kubelet", "cause": "has upper-case letters"}},
			"want": ["defaulted", "the reference does not parse", "InvalidImageName"],
		},
	}
	found := explanations.explanations with uses.found as {uses_test.example(tc.use)}
	{[got.origin, got.why, got.outcomes.cached] | some got in found} == {tc.want}
}

test_explanations_of_each_use if {
	found := explanations.explanations with input.reviews as [{"object": {"kind": "Pod", "spec": {
		"containers": [{"name": "app", "image": "nginx"}, {"name": "db", "image": "postgres:17"}],
		"volumes": [{"name": "model", "image": {"reference": "models/bert@sha256:0"}}],
	}}}]
	{[got.path, got.default] | some got in found} == {
		["spec.containers[0]", "Always"],
		["spec.containers[1]", "IfNotPresent"],
		["spec.volumes[0].image", "IfNotPresent"],
	}
}

test_explanations_of_a_start if {
	use := uses_test.example({"effective": "Never"})
	starts := {node.registry: starts |
		some node in [{"registry": "up", "images": [{"name": "nginx:1"}]}, {"registry": "refused"}]
		found := explanations.explanations with uses.found as {use} with input.node as node
		starts := [explanation.start | some explanation in found]
	}
	starts == {
		"up": [{"pull": false, "outcome": "cached", "why": "the node has the image"}],
		"refused": [{"pull": false, "outcome": "ErrImageNeverPull", "why": "the node does not have the image"}],
	}
}

test_explanations_without_a_start[note] if {
	some note, node in {"null": null, "a state that does not fit": {"registry": "down"}}
	found := explanations.explanations with uses.found as {uses_test.example({})} with input.node as node
	count(found) == 1
	{explanation | some explanation in found; explanation.start} == set()
}

test_explanations_of_an_obstacle[note] if {
	some note, tc in {
		"the API server's": [{"declared": "always", "effective": ""}, {"always is not a valid policy"}],
		"the kubelet's": [
			{"image": "Nginx", "flaw": {"by": "kubelet", "cause": "has upper-case letters"}},
			{"the image has upper-case letters"},
		],
		"none": [{}, set()],
	}
	found := explanations.explanations with uses.found as {uses_test.example(tc[0])}
	{explanation.obstacle | some explanation in found} == tc[1]
}

test_explanations_with_advice[note] if {
	some note, tc in {
		"another policy": [
			{"image": "nginx", "mutable": true, "default": "Always"},
			{{"field": "imagePullPolicy", "policy": "Always", "why": "it is the default of the image"}},
		],
		"in an image volume": [
			{"list": "volumes", "policy_field": "pullPolicy", "declared": "", "meant": ""},
			{{"field": "pullPolicy", "policy": "IfNotPresent", "why": "it is the default of the image"}},
		],
		"the policy that is declared": [{}, set()],
		"no policy is right": [
			{"image": "Nginx", "flaw": {"by": "kubelet", "cause": "has upper-case letters"}},
			set(),
		],
		"not known yet": [
			{"declared": "", "default": "", "effective": "", "meant": "", "undecided": true, "by_operator": true},
			set(),
		],
	}
	found := explanations.explanations with uses.found as {uses_test.example(tc[0])}
	{explanation.advice | some explanation in found} == tc[1]
}

test_explanations_without_a_place_for_a_policy if {
	use := object.union(uses_test.example({"declared": "", "meant": ""}), {"policy_at": []})
	found := explanations.explanations with uses.found as {use}
	{explanation.effective | some explanation in found} == {"IfNotPresent"}
	{explanation.advice | some explanation in found} == set()
}

test_problems if {
	found := explanations.problems with input.node as {"images": [{"name": "nginx"}, {"name": 1}]}
	found == {{"path": "node.images[1].name", "message": "1 is a number; write a string"}}
	count(explanations.problems) == 0 with input.node as {}
}

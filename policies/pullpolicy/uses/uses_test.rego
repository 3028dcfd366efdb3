package pullpolicy.uses_test

import data.pullpolicy.defaults
import data.pullpolicy.references
import data.pullpolicy.uses

# A use as uses.found holds it, with the changes under test; the rest follows from them.
example(changes) := object.union(use, {
	"reference": reference,
	"subject": _subject(reference, use.image),
	"known": reference.valid,
	"starts": _starts(reference.valid, use.deferred),
	"why": defaults.why(reference),
	"image_at": array.concat(use.at, ["image"]),
	"policy_at": array.concat(use.at, [use.policy_field]),
}) if {
	use := object.union(_use, changes)
	reference := references.parse(use.image)
}

_subject(reference, image) := image if {
	not reference.valid
} else := reference.full

_starts(_, true) := true

_starts(valid, false) := valid

_use := {
	"review": 0,
	"at": ["spec", "containers", 0],
	"pod": [0, ["spec"]],
	"object": {"kind": "Pod", "namespace": "shop", "name": "web"},
	"list": "containers",
	"container": "app",
	"policy_field": "imagePullPolicy",
	"image": "nginx:1",
	"deferred": false,
	"mutable": false,
	"declared": "IfNotPresent",
	"default": "IfNotPresent",
	"effective": "IfNotPresent",
	"undecided": false,
	"by_operator": false,
	"flaw": {},
	"meant": "IfNotPresent",
	"strays": [],
	"private": false,
	"unverified": false,
	"refreshed": false,
	"preloaded": false,
	"local": false,
	"custom": false,
	"kept": false,
	"defaulted": false,
}

# The image with a digest.
pinned(image) := concat("", [image, "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"])

_pod(spec) := {
	"apiVersion": "v1",
	"kind": "Pod",
	"metadata": {"namespace": "shop", "name": "web"},
	"spec": spec,
}

_rollout(spec) := {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "spec": {"template": {"spec": spec}}}

_container := {"name": "app", "image": "nginx:1", "imagePullPolicy": "IfNotPresent"}

test_found if {
	found := uses.found with input.reviews as [{"object": _pod({"containers": [_container]})}]
	{object.remove(use, ["pod"]) | some use in found} == {object.remove(example({}), ["pod"])}
}

test_found_in_every_list[note] if {
	some note, tc in {
		"a container": {
			"spec": {},
			"want": {"list": "containers", "at": ["spec", "containers", 0], "container": "app"},
		},
		"an init container": {
			"spec": {"initContainers": [{"name": "init", "image": "busybox:1"}]},
			"want": {
				"list": "initContainers",
				"at": ["spec", "initContainers", 0],
				"container": "init",
				"image": "busybox:1",
				"image_at": ["spec", "initContainers", 0, "image"],
				"policy_field": "imagePullPolicy",
			},
		},
		"an ephemeral container": {
			"spec": {"ephemeralContainers": [{"name": "debug", "image": "busybox:1"}]},
			"want": {"list": "ephemeralContainers", "at": ["spec", "ephemeralContainers", 0], "container": "debug"},
		},
		"an image volume": {
			"spec": {"volumes": [
				{"name": "tmp", "emptyDir": {}},
				{"name": "model", "image": {"reference": "models/bert:2", "pullPolicy": "Never"}},
			]},
			"want": {
				"list": "volumes",
				"at": ["spec", "volumes", 1, "image"],
				"container": "model",
				"image": "models/bert:2",
				"declared": "Never",
				"image_at": ["spec", "volumes", 1, "image", "reference"],
				"policy_field": "pullPolicy",
			},
		},
		"an image volume without a reference": {
			"spec": {"volumes": [{"name": "model", "image": {}}]},
			"want": {"list": "volumes", "image": "", "declared": ""},
		},
	}
	spec := object.union({"containers": [_container]}, tc.spec)
	found := uses.found with input.reviews as [{"object": _pod(spec)}]
	count(found) == count({"containers"} | object.keys(tc.spec))
	count({use | some use in found; object.union(use, tc.want) == use}) == 1
}

test_found_nothing_in[note] if {
	some note, spec in {
		"no containers": {},
		"a map of containers": {"containers": {"app": _container}},
		"null for the containers": {"containers": null},
		"elements that are not objects": {"containers": ["app", null], "volumes": ["tmp", null]},
		"a map of volumes": {"volumes": {"model": {"image": {"reference": "models/bert:1"}}}},
		"an image volume that is not an object": {"volumes": [{"image": "models/bert:1"}, {"image": null}]},
	}
	found := uses.found with input.reviews as [{"object": _pod(spec)}]
	found == set()
}

_containers := {
	"no policy": {
		"container": {"image": "nginx:1"},
		"want": {"declared": "", "default": "IfNotPresent", "effective": "IfNotPresent"},
	},
	"no policy for latest": {
		"container": {"image": "nginx"},
		"want": {"declared": "", "default": "Always", "effective": "Always", "mutable": true},
	},
	"Always": {
		"container": {"image": "nginx:1", "imagePullPolicy": "Always"},
		"want": {"declared": "Always", "default": "IfNotPresent", "effective": "Always"},
	},
	"IfNotPresent": {
		"container": {"image": "nginx", "imagePullPolicy": "IfNotPresent"},
		"want": {"declared": "IfNotPresent", "default": "Always", "effective": "IfNotPresent"},
	},
	"Never": {
		"container": {"image": "nginx", "imagePullPolicy": "Never"},
		"want": {"declared": "Never", "default": "Always", "effective": "Never"},
	},
	"an empty policy is none": {
		"container": {"image": "nginx:1", "imagePullPolicy": ""},
		"want": {"declared": "", "effective": "IfNotPresent"},
	},
	"null for the policy is none": {
		"container": {"image": "nginx:1", "imagePullPolicy": null},
		"want": {"declared": "", "effective": "IfNotPresent"},
	},
	"a policy in another case": {
		"container": {"image": "nginx:1", "imagePullPolicy": "always"},
		"want": {"declared": "always", "default": "IfNotPresent", "effective": ""},
	},
	"a policy with a space": {
		"container": {"image": "nginx:1", "imagePullPolicy": "Always "},
		"want": {"declared": "Always ", "effective": ""},
	},
	"a template for the policy, where no controller fills it in": {
		"container": {"image": "nginx:1", "imagePullPolicy": "$(params.policy)"},
		"want": {"declared": "$(params.policy)", "effective": "", "undecided": false},
	},
	"a boolean for the policy": {
		"container": {"image": "nginx:1", "imagePullPolicy": true},
		"want": {"declared": "true", "effective": ""},
	},
	"a list for the policy": {
		"container": {"image": "nginx:1", "imagePullPolicy": ["Always"]},
		"want": {"declared": `["Always"]`, "effective": ""},
	},
	"no image": {
		"container": {},
		"want": {"image": "", "reference": references.parse(""), "mutable": false, "deferred": false},
	},
	"null for the image": {"container": {"image": null}, "want": {"image": ""}},
	"a number for the image": {
		"container": {"image": 1.5},
		"want": {"image": "1.5", "reference": references.parse(1.5), "default": "IfNotPresent"},
	},
	"an image that does not parse": {
		"container": {"image": "Nginx:latest"},
		"want": {"reference": references.parse("Nginx:latest"), "default": "IfNotPresent", "mutable": false},
	},
	"a template is not deferred where no controller fills it in": {
		"container": {"image": "{{ image }}"},
		"want": {"deferred": false, "custom": false},
	},
	"no name": {"container": {"image": "nginx:1"}, "want": {"container": ""}},
	"null for the name": {"container": {"name": null, "image": "nginx:1"}, "want": {"container": ""}},
	"a number for the name": {"container": {"name": 8080, "image": "nginx:1"}, "want": {"container": "8080"}},
}

test_found_facts_of_a_container[note] if {
	some note, tc in _containers
	found := uses.found with input.reviews as [{"object": _pod({"containers": [tc.container]})}]
	count(found) == 1
	every use in found { object.union(use, tc.want) == use }
}

test_found_in_a_custom_resource[note] if {
	some note, tc in {
		"an image": {
			"container": {"name": "app", "image": "nginx:1"},
			"want": {"image": "nginx:1", "container": "app", "custom": true, "deferred": false, "private": true},
		},
		"a template of the controller": {
			"container": {"name": "app", "image": "{{inputs.parameters.image}}"},
			"want": {"deferred": true, "undecided": true, "mutable": false, "default": "", "effective": ""},
		},
		"a template of the controller with a policy": {
			"container": {"image": "{{ inputs.parameters.image }}", "imagePullPolicy": "Always"},
			"want": {"deferred": true, "undecided": false, "effective": "Always"},
		},
		"a policy that the controller fills in": {
			"container": {"image": "nginx:1", "imagePullPolicy": "$(params.policy)"},
			"want": {"deferred": false, "undecided": true, "default": "IfNotPresent", "effective": ""},
		},
		"a policy that does not exist": {
			"container": {"image": "nginx:1", "imagePullPolicy": "always"},
			"want": {"undecided": false, "effective": ""},
		},
		"a leftover of Helm": {"container": {"image": "{{ .Values.image }}"}, "want": {"deferred": false}},
		"another leftover of Helm": {"container": {"image": "{{- $image }}"}, "want": {"deferred": false}},
		"a blank for a trigger to fill": {"container": {"image": " "}, "want": {"deferred": true}},
		"a number": {"container": {"image": 1.5}, "want": {"image": "1.5", "deferred": false}},
		"a parameter of the controller before a tag": {
			"container": {"image": "$(params.image):1"},
			"want": {"deferred": true, "known": true, "mutable": false, "default": "IfNotPresent", "undecided": false},
		},
		"a parameter of the controller before latest": {
			"container": {"image": "$(params.registry)/app:latest", "imagePullPolicy": "Never"},
			"want": {"deferred": true, "known": true, "mutable": true, "default": "Always", "effective": "Never"},
		},
		"a parameter of the controller before a digest": {
			"container": {"image": pinned("$(params.image)")},
			"want": {"deferred": true, "known": false, "mutable": false, "default": "", "undecided": true},
		},
		"a parameter of the controller before what no image ends with": {
			"container": {"image": "$(params.registry)/App:1"},
			"want": {"deferred": false, "known": false, "mutable": false, "default": "IfNotPresent"},
		},
		"a variable of the controller": {"container": {"image": "${image}"}, "want": {"deferred": true}},
		"what does not parse": {"container": {"image": "Nginx:latest"}, "want": {"deferred": false}},
	}
	spec := {"containers": [tc.container], "imagePullSecrets": [{"name": "registry"}]}
	found := uses.found with input.reviews as [{"object": _rollout(spec)}]
	count(found) == 1
	every use in found { object.union(use, tc.want) == use }
}

test_found_steps[note] if {
	some note, tc in {
		"a step": {"template": {}, "declared": ""},
		"a step of a template": {"template": {"imagePullPolicy": "Always"}, "declared": "Always"},
		"a step beside a template that is not an object": {"template": "none", "declared": ""},
		"a step that overrides its template": {
			"template": {"imagePullPolicy": "Always"},
			"step": {"imagePullPolicy": "Never"},
			"declared": "Never",
		},
	}
	step := object.union({"name": "build", "image": "nginx:1"}, object.get(tc, "step", {}))
	task := {"apiVersion": "tekton.dev/v1", "kind": "Task", "spec": {"steps": [step], "stepTemplate": tc.template}}
	found := uses.found with input.reviews as [{"object": task}]
	{[use.list, use.container, use.declared] | some use in found} == {["steps", "build", tc.declared]}
}

test_found_image_volume_in_a_custom_resource if {
	spec := {"volumes": [{"name": "model", "image": {"reference": "models/bert:1", "pullPolicy": "Never"}}]}
	found := uses.found with input.reviews as [{"object": _rollout(spec)}]
	{[use.list, use.container, use.image, use.declared, use.policy_field] | some use in found} == {[
		"volumes",
		"model",
		"models/bert:1",
		"Never",
		"pullPolicy",
	]}
}

test_found_image_volume_without_a_name if {
	found := uses.found with input.reviews as [{"object": _pod({"volumes": [{"image": {"reference": "models/bert:1"}}]})}]
	{[use.container, use.image] | some use in found} == {["", "models/bert:1"]}
}

test_found_mutable[note] if {
	some note, tc in {
		"no tag": ["nginx", true],
		"latest": ["nginx:latest", true],
		"a version": ["nginx:1", false],
		"a listed tag": ["nginx:dev", true],
		"a listed glob": ["nginx:1.0-snapshot", true],
		"part of a listed tag": ["nginx:devel", false],
		"another case of a listed tag": ["nginx:Dev", false],
		"another case of latest": ["nginx:Latest", false],
		"latest beside a digest": [pinned("nginx:latest"), false],
		"a listed tag beside a digest": [pinned("nginx:dev"), false],
		"a digest": [pinned("nginx"), false],
		"what does not parse": ["Nginx:dev", false],
		"a question mark in the list": ["nginx:v1", false],
		"a class in the list": ["nginx:a", false],
		"an alternative in the list": ["nginx:x", false],
	}
	found := uses.found with input.reviews as [{"object": _pod({"containers": [{"image": tc[0]}]})}]
		with input.parameters as {"mutableTags": ["dev", "*-snapshot", "v?", "[ab]", "{x,y}"]}
	{use.mutable | some use in found} == {tc[1]}
}

test_former if {
	old := object.union(_container, {"image": "nginx:0"})
	reviews := [{"object": _pod({"containers": [_container]}), "oldObject": _pod({"containers": [old]})}]
	former := uses.former with input.reviews as reviews
	{use.image | some use in former} == {"nginx:0"}

	found := uses.found with input.reviews as reviews
	{use.image | some use in found} == {"nginx:1"}
	{use.pod | some use in former} == {use.pod | some use in found}
}

test_no_former_without_an_old_object if {
	former := uses.former with input.reviews as [{"object": _pod({"containers": [_container]})}]
	former == set()
}

# The API server fills the defaults of its own kinds in, before anyone is asked to admit the object.
test_found_defaulted[note] if {
	some note, [manifest, admitted, want] in {
		"a file": [_pod({"containers": [_container]}), false, {false}],
		"at admission": [_pod({"containers": [_container]}), true, {true}],
		"a custom resource": [_rollout({"containers": [_container]}), false, {false}],
		"a custom resource at admission": [_rollout({"containers": [_container]}), true, {false}],
	}
	found := uses.found with input.reviews as [{"object": manifest, "admitted": admitted}]
	{use.defaulted | some use in found} == want
}

# Flux fills its variables in before the API server sees them.
test_found_before_a_substitution[note] if {
	some note, [container, admitted, want] in {
		"an image": [{"image": "${registry:=host.io}/app:${tag}"}, false, {"deferred": true, "undecided": true}],
		"an image with a known tag": [
			{"image": "${registry:=host.io}/app:latest"},
			false,
			{"deferred": true, "known": true, "mutable": true},
		],
		"a policy": [
			{"image": "nginx:1", "imagePullPolicy": "${policy:-Always}"},
			false,
			{"deferred": false, "undecided": true, "effective": ""},
		],
		"an image without a default": [{"image": "${registry}/app:1"}, false, {"deferred": false, "known": false}],
		"an image that was not filled in": [
			{"image": "${registry:=host.io}/app:1"},
			true,
			{"deferred": false, "known": false},
		],
		"a policy that was not filled in": [
			{"image": "nginx:1", "imagePullPolicy": "${policy:=Always}"},
			true,
			{"undecided": false, "effective": ""},
		],
	}
	found := uses.found with input.reviews as [{"object": _pod({"containers": [container]}), "admitted": admitted}]
	count(found) == 1
	every use in found { object.union(use, want) == use }
}

# An operator completes the tag, and chooses a policy that is not written.
test_found_in_parts[note] if {
	some note, tc in {
		"without a tag": [
			{"pullPolicy": "Never"},
			{"deferred": true, "known": false, "mutable": false, "effective": "Never"},
		],
		"with a tag": [
			{"tag": "latest"},
			{"deferred": false, "known": true, "mutable": true, "default": "", "undecided": true},
		],
	}
	app := {"apiVersion": "example.com/v1", "kind": "App", "spec": {"image": object.union({"repository": "nginx"}, tc[0])}}
	found := uses.found with input.reviews as [{"object": app}]
	count(found) == 1
	every use in found {
		object.union(use, tc[1]) == use
		use.by_operator
	}
}

test_found_where_a_kind_has_no_policy if {
	action := {"apiVersion": "tekton.dev/v1", "kind": "StepAction", "spec": {"image": "nginx"}}
	found := uses.found with input.reviews as [{"object": action}]
	{[use.mutable, use.declared, use["default"], use.policy_at, use.policy_field] | some use in found} == {[
		true,
		"",
		"",
		[],
		"",
	]}
}

test_found_injected[note] if {
	some note, [image, name, deferred] in {
		"Istio's proxy": ["auto", "istio-proxy", true],
		"another container": ["auto", "app", false],
		"another image": ["proxyv2", "istio-proxy", false],
	}
	found := uses.found with input.reviews as [{"object": _pod({"containers": [{"name": name, "image": image}]})}]
	{[use.deferred, use.mutable] | some use in found} == {[deferred, deferred == false]}
}

test_found_is_short if {
	long := concat("", ["aaaaaaaaaaaaaaaa" | some _ in numbers.range(1, 100)])
	container := {"name": {"a": long}, "image": long, "imagePullPolicy": [long]}
	found := uses.found with input.reviews as [{"object": _pod({"containers": [container]})}]
	{[count(use.container), count(use.image), count(use.declared)] | some use in found} == {[1025, 1025, 1025]}
}

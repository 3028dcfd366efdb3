package pullpolicy.histories_test

import data.pullpolicy.histories
import data.pullpolicy.texts

_container(image, policy) := {"name": "app", "image": image, "imagePullPolicy": policy}

_released := _container("nginx:1", "Always")

_deployment(metadata, containers) := {
	"apiVersion": "apps/v1",
	"kind": "Deployment",
	"metadata": object.union({"generation": 2}, metadata),
	"spec": {"template": {"spec": {"containers": containers}}},
}

# what kubectl apply leaves behind
_applied(configuration) := {"annotations": {_annotation: json.marshal(configuration)}}

_annotation := "kubectl.kubernetes.io/last-applied-configuration"

_written(container) := _applied(_deployment({}, [container]))

_bare := {"name": "app", "image": "nginx:1"}

_manager(operation, containers) := {
	"operation": operation,
	"fieldsV1": {"f:spec": {"f:template": {"f:spec": {"f:containers": containers}}}},
}

_app(fields) := {`k:{"name":"app"}`: fields}

_new := {".": {}, "f:image": {}, "f:name": {}}

_new_with_policy := object.union(_new, {"f:imagePullPolicy": {}})

_evidence(found) := {history.evidence | some history in found}

_left_out := {"which kubectl apply left out"}

_unowned := {"which no field manager owns"}

test_applied[note] if {
	some note, tc in {
		"without a policy": [_released, _written(_bare), _left_out],
		"with null for the policy": [_released, _written(_container("nginx:1", null)), _left_out],
		"with an empty policy": [_released, _written(_container("nginx:1", "")), _left_out],
		"without a policy and with the image of then": [_released, _written({"name": "app", "image": "nginx"}), _left_out],
		"without a policy for what is latest now": [_container("nginx", "IfNotPresent"), _written(_bare), _left_out],
		"with the policy": [_released, _written(_released), set()],
		"with another policy": [_released, _written(_container("nginx:1", "IfNotPresent")), set()],
		"with what is not a policy": [_released, _written(_container("nginx:1", 1)), set()],
		"without a policy that is the default": [_container("nginx:1", "IfNotPresent"), _written(_bare), set()],
		"without a policy that is never a default": [_container("nginx:1", "Never"), _written(_bare), set()],
		"without a policy in the first generation": [
			_released,
			object.union(_written(_bare), {"generation": 1}),
			set(),
		],
		"without the container": [_released, _written({"name": "web", "image": "nginx:1"}), set()],
		"with the container in another list": [
			_released,
			_applied({"spec": {"template": {"spec": {"initContainers": [_bare]}}}}),
			set(),
		],
		"with what is not a container": [_released, _written("app"), set()],
		"with what is not an object": [_released, _applied("nginx"), set()],
		"with what is not JSON": [_released, {"annotations": {_annotation: "{"}}, set()],
		"with a JSON text": [_released, {"annotations": {_annotation: "1"}}, set()],
		"with two containers of the name": [
			_released,
			_applied(_deployment({}, [_bare, {"name": "app", "image": "nginx:1", "imagePullPolicy": null}])),
			_left_out,
		],
		"with a container in what is not a list": [
			_released,
			_applied({"spec": {"template": {"spec": {"containers": "app"}}}}),
			set(),
		],
		"with what is not text": [_released, {"annotations": {_annotation: {}}}, set()],
		"without annotations": [_released, {"annotations": null}, set()],
	}
	found := histories.unchosen with input.reviews as [{"object": _deployment(tc[1], [tc[0]])}]
	_evidence(found) == tc[2]
}

test_owned[note] if {
	some note, tc in {
		"by nobody": [_released, [_manager("Apply", _app(_new))], _unowned],
		"by nobody, with another owner of the image": [
			_released,
			[_manager("Apply", _app({".": {}, "f:name": {}})), _manager("Update", _app({"f:image": {}}))],
			_unowned,
		],
		"by nobody, in the first generation": [_released, [_manager("Apply", _app(_new))], set()],
		"by nobody, and the default": [
			_container("nginx:1", "IfNotPresent"),
			[_manager("Apply", _app(_new))],
			set(),
		],
		"by one who applies": [_released, [_manager("Apply", _app(_new_with_policy))], set()],
		"by one who created the container": [_released, [_manager("Update", _app(_new_with_policy))], set()],
		"by one who edited the container": [
			_released,
			[_manager("Apply", _app(_new)), _manager("Update", _app({"f:imagePullPolicy": {}}))],
			set(),
		],
		"by managers who do not know the container": [
			_released,
			[_manager("Apply", {`k:{"name":"web"}`: _new}), {"operation": "Update", "fieldsV1": {"f:status": {}}}],
			set(),
		],
		"by managers of keys that are none": [
			_released,
			[_manager("Apply", {"k:": {}, "k:{": {}, "k:1": {}, `k:{"name":1}`: {}, `k:{"name":"app"}`: null, "v:1": {}})],
			set(),
		],
		"by managers that are none": [_released, [{}, "kubectl", {"operation": "Apply", "fieldsV1": null}], set()],
	}
	generation := {true: 1, false: 2}[contains(note, "first generation")]
	manifest := _deployment({"managedFields": tc[1], "generation": generation}, [tc[0]])
	found := histories.unchosen with input.reviews as [{"object": manifest}]
	_evidence(found) == tc[2]
}

# The annotation decides, unless managedFields shows that the policy was chosen beside it.
test_applied_and_owned[note] if {
	some note, tc in {
		"by the one who applied": [_manager("Update", _app(_new_with_policy)), _left_out],
		"by nobody": [_manager("Apply", _app(_new)), _left_out],
		"by one who edited the container": [_manager("Update", _app({"f:imagePullPolicy": {}})), set()],
		"by another who applies": [_manager("Apply", _app({"f:imagePullPolicy": {}})), set()],
	}
	manifest := _deployment(object.union(_written(_bare), {"managedFields": [tc[0]]}), [_released])
	found := histories.unchosen with input.reviews as [{"object": manifest}]
	_evidence(found) == tc[1]
}

test_replaced[note] if {
	some note, tc in {
		"an image with that default": [_container("nginx", "Always"), {}, {"the default of its old image"}],
		"no image": [_container("", "IfNotPresent"), {}, set()],
		"an image with another default": [_container("nginx:0", "Always"), {}, set()],
		"the same image": [_released, {}, set()],
		"another policy": [_container("nginx:0", "IfNotPresent"), {}, set()],
		"another container": [{"name": "web", "image": "nginx", "imagePullPolicy": "Always"}, {}, set()],
		"an image with that default, in the first generation": [
			_container("nginx", "Always"),
			{"generation": 1},
			{"the default of its old image"},
		],
		"an image with that default, where it is left out": [
			_container("nginx", "Always"),
			_written(_bare),
			{"the default of its old image"},
		],
		"an image with that default, where it was applied": [_container("nginx", "Always"), _written(_released), set()],
		"an image with that default, where it has an owner who applies": [
			_container("nginx", "Always"),
			{"managedFields": [_manager("Apply", _app(_new_with_policy))]},
			set(),
		],
		"nothing": ["app", {}, set()],
	}
	reviews := [{"object": _deployment(tc[1], [_released]), "oldObject": _deployment({}, [tc[0]])}]
	found := histories.unchosen with input.reviews as reviews
	_evidence(found) == tc[2]
}

test_replaced_container_that_has_moved if {
	web := {"name": "web", "image": "nginx:1", "imagePullPolicy": "IfNotPresent"}
	reviews := [{
		"object": _deployment({}, [web, _released]),
		"oldObject": _deployment({}, [_container("nginx", "Always"), web]),
	}]
	found := histories.unchosen with input.reviews as reviews
	{texts.path(history.use.at) | some history in found} == {"spec.template.spec.containers[1]"}
}

# A volume may be called as a container is.
test_replaced_use_of_that_name_in_another_list if {
	pod := {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [_released]}}
	volume := {"name": "app", "image": {"reference": "nginx", "pullPolicy": "Always"}}
	old := {"apiVersion": "v1", "kind": "Pod", "spec": {"volumes": [volume]}}
	found := histories.unchosen with input.reviews as [{"object": pod, "oldObject": old}]
	_evidence(found) == set()
}

test_replaced_use_of_that_name_in_another_object if {
	updated := _deployment({}, [_container("nginx:1", "IfNotPresent")])
	found := histories.unchosen with input.reviews as [
		{"object": _deployment({}, [_released])},
		{"object": updated, "oldObject": _deployment({}, [_container("nginx", "Always")])},
	]
	_evidence(found) == set()
}

test_uses_in_every_list[note] if {
	some note, tc in {
		"an init container": {"list": "initContainers", "live": _released, "bare": _bare, "fields": _app(_new)},
		"an image volume": {
			"list": "volumes",
			"live": {"name": "app", "image": {"reference": "nginx:1", "pullPolicy": "Always"}},
			"bare": {"name": "app", "image": {"reference": "nginx:1"}},
			"fields": _app({".": {}, "f:image": {"f:reference": {}}}),
		},
	}
	pod := {"apiVersion": "v1", "kind": "Pod", "spec": {tc.list: [tc.live]}}
	applied := object.union(pod, {"metadata": _applied({"spec": {tc.list: [tc.bare]}})})
	left_out := histories.unchosen with input.reviews as [{"object": applied}]
	_evidence(left_out) == _left_out

	managers := [{"operation": "Apply", "fieldsV1": {"f:spec": {concat("", ["f:", tc.list]): tc.fields}}}]
	managed := object.union(pod, {"metadata": {"managedFields": managers}})
	unowned := histories.unchosen with input.reviews as [{"object": managed}]
	_evidence(unowned) == _unowned
}

test_image_volume_with_an_owner if {
	volume := {"name": "app", "image": {"reference": "nginx:1", "pullPolicy": "Always"}}
	fields := {"f:spec": {"f:volumes": _app({".": {}, "f:image": {"f:pullPolicy": {}, "f:reference": {}}})}}
	managers := [{"operation": "Apply", "fieldsV1": fields}]
	pod := {"apiVersion": "v1", "kind": "Pod", "metadata": {"managedFields": managers}, "spec": {"volumes": [volume]}}
	found := histories.unchosen with input.reviews as [{"object": pod}]
	_evidence(found) == set()
}

test_items_of_a_list if {
	metadata := _written(_bare)
	stale := _deployment(metadata, [_released])
	fresh := _deployment(metadata, [_container("nginx:1", "IfNotPresent")])
	found := histories.unchosen with input.reviews as [{"object": {"kind": "List", "items": [fresh, stale, fresh, stale]}}]
	{texts.path(history.use.at) | some history in found} == {
		"items[1].spec.template.spec.containers[0]",
		"items[3].spec.template.spec.containers[0]",
	}
}

test_nothing_in_a_custom_resource[note] if {
	some note, version in {"a Rollout": "argoproj.io/v1alpha1", "a Deployment that is also in podSpecs": "apps/v1"}
	kind := {"argoproj.io/v1alpha1": "Rollout", "apps/v1": "Deployment"}[version]
	manifest := object.union(_deployment(_written(_bare), [_released]), {"apiVersion": version, "kind": kind})
	parameters := {"podSpecs": [{"group": "apps", "kind": "Deployment", "path": "spec.template.spec"}]}
	found := histories.unchosen with input.reviews as [{"object": manifest}] with input.parameters as parameters
	_evidence(found) == {"Rollout": set(), "Deployment": _left_out}[kind]
}

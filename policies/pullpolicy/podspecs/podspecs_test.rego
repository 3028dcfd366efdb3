package pullpolicy.podspecs_test

import data.pullpolicy.podspecs

_app := {"name": "app", "image": "nginx:1"}

_spec := {"containers": [_app]}

_pod(spec) := {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "shop", "name": "web"}, "spec": spec}

_deployment(spec) := {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": spec}}}

_list(items) := {"apiVersion": "v1", "kind": "List", "items": items}

# The apiVersion and the kind of each case's name, and what the case puts into the object.
_object(note, content) := object.union(content, {"apiVersion": version, "kind": kind}) if {
	[version, kind] := split(note, " ")
}

test_found if {
	found := podspecs.found with input.reviews as [{"object": _pod(_spec)}]
	{object.remove(pod, ["id"]) | some pod in found} == {{
		"review": 0,
		"at": ["spec"],
		"path": ["spec"],
		"object": {"kind": "Pod", "namespace": "shop", "name": "web"},
		"custom": false,
		"former": false,
		"kept": false,
		"secrets": false,
		"strays": [],
	}}
}

_versions := {
	"spec": {"v1 Pod"},
	"template": {"v1 PodTemplate"},
	"spec.template": {
		"v1 ReplicationController", "apps/v1 ReplicaSet", "apps/v1beta2 ReplicaSet", "extensions/v1beta1 ReplicaSet",
		"apps/v1 Deployment", "apps/v1beta1 Deployment", "apps/v1beta2 Deployment", "extensions/v1beta1 Deployment",
		"apps/v1 StatefulSet", "apps/v1beta1 StatefulSet", "apps/v1beta2 StatefulSet",
		"apps/v1 DaemonSet", "apps/v1beta2 DaemonSet", "extensions/v1beta1 DaemonSet", "batch/v1 Job",
	},
	"spec.jobTemplate": {"batch/v1 CronJob", "batch/v1beta1 CronJob", "batch/v2alpha1 CronJob"},
}

_contents := {
	"spec": {"spec": _spec},
	"template": {"template": {"spec": _spec}},
	"spec.template": {"spec": {"template": {"spec": _spec}}},
	"spec.jobTemplate": {"spec": {"jobTemplate": {"spec": {"template": {"spec": _spec}}}}},
}

_at := {
	"spec": ["spec"],
	"template": ["template", "spec"],
	"spec.template": ["spec", "template", "spec"],
	"spec.jobTemplate": ["spec", "jobTemplate", "spec", "template", "spec"],
}

test_found_in_workload[note] if {
	some note, where in {version: where | some where, versions in _versions; some version in versions}
	found := podspecs.found with input.reviews as [{"object": _object(note, _contents[where])}]
	{[pod.at, pod.custom] | some pod in found} == {[_at[where], false]}
}

test_no_problem_with_workload[note] if {
	some note, where in {version: where | some where, versions in _versions; some version in versions}
	found := podspecs.problems with input.reviews as [{"object": _object(note, _contents[where])}]
	found == set()
}

test_places_in_workload[note] if {
	some note, where in {version: where | some where, versions in _versions; some version in versions}
	found := podspecs.places with input.reviews as [{"object": _object(note, _contents[where])}]
	{object.remove(place, ["pod"]) | some place in found} == {{
		"list": "containers",
		"at": array.concat(_at[where], ["containers", 0]),
		"name": "app",
		"image": "nginx:1",
		"image_at": array.concat(_at[where], ["containers", 0, "image"]),
		"policy": null,
		"policy_at": array.concat(_at[where], ["containers", 0, "imagePullPolicy"]),
		"by_operator": false,
		"open": false,
		"strays": [],
	}}
}

test_found_without_an_api_version if {
	found := podspecs.found with input.reviews as [{"object": object.remove(_pod(_spec), ["apiVersion"])}]
	{pod.at | some pod in found} == {["spec"]}
}

test_found_tells_pods_apart[note] if {
	some note, reviews in {
		"in two reviews": [{"object": _pod(_spec)}, {"object": _pod(_spec)}],
		"in one List": [{"object": _list([_pod(_spec), _pod(_spec)])}],
	}
	found := podspecs.found with input.reviews as reviews
	count({pod.id | some pod in found}) == 2
}

test_found_of_an_update[note] if {
	some note, tc in {
		"of a Pod": {"new": _pod(_changed), "old": _pod(_spec), "at": ["spec"]},
		"of a Deployment": {
			"new": _deployment(_changed),
			"old": _deployment(_spec),
			"at": ["spec", "template", "spec"],
		},
	}
	reviews := [{"object": tc.new, "oldObject": tc.old}]
	found := podspecs.found with input.reviews as reviews
	{[pod.at, pod.former] | some pod in found} == {[tc.at, false], [tc.at, true]}
	count({pod.id | some pod in found}) == 1

	places := podspecs.places with input.reviews as reviews
	{[place.image, place.pod.former] | some place in places} == {["nginx:2", false], ["nginx:1", true]}
}

test_found_of_an_update_without_an_old_pod_spec[note] if {
	some note, old in {
		"null": null,
		"a text": "Pod",
		"no spec": {"kind": "Pod"},
		"a text for the spec": _pod("spec"),
	}
	found := podspecs.found with input.reviews as [{"object": _pod(_spec), "oldObject": old}]
	{pod.former | some pod in found} == {false}
}

test_found_secrets[note] if {
	some note, tc in {
		"none": [{}, false],
		"an empty list": [{"imagePullSecrets": []}, false],
		"null": [{"imagePullSecrets": null}, false],
		"one": [{"imagePullSecrets": [{"name": "registry"}]}, true],
	}
	found := podspecs.found with input.reviews as [{"object": _pod(object.union(_spec, tc[0]))}]
	{pod.secrets | some pod in found} == {tc[1]}
}

test_found_in_items if {
	found := podspecs.found with input.reviews as [{"object": _list([{}, _deployment(_spec)])}]
	{pod.at | some pod in found} == {["items", 1, "spec", "template", "spec"]}
}

test_found_in_what_is_beside_items if {
	pod := object.union(_pod(_spec), {"items": [_deployment(_spec)]})
	found := podspecs.found with input.reviews as [{"object": pod}]
	{pod_spec.at | some pod_spec in found} == {["spec"], ["items", 0, "spec", "template", "spec"]}
}

# Each is a Pod to kubectl or nothing at all, so it is read as one.
test_found_whatever_the_version[note] if {
	some note, version in {
		"of no group": "v9", "of no such group": "shop/v1", "of three parts": "apps/v1/v2",
		"a number": 1,
	}
	found := podspecs.found with input.reviews as [{"object": object.union(_pod(_spec), {"apiVersion": version})}]
	{pod.at | some pod in found} == {["spec"]}
}

_crowd(n) := {"containers": [{"name": sprintf("c%d", [i]), "image": "nginx:1"} | some i in numbers.range(1, n)]}

test_places_up_to_the_limit if {
	reviews := [{"object": _pod(_crowd(200))}]
	count(podspecs.places) == 200 with input.reviews as reviews
	count(podspecs.problems) == 0 with input.reviews as reviews
}

test_problem_beyond_the_limit[note] if {
	some note, [spec, n] in {
		"of containers": [_crowd(201), 201],
		"of all lists together": [
			object.union(_crowd(100), {"initContainers": _crowd(100).containers, "volumes": [{"name": "tmp"}]}),
			201,
		],
	}
	reviews := [{"object": _pod(spec)}]
	count(podspecs.places) == 0 with input.reviews as reviews
	found := podspecs.problems with input.reviews as reviews
	{[problem.at, problem.message] | some problem in found} == {[["spec"], concat("", [
		"the pod spec has ", format_int(n, 10), " containers and volumes, more than the limit of 200, ",
		"so it was not checked and does not pass; split it",
	])]}
}

test_update_fixes_what_is_too_large if {
	reviews := [{"object": _pod(_spec), "oldObject": _pod(_crowd(201)), "admitted": true}]
	count(podspecs.problems) == 0 with input.reviews as reviews
	found := podspecs.places with input.reviews as reviews
	{place.at | some place in found} == {["spec", "containers", 0]}
}

test_update_keeps_what_is_too_large[note] if {
	some note, [admitted, want] in {"at admission": [true, 0], "in a file": [false, 1]}
	reviews := [{"object": _pod(_crowd(201)), "oldObject": _pod(_crowd(201)), "admitted": admitted}]
	count(podspecs.problems) == want with input.reviews as reviews
}

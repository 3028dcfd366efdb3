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
		"spec": _spec,
		"manifest": _pod(_spec),
		"path": ["spec"],
		"object": {"kind": "Pod", "namespace": "shop", "name": "web"},
		"custom": false,
		"former": false,
		"kept": false,
		"secrets": false,
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
	{[pod.at, pod.spec, pod.custom] | some pod in found} == {[_at[where], _spec, false]}
}

test_no_problem_with_workload[note] if {
	some note, where in {version: where | some where, versions in _versions; some version in versions}
	found := podspecs.problems with input.reviews as [{"object": _object(note, _contents[where])}]
	found == set()
}

test_nothing_shaped_in_workload[note] if {
	some note, where in {version: where | some where, versions in _versions; some version in versions}
	found := podspecs.shaped with input.reviews as [{"object": _object(note, _contents[where])}]
	found == set()
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
		"of a Pod": {"new": _pod({"containers": []}), "old": _pod(_spec), "at": ["spec"]},
		"of a Deployment": {
			"new": _deployment({"containers": []}),
			"old": _deployment(_spec),
			"at": ["spec", "template", "spec"],
		},
	}
	found := podspecs.found with input.reviews as [{"object": tc.new, "oldObject": tc.old}]
	{[pod.at, pod.spec, pod.former] | some pod in found} == {[tc.at, {"containers": []}, false], [tc.at, _spec, true]}
	count({pod.id | some pod in found}) == 1
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

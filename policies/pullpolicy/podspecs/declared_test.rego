package pullpolicy.podspecs_test

import data.pullpolicy.parameters
import data.pullpolicy.podspecs
import data.pullpolicy.texts

_farm := _object("example.com/v1 Farm", {"spec": {
	"head": _spec,
	"pools": [{"pod": _spec}, {"pod": {"containers": [{"name": "other", "image": "busybox"}]}}],
	"roles": {"cook": {"pod": _spec}, "waiter": {"pod": _spec}, "guest": {}},
}})

test_declared_pod_specs[note] if {
	some note, tc in {
		"a place": {"path": "spec.head", "want": {"spec.head"}},
		"any element": {"path": "spec.pools[*].pod", "want": {"spec.pools[0].pod", "spec.pools[1].pod"}},
		"any element, spelt with a dot": {"path": "spec.pools.*.pod", "want": {"spec.pools[0].pod", "spec.pools[1].pod"}},
		"any key": {"path": "spec.roles.*.pod", "want": {"spec.roles.cook.pod", "spec.roles.waiter.pod"}},
		"any key of any key": {"path": "spec.*.*.pod", "want": {
			"spec.pools[0].pod", "spec.pools[1].pod",
			"spec.roles.cook.pod", "spec.roles.waiter.pod",
		}},
	}
	found := podspecs.found with input.reviews as [{"object": _farm}]
		with parameters.pod_specs as [{"group": "example.com", "kind": "Farm", "path": tc.path}]
	{texts.path(pod.at) | some pod in found; pod.custom} == tc.want

	# what is declared is not found a second time by its shape, and the rest still is
	places := podspecs.places with input.reviews as [{"object": _farm}]
		with parameters.pod_specs as [{"group": "example.com", "kind": "Farm", "path": tc.path}]
	count(places) == 5
	{texts.path(place.pod.at) | some place in places} == {
		"spec.head", "spec.pools[0].pod", "spec.pools[1].pod",
		"spec.roles.cook.pod", "spec.roles.waiter.pod",
	}

	problems := podspecs.problems with input.reviews as [{"object": _farm}]
		with parameters.pod_specs as [{"group": "example.com", "kind": "Farm", "path": tc.path}]
	problems == set()
}

test_declared_pod_spec_of_the_core_group if {
	herd := _object("v1 Herd", {"spec": _spec})
	found := podspecs.found with input.reviews as [{"object": herd}]
		with parameters.pod_specs as [{"kind": "Herd", "path": "spec"}]
	{[pod.at, pod.custom] | some pod in found} == {[["spec"], true]}
}

test_declared_pod_specs_of_others[note] if {
	some note, declared in {
		"another kind": {"group": "example.com", "kind": "Ranch", "path": "spec.head"},
		"another group": {"group": "example.org", "kind": "Farm", "path": "spec.head"},
		"the core group": {"kind": "Farm", "path": "spec.head"},
	}
	found := podspecs.found with input.reviews as [{"object": _farm}] with parameters.pod_specs as [declared]
	problems := podspecs.problems with input.reviews as [{"object": _farm}] with parameters.pod_specs as [declared]
	[found, problems] == [set(), set()]
}

test_problems_of_declared_pod_specs[note] if {
	some note, tc in {
		"a place that is not there": ["spec.tail", "spec", "spec.tail is missing", "a pod spec"],
		"a place below it": ["spec.tail.pod", "spec", "spec.tail.pod is missing", "a pod spec"],
		"no element with such a place": ["spec.pools[*].tail", "spec.pools", "spec.pools[*].tail is missing", "a pod spec"],
		"a list": ["spec.pools", "spec.pools", "spec.pools is a list", "a pod spec"],
		"no pod spec": ["spec.roles.guest", "spec.roles.guest", "containers is missing", "a list of containers"],
	}
	found := podspecs.problems with input.reviews as [{"object": _farm}]
		with parameters.pod_specs as [{"group": "example.com", "kind": "Farm", "path": tc[0]}]
	{[texts.path(problem.at), problem.message] | some problem in found} == {[
		tc[1],
		sprintf("%s, so its images were not checked and the API server rejects it; write %s", [tc[2], tc[3]]),
	]}
}

test_other_lists_of_a_declared_pod_spec if {
	farm := _object("example.com/v1 Farm", {"spec": object.union(_spec, {"sidecarContainers": [_app]})})
	places := podspecs.places with input.reviews as [{"object": farm}]
		with parameters.pod_specs as [{"group": "example.com", "kind": "Farm", "path": "spec"}]
	{texts.path(place.at) | some place in places} == {"spec.containers[0]", "spec.sidecarContainers[0]"}
}

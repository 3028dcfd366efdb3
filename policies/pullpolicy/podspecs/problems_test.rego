package pullpolicy.podspecs_test

import data.pullpolicy.podspecs
import data.pullpolicy.texts

# Each row is the object, the nearest place that is there, what is wrong with what, and what to write.
_unreadable := {
	"a Pod without spec": [{"kind": "Pod"}, "", "spec is missing", "a pod spec"],
	"null for the spec": [_pod(null), "spec", "spec is null", "a pod spec"],
	"a list for the spec": [_pod([_app]), "spec", "spec is a list", "a pod spec"],
	"an empty list for the spec": [_pod([]), "spec", "spec is empty", "a pod spec"],
	"a boolean for the spec": [_pod(true), "spec", "spec is a boolean", "a pod spec"],
	"a Deployment without spec": [
		_object("apps/v1 Deployment", {}), "",
		"spec.template.spec is missing", "a pod spec",
	],
	"a Deployment without template": [
		_object("apps/v1 Deployment", {"spec": {}}), "spec",
		"spec.template.spec is missing", "a pod spec",
	],
	"a text for the template": [
		_object("apps/v1 Deployment", {"spec": {"template": "pod"}}), "spec.template",
		"spec.template.spec is missing", "a pod spec",
	],
	"a Pod's spec in a Deployment": [
		_object("apps/v1 Deployment", {"spec": _spec}), "spec",
		"spec.template.spec is missing", "a pod spec",
	],
	"a CronJob without job template": [
		_object("batch/v1 CronJob", {"spec": {"schedule": "@daily"}}), "spec",
		"spec.jobTemplate.spec.template.spec is missing", "a pod spec",
	],
	"a CronJob without template": [
		_object("batch/v1 CronJob", {"spec": {"jobTemplate": {"spec": {}}}}), "spec.jobTemplate.spec",
		"spec.jobTemplate.spec.template.spec is missing", "a pod spec",
	],
	"a PodTemplate without spec": [
		_object("v1 PodTemplate", {"template": {}}), "template",
		"template.spec is missing", "a pod spec",
	],
	"no containers": [_pod({}), "spec", "containers is missing", "a list of containers"],
	"null for the containers": [
		_pod({"containers": null}), "spec.containers",
		"containers is null", "a list of containers",
	],
	"an empty list of containers": [
		_pod({"containers": []}), "spec.containers",
		"containers is empty", "a list of containers",
	],
	"a map of containers": [
		_pod({"containers": {"app": _app}}), "spec.containers",
		"containers is a map", "a list of containers",
	],
	"an empty map of containers": [
		_pod({"containers": {}}), "spec.containers",
		"containers is a map", "a list of containers",
	],
	"a text for the containers": [
		_deployment({"containers": "app"}), "spec.template.spec.containers",
		"containers is a string", "a list of containers",
	],
	"a map of init containers": [
		_pod(object.union(_spec, {"initContainers": {"init": _app}})), "spec.initContainers",
		"initContainers is a map", "a list",
	],
	"a number of ephemeral containers": [
		_pod(object.union(_spec, {"ephemeralContainers": 1})), "spec.ephemeralContainers",
		"ephemeralContainers is a number", "a list",
	],
	"a text for the volumes": [
		_pod(object.union(_spec, {"volumes": "tmp"})), "spec.volumes",
		"volumes is a string", "a list",
	],
	"a text for a container": [
		_pod({"containers": [_app, "nginx"]}), "spec.containers[1]",
		"containers[1] is a string", "an object",
	],
	"null for a container": [
		_pod({"containers": [null]}), "spec.containers[0]",
		"containers[0] is null", "an object",
	],
	"a list for an init container": [
		_pod(object.union(_spec, {"initContainers": [[_app]]})), "spec.initContainers[0]",
		"initContainers[0] is a list", "an object",
	],
	"a text for an ephemeral container": [
		_pod(object.union(_spec, {"ephemeralContainers": ["debug"]})), "spec.ephemeralContainers[0]",
		"ephemeralContainers[0] is a string", "an object",
	],
	"a text for a volume": [
		_pod(object.union(_spec, {"volumes": ["tmp"]})), "spec.volumes[0]",
		"volumes[0] is a string", "an object",
	],
	"a text for an image volume": [
		_pod(object.union(_spec, {"volumes": [{"name": "model", "image": "models/bert:1"}]})), "spec.volumes[0].image",
		"volumes[0].image is a string", "an object with a reference",
	],
	"an item of a List": [
		_list([_pod(_spec), _deployment({})]), "items[1].spec.template.spec",
		"containers is missing", "a list of containers",
	],
}

test_problems[note] if {
	some note, tc in _unreadable
	found := podspecs.problems with input.reviews as [{"object": tc[0]}]
	{[texts.path(problem.at), problem.message] | some problem in found} == {[
		tc[1],
		sprintf("%s, so its images were not checked and the API server rejects it; write %s", [tc[2], tc[3]]),
	]}
}

test_problem_as_a_whole if {
	found := podspecs.problems with input.reviews as [{"object": _pod(_spec)}, {"object": _pod({})}]
	{object.remove(problem, ["message"]) | some problem in found} == {{
		"review": 1,
		"at": ["spec"],
		"object": {"kind": "Pod", "namespace": "shop", "name": "web"},
	}}
}

test_no_problems[note] if {
	some note, spec in {
		"only containers": _spec,
		"null for every other list": object.union(
			_spec,
			{"initContainers": null, "ephemeralContainers": null, "volumes": null},
		),
		"every other list empty": object.union(_spec, {"initContainers": [], "ephemeralContainers": [], "volumes": []}),
		"null for an image volume": object.union(_spec, {"volumes": [{"name": "model", "image": null}]}),
		"volumes of other kinds": object.union(_spec, {"volumes": [{"name": "tmp", "emptyDir": {}}]}),
	}
	found := podspecs.problems with input.reviews as [{"object": _pod(spec)}]
	found == set()
}

# Whatever is wrong with the object that goes, an update fixes it.
test_no_problems_of_an_old_object[note] if {
	some note, old in {
		"no containers": _pod({}),
		"no spec": {"kind": "Pod"},
		"a text for every list": _pod({"containers": "a", "initContainers": "b", "volumes": "c"}),
		"a text for every element": _pod({"containers": ["a"], "volumes": ["b", {"image": "c"}]}),
	}
	found := podspecs.problems with input.reviews as [{"object": _pod(_spec), "oldObject": old}]
	found == set()
}

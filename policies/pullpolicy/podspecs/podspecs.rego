# METADATA
# description: the pod specs of the objects under review, and what has the shape of a container elsewhere
package pullpolicy.podspecs

import data.pullpolicy.parameters
import data.pullpolicy.result
import data.pullpolicy.reviews

# METADATA
# description: |
#   each pod spec at a known place: of the built-in workloads, and of the kinds in the parameter podSpecs;
#   at is its place in what was handed in, manifest the object that it belongs to and path its place there, and
#   former marks those of an object that an update replaces, and kept those that an update at admission leaves as
#   they are
# scope: document
found contains _pod(entry, entry.path, false) if {
	some entry in _workloads
	is_object(object.get(entry.object, entry.path, null))
}

found contains object.union(_pod(replaced, entry.path, false), {"former": true}) if {
	some entry in _workloads
	is_object(object.get(entry, array.concat(["old"], entry.path), null))
	replaced := object.union(entry, {"object": entry.old})
}

found contains _pod(entry, at, true) if {
	some [entry, at] in _declared
}

# METADATA
# description: |
#   what looks like a container in a custom resource: an image in a list or under a key that holds containers,
#   an image beside a pull policy, an image volume; nothing has to be known of the kind, and a container
#   without an image is none but a patch that an operator merges
shaped contains {"pod": pod, "list": list, "at": array.concat(entry.at, at), "container": container, "name": name} if {
	some entry in _custom
	walk(entry.object, [at, written])
	[list, above] := _container(at, written)
	at[0] != "status"

	# what Tekton's steps do not say, their template says
	template := object.get(entry.object, array.concat(array.slice(at, 0, count(at) - 2), ["stepTemplate"]), {})
	container := _step(list, template, written)
	name := object.get(container, "name", object.get(entry.object, _beside(at, "name"), ""))
	pod := _pod(entry, array.slice(at, 0, count(at) - above), true)
	not [pod.review, pod.at] in _places
}

# METADATA
# description: what cannot be read of a known pod spec, with the nearest place that is there
# scope: document
problems contains _problem(_pod(entry, [], false), entry.path, "a pod spec") if {
	some entry in _workloads
	not is_object(object.get(entry.object, entry.path, null))
}

problems contains _problem(_pod(entry, [], true), path, "a pod spec") if {
	some entry in reviews.objects
	some path in _declared_paths(entry.object)
	not _declares(entry)
}

problems contains _problem(pod, ["containers"], "a list of containers") if {
	some pod in found
	not pod.former
	not _filled(object.get(pod.spec, "containers", null))
}

problems contains _problem(pod, [list], "a list") if {
	some pod in found
	not pod.former
	some list in {"initContainers", "ephemeralContainers", "volumes"}
	value := object.get(pod.spec, list, null)
	not type_name(value) in {"null", "array"}
}

problems contains _problem(pod, [list, i], "an object") if {
	some pod in found
	not pod.former
	some list in {"containers", "initContainers", "ephemeralContainers", "volumes"}
	is_array(pod.spec[list])
	some i, element in pod.spec[list]
	not is_object(element)
}

problems contains _problem(pod, ["volumes", i, "image"], "an object with a reference") if {
	some pod in found
	not pod.former
	is_array(pod.spec.volumes)
	some i, volume in pod.spec.volumes
	image := object.get(volume, "image", null)
	not type_name(image) in {"null", "object"}
}

# where the built-in workloads keep their pod spec, in every version that ever served them
_paths := {
	"Pod": ["spec"],
	"PodTemplate": ["template", "spec"],
	"ReplicationController": ["spec", "template", "spec"],
	"ReplicaSet": ["spec", "template", "spec"],
	"Deployment": ["spec", "template", "spec"],
	"StatefulSet": ["spec", "template", "spec"],
	"DaemonSet": ["spec", "template", "spec"],
	"Job": ["spec", "template", "spec"],
	"CronJob": ["spec", "jobTemplate", "spec", "template", "spec"],
}

_lists := {"containers", "initContainers", "ephemeralContainers", "steps", "sidecars"}

_keys := {"container", "containerDisk", "script"}

# groups under k8s.io that the API server itself serves; a custom resource needs a group with a dot
_served := {
	"admission.k8s.io", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io",
	"authentication.k8s.io", "authorization.k8s.io", "certificates.k8s.io", "coordination.k8s.io",
	"discovery.k8s.io", "events.k8s.io", "flowcontrol.apiserver.k8s.io", "imagepolicy.k8s.io",
	"internal.apiserver.k8s.io", "lifecycle.k8s.io", "networking.k8s.io", "node.k8s.io",
	"rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
	"storagemigration.k8s.io",
}

_workloads contains object.union(entry, {"path": path}) if {
	some entry in reviews.objects
	_built_in(_group(entry.object))
	path := _paths[entry.object.kind]
}

_custom contains entry if {
	some entry in reviews.objects
	group := _group(entry.object)
	not _built_in(group)

	# what Kyverno's policies hold are patterns over containers
	not endswith(group, "kyverno.io")
}

_built_in(group) if not contains(group, ".")

_built_in(group) if group in _served

_group(manifest) := group if {
	[group, _] := split(manifest.apiVersion, "/")
} else := ""

# the pod specs at the places that the parameter podSpecs names
_declared contains [entry, at] if {
	some entry in reviews.objects
	some path in _declared_paths(entry.object)
	walk(entry.object, [at, spec])
	count(at) == count(path)
	every i, step in path {
		_fits(step, at[i])
	}
	is_object(spec)
}

_declares(entry) if {
	some [declared, _] in _declared
	declared == entry
}

_declared_paths(manifest) := {path |
	some kind in parameters.pod_specs
	kind.kind == manifest.kind
	object.get(kind, "group", "") == _group(manifest)
	path := split(replace(kind.path, "[*]", ".*"), ".")
}

_fits("*", _)

_fits(step, step)

_places contains [pod.review, pod.at] if some pod in found

# an image volume and a container disk are named by what they stand in
_beside(at, key) := array.concat(array.slice(at, 0, count(at) - 1), [key])

# the list or key that a container stands under, and how many steps above it its pod spec is
_container(at, container) := [list, 2] if {
	type_name(container.image) in {"string", "number", "boolean"}
	list := at[count(at) - 2]
	list in _lists
	is_number(at[count(at) - 1])
} else := [list, 1] if {
	is_string(container.image)
	list := at[count(at) - 1]
	list in _keys
} else := [list, 1] if {
	is_string(container.image)
	"imagePullPolicy" in object.keys(container)
	list := at[count(at) - 1]
	is_string(list)
} else := [list, 2] if {
	is_string(container.image)
	"imagePullPolicy" in object.keys(container)
	list := at[count(at) - 2]
} else := ["volumes", 3] if {
	is_string(container.reference)
	at[count(at) - 1] == "image"
	at[count(at) - 3] == "volumes"
}

_step(list, template, step) := object.union(template, step) if {
	list == "steps"
	is_object(template)
} else := step

_pod(entry, path, custom) := {
	"review": entry.review,
	"at": array.concat(entry.at, path),
	"id": [entry.review, array.concat(entry.at, path)],
	"spec": spec,
	"manifest": entry.object,
	"path": path,
	"object": reviews.identity(entry.object),
	"custom": custom,
	"former": false,
	"kept": _kept(entry, path),
	"secrets": _secrets(spec),
} if {
	spec := object.get(entry.object, path, {})
}

_kept(entry, path) if {
	entry.review in reviews.admitted
	is_object(entry.old)
	object.get(entry.old, path, _absent) == object.get(entry.object, path, null)
} else := false

_secrets(spec) if {
	count(spec.imagePullSecrets) > 0
} else := false

_filled(containers) if {
	is_array(containers)
	count(containers) > 0
}

# the problem that something at the path is not what it has to be, told at the nearest place that is there
_problem(holder, path, wanted) := {
	"review": holder.review,
	"at": array.concat(holder.at, array.slice(path, 0, there)),
	"object": holder.object,
	"message": concat("", [
		result.path(path), " is ", _is(value),
		", so its images were not judged and the API server refuses it; write ", wanted,
	]),
} if {
	there := max([n |
		some n in numbers.range(0, count(path))
		object.get(holder.spec, array.slice(path, 0, n), _absent) != _absent
	])
	value := object.get(holder.spec, path, _absent)
}

# no JSON value is a set
_absent := {"absent"}

_is(value) := "missing" if {
	value == _absent
} else := "empty" if {
	value == []
} else := _kinds[type_name(value)]

_kinds := {
	"null": "null",
	"boolean": "a boolean",
	"number": "a number",
	"string": "a string",
	"array": "a list",
	"object": "a map",
}

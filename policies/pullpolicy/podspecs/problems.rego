package pullpolicy.podspecs

import data.pullpolicy.result
import data.pullpolicy.reviews

# METADATA
# description: what cannot be read of a pod spec, or is too large to be checked, with the nearest place that is there
# scope: document
problems contains _problem(_whole(entry), entry.object, path, "a pod spec") if {
	some [entry, path] in _workloads
	not is_object(object.get(entry.object, path, null))
}

problems contains _problem(_whole(entry), entry.object, path, "a pod spec") if {
	some entry in reviews.objects
	some path in _declared_paths(object.get(entry.object, "apiVersion", ""), entry.object.kind)
	not _declares[[entry.review, entry.at]]
}

problems contains _problem(opened.pod, opened.spec, ["containers"], "a list of containers") if {
	some opened in _readable
	not _filled(object.get(opened.spec, "containers", null))
}

problems contains _problem(opened.pod, opened.spec, [list], "a list") if {
	some opened in _readable
	some list in {"initContainers", "ephemeralContainers", "volumes"}
	value := object.get(opened.spec, list, null)
	not type_name(value) in {"null", "array"}
}

problems contains _problem(opened.pod, opened.spec, [list, i], "an object") if {
	some opened in _readable
	some list in {"containers", "initContainers", "ephemeralContainers", "volumes"}
	is_array(opened.spec[list])
	some i, element in opened.spec[list]
	not is_object(element)
}

problems contains _problem(opened.pod, opened.spec, ["volumes", i, "image"], "an object with a reference") if {
	some opened in _readable
	is_array(opened.spec.volumes)
	some i, volume in opened.spec.volumes
	image := object.get(volume, "image", null)
	not type_name(image) in {"null", "object"}
}

problems contains _refusal(opened.pod, concat("", [
	"the pod spec has ", format_int(_images(opened.spec), 10), " containers and volumes",
	" and more than ", format_int(_most_images, 10),
])) if {
	some opened in _opened
	not opened.pod.former
	opened.pod.id in _oversized
}

problems contains _refusal(_whole(searched.entry), concat("", [
	"the object has ", format_int(searched.size, 10), " bytes and more than ", format_int(_most_bytes, 10),
])) if {
	some searched in _searched
	searched.size > _most_bytes
}

problems contains _refusal(_whole(searched.entry), concat("", [
	"the object is nested more than ", format_int(_most_levels, 10), " levels deep, which",
])) if {
	some searched in _searched
	searched.size <= _most_bytes
	_deep(searched.content)
}

problems contains _refusal(_whole(searched.entry), concat("", [
	"the object has ", format_int(count(_shapes_of[entry]), 10), " images and more than ", format_int(_most_images, 10),
])) if {
	some searched in _walked
	entry := [searched.entry.review, searched.entry.at]
	entry in _crowded
}

problems contains {
	"review": searched.entry.review, "at": searched.entry.at, "object": reviews.identity(searched.entry.object),
	"message": "the object has containers, but no apiVersion and kind, so the API server rejects it; write both",
} if {
	some searched in _walked
	object.get(searched.entry.object, "apiVersion", "") == ""
	object.get(searched.entry.object, "kind", "") == ""
	_shapes_of[[searched.entry.review, searched.entry.at]]
}

_readable contains opened if {
	some opened in _opened
	not opened.pod.former
	not opened.pod.id in _oversized
}

_whole(entry) := {"review": entry.review, "at": entry.at, "object": reviews.identity(entry.object)}

_refusal(place, what) := {
	"review": place.review, "at": place.at, "object": place.object,
	"message": concat("", [what, " are not checked, so it does not pass; split it"]),
}

_filled(containers) if {
	is_array(containers)
	count(containers) > 0
}

# the problem that something at the path is not what it has to be, told at the nearest place that is there
_problem(holder, content, path, wanted) := {
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
		object.get(content, array.slice(path, 0, n), _absent) != _absent
	])
	value := object.get(content, path, _absent)
}

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

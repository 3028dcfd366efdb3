package pullpolicy.podspecs

import data.pullpolicy.reviews
import data.pullpolicy.texts

# METADATA
# description: what cannot be read of a pod spec, or is too large to be checked, with the nearest place that is there
# scope: document
problems contains _problem(place, path, value, "a pod spec") if {
	some [entry, path] in _workloads
	value := object.get(entry.object, path, _absent)
	not is_object(value)
	place := _nearest_place(entry, path)
}

problems contains _problem(place, path, value, "a pod spec") if {
	some entry in reviews.objects
	some path in _declared_paths(object.get(entry.object, "apiVersion", ""), entry.object.kind)
	not [entry.review, entry.at] in _declaring
	value := object.get(entry.object, path, _absent)
	place := _nearest_place(entry, path)
}

problems contains _problem(_below_pod(opened.pod, _there(value)), ["containers"], value, "a list of containers") if {
	some opened in _checked
	value := object.get(opened.spec, "containers", _absent)
	not _filled(value)
}

problems contains _problem(_below_pod(opened.pod, [list]), [list], value, "a list") if {
	some opened in _checked
	some list in ["initContainers", "ephemeralContainers", "volumes"]
	value := object.get(opened.spec, list, null)
	not type_name(value) in {"null", "array"}
}

problems contains _problem(_below_pod(opened.pod, [list, i]), [list, i], element, "an object") if {
	some opened in _checked
	some list in ["containers", "initContainers", "ephemeralContainers", "volumes"]
	is_array(opened.spec[list])
	some i, element in opened.spec[list]
	not is_object(element)
}

problems contains _problem(_below_pod(opened.pod, at), at, image, "an object with a reference") if {
	some opened in _checked
	is_array(opened.spec.volumes)
	some i, volume in opened.spec.volumes
	image := object.get(volume, "image", null)
	not type_name(image) in {"null", "object"}
	at := ["volumes", i, "image"]
}

# an update that leaves as it is what is too large, passes as any other
problems contains _too_large(opened.pod, what) if {
	some opened in _opened
	not opened.pod.former
	not opened.pod.kept
	images := _images(opened.spec)
	images > _most_images
	what := concat("", [
		"the pod spec has ", format_int(images, 10),
		" containers and volumes, more than the limit of ", format_int(_most_images, 10),
	])
}

problems contains _too_large(_whole(searched.entry), what) if {
	some searched in _searched
	not [searched.entry.review, searched.entry.at] in _untouched
	searched.size > _most_bytes
	what := concat("", [
		"the object has ", format_int(searched.size, 10),
		" characters, more than the limit of ", format_int(_most_bytes, 10),
	])
}

problems contains _too_large(_whole(searched.entry), what) if {
	some searched in _searched
	not [searched.entry.review, searched.entry.at] in _untouched
	searched.size <= _most_bytes
	_deep(searched.content)
	what := concat("", [
		"the object is nested more than ", format_int(_most_levels, 10),
		" levels deep",
	])
}

problems contains _too_large(_whole(searched.entry), what) if {
	some searched in _walked
	entry := [searched.entry.review, searched.entry.at]
	not entry in _untouched
	images := _image_counts[entry]
	images > _most_images
	what := concat("", [
		"the object has ", format_int(images, 10),
		" images, more than the limit of ", format_int(_most_images, 10),
	])
}

problems contains _too_large(_whole(searched.entry), what) if {
	some searched in _walked
	entry := [searched.entry.review, searched.entry.at]
	not entry in _untouched
	entry in _sprawling
	what := concat("", [
		"the object has an image below keys of more than ", format_int(_most_characters, 10),
		" characters",
	])
}

problems contains {
	"review": searched.entry.review, "at": searched.entry.at, "object": reviews.identity(searched.entry.object),
	"message": "the object has containers, but no apiVersion and kind, so the API server rejects it; write both",
} if {
	some searched in _walked
	not searched.manifest
	_image_counts[[searched.entry.review, searched.entry.at]] > 0
}

# what an update at admission leaves as it is
_untouched contains [searched.entry.review, searched.entry.at] if {
	some searched in _searched
	searched.entry.review in reviews.admitted
	is_object(searched.entry.old)
	searched.content == object.remove(searched.entry.old, _not_searched)
}

_checked contains opened if {
	some opened in _readable
	not opened.pod.former
}

_whole(entry) := {"review": entry.review, "at": entry.at, "object": reviews.identity(entry.object)}

_too_large(place, what) := {
	"review": place.review, "at": place.at, "object": place.object,
	"message": concat("", [what, ", so it was not checked and does not pass; split it"]),
}

_there(containers) := [] if {
	containers == _absent
} else := ["containers"]

_filled(containers) if {
	is_array(containers)
	count(containers) > 0
}

_below_pod(pod, at) := {"review": pod.review, "at": array.concat(pod.at, at), "object": pod.object}

# the object, at the nearest place on the path that is there
_nearest_place(entry, path) := {
	"review": entry.review,
	"at": array.concat(entry.at, array.slice(path, 0, there)),
	"object": reviews.identity(entry.object),
} if {
	there := max([n |
		some n in numbers.range(0, count(path))
		object.get(entry.object, array.slice(path, 0, n), _absent) != _absent
	])
}

# the problem that what is at the path is not what it has to be
_problem(place, path, value, wanted) := {
	"review": place.review,
	"at": place.at,
	"object": place.object,
	"message": concat("", [
		texts.path(path), " is ", _is(value),
		", so its images were not checked and the API server rejects it; write ", wanted,
	]),
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

# METADATA
# description: the Kubernetes objects under review, with Lists and AdmissionReviews taken apart
package pullpolicy.reviews

import data.pullpolicy.texts

# METADATA
# description: |
#   each object that is judged: the index of its review, its place in what was handed in, itself, and the
#   object that it replaces (null when there is none)
# scope: document
objects contains {"review": index, "at": [], "object": review.object, "old": object.get(review, "oldObject", null)} if {
	some index, review in _reviews
	is_object(review.object)
	not _wraps(review.object)
}

objects contains {
	"review": index,
	"at": ["request", "object"],
	"object": request.object,
	"old": object.get(request, "oldObject", null),
} if {
	some index, review in _reviews
	_admission(review.object)
	request := review.object.request
	is_object(request.object)
}

objects contains {"review": entry.review, "at": entry.at, "object": _typed(entry.list, entry.item), "old": null} if {
	some entry in _entries
	is_object(entry.item)
	not _list(entry.item)
}

# METADATA
# description: |
#   the indexes of the reviews that an API server asks for at admission, with the defaults of built-in kinds filled in
# scope: document
admitted contains index if {
	some index, review in _reviews
	review.admitted == true
}

admitted contains index if {
	some index, review in _reviews
	_admission(review.object)
}

# METADATA
# description: what is no review of a Kubernetes object, with its place and what to do
# scope: document
problems contains {
	"review": null, "at": [], "object": identity({}),
	"message": "the input has no list `reviews`, so nothing was judged; send {\"reviews\": [{\"object\": …}]}",
} if {
	not _readable
}

problems contains {
	"review": index, "at": [], "object": identity({}),
	"message": concat(" ", [
		"review", format_int(index, 10),
		"has no object, so nothing was judged; send {\"object\": …}",
	]),
} if {
	some index, review in _reviews
	not _has_object(review)
}

problems contains {
	"review": index, "at": ["request"], "object": identity(review.object),
	"message": "the AdmissionReview has no request with an object, so nothing was judged; send the whole AdmissionReview",
} if {
	some index, review in _reviews
	_admission(review.object)
	not _request_readable(review.object)
}

problems contains {
	"review": index, "at": ["items"], "object": identity(review.object),
	"message": _without_items(kind),
} if {
	some index, review in _reviews
	kind := review.object.kind
	endswith(kind, "List")
	not _items_readable(review.object)
}

problems contains {
	"review": entry.review, "at": array.concat(entry.at, ["items"]), "object": identity(entry.item),
	"message": _without_items(kind),
} if {
	some entry in _entries
	kind := entry.item.kind
	endswith(kind, "List")
	not _items_readable(entry.item)
}

problems contains {
	"review": entry.review, "at": entry.at, "object": identity({}),
	"message": concat(" ", [
		"an item of the", texts.shown(entry.list.kind),
		"is no object, so the API server refuses it; write an object",
	]),
} if {
	some entry in _entries
	not is_object(entry.item)
}

problems contains {
	"review": entry.review, "at": entry.at, "object": identity(entry.object),
	"message": "an AdmissionReview has a List, which was not judged; send its items",
} if {
	some entry in objects
	_list(entry.object)
}

problems contains {
	"review": entry.review, "at": entry.at, "object": identity(entry.object),
	"message": "the object has no kind, so it was not judged and the API server refuses it; write apiVersion and kind",
} if {
	some entry in objects
	not _has_kind(entry.object)
}

# METADATA
# description: the kind, namespace and name of an object, each "" where it is not given
identity(manifest) := {
	"kind": _text(manifest, ["kind"]),
	"namespace": _text(manifest, ["metadata", "namespace"]),
	"name": _name(manifest),
}

_without_items(kind) := concat(" ", [
	"the", texts.shown(kind),
	"has no list of items, so nothing in it was judged; write items as a list",
])

_name(manifest) := name if {
	name := _text(manifest, ["metadata", "name"])
	name != ""
} else := _text(manifest, ["metadata", "generateName"])

_text(manifest, path) := text if {
	text := object.get(manifest, path, "")
	is_string(text)
} else := ""

_reviews := input.reviews if is_array(input.reviews)

_readable if _reviews

_has_object(review) if is_object(review.object)

_has_kind(manifest) if {
	is_string(manifest.kind)
	manifest.kind != ""
}

_wraps(manifest) if _list(manifest)

_wraps(manifest) if _admission(manifest)

_list(manifest) if {
	endswith(manifest.kind, "List")
	is_array(manifest.items)
}

_admission(manifest) if {
	manifest.kind == "AdmissionReview"
	startswith(manifest.apiVersion, "admission.k8s.io/")
}

_items_readable(manifest) if is_array(manifest.items)

_items_readable(manifest) if manifest.items == null

# a custom kind may be named so without being one
_items_readable(manifest) if {
	manifest.kind != "List"
	not "items" in object.keys(manifest)
}

_request_readable(manifest) if is_object(manifest.request.object)

# a DELETE has no object, and nothing of it is going to run
_request_readable(manifest) if manifest.request.operation == "DELETE"

# the items of every List, each with the list that holds it
_entries contains {"review": index, "list": review.object, "at": ["items", i], "item": item} if {
	some index, review in _reviews
	_list(review.object)
	some i, item in review.object.items
}

# a walk visits every value below, so only a List inside a List is walked
_entries contains {"review": index, "list": list, "at": array.concat(["items", i], below), "item": item} if {
	some index, review in _reviews
	_list(review.object)
	some i, outer in review.object.items
	_list(outer)

	walk(outer, [below, item])
	_item_path(below)
	list := object.get(outer, array.slice(below, 0, count(below) - 2), outer)
	_list(list)
}

_item_path(at) if {
	count(at) > 0
	count(at) % 2 == 0
	every i, key in at {
		_item_step(i % 2, key)
	}
}

_item_step(0, "items")

_item_step(1, key) if is_number(key)

# the items of a typed list (a DeploymentList that the API server returned) do not say their kind
_typed(list, item) := item if {
	_has_kind(item)
} else := object.union(item, {
	"apiVersion": object.get(list, "apiVersion", ""),
	"kind": trim_suffix(list.kind, "List"),
}) if {
	list.kind != "List"
} else := item

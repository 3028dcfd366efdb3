# METADATA
# description: the Kubernetes objects under review, with Lists and AdmissionReviews taken apart
package pullpolicy.reviews

# METADATA
# description: |
#   each object that is checked: the index of its review, its place in what was handed in, itself, and the
#   object that it replaces (null when there is none)
# scope: document
objects contains entry if {
	some entry in _outer
	not _splits(entry.review, object.get(entry.object, "kind", ""), type_name(object.get(entry.object, "items", null)))
}

# what is beside the items is an object of its own, except in a List
objects contains {"review": entry.review, "at": entry.at, "object": own, "old": entry.old} if {
	some entry in _outer
	_splits(entry.review, object.get(entry.object, "kind", ""), type_name(entry.object.items))
	own := object.remove(entry.object, ["items"])
	not _only_list(object.get(own, "kind", ""), object.keys(own))
}

objects contains entry if some entry in _fourth

# METADATA
# description: |
#   the indexes of the reviews that an API server asks for at admission, with the defaults of built-in kinds filled in
# scope: document
admitted contains index if {
	some index, review in _reviews
	review.admitted == true
}

admitted contains index if {
	some index in _admissions
}

# METADATA
# description: what is not a review of a Kubernetes object, with its place and what to do
# scope: document
problems contains {
	"review": null, "at": [], "object": identity({}),
	"message": "the input has no list `reviews`, so nothing was checked; send {\"reviews\": [{\"object\": …}]}",
} if {
	not _readable
}

problems contains {
	"review": index, "at": [], "object": identity({}),
	"message": concat("", [
		"review ", format_int(index, 10),
		" has no object, so nothing was checked; send {\"object\": …}",
	]),
} if {
	some index, review in _reviews
	not _has_object(review)
}

problems contains {
	"review": index, "at": ["request"], "object": identity(review),
	"message": "the AdmissionReview has no request with an object, so nothing was checked; send the whole AdmissionReview",
} if {
	some index in _admissions
	review := _reviews[index].object
	not _request_readable(review)
}

problems contains {
	"review": entry.review, "at": array.concat(entry.at, ["items"]), "object": identity(entry.object),
	"message": "the list has no readable items, so nothing in it was checked; write items as a list",
} if {
	some entry in (_outer | _fourth)
	_claims_items(entry.review, entry.object.kind)
	not _items_readable(entry.object)
}

problems contains {
	"review": entry.review, "at": array.concat(entry.at, ["items", i]), "object": identity({}),
	"message": "an item of the list is not an object, so the API server rejects it; write an object",
} if {
	some entry in (_outer | _fourth)
	_claims_items(entry.review, entry.object.kind)
	is_array(entry.object.items)
	some i, item in entry.object.items
	not is_object(item)
}

problems contains {
	"review": entry.review, "at": array.concat(entry.at, ["items", i]), "object": identity(item),
	"message": "the object has no kind, so the API server rejects it; write apiVersion and kind",
} if {
	some entry in _outer
	entry.object.kind == "List"
	is_array(entry.object.items)
	some i, item in entry.object.items
	is_object(item)
	not _said(object.get(item, "kind", ""))
	not _said(object.get(item, "apiVersion", ""))
}

problems contains {
	"review": entry.review, "at": entry.at, "object": identity(entry.object),
	"message": "Lists are read four levels deep, so this one was not checked; send its items",
} if {
	some entry in _fourth
	is_array(entry.object.items)
}

problems contains {
	"review": index, "at": ["request", "object"], "object": identity(list),
	"message": "the AdmissionReview holds a List, which was not checked; send its items",
} if {
	some index in _admissions
	list := _reviews[index].object.request.object
	list.kind == "List"
}

problems contains {
	"review": entry.review, "at": entry.at, "object": identity(entry.object),
	"message": "the object has no kind, so the API server rejects it; write apiVersion and kind",
} if {
	some entry in objects
	not _said(object.get(entry.object, "kind", ""))
	_is_manifest(entry.review, object.get(entry.object, "apiVersion", ""))
}

problems contains {
	"review": entry.review, "at": entry.at, "object": identity(entry.object),
	"message": "the object has no apiVersion, so the API server rejects it; write apiVersion and kind",
} if {
	some entry in (_outer | _fourth)
	_said(entry.object.kind)
	not _said(object.get(entry.object, "apiVersion", ""))
}

# METADATA
# description: the kind, namespace and name of an object, each "" where it is not given
identity(manifest) := {
	"kind": _text(manifest, ["kind"]),
	"namespace": _text(manifest, ["metadata", "namespace"]),
	"name": _name(manifest),
}

_name(manifest) := name if {
	name := _text(manifest, ["metadata", "name"])
	name != ""
} else := _text(manifest, ["metadata", "generateName"])

# no name is longer, and each finding repeats it
_text(manifest, path) := substring(text, 0, 253) if {
	text := object.get(manifest, path, "")
	is_string(text)
} else := ""

_reviews := input.reviews if is_array(input.reviews)

_readable if _reviews

_has_object(review) if is_object(review.object)

_said(value) if {
	is_string(value)
	value != ""
}

# what says neither apiVersion nor kind is not a manifest, except where an API server asks about it
_is_manifest(_, version) if _said(version)

_is_manifest(review, _) if review in admitted

_admissions contains index if {
	some index, review in _reviews
	review.object.kind == "AdmissionReview"
	startswith(review.object.apiVersion, "admission.k8s.io/")
}

# what is handed in, with AdmissionReviews unwrapped
_given contains {"review": index, "at": [], "object": review.object, "old": object.get(review, "oldObject", null)} if {
	some index, review in _reviews
	is_object(review.object)
	not index in _admissions
}

_given contains {
	"review": index,
	"at": ["request", "object"],
	"object": request.object,
	"old": object.get(request, "oldObject", null),
} if {
	some index in _admissions
	request := _reviews[index].object.request
	is_object(request.object)
}

_first := _inside(_given)

_second := _inside(_first)

_third := _inside(_second)

_fourth := _inside(_third)

_outer := ((_given | _first) | _second) | _third

_inside(level) := {{"review": entry.review, "at": at, "object": typed, "old": null} |
	some entry in level
	kind := object.get(entry.object, "kind", "")
	_splits(entry.review, kind, type_name(entry.object.items))
	some i, item in entry.object.items
	is_object(item)
	at := array.concat(entry.at, ["items", i])
	typed := _typed(object.get(entry.object, "apiVersion", ""), kind, item)
}

# To kubectl a list is what has items, whatever its kind. What an API server asks about is one object, except where a
# host hands in a List.
_splits(review, _, "array") if not review in admitted

_splits(review, kind, "array") if {
	endswith(kind, "List")
	not review in _admissions
}

# as in kubectl, the items of a typed list (a DeploymentList that the API server returned) need not say what they are
_typed(version, kind, item) := object.union(item, {"apiVersion": version, "kind": trim_suffix(kind, "List")}) if {
	is_string(kind)
	not kind in {"", "List"}
	not _said(object.get(item, "kind", ""))
	not _said(object.get(item, "apiVersion", ""))
} else := item

_only_list(kind, keys) if {
	endswith(kind, "List")
	keys - {"apiVersion", "kind", "metadata"} == set()
}

# whether items that are not a list of objects are a mistake; a custom kind may have them
_claims_items(_, "List")

_claims_items(review, kind) if {
	endswith(kind, "List")
	not review in admitted
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

package pullpolicy.podspecs

import data.pullpolicy.reviews

# Custom resources are searched for images up to this many bytes, without metadata and status, and this many levels.
_most_bytes := 131072

_most_levels := 64

_most_characters := 4096

_not_searched := ["apiVersion", "kind", "metadata", "status"]

# Every object that is not a workload is searched, whatever it calls itself. Most hold no image, and are not walked.
_searched contains {"entry": entry, "content": content, "size": count(text), "group": group, "manifest": manifest} if {
	some entry in reviews.objects
	version := object.get(entry.object, "apiVersion", "")
	group := _group(version)
	kind := object.get(entry.object, "kind", "")
	not _workload_kind(group, kind)
	not _podless(group, kind)

	manifest := _is_manifest(version, kind)
	content := object.remove(entry.object, _not_searched)
	text := json.marshal(content)
	_may_hold_images(manifest, [group, kind], text)
}

_walked contains searched if {
	some searched in _searched
	searched.size <= _most_bytes
	not _deep(searched.content)
}

# What says neither apiVersion nor kind may be anything (values for Helm, a workflow of GitHub's), unless it has the
# containers of a pod spec.
_is_manifest("", "") := false

_is_manifest(version, kind) if [version, kind] != ["", ""]

# Reports on images have many, and nothing that runs them.
_may_hold_images(true, _, text) if {
	some hint in _hints
	contains(text, hint)
	some holder in _holders
	contains(text, holder)
}

_may_hold_images(true, kind, text) if {
	some known in _known_images
	kind == [known.group, known.kind]
	some hint in _hints
	contains(text, hint)
}

_may_hold_images(false, _, text) if {
	not startswith(text, `{"object":{`) # an event of a watch, which nobody applies
	contains(text, `ontainers":[`)
	contains(text, `"image":`)
}

# what the shapes below need, as JSON has it
_holders := [
	`ontainers":`, `ullPolicy":`, `"steps":[`, `"sidecars":[`, `"container":{`, `"containerDisk":{`, `"script":{`,
	`"volumes":[`, `mage":{`,
]

_workload_kind(group, kind) if {
	_built_in(group)
	_paths[kind]
}

_podless(group, kind) if {
	_built_in(group)
	kind in _podless_kinds
}

# a schema is not an object, and what Kyverno's policies hold are patterns
_podless("apiextensions.k8s.io", "CustomResourceDefinition")

_podless("imagepolicy.k8s.io", "ImageReview")

# Rego, of which the text has every word that a pod spec has
_podless("templates.gatekeeper.sh", "ConstraintTemplate")

_podless("kyverno.io", _)

_podless(group, _) if endswith(group, ".kyverno.io")

# the built-in kinds that clusters write most often
_podless_kinds := {
	"ConfigMap", "Endpoints", "EndpointSlice", "Event", "Lease", "Namespace", "Node", "PersistentVolume",
	"PersistentVolumeClaim", "Secret", "Service", "ServiceAccount", "SubjectAccessReview", "TokenReview",
	"ValidatingAdmissionPolicy", "MutatingAdmissionPolicy",
}

# ends with the first value that is too deep
_deep(content) if {
	walk(content, [at, _])
	at[_most_levels]
}

# What looks like a container: nothing has to be known of the kind, and a container without an image is none but a patch
# that an operator merges. root is the place of its pod spec; all places are from the object's own root.
_shapes contains {
	"entry": [walked.entry.review, walked.entry.at],
	"root": array.slice(at, 0, count(at) - shape.above),
	"list": shape.list,
	"at": at,
	"name": _name(object.get(written, "name", null), shape.list, at, beside),
	"image": shape.image,
	"image_at": array.concat(at, [shape.image_key]),
	"policy": object.get(written, shape.policy_key, _only_text(templated)),
	"policy_at": array.concat(at, [shape.policy_key]),
	"by_operator": shape.by_operator,
	"open": shape.open,
} if {
	some walked in _walked
	walk(walked.content, [at, written])
	is_object(written)
	keys := object.keys(written)
	count(keys & {"image", "imageName", "package", "reference", "repository"}) > 0
	_hopeful(at, keys)
	shape := _shape(at, written)
	_may_stand(walked.manifest, shape.list)

	# asked here, because a function that is given all of the content compares all of it
	beside := object.get(walked.content, array.concat(array.slice(at, 0, count(at) - 1), ["name"]), "")
	templated := object.get(walked.content, _template_at(shape.list, at, shape.policy_key), null)
}

# the steps of a Tekton task that take their image from its template
_shapes contains {
	"entry": [walked.entry.review, walked.entry.at],
	"root": root,
	"list": "steps",
	"at": at,
	"name": object.get(step, "name", ""),
	"image": image,
	"image_at": array.concat(root, ["stepTemplate", "image"]),
	"policy": object.get(step, "imagePullPolicy", _only_text(object.get(spec.stepTemplate, "imagePullPolicy", null))),
	"policy_at": array.concat(at, ["imagePullPolicy"]),
	"by_operator": false,
	"open": false,
} if {
	some walked in _walked
	endswith(walked.group, "tekton.dev")
	walk(walked.content, [root, spec])
	image := spec.stepTemplate.image
	is_string(image)
	some i, step in spec.steps
	is_object(step)
	object.get(step, "image", null) == null
	not step.ref
	at := array.concat(root, ["steps", i])
}

# the images at the places that images.rego, or the parameter images, knows
_shapes contains {
	"entry": [walked.entry.review, walked.entry.at],
	"root": array.slice(at, 0, count(at) - _above(at)),
	"list": list,
	"at": at,
	"name": object.get(holder, "name", ""),
	"image": _joined(image, holder),
	"image_at": image_at,
	"policy": policy,
	"policy_at": policy_at,
	"by_operator": known.policy == [],
	"open": false,
} if {
	some walked in _walked
	some known in _known_images
	known.group == walked.group
	known.kind == walked.entry.object.kind
	some image_at in _matches(walked.content, known.image)
	image := object.get(walked.content, image_at, null)
	is_string(image)

	at := array.slice(image_at, 0, count(image_at) - 1)
	holder := object.get(walked.content, at, {})
	not _shape(at, holder)

	policy_at := [_bound(step, i, image_at) | some i, step in known.policy]
	policy := array.concat([value | policy_at != []; value := object.get(walked.content, policy_at, null)], [null])[0]
	list := _nearest(at)
}

# most of what has such a key is told apart at less cost
_hopeful(_, keys) if count(keys & {"imagePullPolicy", "pullPolicy", "packagePullPolicy", "repository"}) > 0

_hopeful(at, _) if {
	some key in array.slice(at, count(at) - 5, count(at))
	is_string(key)
	_holds(key)
}

_holds(key) if regex.match(`(?:ontainers|^container|^containerDisk|^script|^steps|^sidecars|^image)$`, key)

_bound("*", i, image_at) := image_at[i]

_bound(step, _, _) := step if step != "*"

# the list or key that a container stands under, how many steps above it its pod spec is, and how it spells its fields
# regal ignore:rule-length
_shape(at, written) := _container(list, above, written.image) if {
	type_name(written.image) in {"string", "number", "boolean"}
	[list, above] := _listed(at)
} else := _container(at[count(at) - 1], 1, written.image) if {
	is_string(written.image)
	at[count(at) - 1] in {"container", "containerDisk", "script"}
} else := {
	"list": "volumes", "above": 3, "image": written.reference,
	"image_key": "reference", "policy_key": "pullPolicy", "by_operator": false, "open": false,
} if {
	is_string(written.reference)
	at[count(at) - 1] == "image"
	at[count(at) - 3] == "volumes"
} else := {
	"list": _nearest(at), "above": _above(at), "image": image,
	"image_key": image_key, "policy_key": policy_key, "by_operator": false, "open": open,
} if {
	not at[count(at) - 1] == "stepTemplate"
	keys := object.keys(written)
	[image_key, policy_key] := [pair |
		some pair in [
			["image", "imagePullPolicy"], ["image", "pullPolicy"],
			["imageName", "imagePullPolicy"], ["package", "packagePullPolicy"],
		]
		is_string(written[pair[0]])
		pair[1] in keys
	][0]
	image := _joined(written[image_key], written)
	open := _open(image, written[image_key])
} else := {
	"list": _nearest(at), "above": _above(at), "image": image,
	"image_key": _named_by(written), "policy_key": policy_key, "by_operator": true, "open": open,
} if {
	is_string(written.repository)
	not is_string(object.get(written, "image", null))
	policy_key := _policy_key(object.keys(written))
	_names_image(at[count(at) - 1], written)
	repository := concat("/", [part |
		some key in ["registry", "repository"]
		part := written[key]
		is_string(part)
	])
	image := _joined(repository, written)
	open := _open(image, "")
}

# in a list, a map by name, or a list in a list
_listed(at) := [at[count(at) - 2], 2] if {
	_holds_containers(at[count(at) - 2])
} else := [_nearest(at), _above(at)] if {
	is_number(at[count(at) - 1])
	_holds_containers(_nearest(at))
}

# whether an image that an operator puts together still lacks its tag
_open(image, written) := false if {
	regex.match(_tagged, image)
} else := image != written

_container(list, above, image) := {
	"list": list, "above": above, "image": image,
	"image_key": "image", "policy_key": "imagePullPolicy", "by_operator": false, "open": false,
}

_holds_containers(key) if endswith(key, "ontainers")

_holds_containers("steps")

_holds_containers("sidecars")

# a map is an image that says which repository, and which tag or policy
_names_image(_, written) if written.pullPolicy

_names_image(_, written) if written.imagePullPolicy

_names_image(key, written) if {
	endswith(key, "mage")
	_version(written)
}

_policy_key(keys) := "imagePullPolicy" if {
	"imagePullPolicy" in keys
} else := "pullPolicy"

_named_by(written) := "tag" if {
	_version(written)
	is_string(written.tag)
} else := "repository"

# An operator puts the parts of an image together. A container has no parts, so that none can hide a missing tag.
_joined(image, written) := base if {
	base := _based(image, written)
	regex.match(_tagged, base)
} else := concat("", [_based(image, written), _version(written)]) if {
	_version(written)
} else := _based(image, written)

_based(image, written) := concat("/", [written.repository, image]) if {
	is_string(written.repository)
	written.image == image
} else := image

_version(written) := [_suffix(key, version) |
	some key in ["digest", "sha", "tag", "imageTag", "version"]
	version := written[key]
	is_string(version)
	version != ""
][0]

_suffix(key, version) := concat("", ["@", version]) if {
	contains(version, ":")
} else := concat("", ["@sha256:", version]) if {
	key in ["digest", "sha"]
} else := concat("", [":", version])

_tagged := `[:@][^/]*$`

_template_at("steps", at, _) := array.concat(array.slice(at, 0, count(at) - 2), ["stepTemplate", "imagePullPolicy"])

_template_at(list, at, key) := array.concat(at, [key]) if list != "steps"

# what many share is short
_only_text(value) := value if {
	is_string(value)
} else := null

# a container in a map by name, an image volume and a container disk are named by what they stand in
_name(name, list, at, beside) := name if {
	name != null
} else := at[count(at) - 1] if {
	is_string(at[count(at) - 1])
	_holds_containers(at[count(at) - 2])
} else := beside if {
	list in ["volumes", "container", "containerDisk", "script"]
} else := ""

# what is not a manifest is only looked at for the lists of a pod spec
_may_stand(true, _)

_may_stand(false, list) if list in ["containers", "initContainers", "ephemeralContainers"]

# the key that a place is below, past the indexes of lists, and how many steps above the place that key stands
_nearest(at) := at[_deepest(at)]

_nearest([]) := ""

_above(at) := count(at) - _deepest(at)

_deepest(at) := max(array.concat([0], [i | some i, key in at; is_string(key)]))

# the same with the pod spec of each, whose facts are found once
_shaped contains {
	"pod": pod, "list": shape.list, "at": array.concat(at, shape.at), "name": shape.name,
	"image": shape.image, "image_at": array.concat(at, shape.image_at),
	"policy": shape.policy, "policy_at": _below(at, shape.policy_at),
	"by_operator": shape.by_operator, "open": shape.open, "strays": [],
} if {
	some shape in _shapes
	_image_counts[shape.entry] <= _most_images
	not shape.entry in _sprawling
	pod := _roots[[shape.entry, shape.root]]
	not _declared_already(pod.id, shape.list)
	at := shape.entry[1]
}

# Each finding repeats the place of its image.
_sprawling contains shape.entry if {
	some shape in _shapes
	sum([count(key) | some key in shape.at; is_string(key)]) > _most_characters
}

_below(_, []) := []

_below(at, below) := array.concat(at, below) if below != []

_declared_already(id, list) if {
	id in _declared_ids
	list in ["containers", "initContainers", "ephemeralContainers", "volumes"]
}

_declared_ids contains [entry_id[0], array.concat(entry_id[1], at)] if some [entry_id, at] in _declared

# Asked for as a whole, so that each index is built once and not for each key.
_image_counts := {entry: count(ats) | some entry, ats in _ats}

_ats := object.union_n([{shape.entry: {shape.at: true}} | some shape in _shapes])

_every_root := object.union_n([{shape.entry: {shape.root: true}} | some shape in _shapes])

_roots := {[shape_entry, root]: pod |
	some searched in _walked
	shape_entry := [searched.entry.review, searched.entry.at]
	some root, _ in _every_root[shape_entry]
	content := object.get(searched.content, root, {})
	before := object.get(searched.entry, array.concat(["old"], root), null)
	identity := reviews.identity(searched.entry.object)
	pod := _pod(searched.entry.review, searched.entry.at, root, identity, {
		"custom": true,
		"former": false,
		"kept": _kept(searched.entry.review, content, before),
		"secrets": _secrets(object.get(content, "imagePullSecrets", null), _account(identity.namespace, content)),
		"strays": [],
	})
}

# METADATA
# description: |
#   the pod specs of the objects under review, and the places in them where images are used. What is at a known place is
#   here; shapes.rego finds what looks like it in custom resources, and problems.rego says what cannot be read.
package pullpolicy.podspecs

import data.pullpolicy.parameters
import data.pullpolicy.reviews

# METADATA
# description: |
#   each pod spec at a known place: of the built-in workloads, and of the kinds in the parameter podSpecs; at is its
#   place in what was handed in, path its place in the object that it belongs to, former marks those of an object that
#   an update replaces, and kept those that an update at admission leaves as they are
# scope: document
found contains opened.pod if some opened in _readable

# METADATA
# description: |
#   each place where an image is used: its pod (as in found, or as in shapes.rego), the list or key that it stands
#   in, the name of what it stands in, its image and policy as they are written (null where they are not) with their
#   places, whether an operator and not Kubernetes chooses a policy that is not written, and whether one completes
#   the image
# scope: document
places contains {
	"pod": opened.pod,
	"list": list,
	"at": at,
	"name": object.get(container, "name", ""),
	"image": object.get(container, "image", null),
	"image_at": array.concat(at, ["image"]),
	"policy": object.get(container, "imagePullPolicy", null),
	"policy_at": array.concat(at, ["imagePullPolicy"]),
	"by_operator": false,
	"open": false,
	"strays": _strays(at, container, _container_keys, opened.pod.custom),
} if {
	some opened in _readable
	some list in ["containers", "initContainers", "ephemeralContainers"]
	is_array(opened.spec[list])
	some i, container in opened.spec[list]
	is_object(container)
	at := array.concat(opened.pod.at, [list, i])
}

places contains {
	"pod": opened.pod,
	"list": "volumes",
	"at": at,
	"name": object.get(volume, "name", ""),
	"image": object.get(volume.image, "reference", null),
	"image_at": array.concat(at, ["reference"]),
	"policy": object.get(volume.image, "pullPolicy", null),
	"policy_at": array.concat(at, ["pullPolicy"]),
	"by_operator": false,
	"open": false,
	"strays": array.concat(
		_strays(at, volume.image, _volume_keys, opened.pod.custom),
		_strays(array.slice(at, 0, count(at) - 1), volume, {"name", "image"}, opened.pod.custom),
	),
} if {
	some opened in _readable
	is_array(opened.spec.volumes)
	some i, volume in opened.spec.volumes
	is_object(volume.image)
	at := array.concat(opened.pod.at, ["volumes", i, "image"])
}

places contains place if {
	some place in _shaped
}

# METADATA
# description: the object that each pod spec of a built-in workload belongs to, and its path there, by its id
workloads := {[entry.review, array.concat(entry.at, path)]: {"object": entry.object, "path": path} |
	some [entry, path] in _workloads
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

# the most images of one object, so that the time for an answer at admission is enough
_most_images := 200

_workloads contains [entry, path] if {
	some entry in reviews.objects
	path := _paths[entry.object.kind]
	_built_in(_group(object.get(entry.object, "apiVersion", "")))
}

# groups under k8s.io that the API server itself serves; a custom resource needs a group with a dot
_served := {
	"admission.k8s.io", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io",
	"authentication.k8s.io", "authorization.k8s.io", "certificates.k8s.io", "coordination.k8s.io",
	"discovery.k8s.io", "events.k8s.io", "flowcontrol.apiserver.k8s.io", "imagepolicy.k8s.io",
	"internal.apiserver.k8s.io", "lifecycle.k8s.io", "networking.k8s.io", "node.k8s.io",
	"rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io",
	"storagemigration.k8s.io",
}

_built_in(group) if not contains(group, ".")

_built_in(group) if group in _served

_group(version) := group if {
	[group, _] := split(version, "/")
} else := ""

# each pod spec at a known place, with its content
_opened contains {"spec": spec, "pod": _pod(entry.review, entry.at, path, identity, {
	"custom": false,
	"former": false,
	"kept": _kept(entry.review, spec, before),
	"secrets": _secrets(object.get(spec, "imagePullSecrets", null), _account(identity.namespace, spec)),
	"strays": _strays_above(entry, path),
})} if {
	some [entry, path] in _workloads
	spec := object.get(entry.object, path, null)
	is_object(spec)
	before := object.get(entry, array.concat(["old"], path), null)
	identity := reviews.identity(entry.object)
}

_opened contains {"spec": spec, "pod": _pod(entry.review, entry.at, path, identity, {
	"custom": false,
	"former": true,
	"kept": false,
	"secrets": _secrets(object.get(spec, "imagePullSecrets", null), _account(identity.namespace, spec)),
	"strays": [],
})} if {
	some [entry, path] in _workloads
	spec := object.get(entry, array.concat(["old"], path), null)
	is_object(spec)
	identity := reviews.identity(entry.object)
}

_opened contains {"spec": spec, "pod": _pod(entry.review, entry.at, path, identity, {
	"custom": true,
	"former": false,
	"kept": _kept(entry.review, spec, before),
	"secrets": _secrets(object.get(spec, "imagePullSecrets", null), _account(identity.namespace, spec)),
	"strays": [],
})} if {
	some [entry_id, path] in _declared
	entry := _entries[entry_id]
	spec := object.get(entry.object, path, null)
	before := object.get(entry, array.concat(["old"], path), null)
	identity := reviews.identity(entry.object)
}

_pod(review, at, path, identity, facts) := object.union(facts, {
	"id": [review, place],
	"review": review,
	"at": place,
	"path": path,
	"object": identity,
}) if {
	place := array.concat(at, path)
}

_kept(review, spec, before) if {
	review in reviews.admitted
	spec == before
} else := false

_secrets(secrets, account) if {
	count(secrets) > 0
} else := account in _secret_accounts

_account(namespace, spec) := [namespace, name] if {
	name := object.get(spec, "serviceAccountName", object.get(spec, "serviceAccount", "default"))
}

# the ServiceAccounts among the objects that bring their Pods pull secrets
_secret_accounts contains [identity.namespace, identity.name] if {
	some entry in reviews.objects
	entry.object.kind == "ServiceAccount"
	count(entry.object.imagePullSecrets) > 0
	identity := reviews.identity(entry.object)
}

# the pod specs without those that have more images than are checked
_readable contains opened if {
	some opened in _opened
	_images(opened.spec) <= _most_images
}

_images(spec) := sum([count(spec[list]) |
	some list in ["containers", "initContainers", "ephemeralContainers", "volumes"]
	is_array(spec[list])
])

# the pod specs at the places that the parameter podSpecs names
_declared contains [[entry.review, entry.at], at] if {
	some entry in reviews.objects
	some path in _declared_paths(object.get(entry.object, "apiVersion", ""), entry.object.kind)
	some at in _matches(entry.object, path)
	is_object(object.get(entry.object, at, null))
}

_declaring contains entry_id if some [entry_id, _] in _declared

_entries := {[entry.review, entry.at]: entry | some entry in reviews.objects}

_declared_paths(version, kind) := {split(replace(declared.path, "[*]", ".*"), ".") |
	some declared in parameters.pod_specs
	declared.kind == kind
	object.get(declared, "group", "") == _group(version)
}

# the places of an object that a path matches, in which * stands for any element or key
_matches(manifest, path) := {path | object.get(manifest, path, _absent) != _absent} if {
	not "*" in path
} else := {array.concat(known, below) |
	n := min([i | some i, step in path; step == "*"])
	known := array.slice(path, 0, n)
	open := array.slice(path, n, count(path))
	walk(object.get(manifest, known, null), [below, _])
	count(below) == count(open)
	every i, step in open { _fits(step, below[i]) }
}

_fits("*", _)

_fits(step, step)

# no JSON value is a set
_absent := {"absent"}

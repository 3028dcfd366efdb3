# METADATA
# description: the uses of images, as the facts that rules judge
package pullpolicy.uses

import data.pullpolicy.defaults
import data.pullpolicy.parameters
import data.pullpolicy.podspecs
import data.pullpolicy.references
import data.pullpolicy.reviews

# METADATA
# description: |
#   each place where a pod spec uses an image:
#   review, at (its place in what was handed in), pod (which tells pod specs apart), object (what it belongs to);
#   list, container (the name there), image_field and policy_field (how the two fields are called there);
#   image, reference (parsed), deferred (an image that is filled in later), mutable;
#   declared ("" where no policy is), default, effective ("" where the API server refuses the declared one),
#   undecided (a policy, or the image that it depends on, is filled in later);
#   secrets (whether the pod spec has pull secrets), custom (in a custom resource), defaulted (the API server has
#   filled in the default, so that nothing tells it from a choice), kept (an update at admission leaves its pod spec as
#   it is)
found contains use if {
	some place in _places
	not place.pod.former
	use := _use(place)
}

# METADATA
# description: the uses in the objects that an update replaces
former contains use if {
	some place in _places
	place.pod.former
	use := _use(place)
}

_places contains {
	"pod": pod, "list": list, "at": array.concat(pod.at, [list, i]),
	"container": container, "name": object.get(container, "name", ""),
} if {
	some pod in podspecs.found
	some list in ["containers", "initContainers", "ephemeralContainers"]
	is_array(pod.spec[list])
	some i, container in pod.spec[list]
	is_object(container)
}

_places contains {
	"pod": pod, "list": "volumes", "at": array.concat(pod.at, ["volumes", i, "image"]),
	"container": volume.image, "name": object.get(volume, "name", ""),
} if {
	some pod in podspecs.found
	is_array(pod.spec.volumes)
	some i, volume in pod.spec.volumes
	is_object(volume.image)
}

_places contains place if {
	some place in podspecs.shaped
}

_use(place) := {
	"review": place.pod.review,
	"at": place.at,
	"pod": place.pod.id,
	"object": place.pod.object,
	"list": place.list,
	"container": _text(place.name),
	"image_field": image_field,
	"policy_field": policy_field,
	"image": facts.image,
	"reference": facts.reference,
	"deferred": facts.deferred,
	"mutable": facts.mutable,
	"declared": declared,
	"default": facts["default"],
	"effective": object.get(facts.effective, declared, ""),
	"undecided": _undecided(place.pod.custom, declared, facts.deferred),
	"secrets": place.pod.secrets,
	"custom": place.pod.custom,
	"kept": place.pod.kept,
	"defaulted": _defaulted(place.pod.custom, place.pod.review),
} if {
	[image_field, policy_field] := object.get(_fields, place.list, ["image", "imagePullPolicy"])
	declared := _text(object.get(place.container, policy_field, ""))
	facts := _facts(object.get(place.container, image_field, ""), place.pod.custom)
}

_fields := {"volumes": ["reference", "pullPolicy"]}

# all that the image alone decides, so that it is found out once for each image
_facts(value, custom) := {
	"image": image,
	"reference": reference,
	"deferred": deferred,
	"mutable": _mutable(reference),
	"default": default_policy,
	"effective": {"": default_policy, "Always": "Always", "IfNotPresent": "IfNotPresent", "Never": "Never"},
} if {
	image := _text(value)
	reference := references.parse(value)
	deferred := _deferred(custom, image)
	default_policy := _default(deferred, reference)
}

_default(true, _) := ""

_default(false, reference) := defaults.policy(reference)

# null is the same as absent to the API server; what is no text at all is refused by it, and shown as it is
_text(value) := value if {
	is_string(value)
} else := "" if {
	value == null
} else := json.marshal(value)

# an image that is filled in later, or blank for an OpenShift trigger to set
_deferred(false, _) := false

_deferred(true, image) if {
	references.placeholder(image)
} else if {
	trim_space(image) == ""
} else := false

_undecided(custom, declared, deferred) := deferred if {
	declared == ""
} else if {
	custom
	references.placeholder(declared)
} else := false

_defaulted(true, _) := false

_defaulted(false, review) := review in reviews.admitted

_mutable(reference) if {
	reference.valid
	reference.digest == ""
	_moves(reference.tag)
} else := false

_moves("")

_moves("latest")

_moves(tag) if {
	some pattern in parameters.mutable_tags
	glob.match(pattern, null, tag)
}

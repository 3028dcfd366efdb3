# METADATA
# description: |
#   what the kubelet does with an image when a container starts (imageManager.EnsureImageExists), first start
#   and restart alike
# schemas:
#   - input.node: schema.node
package pullpolicy.kubelet

import data.pullpolicy.parameters
import data.pullpolicy.texts

# METADATA
# description: |
#   the outcome of a start in six situations: the image is absent from the node, and absent while the registry is down;
#   the node has a copy that the Pod may use; a copy that came with other credentials than the Pod's; a copy whose tag
#   has moved since; and a copy while the registry is down. pulled says that the registry was asked and its content
#   runs, cached that the node's copy runs, rejected that the API server rejects the object, unknown that it cannot be
#   told, and anything else is the reason for which the container waits
outcomes(use) := {situation: _obstacle(use).outcome | some situation, _ in _table.Always} if {
	_obstacle(use)
} else := object.union(_table[use.effective], {"otherCredentials": _unproven[use.effective][_verified]})

# METADATA
# description: |
#   why every start of a use comes to the same, whatever the node has, as a clause; undefined where it does not
obstacle(use) := _obstacle(use).why

# METADATA
# description: |
#   what a start comes to on one node, a state as node holds it: pull says whether the registry is asked, outcome
#   is as above, why is a clause, and retry, after a pull that failed, is what the next attempt waits with while the
#   kubelet backs off
start(use, node) := {"pull": false, "outcome": _obstacle(use).outcome, "why": _obstacle(use).why} if {
	_obstacle(use)
} else := {"pull": false, "outcome": "ContainerCreating", "why": _volumes_off(node.minor)} if {
	use.list == "volumes"
	_volumes_off(node.minor)
} else := object.union(_pull(node), {"why": _because(use, node)}) if {
	_decision(use, node) == "pull"
} else := {"pull": false, "outcome": _decision(use, node), "why": _because(use, node)}

# what comes before the policy
_obstacle(use) := {"outcome": "unknown", "why": _open(use)} if {
	use.undecided
} else := {"outcome": "rejected", "why": concat(" ", [texts.shown(use.declared), "is not a valid policy"])} if {
	use.effective == ""
} else := {"outcome": "rejected", "why": concat(" ", ["the image", use.flaw.cause])} if {
	use.flaw.by == "api"
} else := {"outcome": "InvalidImageName", "why": concat(" ", ["the image", use.flaw.cause])} if {
	not use.starts
} else := {"outcome": "rejected", "why": _volumes_off(parameters.minor)} if {
	use.list == "volumes"
}

_open(use) := "the policy is filled in later" if {
	use.declared != ""
} else := "its operator chooses the policy" if {
	use.by_operator
} else := "the policy depends on the image, which is filled in later"

# why there are no image volumes in a version; an API server drops them, and a kubelet does not know how to mount them
_volumes_off(minor) := "there are no image volumes before Kubernetes 1.31" if {
	minor < 31
} else := "image volumes are off before Kubernetes 1.35, unless the feature gate ImageVolume is on" if {
	minor < 35
}

_table := {
	"Always": {
		"absent": "pulled",
		"absentRegistryDown": "ErrImagePull",
		"cached": "pulled",
		"otherCredentials": "pulled",
		"moved": "pulled",
		"registryDown": "ErrImagePull",
	},
	"IfNotPresent": {
		"absent": "pulled",
		"absentRegistryDown": "ErrImagePull",
		"cached": "cached",
		"moved": "cached",
		"registryDown": "cached",
	},
	"Never": {
		"absent": "ErrImageNeverPull",
		"absentRegistryDown": "ErrImageNeverPull",
		"cached": "cached",
		"moved": "cached",
		"registryDown": "cached",
	},
}

# a copy that came with other credentials, where kubelets verify those, and where they do not
_unproven := {
	"Always": {true: "pulled", false: "pulled"},
	"IfNotPresent": {true: "pulled", false: "cached"},
	"Never": {true: "ErrImageNeverPull", false: "cached"},
}

default _verified := true

_verified := false if parameters.unverified

_decision(use, node) := _decisions[use.effective][_copy(use, node)]

# hidden is an image that an incomplete list may leave out, withheld a copy that the Pod has not shown to be allowed to
# use, and doubtful one of which nobody says how it came
_decisions := {
	"Always": {
		"absent": "pull", "usable": "pull", "withheld": "pull",
		"hidden": "pull", "doubtful": "pull", "unknown": "pull",
	},
	"IfNotPresent": {
		"absent": "pull", "usable": "cached", "withheld": "pull",
		"hidden": "unknown", "doubtful": "unknown", "unknown": "unknown",
	},
	"Never": {
		"absent": "ErrImageNeverPull",
		"usable": "cached",
		# the same as absent, so that the Pod does not learn what others run
		"withheld": "ErrImageNeverPull",
		"hidden": "unknown", "doubtful": "unknown", "unknown": "unknown",
	},
}

_because(use, node) := "Always asks at each start" if {
	use.effective == "Always"
} else := _whys[_copy(use, node)] if {
	_whys[_copy(use, node)]
} else := "the node has other tags or digests of the repository, but not this one" if {
	_copy(use, node) == "absent"
	some origins in node.copies
	some origin in origins
	origin.repository == use.reference.name
} else := "the node does not have the image" if {
	_copy(use, node) == "absent"
} else := concat("", ["the kubelet knows the node's copy as ", texts.shown(name), ", and not by this name"]) if {
	name := _other_name(use, node)
} else := "the image came with a pull secret that the Pod does not have" if {
	some origin in _origins(use, node)
	origin.arrived == "secret"
} else := "the kubelet verifies preloaded images too, and nothing shows that the Pod may use it"

_whys := {
	"unknown": "the image is filled in later",
	"hidden": "the list of the node's images is cut, and this one is not on it",
	"doubtful": "the node has the image, but it is not known with whose credentials it came",
	"usable": "the node has the image",
}

# the name under which the Pod could use the node's copy
_other_name(use, node) := min({origin.name |
	some origin in _origins(use, node)
	node.credentials in _proofs[origin.arrived]
})

_pull(node) := {"pull": true, "outcome": "pulled"} if {
	node.registry == "up"
} else := {"pull": true, "outcome": _reason(node), "retry": "ImagePullBackOff"}

# an older kubelet compares the runtime's error with its own by identity, which is lost on the way
_reason(node) := "ErrImagePull" if {
	node.minor < 28
} else := _reasons[node.registry]

_reasons := {
	"refused": "ErrImagePull",
	"unavailable": "RegistryUnavailable",
	"signatureInvalid": "SignatureValidationFailed",
}

# what the node has of the image: nothing, or a copy that the Pod may use or not
_copy(use, node) := "unknown" if {
	use.deferred
} else := "hidden" if {
	not _origins(use, node)
	not node.complete
} else := "absent" if {
	not _origins(use, node)
} else := "usable" if {
	not _ensures(node)
} else := "usable" if {
	_proven(use, node)
} else := "doubtful" if {
	_verifies(use, node)
	some origin in _origins(use, node)
	origin.arrived == "unknown"
} else := "withheld" if {
	_verifies(use, node)
} else := "usable"

_origins(use, node) := node.copies[_content(use.reference)]

# whether the kubelet keeps records of who may use an image
_ensures(node) if node.minor >= 35

# since 1.33 its feature gate is alpha, and off unless the kubelet is configured to verify; those before cannot be
_ensures(node) if node.configured

_verifies(_, node) if node.verification.policy == "AlwaysVerify"

_verifies(use, node) if {
	node.verification.policy == "NeverVerifyPreloadedImages"
	some origin in _origins(use, node)
	origin.arrived != "preloaded"
	not _presumed(origin.arrived, use.private)
}

# however the image arrived, whatever the names of policy and list promise
_verifies(use, node) if {
	node.verification.policy == "NeverVerifyAllowlistedImages"
	not _listed(use, node)
}

# An image that nobody needs credentials for was there, or came without.
_presumed("unknown", false)

_listed(use, node) if _listed_as(use, node.minor) in node.verification.allowlist

_listed(use, node) if {
	some pattern in node.verification.allowlist
	endswith(pattern, "/*")
	startswith(use.image, trim_suffix(pattern, "*"))
}

# before 1.36 the whole image, tag and all
_listed_as(use, minor) := _repository(use.image, use.reference) if {
	minor >= 36
} else := use.image

_proven(use, node) if {
	some origin in _origins(use, node)
	origin.name == _recorded_as(use.image, use.reference, node.minor)
	node.credentials in _proofs[origin.arrived]
}

# credentials that show a Pod's right to an image
_proofs := {
	"preloaded": set(),
	"anonymous": {"none", "same", "same-content", "rotated", "other"},
	"secret": {"same", "same-content", "rotated"},
}

# what of a name has to be the same for two names to be one image: with a digest, no tag
_content(reference) := concat("@", [reference.name, reference.digest]) if {
	reference.digest != ""
} else := reference.full

# the name under which the kubelet remembers who may use an image
_recorded_as(image, reference, minor) := _repository(image, reference) if {
	minor >= 36
} else := reference.name

# the image without tag and digest, but otherwise as it is written
_repository(image, reference) := trim_suffix(
	trim_suffix(image, concat("", ["@", reference.digest])),
	concat("", [":", reference.tag]),
)

# METADATA
# description: |
#   what the kubelet does with an image when a container starts (imageManager.EnsureImageExists), first start
#   and restart alike
# schemas:
#   - input.node: schema.node
package pullpolicy.kubelet

# METADATA
# description: |
#   the outcome of a start in four situations: the image is absent from the node; it is cached; it is cached and
#   its tag has moved since; it is cached and the registry is down. pulled says that the registry was asked and
#   its content runs, cached that the node's copy runs, rejected that the API server refuses the policy, unknown
#   that something is filled in later, and anything else is the reason for which the container waits
outcomes(use) := {situation: outcome | some situation, _ in _table.Always} if {
	outcome := _hindrance(use)
} else := _table[use.effective]

# METADATA
# description: |
#   what a start comes to on one node, a state as node holds it: pull says whether the registry is asked, outcome
#   is as above, and retry, after a pull that failed, is what the next attempt waits with while the kubelet backs off
start(use, node) := {"pull": false, "outcome": outcome} if {
	outcome := _hindrance(use)
} else := _pull(node) if {
	_decision(use, node) == "pull"
} else := {"pull": false, "outcome": _decision(use, node)}

# what comes before the policy
_hindrance(use) := "unknown" if {
	use.undecided
} else := "rejected" if {
	use.effective == ""
} else := "InvalidImageName" if {
	not use.reference.valid
	not use.deferred
}

_table := {
	"Always": {"absent": "pulled", "cached": "pulled", "moved": "pulled", "registryDown": "ErrImagePull"},
	"IfNotPresent": {"absent": "pulled", "cached": "cached", "moved": "cached", "registryDown": "cached"},
	"Never": {"absent": "ErrImageNeverPull", "cached": "cached", "moved": "cached", "registryDown": "cached"},
}

_decision(use, node) := _decisions[use.effective][_copy(use, node)]

# withheld is a copy that the Pod has not shown to be allowed to use
_decisions := {
	"Always": {"absent": "pull", "usable": "pull", "withheld": "pull", "unknown": "pull"},
	"IfNotPresent": {"absent": "pull", "usable": "cached", "withheld": "pull", "unknown": "unknown"},
	"Never": {
		"absent": "ErrImageNeverPull",
		"usable": "cached",
		# the same as absent, so that the Pod does not learn what others run
		"withheld": "ErrImageNeverPull",
		"unknown": "unknown",
	},
}

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
} else := "absent" if {
	not _origins(use, node)
} else := "withheld" if {
	node.minor >= 35
	_verifies(use, node)
	not _proven(use, node)
} else := "usable"

_origins(use, node) := node.copies[_content(use.reference)]

_verifies(_, node) if node.verification.policy == "AlwaysVerify"

_verifies(use, node) if {
	node.verification.policy == "NeverVerifyPreloadedImages"
	some origin in _origins(use, node)
	origin.arrived != "preloaded"
}

# however the image arrived, whatever the names of policy and list promise
_verifies(use, node) if {
	node.verification.policy == "NeverVerifyAllowlistedImages"
	not _listed(use, node)
}

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

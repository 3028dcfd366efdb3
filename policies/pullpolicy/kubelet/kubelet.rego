# METADATA
# description: |
#   what the kubelet does with an image when a container starts (imageManager.EnsureImageExists), first start
#   and restart alike
package pullpolicy.kubelet

# METADATA
# description: |
#   the outcome of a start in four situations: the image is absent from the node; it is cached; it is cached and
#   its tag has moved since; it is cached and the registry is down. pulled says that the registry was asked and
#   its content runs, cached that the node's copy runs, rejected that the API server refuses the policy, unknown
#   that something is filled in later, and anything else is the reason for which the container waits
outcomes(use) := {situation: "unknown" | some situation, _ in _table.Always} if {
	use.undecided
} else := {situation: "rejected" | some situation, _ in _table.Always} if {
	use.effective == ""
} else := {situation: "InvalidImageName" | some situation, _ in _table.Always} if {
	# the name is looked at before the policy
	not use.reference.valid
	not use.deferred
} else := _table[use.effective]

_table := {
	"Always": {"absent": "pulled", "cached": "pulled", "moved": "pulled", "registryDown": "ErrImagePull"},
	"IfNotPresent": {"absent": "pulled", "cached": "cached", "moved": "cached", "registryDown": "cached"},
	"Never": {"absent": "ErrImageNeverPull", "cached": "cached", "moved": "cached", "registryDown": "cached"},
}

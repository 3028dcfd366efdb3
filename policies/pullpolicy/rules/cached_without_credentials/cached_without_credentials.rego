# METADATA
# title: Private image that other tenants can run
# description: |
#   IfNotPresent or Never is in force for an image that the Pod has pull secrets for, where the kubelet does not verify
#   them again: before Kubernetes 1.35, and for preloaded images. Any Pod on the node can then run the cached
#   image.
# custom:
#   severity: {baseline: "off", strict: warning, always: "off", airgapped: "off", multi-tenant: error}
#   speaks: {ci: "yes", admission: "yes", audit: "yes"}
package pullpolicy.rules.cached_without_credentials

import data.pullpolicy.parameters
import data.pullpolicy.references
import data.pullpolicy.result
import data.pullpolicy.uses

severities := rego.metadata.chain()[1].annotations.custom.severity

findings contains result.policy(use, message, "Always", "let the kubelets verify credentials") if {
	some use in uses.found
	use.secrets
	use.reference.valid
	use.effective in {"IfNotPresent", "Never"}
	cause := _unverified(use.reference)

	message := sprintf("%s uses %s with %s and pull secrets, but %s, so Pods without them can run it", [
		result.who(use),
		result.what(use),
		result.how(use),
		cause,
	])
}

_unverified(reference) := sprintf("a kubelet of 1.%d does not verify them for a cached image", [parameters.minor]) if {
	parameters.minor < 35
} else := "a kubelet does not verify them for a preloaded image" if {
	some pattern in parameters.preloaded_images
	references.matches(pattern, reference)
}

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

	message := concat("", [
		result.who(use), " uses ", result.what(use), " with ", result.how(use), " and pull secrets, but ", cause,
		", so Pods without them can run it",
	])
}

_unverified(reference) := concat("", ["a kubelet of 1.", minor, " does not verify them for a cached image"]) if {
	parameters.minor < 35
	minor := format_int(parameters.minor, 10)
} else := "a kubelet does not verify them for a preloaded image" if {
	some pattern in parameters.preloaded_images
	references.matches(pattern, reference)
}

# METADATA
# title: Private image that other tenants can run
# description: |
#   The Pod runs a private image with IfNotPresent or Never, and the kubelet does not verify the Pod's pull secrets
#   for the copy on the node: before Kubernetes 1.35, with imagePullCredentialsVerificationPolicy NeverVerify, and
#   for preloaded images unless it is AlwaysVerify. Images that were on a node before its upgrade to 1.35 count as
#   preloaded. An image is private if the Pod, or its ServiceAccount in the same input, has imagePullSecrets, or if
#   the parameter privateImages matches it. Credentials of a whole node cannot be seen: list their images in
#   privateImages.
# custom:
#   message: "{who} has {policy}: {kubelets} let any Pod run {copy}"
#   severity: {baseline: "off", strict: warning, always: "off", airgapped: "off", multi-tenant: error}
#   applies: {ci: "yes", admission: "yes", audit: "yes"}
package pullpolicy.rules.cached_without_credentials

import data.pullpolicy.parameters
import data.pullpolicy.result
import data.pullpolicy.uses

severities := rego.metadata.chain()[1].annotations.custom.severity

template := rego.metadata.chain()[1].annotations.custom.message

findings contains result.policy(use, message, "set kubelets to AlwaysVerify") if {
	some use in uses.found
	use.unverified
	use.effective in {"IfNotPresent", "Never"}
	message := strings.replace_n(object.union(_cause, {"{who}": result.who(use), "{policy}": use.effective}), template)
}

_cause := {"{kubelets}": parameters.unverified, "{copy}": "its copy"}

_cause := {"{kubelets}": "kubelets", "{copy}": "a preloaded private image"} if not parameters.unverified

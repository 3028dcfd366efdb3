# METADATA
# title: Never for an image that is not preloaded
# description: |
#   The policy is Never, and no glob in the parameter preloadedImages matches the image. On a node without the
#   image, the container waits with ErrImageNeverPull. Since 1.35 it also waits if the image was pulled with another
#   Pod's credentials.
# custom:
#   message: "{who} has Never and waits on nodes without the image (ErrImageNeverPull)"
#   severity: {baseline: warning, strict: error, always: "off", airgapped: error, multi-tenant: warning}
#   applies: {ci: "yes", admission: "yes", audit: "yes"}
package pullpolicy.rules.never_not_preloaded

import data.pullpolicy.result
import data.pullpolicy.uses

severities := rego.metadata.chain()[1].annotations.custom.severity

template := rego.metadata.chain()[1].annotations.custom.message

findings contains result.policy(use, message, "preload it and list it in preloadedImages") if {
	some use in uses.found
	use.effective == "Never"
	use.reference.valid
	not use.preloaded
	not use.refreshed
	message := strings.replace_n({"{who}": result.who(use)}, template)
}

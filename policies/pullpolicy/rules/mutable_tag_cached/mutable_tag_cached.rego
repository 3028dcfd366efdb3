# METADATA
# title: Moving tag that nodes never read again
# description: |
#   A tag that moves is used with IfNotPresent or Never. Each node keeps whatever content it has under that tag and
#   never learns of the move, so nodes differ from each other and from the registry.
# custom:
#   severity: {baseline: error, strict: error, always: error, airgapped: error, multi-tenant: error}
#   speaks: {ci: "yes", admission: "yes", audit: "yes"}
package pullpolicy.rules.mutable_tag_cached

import data.pullpolicy.result
import data.pullpolicy.uses

severities := rego.metadata.chain()[1].annotations.custom.severity

findings contains result.policy(use, message, "Always", "pin the image by digest") if {
	some use in uses.found
	use.mutable
	use.effective in {"IfNotPresent", "Never"}

	message := concat("", [
		result.who(use), " uses ", result.what(use), ", whose tag moves, with ", result.how(use),
		", so each node keeps whatever content it has under that tag",
	])
}

# METADATA
# title: Default of an earlier image
# description: |
#   The stored policy is the default of an image that was used before, kept after the image changed. Nobody chose it:
#   patch, apply and set image leave the field as it is. An update shows that by the object that it replaces. A stored
#   object shows it only if it was applied: the last-applied annotation leaves the policy out, or managedFields (kubectl
#   get --show-managed-fields) names no owner of it. Whoever creates an object without applying it owns its defaults as
#   if they were written, so that object alone shows nothing. Where kubectl edit or a webhook wrote the policy into an
#   applied object, managedFields clears the first, and nothing clears the second.
# custom:
#   severity: {baseline: warning, strict: error, always: warning, airgapped: warning, multi-tenant: warning}
#   speaks: {ci: stored objects, admission: updates, audit: applied objects}
package pullpolicy.rules.policy_stale

import data.pullpolicy.histories
import data.pullpolicy.result

severities := rego.metadata.chain()[1].annotations.custom.severity

findings contains result.policy(use, message, use["default"], "write the policy that is meant") if {
	some history in histories.unchosen
	use := history.use

	message := concat("", [
		result.who(use), " keeps ", use.declared, ", ", history.evidence, ", although its image is now ",
		result.what(use), " with the default ", use["default"],
	])
}

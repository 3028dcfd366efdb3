# METADATA
# title: Policy outside the allowed ones
# description: |
#   The policy in force is outside what the parameters policies and allowedPolicies, or the profile, allow. The profile
#   always allows what the AlwaysPullImages admission plugin would leave as it is.
# custom:
#   severity: {baseline: error, strict: error, always: error, airgapped: error, multi-tenant: error}
#   speaks: {ci: "yes", admission: "yes", audit: "yes"}
package pullpolicy.rules.policy_not_allowed

import data.pullpolicy.parameters
import data.pullpolicy.result
import data.pullpolicy.uses

severities := rego.metadata.chain()[1].annotations.custom.severity

findings contains result.policy(use, message, result.advice(use), "write an allowed policy") if {
	parameters.restricts
	some use in uses.found
	use.effective != ""
	allowed := parameters.allowed(use.reference)
	not use.effective in allowed

	message := concat("", [
		result.who(use), " runs ", result.what(use), " with ", result.how(use), " where only ",
		concat(" or ", allowed), " is allowed, so a cluster that enforces it refuses it",
	])
}

# METADATA
# title: Pull policy that is not allowed
# description: |
#   The policy in force is not allowed by the parameters policies and allowedPolicies, or by the profile. The
#   profile always allows what the AlwaysPullImages admission plugin would leave as it is.
# custom:
#   message: "{who} has {how}, but {restriction} {allowed}"
#   severity: {baseline: error, strict: error, always: error, airgapped: error, multi-tenant: error}
#   applies: {ci: "yes", admission: "yes", audit: "yes"}
package pullpolicy.rules.policy_not_allowed

import data.pullpolicy.parameters
import data.pullpolicy.result
import data.pullpolicy.uses

severities := rego.metadata.chain()[1].annotations.custom.severity

template := rego.metadata.chain()[1].annotations.custom.message

findings contains result.policy(use, message, "allow another policy for it") if {
	parameters.restricts
	some use in uses.found
	use.effective != ""
	allowed := parameters.allowed(use.reference)
	not use.effective in allowed
	message := strings.replace_n(
		{
			"{who}": result.who(use), "{how}": result.how(use),
			"{restriction}": parameters.restriction(use.reference), "{allowed}": concat(" or ", allowed),
		},
		template,
	)
}

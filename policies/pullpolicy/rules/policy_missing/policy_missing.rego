# METADATA
# title: No pull policy
# description: |
#   No pull policy is declared, and the default is IfNotPresent. The API server computes it once, from the first
#   image, and keeps it when the image changes. The profile baseline only warns, because IfNotPresent suits a tag
#   that does not move. To fail manifests without a policy, set rules: {policy-missing: error}. In a cluster the API
#   server has already filled in the field, so for built-in kinds this rule applies only before admission.
# custom:
#   message: "{who} has no {field}, so it gets {default} for good"
#   severity: {baseline: warning, strict: error, always: error, airgapped: error, multi-tenant: error}
#   applies: {ci: "yes", admission: custom resources, audit: custom resources}
package pullpolicy.rules.policy_missing

import data.pullpolicy.result
import data.pullpolicy.uses

severities := rego.metadata.chain()[1].annotations.custom.severity

template := rego.metadata.chain()[1].annotations.custom.message

findings contains result.policy(use, message, "write the policy you mean") if {
	some use in uses.found
	use.declared == ""
	use["default"] != "Always"
	use.starts
	not use.defaulted
	not use.by_operator
	message := strings.replace_n(
		{"{who}": result.who(use), "{field}": use.policy_field, "{default}": _default(use)},
		template,
	)
}

_default(use) := use["default"] if {
	use["default"] != ""
} else := "the default of the image filled in later"

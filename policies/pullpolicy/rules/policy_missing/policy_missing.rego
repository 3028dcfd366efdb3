# METADATA
# title: No policy declared
# description: |
#   No pull policy is declared, so the reader has to know the defaulting rules to know what holds, and the default of
#   the first image stays when the image changes. In a cluster the API server has already filled the field in, so for
#   built-in kinds this rule speaks before admission only, and is silent at it.
# custom:
#   severity: {baseline: error, strict: error, always: error, airgapped: error, multi-tenant: error}
#   speaks: {ci: "yes", admission: custom resources, audit: custom resources}
package pullpolicy.rules.policy_missing

import data.pullpolicy.result
import data.pullpolicy.uses

severities := rego.metadata.chain()[1].annotations.custom.severity

findings contains result.policy(use, message, result.advice(use), "write the policy that is meant") if {
	some use in uses.found
	use.declared == ""
	not use.defaulted
	not use.by_operator

	message := concat("", [
		result.who(use), " declares no ", use.policy_field, " for ", result.what(use), ", so it gets ", _default(use),
		", and keeps it when the image changes",
	])
}

_default(use) := concat(" because ", [use["default"], use.why]) if {
	use["default"] != ""
} else := "the default of whatever image is filled in"

# METADATA
# title: No such policy
# description: |
#   The declared value is none of Always, IfNotPresent and Never, exactly so spelt. The API server refuses the
#   object.
# custom:
#   severity: {baseline: error, strict: error, always: error, airgapped: error, multi-tenant: error}
#   speaks: {ci: "yes", admission: custom resources, audit: custom resources}
package pullpolicy.rules.policy_invalid

import data.pullpolicy.result
import data.pullpolicy.texts
import data.pullpolicy.uses

severities := rego.metadata.chain()[1].annotations.custom.severity

findings contains result.policy(use, message, result.advice(use), "write an allowed policy") if {
	some use in uses.found
	use.effective == ""
	not use.undecided

	message := concat("", [
		result.who(use), " has the ", use.policy_field, " ", texts.quoted(use.declared), " for ", result.what(use),
		", which is no policy, so the API server accepts no Pod with it",
	])
}

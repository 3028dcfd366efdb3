# METADATA
# title: Not a valid pull policy
# description: |
#   The declared value is not Always, IfNotPresent or Never, spelled exactly so. The API server rejects the object.
# custom:
#   message: "{who} has {field}: {value}, which {problem}"
#   severity: {baseline: error, strict: error, always: error, airgapped: error, multi-tenant: error}
#   applies: {ci: "yes", admission: custom resources, audit: custom resources}
package pullpolicy.rules.policy_invalid

import data.pullpolicy.references
import data.pullpolicy.result
import data.pullpolicy.texts
import data.pullpolicy.uses

severities := rego.metadata.chain()[1].annotations.custom.severity

template := rego.metadata.chain()[1].annotations.custom.message

findings contains result.policy(use, message, "write a valid policy") if {
	some use in _rejected
	not references.placeholder(use.declared)
	message := _message(use, "the API server rejects")
}

findings contains result.placeholder(use, message, "render it first") if {
	some use in _rejected
	references.placeholder(use.declared)
	message := _message(use, "is a placeholder that is filled in later")
}

_rejected contains use if {
	some use in uses.found
	use.effective == ""
	use.declared != ""
	not use.undecided
}

_message(use, problem) := strings.replace_n(
	{
		"{who}": result.who(use),
		"{field}": use.policy_field,
		"{value}": texts.shown(use.declared),
		"{problem}": problem,
	},
	template,
)

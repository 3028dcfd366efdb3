# METADATA
# title: Always by default
# description: |
#   No pull policy is declared, and the tag latest (even beside a digest), or no tag at all, makes the default
#   Always. The API server stores it and keeps it when the image gets a version, so every start depends on the
#   registry for no benefit. In a cluster the API server has already filled in the field, so for built-in kinds this
#   rule applies only before admission.
# custom:
#   message: "{who} has no {field}, so {tag} means Always for good"
#   severity: {baseline: error, strict: error, always: error, airgapped: error, multi-tenant: error}
#   applies: {ci: "yes", admission: custom resources, audit: custom resources}
package pullpolicy.rules.policy_defaults_to_always

import data.pullpolicy.result
import data.pullpolicy.uses

severities := rego.metadata.chain()[1].annotations.custom.severity

template := rego.metadata.chain()[1].annotations.custom.message

findings contains result.moving(use, _message(use)) if {
	some use in _surprising
	use.mutable
}

findings contains result.policy(use, _message(use), "write the policy you mean") if {
	some use in _surprising
	not use.mutable
}

_surprising contains use if {
	some use in uses.found
	use.declared == ""
	use["default"] == "Always"
	use.starts
	not use.defaulted
	not use.by_operator
}

_message(use) := strings.replace_n(
	{
		"{who}": result.who(use),
		"{field}": use.policy_field,
		"{tag}": result.tag(use),
	},
	template,
)

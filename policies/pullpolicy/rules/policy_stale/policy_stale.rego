# METADATA
# title: Default of an earlier image
# description: |
#   The stored policy is the default of an image that was used before, kept after the image changed. Nobody chose it:
#   patch, apply and set image leave the field as it is.
# custom:
#   severity: {baseline: warning, strict: error, always: warning, airgapped: warning, multi-tenant: warning}
package pullpolicy.rules.policy_stale

import data.pullpolicy.result
import data.pullpolicy.uses

severities := rego.metadata.chain()[1].annotations.custom.severity

findings contains result.policy(use, message, use["default"], "write the policy that is meant") if {
	some place, olds in _former
	some old in olds
	some use in _current[place]
	old.image != use.image

	old.declared == old["default"]
	use.declared == old.declared
	use.declared != use["default"]

	message := sprintf("%s keeps %s, the default of %s, although its image is now %s with the default %s", [
		result.who(use),
		use.declared,
		result.what(old),
		result.what(use),
		use["default"],
	])
}

_former[_place(use)] contains use if some use in uses.former

_current[_place(use)] contains use if some use in uses.found

_place(use) := [use.pod, use.list, use.container]

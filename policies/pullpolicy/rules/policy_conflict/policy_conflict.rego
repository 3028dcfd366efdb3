# METADATA
# title: One image with two policies
# description: |
#   One image is used twice in a pod spec with different policies. The first of the two to start decides what the other
#   finds on the node.
# custom:
#   severity: {baseline: warning, strict: error, always: warning, airgapped: warning, multi-tenant: warning}
#   speaks: {ci: "yes", admission: "yes", audit: "yes"}
package pullpolicy.rules.policy_conflict

import data.pullpolicy.result
import data.pullpolicy.uses

severities := rego.metadata.chain()[1].annotations.custom.severity

findings contains result.policy(use, message, first.effective, "give both the same policy") if {
	some group in _groups
	first := sort(object.keys(group))[0] # by place; WebAssembly iterates over a set in another order
	some use, _ in group
	use.effective != first.effective

	message := concat("", [
		result.who(use), " uses ", result.what(use), " with ", result.how(use), ", but ",
		result.who(first), " uses it with ", result.how(first), ", so one can start where the other fails",
	])
}

# the uses of each image in a pod spec; most pod specs have one policy, and are left out
_groups := object.union_n([{[use.pod, use.reference.full]: {use: true}} |
	some use in uses.found
	count(_policies[use.pod]) > 1
	use.reference.valid
	use.effective != ""
])

_policies := object.union_n([{use.pod: {use.effective: true}} | some use in uses.found])

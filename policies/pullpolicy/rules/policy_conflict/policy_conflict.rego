# METADATA
# title: One image with two policies
# description: |
#   A pod spec uses one image twice, with different policies, so one container can start where the other fails. An
#   init container that pulls with Always for the others is not a conflict.
# custom:
#   message: "{who} has {policy} and {other} {otherPolicy} for one image, so one can fail"
#   severity: {baseline: warning, strict: error, always: warning, airgapped: warning, multi-tenant: warning}
#   applies: {ci: "yes", admission: "yes", audit: "yes"}
package pullpolicy.rules.policy_conflict

import data.pullpolicy.advice
import data.pullpolicy.result
import data.pullpolicy.uses

severities := rego.metadata.chain()[1].annotations.custom.severity

template := rego.metadata.chain()[1].annotations.custom.message

findings contains result.policy(use, message, "give both the same policy") if {
	some group in _groups
	in_order := _in_order(group)
	some use in in_order
	_blamed(use, advice.policy(use), in_order[0])
	other := [other | some other in in_order; other.effective != use.effective][0]
	message := result.filled(template, {
		"who": result.who(use),
		"policy": use.effective,
		"other": result.name(other),
		"otherPolicy": other.effective,
	})
}

_blamed(use, advised, _) if {
	advised != ""
	use.effective != advised
}

# where no policy is right for the image, the first to start sets the measure
_blamed(use, "", first) if use.effective != first.effective

_in_order(group) := [entry[2] |
	some entry in sort([[object.get(_ranks, use.list, 2), use.at, use] | some use, _ in group])
]

_ranks := {"volumes": 0, "initContainers": 1, "containers": 2, "ephemeralContainers": 3}

# the uses of each image in a pod spec; most pod specs have one policy, and are left out
_groups := object.union_n([{[use.pod, use.subject]: {use: true}} |
	some use in uses.found
	count(_policies[use.pod]) > 1
	use.starts
	use.effective != ""
	not use.refreshed
])

_policies := object.union_n([{use.pod: {use.effective: true}} | some use in uses.found])

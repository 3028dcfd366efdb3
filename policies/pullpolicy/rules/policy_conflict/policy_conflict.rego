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
	firsts := _firsts(group)
	count(firsts) > 1
	some use, _ in group
	_blamed(use, advice.policy(use), firsts[0])
	other := [first | some first in firsts; first.effective != use.effective][0]
	message := strings.replace_n(
		{
			"{who}": result.who(use),
			"{policy}": use.effective,
			"{other}": result.name(other),
			"{otherPolicy}": other.effective,
		},
		template,
	)
}

_blamed(use, advised, _) if {
	advised != ""
	use.effective != advised
}

# where no policy is right for the image, the first to start sets the measure
_blamed(use, "", first) if use.effective != first.effective

# of each policy the use that starts first, in that order
_firsts(group) := [entry[2] |
	some entry in sort([first |
		some policy in ["Always", "IfNotPresent", "Never"]
		first := min([[object.get(_ranks, use.list, 2), use.at, use] | some use, _ in group; use.effective == policy])
	])
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

# METADATA
# description: each use's policy, where it comes from, and what the kubelet makes of it
package pullpolicy.explanations

import data.pullpolicy.advice
import data.pullpolicy.histories
import data.pullpolicy.kubelet
import data.pullpolicy.texts
import data.pullpolicy.uses

# METADATA
# title: Image pull policies, explained
# description: |
#   for each use of the canonical input: its place, its policy (declared, default, effective), the origin of the
#   effective one and why, the outcomes of a start, the obstacle where all of them are the same, the advice where
#   another policy should be written, and, where the input has the state of a node, what a start comes to there
# entrypoint: true
explanations contains object.union_n([explanation, _obstacle(use), _advice(use), _start(use)]) if {
	some use in uses.found
	origin := _origin(use)
	explanation := {
		"review": use.review,
		"path": texts.path(use.at),
		"kind": use.object.kind,
		"namespace": use.object.namespace,
		"name": use.object.name,
		"list": use.list,
		"container": use.container,
		"image": use.image,
		"reference": use.reference,
		"declared": use.declared,
		"default": use["default"],
		"effective": use.effective,
		"origin": origin.origin,
		"why": origin.why,
		"outcomes": kubelet.outcomes(use),
	}
}

# METADATA
# description: what of the node's state does not fit its schema, for which reason no explanation has a start
problems contains {"path": texts.path(array.concat(["node"], problem.at)), "message": problem.message} if {
	some problem in kubelet.problems
}

_start(use) := {"start": kubelet.start(use, kubelet.node)} if {
	kubelet.node
} else := {}

_obstacle(use) := {"obstacle": kubelet.obstacle(use)} if {
	kubelet.obstacle(use)
} else := {}

_advice(use) := {"advice": {"field": use.policy_field, "policy": policy, "why": advice.why(use)}} if {
	use.policy_at != []
	not use.undecided
	policy := advice.policy(use)
	not policy in {"", use.declared}
} else := {}

_origin(use) := {"origin": "defaulted", "why": "its operator chooses it"} if {
	use.declared == ""
	use.by_operator
} else := {"origin": "defaulted", "why": "it depends on the image, which is filled in later"} if {
	use.declared == ""
	use["default"] == ""
} else := {"origin": "defaulted", "why": use.why} if {
	use.declared == ""
} else := {"origin": "declared", "why": "it is filled in later"} if {
	use.undecided
} else := {"origin": "declared", "why": "it is not a valid policy"} if {
	use.effective == ""
} else := histories.origin(use)

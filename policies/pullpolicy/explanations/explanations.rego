# METADATA
# description: each use's policy, where it comes from, and what the kubelet makes of it
package pullpolicy.explanations

import data.pullpolicy.defaults
import data.pullpolicy.kubelet
import data.pullpolicy.result
import data.pullpolicy.uses

# METADATA
# title: Image pull policies, explained
# description: |
#   for each use of the canonical input: its place, its policy (declared, default, effective), the origin of the
#   effective one and why, and the outcome of a start
# entrypoint: true
explanations contains {
	"review": use.review,
	"path": result.path(use.at),
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
} if {
	some use in uses.found
	origin := _origin(use)
}

_origin(use) := {"origin": "defaulted", "why": "it depends on the image, which is filled in later"} if {
	use.declared == ""
	use.deferred
} else := {"origin": "defaulted", "why": defaults.why(use.reference)} if {
	use.declared == ""
} else := {"origin": "declared", "why": "it is filled in later"} if {
	use.undecided
} else := {"origin": "declared", "why": "no such policy exists, so the API server refuses the object"} if {
	use.effective == ""
} else := {"origin": "declared", "why": "it is written in the manifest"}

# METADATA
# description: what the rules in force find, with the exemptions that cover it
package pullpolicy.judgements

import data.pullpolicy.parameters
import data.pullpolicy.references
import data.pullpolicy.result
import data.pullpolicy.rules

# METADATA
# description: each violation, with the reasons of the exemptions that cover it
found contains {"violation": result.answer(id, severity, finding), "reasons": reasons} if {
	some id, severity in parameters.in_force
	severity in parameters.reported
	some finding in rules[replace(id, "-", "_")].findings
	not _kept(finding)

	reasons := [exemption.reason |
		some exemption in parameters.exemptions
		_covers(exemption, id, finding)
	]
}

# What runs already is for the audit. To reject an update that leaves it as it is would stop the rollout that fixes it:
# the old ReplicaSet could not be scaled down, and no finalizer taken off a Pod.
_kept(finding) if finding.use.kept

_covers(exemption, id, finding) if {
	_matches(exemption.rules, id)
	_matches(exemption.namespaces, finding.object.namespace)
	_matches(exemption.containers, object.get(finding.use, "container", ""))
	_names_image(exemption.images, finding.use)
}

_matches(patterns, value) if {
	some pattern in patterns
	glob.match(pattern, null, value)
}

_names_image([], _)

_names_image(patterns, use) if {
	some pattern in patterns
	references.matches(pattern, use.reference)
}

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
	some name, severity in _severities
	severity in parameters.reported
	some finding in rules[name].findings
	not _kept(finding)

	id := replace(name, "_", "-")
	reasons := [exemption.reason |
		some exemption in parameters.exemptions
		_covers(exemption, id, finding)
	]
}

# What runs already is for the audit. To refuse an update that leaves it as it is would stop the rollout that mends it:
# the old ReplicaSet could not be scaled down, and no finalizer taken off a Pod.
_kept(finding) if finding.use.kept

# the name of each rule's package → the rule's severity
_severities := object.union(
	{name: severity | some name; severity := rules[name].severities[parameters.profile]},
	{replace(id, "-", "_"): severity | some id, severity in parameters.severities},
)

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

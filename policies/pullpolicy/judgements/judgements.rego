# METADATA
# description: what the rules in force find, with the exemptions that cover it
package pullpolicy.judgements

import data.pullpolicy.parameters
import data.pullpolicy.references
import data.pullpolicy.result
import data.pullpolicy.reviews
import data.pullpolicy.rules

# METADATA
# description: each violation, with the reasons of the exemptions that cover it
# scope: document
found contains {"violation": result.violation(id, severity, finding), "reasons": reasons} if {
	some name, severity in _severities
	severity != "off"
	some finding in rules[name].findings

	id := replace(name, "_", "-")
	reasons := [exemption.reason |
		some exemption in parameters.exemptions
		_covers(exemption, id, finding)
	]
}

# without METADATA no rule has a severity, and everything would pass
found contains {"violation": result.violation("input-invalid", "error", finding), "reasons": []} if {
	count(_profile_severities) == 0
	finding := result.problem(
		{"review": null, "at": [], "object": reviews.identity({})},
		"the policies have lost their METADATA, so nothing was judged; build the bundle without optimisation",
	)
}

# the name of each rule's package → the rule's severity
_severities := object.union(
	_profile_severities,
	{replace(id, "-", "_"): severity | some id, severity in parameters.severities},
)

_profile_severities[name] := severity if {
	some name
	severity := rules[name].severities[parameters.profile]
}

_covers(exemption, id, finding) if {
	_matches(exemption, "rules", id)
	_matches(exemption, "namespaces", finding.object.namespace)
	_matches(exemption, "containers", object.get(finding.use, "container", ""))
	_names_image(exemption.images, finding.use)
}

_matches(exemption, key, _) if not key in object.keys(exemption)

_matches(exemption, key, value) if {
	some pattern in exemption[key]
	glob.match(pattern, null, value)
}

_names_image([], _)

_names_image(patterns, use) if {
	some pattern in patterns
	references.matches(pattern, use.reference)
}

# METADATA
# title: Reference that does not parse
# description: |
#   The image is no valid reference. The API server stores it without looking (it refuses only an empty one and, in
#   Pods, white space at the ends), and the kubelet answers InvalidImageName at every start, whatever the policy.
# custom:
#   severity: {baseline: error, strict: error, always: error, airgapped: error, multi-tenant: error}
#   speaks: {ci: "yes", admission: "yes", audit: "yes"}
package pullpolicy.rules.image_invalid

import data.pullpolicy.references
import data.pullpolicy.result
import data.pullpolicy.texts
import data.pullpolicy.uses

severities := rego.metadata.chain()[1].annotations.custom.severity

findings contains result.image(use, message, "write [registry/]repository[:tag][@digest]") if {
	some use in uses.found
	not use.reference.valid
	not use.deferred

	message := concat("", [
		result.who(use), " has the image ", texts.quoted(use.image), ", which ", _problem(use),
		", so no container starts from it (InvalidImageName)",
	])
}

_problem(use) := "cannot end so, whatever the placeholder becomes" if {
	use.custom
	references.spoilt(use.image)
} else := references.problem(use.image)

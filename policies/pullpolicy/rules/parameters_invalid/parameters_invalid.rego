# METADATA
# title: Parameters that do not fit
# description: |
#   The parameters do not fit their schema, so none of them is in force and the baseline judges. A misspelt key
#   would otherwise weaken the rules in silence.
# custom:
#   severity: {baseline: error, strict: error, always: error, airgapped: error, multi-tenant: error}
#   speaks: {ci: "yes", admission: "yes", audit: "yes"}
package pullpolicy.rules.parameters_invalid

import data.pullpolicy.parameters
import data.pullpolicy.result
import data.pullpolicy.reviews

severities := rego.metadata.chain()[1].annotations.custom.severity

findings contains result.problem(place, message) if {
	some problem in parameters.problems

	at := array.concat(["parameters"], problem.at)
	place := {"review": null, "at": at, "object": reviews.identity({})}
	message := concat("", [result.path(at), ": ", problem.message, ", so no parameter is in force"])
}

# METADATA
# title: Parameters that do not fit
# description: |
#   The parameters do not fit their schema, so none of them is in force and the profile baseline applies.
#   Otherwise a misspelt key would silently weaken the rules.
# custom:
#   message: "{place}: {problem}, so no parameter is in force"
#   severity: {baseline: error, strict: error, always: error, airgapped: error, multi-tenant: error}
#   applies: {ci: "yes", admission: "yes", audit: "yes"}
package pullpolicy.rules.parameters_invalid

import data.pullpolicy.parameters
import data.pullpolicy.result
import data.pullpolicy.reviews
import data.pullpolicy.texts

severities := rego.metadata.chain()[1].annotations.custom.severity

template := rego.metadata.chain()[1].annotations.custom.message

findings contains result.problem(place, message) if {
	some problem in parameters.problems
	at := array.concat(["parameters"], problem.at)
	place := {"review": null, "at": at, "object": reviews.identity({})}
	sentence := strings.replace_n({"{place}": texts.path(at), "{problem}": problem.message}, template)
	message := concat("; ", [part | some part in [sentence, problem.remedy]; part != ""])
}

# METADATA
# title: Input that cannot be checked
# description: |
#   The input is not a review of a Kubernetes object, or the pod spec of a known workload cannot be read. Its images
#   were not checked, so it does not pass.
# custom:
#   severity: {baseline: error, strict: error, always: error, airgapped: error, multi-tenant: error}
#   applies: {ci: "yes", admission: custom resources, audit: custom resources}
package pullpolicy.rules.input_invalid

import data.pullpolicy.podspecs
import data.pullpolicy.result
import data.pullpolicy.reviews

severities := rego.metadata.chain()[1].annotations.custom.severity

findings contains result.problem(problem, problem.message) if {
	some problem in reviews.problems
}

findings contains result.problem(problem, problem.message) if {
	some problem in podspecs.problems
}

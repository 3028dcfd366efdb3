# METADATA
# description: |
#   the Gatekeeper host, entry of the ConstraintTemplate that pullpolicy generate writes; the parameters are the
#   Constraint's
# schemas:
#   - input: schema.gatekeeper
# custom:
#   without: [pullpolicy.documents]
package pullpolicy.gatekeeper

import data.pullpolicy.violations

# METADATA
# title: Violations
violation contains {"msg": found.msg, "details": object.remove(found, ["msg", "review"])} if {
	some found in _violations
}

# regal ignore:with-outside-test-context
_violations := found if found := violations.violations with input as {"reviews": _reviews, "parameters": _parameters}

_parameters := object.get(input, "parameters", null)

# nothing of what is deleted is going to run, but Gatekeeper hands it in
_reviews := [] if {
	input.review.operation == "DELETE"
} else := [{
	"object": object.get(input, ["review", "object"], null),
	"oldObject": object.get(input, ["review", "oldObject"], null),
	"admitted": object.get(input, ["review", "operation"], "") != "",
}]

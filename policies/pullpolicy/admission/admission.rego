# METADATA
# description: |
#   the host of admission webhooks on an OPA server: an AdmissionReview as input, and as the answer one with a
#   response. The parameters are the document pullpolicy_parameters. Where the bundle is not loaded there is no
#   answer, and the webhook's failurePolicy decides.
# schemas:
#   - input: schema.admission
package pullpolicy.admission

import data.pullpolicy.violations as judged

# METADATA
# title: Answer
# description: the AdmissionReview that the API server gets; what is not an AdmissionReview is denied
# entrypoint: true
review := {
	"apiVersion": _review.apiVersion,
	"kind": "AdmissionReview",
	"response": object.union({"uid": _uid, "allowed": count(_denials) == 0, "warnings": _warnings}, _status),
}

# METADATA
# title: Violations
# description: all violations, with paths from the AdmissionReview's root
# entrypoint: true
violations := found if {
	# regal ignore:with-outside-test-context
	found := judged.violations with input as {"reviews": [{"object": _review}]}
}

default _review := {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}

_review := input if {
	input.kind == "AdmissionReview"
	startswith(input.apiVersion, "admission.k8s.io/")
}

_uid := object.get(_review, ["request", "uid"], "")

# the same sentence about two containers of one name is said once
_denials := sort({violation.msg | some violation in violations; violation.severity == "error"})

_warnings := sort({violation.msg | some violation in violations; violation.severity == "warning"})

default _status := {}

_status := {"status": {"code": 403, "reason": "Forbidden", "message": concat("\n", _denials)}} if count(_denials) > 0

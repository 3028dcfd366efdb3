package pullpolicy.admission_test

import data.pullpolicy.admission
import data.pullpolicy_parameters

_pod(container) := {
	"apiVersion": "v1",
	"kind": "Pod",
	"metadata": {"name": "web"},
	"spec": {"containers": [object.union({"name": "app"}, container)]},
}

_asked(request) := {
	"apiVersion": "admission.k8s.io/v1",
	"kind": "AdmissionReview",
	"request": object.union({"uid": "7"}, request),
}

_fine := _pod({"image": "nginx:1", "imagePullPolicy": "IfNotPresent"})

_cached := _pod({"image": "nginx", "imagePullPolicy": "IfNotPresent"})

_mistaken := object.union(_cached, {"spec": {"containers": array.concat(
	_cached.spec.containers,
	[{"name": "db", "image": "postgres:17", "imagePullPolicy": "always"}],
)}})

# Each row is the input, whether it is allowed, the rules that deny and the rules that warn.
test_review[note] if {
	some note, tc in {
		"nothing wrong": {
			"input": _asked({"operation": "CREATE", "object": _fine}),
			"allowed": true, "denials": [], "warnings": [],
		},
		"an error and a warning": {
			"input": _asked({"operation": "CREATE", "object": _cached}),
			"allowed": false, "denials": ["mutable-tag-cached"], "warnings": ["tag-mutable"],
		},
		"two errors": {
			"input": _asked({"operation": "CREATE", "object": _mistaken}),
			"allowed": false, "denials": ["mutable-tag-cached", "policy-invalid"], "warnings": ["tag-mutable"],
		},
		"a warning": {
			"input": _asked({"operation": "CREATE", "object": _pod({"image": "nginx", "imagePullPolicy": "Always"})}),
			"allowed": true, "denials": [], "warnings": ["tag-mutable"],
		},
		"an update that keeps a default": {
			"input": _asked({
				"operation": "UPDATE",
				"object": _pod({"image": "nginx:1", "imagePullPolicy": "Always"}),
				"oldObject": _pod({"image": "nginx", "imagePullPolicy": "Always"}),
			}),
			"allowed": true, "denials": [], "warnings": ["policy-stale"],
		},
		"no policy, which the API server would have filled in": {
			"input": _asked({"operation": "CREATE", "object": _pod({"image": "nginx:1"})}),
			"allowed": true, "denials": [], "warnings": [],
		},
		"a deletion": {
			"input": _asked({"operation": "DELETE", "object": null, "oldObject": _cached}),
			"allowed": true, "denials": [], "warnings": [],
		},
		"no request": {
			"input": {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"},
			"allowed": false, "denials": ["input-invalid"], "warnings": [],
		},
		"another kind of the same group": {
			"input": object.union(_asked({"object": _fine}), {"kind": "AdmissionRequest"}),
			"allowed": false, "denials": ["input-invalid"], "warnings": [],
		},
		"the kind of another group": {
			"input": object.union(_asked({"object": _fine}), {"apiVersion": "example.com/v1"}),
			"allowed": false, "denials": ["input-invalid"], "warnings": [],
		},
		"the kind of a group that begins so": {
			"input": object.union(_asked({"object": _fine}), {"apiVersion": "admission.k8s.io.example.com/v1"}),
			"allowed": false, "denials": ["input-invalid"], "warnings": [],
		},
		"a bare Pod": {"input": _fine, "allowed": false, "denials": ["input-invalid"], "warnings": []},
		"a text": {"input": "Pod", "allowed": false, "denials": ["input-invalid"], "warnings": []},
		"null": {"input": null, "allowed": false, "denials": ["input-invalid"], "warnings": []},
	}
	answer := admission.review.response with input as tc.input
	answer.allowed == tc.allowed
	_rules(split(object.get(answer, ["status", "message"], ""), "\n")) == tc.denials
	_rules(answer.warnings) == tc.warnings
}

_rules(messages) := [rule |
	some message in messages
	message != ""
	rule := split(message, ": ")[0]
]

test_review_answers_the_question if {
	answer := admission.review with input as _asked({"operation": "CREATE", "object": _fine})
	answer == {
		"apiVersion": "admission.k8s.io/v1",
		"kind": "AdmissionReview",
		"response": {"uid": "7", "allowed": true, "warnings": []},
	}
}

test_review_in_the_version_asked if {
	asked := object.union(_asked({"operation": "CREATE", "object": _fine}), {"apiVersion": "admission.k8s.io/v1beta1"})
	answer := admission.review with input as asked
	answer.apiVersion == "admission.k8s.io/v1beta1"
}

test_review_of_nothing_that_was_asked if {
	answer := admission.review with input as _fine
	[answer.apiVersion, answer.response.uid] == ["admission.k8s.io/v1", ""]
	contains(answer.response.status.message, "AdmissionReview")
}

test_review_forbids if {
	answer := admission.review with input as _asked({"operation": "CREATE", "object": _cached})
	[answer.response.status.code, answer.response.status.reason] == [403, "Forbidden"]
}

test_parameters if {
	answer := admission.review with input as _asked({"operation": "CREATE", "object": _fine})
		with pullpolicy_parameters as {"profile": "always"}
	_rules(split(answer.response.status.message, "\n")) == ["policy-not-allowed"]
}

test_violations if {
	found := admission.violations with input as _asked({"operation": "CREATE", "object": _cached})
	{violation.path | some violation in found} == {
		"request.object.spec.containers[0].image",
		"request.object.spec.containers[0].imagePullPolicy",
	}
}

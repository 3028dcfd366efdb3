package system.log_test

import data.system.log

test_mask[note] if {
	some note, tc in {
		"reviews": {
			"input": {"reviews": [{"object": _pod}, {"object": "secret"}, {}], "parameters": {"reason": "secret"}},
			"kept": {"reviews": [{"kind": "Pod", "namespace": "shop", "name": "web"}, {}]},
		},
		"an AdmissionReview": {
			"input": {"kind": "AdmissionReview", "request": {
				"uid": "1", "operation": "CREATE", "namespace": "shop", "name": "web",
				"kind": {"group": "", "version": "v1", "kind": "Pod"},
				"object": _pod, "oldObject": _pod,
			}},
			"kept": {
				"kind": "AdmissionReview", "uid": "1", "operation": "CREATE",
				"requestKind": "Pod", "requestNamespace": "shop", "requestName": "web",
			},
		},
		"values in the place of names": {"input": {"kind": {"secret": 1}, "metadata": ["secret"]}, "kept": {}},
		"reviews that are none": {"input": {"reviews": "secret"}, "kept": {}},
		"text": {"input": "secret", "kept": {}},
		"null": {"input": null, "kept": {}},
	}
	log.mask == {{"op": "upsert", "path": "/input", "value": tc.kept}} with input as {"input": tc.input}
}

test_mask_without_input if {
	log.mask == {{"op": "upsert", "path": "/input", "value": {}}} with input as {"path": "pullpolicy/violations"}
}

_pod := {
	"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "shop", "name": "web", "annotations": {"a": "secret"}},
	"spec": {"containers": [{"name": "a", "image": "b", "env": [{"name": "C", "value": "secret"}]}]},
}

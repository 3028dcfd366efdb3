package system.log_test

import data.system.bundles
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

# Each row is a path, an answer, and what is kept of it.
test_mask_answer[note] if {
	some note, [path, result, kept] in {
		"of an entrypoint": ["pullpolicy/violations/violations", [{"msg": "found"}], [{"msg": "found"}]],
		"of a package": ["pullpolicy/violations", {"violations": [1], "_pod": _pod}, {"violations": [1]}],
		"of a package of entrypoints": ["pullpolicy/violations", {"judged": 1}, {"judged": 1}],
		"of a package of helpers": ["pullpolicy/uses", {"found": [_pod]}, {}],
		"of a helper": ["pullpolicy/uses/found", [_pod], {}],
		"of a helper called like an entrypoint": ["pullpolicy/violations/violations/violations", _pod, {}],
		"of all policies": ["pullpolicy", {"violations": {"violations": [_pod]}}, {}],
		"of all data": ["", {"pullpolicy": {"violations": {"violations": [_pod]}}}, {}],
		"of a query": [null, [{"x": _pod}], {}],
		"of text": ["pullpolicy/uses", "secret", {}],
		"of false": ["pullpolicy/uses", false, {}],
		"of nothing": ["pullpolicy/uses", {}, {}],
	}
	masked := log.mask with input as {"path": path, "input": {}, "result": result}
		with bundles as _active
	{mask.value | some mask in masked; mask.path == "/result"} == {kept | kept != result}
}

_active := {"pullpolicy": {"manifest": {"metadata": {"entrypoints": [
	"pullpolicy/violations/violations",
	"pullpolicy/violations/judged",
]}}}}

_pod := {
	"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "shop", "name": "web", "annotations": {"a": "secret"}},
	"spec": {"containers": [{"name": "a", "image": "b", "env": [{"name": "C", "value": "secret"}]}]},
}

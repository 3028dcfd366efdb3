package pullpolicy.histories_test

import data.pullpolicy.histories
import data.pullpolicy.uses

_default := _container("nginx:1", "IfNotPresent")

_live := {"uid": "0d1c", "generation": 2}

_managed(managers) := object.union(_live, {"managedFields": managers})

_by(manager, operation, fields) := object.union(_manager(operation, _app(fields)), {"manager": manager})

# Each row is the container, the metadata, and the origin with its reason.
# regal ignore:rule-length
test_origin[note] if {
	some note, tc in {
		"a manifest": [_default, {}, "declared", "it is written in the manifest"],
		"a manifest that says it was applied so": [_default, _written(_default), "declared", "it was applied"],
		"an object that was applied so": [
			_default,
			object.union(_live, _written(_default)),
			"declared", "it was applied",
		],
		"an object that was applied without": [
			_default,
			object.union(_live, _written(_bare)),
			"defaulted", "the API server stored the default; the last applied configuration leaves it out",
		],
		"an object that was applied with another policy": [
			_default,
			object.union(_live, _written(_released)),
			"stored", "nothing in the object tells a choice from a default",
		],
		"an earlier image's default that was applied": [
			_released,
			object.union(_live, _written(_bare)),
			"defaulted", "an earlier image's default, which kubectl apply left out",
		],
		"an earlier image's default that nobody owns": [
			_released,
			_managed([_by("argocd", "Apply", _new)]),
			"defaulted", "an earlier image's default, which no field manager owns",
		],
		"a default that nobody owns": [
			_default,
			_managed([_by("argocd", "Apply", _new)]),
			"defaulted", "the API server stored the default; no field manager owns it",
		],
		"a policy that one applied": [
			_default,
			_managed([_by("argocd", "Apply", _new_with_policy)]),
			"declared", "argocd wrote it",
		],
		"a policy that one edited": [
			_released,
			_managed([_by("argocd", "Apply", _new), _by("kubectl-edit", "Update", {"f:imagePullPolicy": {}})]),
			"declared", "kubectl-edit wrote it",
		],
		"a policy of a manager without a name": [
			_default,
			_managed([_manager("Apply", _app(_new_with_policy))]),
			"declared", "a field manager wrote it",
		],
		"a policy of a manager whose name is no text": [
			_default,
			_managed([_by(1, "Apply", _new_with_policy)]),
			"declared", "a field manager wrote it",
		],
		"a policy of one who created the object": [
			_default,
			_managed([_by("kubectl-create", "Update", _new_with_policy)]),
			"stored", "kubectl-create created it, and owns defaults as if it had written them",
		],
		"another policy than the default in an object as it was created": [
			_released,
			object.union(_live, {"generation": 1}),
			"declared", "it is not the image's default, and the object is as it was created",
		],
		"another policy than the default, and no word about it": [
			_released, _live,
			"stored", "nothing in the object tells a choice from a default",
		],
		"Never": [_container("nginx:1", "Never"), _live, "declared", "no image has it as its default"],
		"no word about it": [_default, _live, "stored", "nothing in the object tells a choice from a default"],
	}
	reviews := [{"object": _deployment(tc[1], [tc[0]])}]
	origins := {histories.origin(use) | some use in uses.found} with input.reviews as reviews
	origins == {{"origin": tc[2], "why": tc[3]}}
}

test_origin_at_admission if {
	review := {"object": _deployment({}, [_default]), "admitted": true}
	origins := {histories.origin(use) | some use in uses.found} with input.reviews as [review]
	why := "defaults are filled in before admission, so nothing tells them from a choice"
	origins == {{"origin": "stored", "why": why}}
}

test_origin_of_an_update if {
	review := {"object": _deployment({}, [_released]), "oldObject": _deployment({}, [_container("nginx", "Always")])}
	origins := {histories.origin(use) | some use in uses.found} with input.reviews as [review]
	origins == {{"origin": "defaulted", "why": "the default of its old image"}}
}

# Nothing is filled in there.
test_origin_in_a_custom_resource if {
	rollout := object.union(
		_deployment(_live, [_default]),
		{"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout"},
	)
	origins := {histories.origin(use) | some use in uses.found} with input.reviews as [{"object": rollout}]
	origins == {{"origin": "declared", "why": "it is written in the manifest"}}
}

package pullpolicy.podspecs_test

import data.pullpolicy.podspecs

_changed := {"containers": [object.union(_app, {"image": "nginx:2"})]}

_scaled(manifest) := json.patch(manifest, [{"op": "add", "path": "/spec/replicas", "value": 0}])

_rollout(spec) := _object("argoproj.io/v1alpha1 Rollout", {"spec": {"template": {"spec": spec}}})

# Each row is the object, the one that it replaces, whether an API server asks, and whether the pod spec is kept.
_updates := {
	"another number of replicas": [_scaled(_deployment(_spec)), _deployment(_spec), true, true],
	"a label": [
		object.union(_pod(_spec), {"metadata": {"labels": {"a": "b"}}}), _pod(_spec), true,
		true,
	],
	"another image": [_deployment(_changed), _deployment(_spec), true, false],
	"a container more": [
		_pod({"containers": [_app], "ephemeralContainers": [_app]}), _pod(_spec), true,
		false,
	],
	"another object before": [_pod(_spec), {"kind": "Pod"}, true, false],
	"a text before": [_pod(_spec), "Pod", true, false],
	"a creation": [_pod(_spec), null, true, false],
	"outside of admission": [_pod(_spec), _pod(_spec), false, false],
	"a custom resource": [_scaled(_rollout(_spec)), _rollout(_spec), true, true],
	"another image in a custom resource": [_rollout(_changed), _rollout(_spec), true, false],
}

test_kept[note] if {
	some note, [manifest, old, admitted, want] in _updates
	reviews := [{"object": manifest, "oldObject": old, "admitted": admitted}]
	found := podspecs.found with input.reviews as reviews
	places := podspecs.places with input.reviews as reviews
	pods := found | {place.pod | some place in places}
	{pod.kept | some pod in pods; not pod.former} == {want}
}

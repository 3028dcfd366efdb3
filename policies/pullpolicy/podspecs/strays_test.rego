package pullpolicy.podspecs_test

import data.pullpolicy.podspecs

_web(spec) := {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": spec}}}

test_strays_in_a_container[key] if {
	some key, found in {
		"pullPolicy": true,
		"ImagePullPolicy": true,
		"imagepullpolicy": true,
		"image_pull_policy": true,
		"image-pull-policy": true,
		"imagePullPolicy": false,
		"policy": false,
		"restartPolicy": false,
	}
	at := ["spec", "template", "spec", "containers", 0]
	workload := _web({"containers": [{"name": "app", "image": "nginx", key: "Always"}]})
	places := podspecs.places with input.reviews as [{"object": workload}]
	want := [{"at": array.concat(at, [key]), "key": key, "value": "Always"} | found]
	[stray | some place in places; some stray in place.strays] == want
}

test_strays_in_an_image_volume[note] if {
	some note, tc in {
		"under the name for containers": [
			{"image": {"reference": "nginx", "imagePullPolicy": "Never"}},
			{["image", "imagePullPolicy"]},
		],
		"beside the image": [{"image": {"reference": "nginx"}, "pullPolicy": "Never"}, {["pullPolicy"]}],
		"where it belongs": [{"image": {"reference": "nginx", "pullPolicy": "Never"}}, set()],
		"what is not text": [{"image": {"reference": "nginx"}, "pullPolicy": {"a": "b"}}, set()],
	}
	volume := object.union({"name": "data"}, tc[0])
	workload := _web({"containers": [{"name": "app", "image": "nginx"}], "volumes": [volume]})
	places := podspecs.places with input.reviews as [{"object": workload}]
	{array.slice(stray.at, 5, 9) | some place in places; some stray in place.strays} == tc[1]
}

test_strays_above_containers[note] if {
	some note, tc in {
		"in the pod spec": [
			{"spec": {"template": {"spec": {"imagePullPolicy": "Always"}}}},
			["spec", "template", "spec", "imagePullPolicy"],
		],
		"in the template": [{"spec": {"template": {"imagePullPolicy": "Always"}}}, ["spec", "template", "imagePullPolicy"]],
		"in the Deployment's spec": [{"spec": {"imagePullPolicy": "Always"}}, ["spec", "imagePullPolicy"]],
		"beside it": [{"imagePullPolicy": "Always"}, ["imagePullPolicy"]],
	}
	workload := object.union(_web({"containers": [{"name": "app", "image": "nginx"}]}), tc[0])
	pods := podspecs.found with input.reviews as [{"object": workload}]
	[stray.at | some pod in pods; some stray in pod.strays] == [tc[1]]
}

# An operator may read it.
test_no_strays_in_a_custom_resource if {
	container := {"name": "app", "image": "nginx", "pullPolicy": "Always"}
	spec := {"imagePullPolicy": "Always", "containers": [container]}
	workload := {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "spec": {"template": {"spec": spec}}}
	places := podspecs.places with input.reviews as [{"object": workload}]
	{[place.strays, place.pod.strays] | some place in places} == {[[], []]}
}

test_secrets_of_a_service_account[note] if {
	some note, tc in {
		"the one that is named": [{"serviceAccountName": "puller"}, _account("shop", "puller"), true],
		"by its old name": [{"serviceAccount": "puller"}, _account("shop", "puller"), true],
		"the default one": [{}, _account("shop", "default"), true],
		"another one": [{"serviceAccountName": "puller"}, _account("shop", "default"), false],
		"one of another namespace": [{"serviceAccountName": "puller"}, _account("blog", "puller"), false],
		"one without secrets": [{}, object.remove(_account("shop", "default"), ["imagePullSecrets"]), false],
		"what is not a ServiceAccount": [{}, object.union(_account("shop", "default"), {"kind": "Account"}), false],
	}
	spec := object.union({"containers": [{"name": "app", "image": "nginx"}]}, tc[0])
	workload := object.union(_web(spec), {"metadata": {"namespace": "shop", "name": "web"}})
	pods := podspecs.found with input.reviews as [{"object": workload}, {"object": tc[1]}]
	{pod.secrets | some pod in pods} == {tc[2]}
}

_account(namespace, name) := {
	"apiVersion": "v1",
	"kind": "ServiceAccount",
	"metadata": {"namespace": namespace, "name": name},
	"imagePullSecrets": [{"name": "registry"}],
}

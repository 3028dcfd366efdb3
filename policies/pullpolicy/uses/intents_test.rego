package pullpolicy.uses_test

import data.pullpolicy.uses

# Each row is the pod spec, and the names of the containers whose image an init container has just pulled.
test_refreshed[note] if {
	some note, tc in {
		"an init container with Always": [{"initContainers": [_named("init", "Always")]}, {"app", "debug"}],
		"an init container that gets Always by default": [
			{
				"initContainers": [{"name": "init", "image": "nginx"}],
				"containers": [{"name": "app", "image": "nginx:latest", "imagePullPolicy": "Never"}],
			},
			{"app"},
		],
		"a later init container": [
			{"initContainers": [_named("init", "Always"), _named("second", "Never")]},
			{"second", "app", "debug"},
		],
		"an init container that comes second": [
			{"initContainers": [_named("init", "Never"), _named("second", "Always")]},
			set(),
		],
		"an init container with IfNotPresent": [{"initContainers": [_named("init", "IfNotPresent")]}, set()],
		"an init container of another image": [
			{"initContainers": [{"name": "init", "image": "nginx:2", "imagePullPolicy": "Always"}]},
			set(),
		],
		"an init container whose image is pinned": [
			{
				"initContainers": [{"name": "init", "image": pinned("nginx"), "imagePullPolicy": "Always"}],
				"containers": [{"name": "app", "image": pinned("nginx"), "imagePullPolicy": "Never"}],
			},
			set(),
		],
		"an init container that cannot start": [
			{
				"initContainers": [{"name": "init", "image": "Nginx", "imagePullPolicy": "Always"}],
				"containers": [{"name": "app", "image": "Nginx", "imagePullPolicy": "Never"}],
			},
			set(),
		],
		"an image volume is there before it": [
			{
				"initContainers": [_named("init", "Always")],
				"volumes": [{"name": "data", "image": {"reference": "nginx:1", "pullPolicy": "IfNotPresent"}}],
			},
			set(),
		],
		"an image volume with Always": [
			{
				"initContainers": [_named("init", "Always")],
				"volumes": [{"name": "data", "image": {"reference": "nginx:1", "pullPolicy": "Always"}}],
			},
			{"app", "debug"},
		],
	}
	spec := object.union(
		{"containers": [_named("app", "Never")], "ephemeralContainers": [_named("debug", "Never")]},
		tc[0],
	)
	found := uses.found with input.reviews as [{"object": _pod(spec)}]
	{use.container | some use in found; use.refreshed} == tc[1]
}

test_refreshed_only_where_always_is_allowed if {
	spec := {"containers": [_named("app", "Never")], "initContainers": [_named("init", "Always")]}
	found := uses.found with input.reviews as [{"object": _pod(spec)}] with input.parameters as {"profile": "airgapped"}
	{use.refreshed | some use in found} == {false}
}

_named(name, policy) := {"name": name, "image": "nginx:1", "imagePullPolicy": policy}

test_unverified[note] if {
	some note, tc in {
		"pull secrets before 1.35": [_secret, {"kubernetesVersion": "1.34"}, {true}],
		"pull secrets since 1.35": [_secret, {"kubernetesVersion": "1.35"}, {false}],
		"a preloaded image": [_secret, {"preloadedImages": ["nginx"]}, {true}],
		"a preloaded image that is verified too": [
			_secret,
			{"preloadedImages": ["nginx"], "imagePullCredentialsVerificationPolicy": "AlwaysVerify"},
			{false},
		],
		"a private image": [{}, {"kubernetesVersion": "1.34", "privateImages": ["nginx"]}, {true}],
		"another private image": [{}, {"kubernetesVersion": "1.34", "privateImages": ["corp/**"]}, {false}],
		"no pull secrets": [{}, {"kubernetesVersion": "1.34"}, {false}],
		"what an init container has just pulled": [
			object.union(_secret, {"initContainers": [_named("init", "Always")]}),
			{"kubernetesVersion": "1.34"},
			{false},
		],
		"an image that cannot start": [
			object.union(_secret, {"containers": [{"name": "app", "image": "Nginx"}]}),
			{"kubernetesVersion": "1.34"},
			{false},
		],
	}
	spec := object.union({"containers": [_named("app", "IfNotPresent")]}, tc[0])
	found := uses.found with input.reviews as [{"object": _pod(spec)}] with input.parameters as tc[1]
	{use.unverified | some use in found; use.container == "app"} == tc[2]
}

_secret := {"imagePullSecrets": [{"name": "registry"}]}

test_meant[note] if {
	some note, tc in {
		"declared": [{"imagePullPolicy": "Always"}, {}, "Always"],
		"misspelt": [{"imagePullPolicy": " if-not_PRESENT"}, {}, "IfNotPresent"],
		"no such policy": [{"imagePullPolicy": "Sometimes"}, {}, ""],
		"undeclared": [{}, {}, ""],
		"misplaced": [{"pullPolicy": "never"}, {}, "Never"],
		"misplaced in the pod spec": [{}, {"imagePullPolicy": "Always"}, "Always"],
		"misplaced twice": [{"ImagePullPolicy": "Never"}, {"imagePullPolicy": "Always"}, "Never"],
		"declared and misplaced": [{"imagePullPolicy": "Always", "pullPolicy": "Never"}, {}, "Always"],
		"no such policy, misplaced": [{"pullPolicy": "Sometimes"}, {}, ""],
	}
	spec := object.union({"containers": [object.union({"name": "app", "image": "nginx:1"}, tc[0])]}, tc[1])
	found := uses.found with input.reviews as [{"object": _pod(spec)}]
	{use.meant | some use in found} == {tc[2]}
}

test_local[image] if {
	some image, want in {
		"localhost/app:1": true,
		"localhost:5000/app:1": true,
		"LOCALHOST/app:1": true,
		"127.0.0.1:5000/app:1": true,
		"[::1]:5000/app:1": true,
		"localhost.example.com/app:1": false,
		"nginx:1": false,
		"Nginx": false,
	}
	found := uses.found with input.reviews as [{"object": _pod({"containers": [{"name": "app", "image": image}]})}]
	{use.local | some use in found} == {want}
}

# Of a Pod, the API server looks at the ends of the image; of what makes Pods, the kubelet is the first to see them.
test_flaw_is_seen_by[note] if {
	some note, tc in {
		"a blank at the end in a Pod": [_pod({"containers": [{"name": "app", "image": "nginx "}]}), "api"],
		"a blank within, in a Pod": [_pod({"containers": [{"name": "app", "image": "ngi nx"}]}), "kubelet"],
		"a blank at the end in an image volume": [
			_pod({"containers": [_container], "volumes": [{"name": "data", "image": {"reference": "nginx "}}]}),
			"kubelet",
		],
		"a blank at the end in a Rollout": [_rollout({"containers": [{"name": "app", "image": "nginx "}]}), "kubelet"],
		"no image": [_pod({"containers": [{"name": "app", "image": ""}]}), "api"],
	}
	found := uses.found with input.reviews as [{"object": tc[0]}]
	{use.flaw.by | some use in found; use.flaw != {}} == {tc[1]}
}

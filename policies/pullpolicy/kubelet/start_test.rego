package pullpolicy.kubelet_test

import data.pullpolicy.kubelet
import data.pullpolicy.uses_test

_cached := {"pull": false, "outcome": "cached"}

_pulled := {"pull": true, "outcome": "pulled"}

_never := {"pull": false, "outcome": "ErrImageNeverPull"}

# What starts of nginx:1 with the three policies come to on a node in a state.
_starts := {
	"an empty node": [{}, _pulled, _pulled, _never],
	"an image that was preloaded": [_has("preloaded"), _pulled, _cached, _cached],
	"an image that came without credentials": [_has("anonymous"), _pulled, _cached, _cached],
	"an image that came with credentials": [_has("secret"), _pulled, _pulled, _never],
	"the same secret": [
		object.union(_has("secret"), {"credentials": "same"}),
		_pulled, _cached, _cached,
	],
	"a secret with the same content": [
		object.union(_has("secret"), {"credentials": "same-content"}),
		_pulled, _cached, _cached,
	],
	"the same secret with other content": [
		object.union(_has("secret"), {"credentials": "rotated"}),
		_pulled, _cached, _cached,
	],
	"another secret": [
		object.union(_has("secret"), {"credentials": "other"}),
		_pulled, _pulled, _never,
	],
	"no verification": [
		object.union(_has("secret"), {"verification": {"policy": "NeverVerify"}}),
		_pulled, _cached, _cached,
	],
	"verification of all, and an image that was preloaded": [
		object.union(_has("preloaded"), {"verification": {"policy": "AlwaysVerify"}, "credentials": "same"}),
		_pulled, _pulled, _never,
	],
	"verification of all, and an image that came without credentials": [
		object.union(_has("anonymous"), {"verification": {"policy": "AlwaysVerify"}}),
		_pulled, _cached, _cached,
	],
	"a list with the image in it": [_list("secret", ["nginx"]), _pulled, _cached, _cached],
	"a list with other images in it": [_list("preloaded", ["busybox", "library/*"]), _pulled, _pulled, _never],
	# names are compared as they are written
	"a list with the image's full name in it": [
		_list("preloaded", ["docker.io/library/nginx", "docker.io/*"]),
		_pulled, _pulled, _never,
	],
	"a kubelet that does not verify": [
		object.union(_has("secret"), {"kubernetesVersion": "1.34"}),
		_pulled, _cached, _cached,
	],
	"the feature gate of a kubelet that verifies": [
		object.union(_has("secret"), {"kubernetesVersion": "1.33", "verification": {}}),
		_pulled, _pulled, _never,
	],
	"the first kubelet that verifies": [
		object.union(_has("secret"), {"kubernetesVersion": "1.35"}),
		_pulled, _pulled, _never,
	],
	"another tag": [{"images": [{"name": "nginx:2"}]}, _pulled, _pulled, _never],
	"no tag": [{"images": [{"name": "nginx"}]}, _pulled, _pulled, _never],
	"a digest": [{"images": [{"name": uses_test.pinned("nginx:1")}]}, _pulled, _pulled, _never],
	"another registry": [{"images": [{"name": "example.com/nginx:1"}]}, _pulled, _pulled, _never],
	# the image is there, but its record is not the image's as it is written
	"another name, of an image that was preloaded": [
		{"images": [{"name": "docker.io/library/nginx:1", "arrived": "preloaded"}]},
		_pulled, _cached, _cached,
	],
	"another name, of an image that came without credentials": [
		{"images": [{"name": "docker.io/library/nginx:1", "arrived": "anonymous"}]},
		_pulled, _pulled, _never,
	],
	"another name, before names were compared as they are written": [
		{"kubernetesVersion": "1.35", "images": [{"name": "docker.io/library/nginx:1", "arrived": "anonymous"}]},
		_pulled, _cached, _cached,
	],
	"two names": [
		{"images": [{"name": "library/nginx:1", "arrived": "secret"}, {"name": "nginx:1", "arrived": "anonymous"}]},
		_pulled, _cached, _cached,
	],
	"two names, of which this one was preloaded": [
		{"images": [{"name": "library/nginx:1", "arrived": "anonymous"}, {"name": "nginx:1"}]},
		_pulled, _pulled, _never,
	],
	"a registry that refuses": [
		object.union(_has("preloaded"), {"registry": "refused"}),
		_failed("ErrImagePull"), _cached, _cached,
	],
	"a registry that is unavailable": [
		{"registry": "unavailable"},
		_failed("RegistryUnavailable"), _failed("RegistryUnavailable"), _never,
	],
	"a signature that is not valid": [
		object.union(_has("secret"), {"registry": "signatureInvalid"}),
		_failed("SignatureValidationFailed"), _failed("SignatureValidationFailed"), _never,
	],
	"a registry that is unavailable to a kubelet that does not know the reason": [
		{"kubernetesVersion": "1.27", "registry": "unavailable"},
		_failed("ErrImagePull"), _failed("ErrImagePull"), _never,
	],
	"a registry that is unavailable to the first kubelet that knows the reason": [
		{"kubernetesVersion": "1.28", "registry": "unavailable"},
		_failed("RegistryUnavailable"), _failed("RegistryUnavailable"), _never,
	],
}

test_start[note] if {
	some note, tc in _starts
	node := kubelet.node with input.node as tc[0]
	starts := [start |
		some policy in ["Always", "IfNotPresent", "Never"]
		start := object.remove(kubelet.start(uses_test.example({"effective": policy}), node), ["why"])
	]
	starts == array.slice(tc, 1, 4)
}

test_start_of_another_name[note] if {
	some note, tc in {
		"no tag": ["nginx", {"images": [{"name": "nginx:latest", "arrived": "anonymous"}]}, _cached],
		"a digest, whatever the tag": [
			uses_test.pinned("nginx:1"),
			{"images": [{"name": uses_test.pinned("nginx:2"), "arrived": "anonymous"}]},
			_cached,
		],
		"a list, whatever tag and digest": [uses_test.pinned("nginx:1"), _pinned("1.37", ["nginx"]), _cached],
		"a list, and a longer name": ["nginx-1", _list("secret", ["nginx"]), _pulled],
		# the kubelet compared the whole image
		"a list before 1.36, and a tag": [
			"docker.io/library/nginx:1",
			_pinned("1.35", ["docker.io/library/nginx"]),
			_pulled,
		],
		"a list before 1.36, and no tag": [
			"docker.io/library/nginx",
			object.union(
				_list("secret", ["docker.io/library/nginx"]),
				{"kubernetesVersion": "1.35", "images": [{"name": "nginx", "arrived": "secret"}]},
			),
			_cached,
		],
		"a prefix before 1.36": [
			"docker.io/library/nginx:1",
			object.union(_list("secret", ["docker.io/*"]), {"kubernetesVersion": "1.35"}),
			_cached,
		],
		"a prefix": ["team/app", _holding("1.37", "team/app", ["team/*"]), _cached],
		"a prefix, and a longer name before the slash": [
			"team-evil/app",
			_holding("1.37", "team-evil/app", ["team/*"]),
			_pulled,
		],
		"a list in 1.36, and a tag": ["nginx:1", _holding("1.36", "nginx:1", ["nginx"]), _cached],
		"a list in 1.36, and another spelling": [
			"docker.io/library/nginx:1",
			_holding("1.36", "docker.io/library/nginx:1", ["nginx"]),
			_pulled,
		],
		"another name in 1.36": [
			"nginx:1",
			{
				"kubernetesVersion": "1.36",
				"images": [{"name": "docker.io/library/nginx:1", "arrived": "anonymous"}],
			},
			_pulled,
		],
		"a registry with a port": [
			"example.com:5000/app",
			{
				"images": [{"name": "example.com:5000/app", "arrived": "secret"}],
				"verification": {"policy": "NeverVerifyAllowlistedImages", "allowlist": ["example.com:5000/app"]},
			},
			_cached,
		],
	}
	node := kubelet.node with input.node as tc[1]
	object.remove(kubelet.start(uses_test.example({"image": tc[0]}), node), ["why"]) == tc[2]
}

test_start_that_does_not_come_to_the_policy[note] if {
	some note, tc in {
		"a name that does not parse": [
			{"image": "Nginx", "flaw": _flaw, "effective": "Always"},
			"InvalidImageName", "the image has upper-case letters in the repository",
		],
		"a policy that the API server rejects": [
			{"declared": "always", "effective": ""},
			"rejected", "always is not a valid policy",
		],
		"an image that the API server rejects": [
			{"image": "", "flaw": {"by": "api", "cause": "is missing"}},
			"rejected", "the image is missing",
		],
		"a policy that is filled in later": [
			{"declared": "$(params.policy)", "effective": "", "undecided": true},
			"unknown", "the policy is filled in later",
		],
		"an operator's policy": [
			{"declared": "", "effective": "", "undecided": true, "by_operator": true},
			"unknown", "its operator chooses the policy",
		],
		"a default that is not known yet": [
			{"declared": "", "default": "", "effective": "", "undecided": true, "image": "$(params.image)", "deferred": true},
			"unknown", "the policy depends on the image, which is filled in later",
		],
		"an image that is filled in later": [
			{"image": "$(params.image)", "deferred": true},
			"unknown", "the image is filled in later",
		],
		"an image that is filled in later, with Never": [
			{"image": "$(params.image)", "deferred": true, "effective": "Never"},
			"unknown", "the image is filled in later",
		],
	}
	node := kubelet.node with input.node as _has("preloaded")
	kubelet.start(uses_test.example(tc[0]), node) == {"pull": false, "outcome": tc[1], "why": tc[2]}
}

# Whatever it is, it is pulled.
test_start_of_an_image_that_is_filled_in_later_with_always if {
	node := kubelet.node with input.node as {}
	use := uses_test.example({"image": "$(params.image)", "deferred": true, "effective": "Always"})
	kubelet.start(use, node) == object.union(_pulled, {"why": "Always asks at each start"})
}

# Each row is the state, the policy and the reason.
test_start_why[note] if {
	some note, tc in {
		"Always": [_has("secret"), "Always", "Always asks at each start"],
		"a copy": [_has("preloaded"), "IfNotPresent", "the node has the image"],
		"no copy": [{}, "IfNotPresent", "the node does not have the image"],
		"no copy, and the registry down": [
			{"registry": "refused"}, "IfNotPresent",
			"the node does not have the image",
		],
		"no copy, with Never": [{}, "Never", "the node does not have the image"],
		"another tag": [
			{"images": [{"name": "nginx:2"}]}, "Never",
			"the node has other tags or digests of the repository, but not this one",
		],
		"another repository": [{"images": [{"name": "busybox:1"}]}, "Never", "the node does not have the image"],
		"no copy that is listed": [
			{"images": [{"name": "nginx:2"}], "complete": false}, "IfNotPresent",
			"the list of the node's images is cut, and this one is not on it",
		],
		"another name": [
			{"images": [{"name": "docker.io/library/nginx:1", "arrived": "anonymous"}]}, "IfNotPresent",
			"the kubelet knows the node's copy as docker.io/library/nginx, and not by this name",
		],
		"another secret": [
			_has("secret"), "Never",
			"the image came with a pull secret that the Pod does not have",
		],
		"another name and another secret": [
			{"images": [{"name": "docker.io/library/nginx:1", "arrived": "secret"}]}, "Never",
			"the image came with a pull secret that the Pod does not have",
		],
		"a preloaded image that is verified": [
			object.union(_has("preloaded"), {"verification": {"policy": "AlwaysVerify"}}), "Never",
			"the kubelet verifies preloaded images too, and nothing shows that the Pod may use it",
		],
		"an image that came somehow": [
			object.union(_has("unknown"), {"verification": {"policy": "AlwaysVerify"}}), "Never",
			"the node has the image, but it is not known with whose credentials it came",
		],
	}
	node := kubelet.node with input.node as tc[0]
	kubelet.start(uses_test.example({"effective": tc[1]}), node).why == tc[2]
}

# An image that came somehow is one that anybody may pull, unless the Pod has credentials for it.
test_start_of_an_image_that_came_somehow[note] if {
	some note, tc in {
		"no credentials": [{"private": false}, {}, "cached"],
		"credentials": [{"private": true}, {}, "unknown"],
		"credentials, and a kubelet that does not verify": [{"private": true}, {"kubernetesVersion": "1.34"}, "cached"],
		"credentials, and a kubelet that is told not to": [
			{"private": true},
			{"verification": {"policy": "NeverVerify"}},
			"cached",
		],
		"verification of all": [{"private": false}, {"verification": {"policy": "AlwaysVerify"}}, "unknown"],
		"a list that is cut, with the image on it": [{"private": false}, {"complete": false}, "cached"],
		"another way in which it came": [
			{"private": true},
			{"images": [{"name": "nginx:1", "arrived": "unknown"}, {"name": "nginx:1", "arrived": "anonymous"}]},
			"cached",
		],
	}
	node := kubelet.node with input.node as object.union(_has("unknown"), tc[1])
	kubelet.start(uses_test.example(tc[0]), node).outcome == tc[2]
}

test_start_of_what_is_not_listed[note] if {
	some note, tc in {
		"Always": ["Always", _pulled],
		"IfNotPresent": ["IfNotPresent", {"pull": false, "outcome": "unknown"}],
		"Never": ["Never", {"pull": false, "outcome": "unknown"}],
	}
	node := kubelet.node with input.node as {"complete": false}
	object.remove(kubelet.start(uses_test.example({"effective": tc[0]}), node), ["why"]) == tc[1]
}

test_start_of_an_image_volume[note] if {
	some note, tc in {
		"a kubelet that mounts none": ["1.34", {"pull": false, "outcome": "ContainerCreating", "why": _volumes_off}],
		"the first kubelet that does": [
			"1.35",
			{"pull": true, "outcome": "pulled", "why": "the node does not have the image"},
		],
	}
	node := kubelet.node with input.node as {"kubernetesVersion": tc[0]}
	kubelet.start(uses_test.example({"list": "volumes"}), node) == tc[1]
}

_has(arrived) := {"images": [{"name": "nginx:1", "arrived": arrived}]}

_list(arrived, patterns) := object.union(
	_has(arrived),
	{"verification": {"policy": "NeverVerifyAllowlistedImages", "allowlist": patterns}},
)

_pinned(version, patterns) := object.union(
	_list("secret", patterns),
	{"kubernetesVersion": version, "images": [
		{"name": uses_test.pinned("nginx:1"), "arrived": "secret"},
		{"name": "docker.io/library/nginx:1", "arrived": "secret"},
	]},
)

_holding(version, image, patterns) := object.union(
	_list("secret", patterns),
	{"kubernetesVersion": version, "images": [{"name": image, "arrived": "secret"}]},
)

_failed(reason) := {"pull": true, "outcome": reason, "retry": "ImagePullBackOff"}

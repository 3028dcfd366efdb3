package pullpolicy.kubelet_test

import data.pullpolicy.kubelet

_keys := "complete, credentials, images, kubernetesVersion, registry, verification"

_policies := "NeverVerify, NeverVerifyPreloadedImages, NeverVerifyAllowlistedImages, AlwaysVerify"

# Each row is the state, and of each complaint the place and the words.
_complaints := {
	"a text": ["idle", {[[], `"idle" is a string; write an object`]}],
	"an unknown key": [
		{"image": []},
		{[["image"], sprintf(`"image" is not known; write one of %s`, [_keys])]},
	],
	"a number for the version": [
		{"kubernetesVersion": 1.30},
		{[["kubernetesVersion"], "1.30 is a number; write a string"]},
	],
	"a version with a patch": [
		{"kubernetesVersion": "1.37.2", "verification": {"allowlist": []}},
		{[["kubernetesVersion"], `"1.37.2" does not match ^1\.(?:0|[1-9][0-9]*)$`]},
	],
	"a version with a nought before it": [
		{"kubernetesVersion": "1.037"},
		{[["kubernetesVersion"], `"1.037" does not match ^1\.(?:0|[1-9][0-9]*)$`]},
	],
	"a map for the images": [
		{"images": {"name": "nginx"}},
		{[["images"], "{…} is an object; write an array"]},
	],
	"a text for an image": [{"images": ["nginx"]}, {[["images", 0], `"nginx" is a string; write an object`]}],
	"an image without a name": [{"images": [{"arrived": "secret"}]}, {[["images", 0], "lacks name"]}],
	"an empty name": [{"images": [{"name": ""}]}, {[["images", 0, "name"], "is empty"]}],
	"a name that does not parse": [
		{"images": [{"name": "nginx:1"}, {"name": "Nginx"}]},
		{[["images", 1, "name"], `"Nginx" is not a valid image: it has upper-case letters in the repository`]},
	],
	"another arrival": [
		{"images": [{"name": "nginx", "arrived": "pulled"}]},
		{[["images", 0, "arrived"], `"pulled" is not one of preloaded, anonymous, secret, unknown`]},
	],
	"another registry": [
		{"registry": "down"},
		{[["registry"], `"down" is not one of up, refused, unavailable, signatureInvalid`]},
	],
	"other credentials": [
		{"credentials": "different"},
		{[["credentials"], `"different" is not one of none, same, same-content, rotated, other`]},
	],
	"null for a key": [{"registry": null}, {[["registry"], "null is a null; write a string"]}],
	"the spelling in the documentation of Kubernetes": [
		{"verification": {"policy": "NeverVerifyAllowListedImages"}},
		{[
			["verification", "policy"],
			sprintf(`"NeverVerifyAllowListedImages" is not one of %s`, [_policies]),
		]},
	],
	"a kubelet that does not verify": [
		{"kubernetesVersion": "1.32", "verification": {"policy": "NeverVerify"}},
		{[["verification"], "a kubelet of 1.32 does not verify credentials, and does not start with this; remove it"]},
	],
	"a list for a kubelet that does not verify": [
		{
			"kubernetesVersion": "1.9",
			"verification": {"policy": "NeverVerifyAllowlistedImages", "allowlist": ["*"]},
		},
		{[["verification"], "a kubelet of 1.9 does not verify credentials, and does not start with this; remove it"]},
	],
	"a list without a policy": [
		{"verification": {"allowlist": ["nginx"]}},
		{[
			["verification", "allowlist"],
			"NeverVerifyPreloadedImages takes no list; write policy: NeverVerifyAllowlistedImages",
		]},
	],
	"a list for another policy": [
		{"verification": {"policy": "AlwaysVerify", "allowlist": ["nginx"]}},
		{[["verification", "allowlist"], "AlwaysVerify takes no list; write policy: NeverVerifyAllowlistedImages"]},
	],
	"a text for the list": [
		{"verification": {"allowlist": "nginx"}},
		{[["verification", "allowlist"], `"nginx" is a string; write an array`]},
	],
	"no text in the list": [
		{"verification": {"policy": "NeverVerifyAllowlistedImages", "allowlist": [1]}},
		{[["verification", "allowlist", 0], "1 is a number; write a string"]},
	],
}

test_problems[note] if {
	some note, tc in _complaints
	found := kubelet.problems with input.node as tc[0]
	{[problem.at, problem.message] | some problem in found} == tc[1]
	not kubelet.node with input.node as tc[0]
}

test_problems_of_patterns[note] if {
	some note, tc in {
		"an empty one": ["1.37", "", "is empty"],
		"white space": ["1.37", " nginx", `" nginx" has white space around it`],
		"a star alone": ["1.37", "*", `"*" has a * that is not a final /*`],
		"a star after a prefix": ["1.37", "nginx*", `"nginx*" has a * that is not a final /*`],
		"two stars": ["1.37", "nginx/**", `"nginx/**" has a * that is not a final /*`],
		"a star within": ["1.37", "a/*/*", `"a/*/*" has a * that is not a final /*`],
		"no registry": ["1.37", "/*", `"/*" names no registry`],
		"a tag": ["1.37", "nginx:1", `"nginx:1" is not a name without tag and digest`],
		"a tag in 1.36": ["1.36", "nginx:1", `"nginx:1" is not a name without tag and digest`],
		"upper case": ["1.37", "Nginx", `"Nginx" is not a name without tag and digest`],
		"too long": [
			"1.37", sprintf("example.com/%s", [_long(256)]),
			sprintf(`"example.com/%s"… is not a name without tag and digest`, [_long(256 - count("example.com/"))]),
		],
		"a short name before 1.36": [
			"1.35", "nginx",
			`"nginx" is not a full name without tag and digest, such as docker.io/library/nginx`,
		],
		"the first kubelet that verifies": ["1.33", "*", `"*" has a * that is not a final /*`],
		"no name before 1.36": [
			"1.35", "Nginx",
			`"Nginx" is not a full name without tag and digest, such as docker.io/library/nginx`,
		],
	}
	found := kubelet.problems with input.node as _listing(tc[0], tc[1])
	found == {{"at": ["verification", "allowlist", 0], "message": tc[2]}}
}

test_no_problems[note] if {
	some note, node in {
		"nothing given": {},
		"everything given": {
			"kubernetesVersion": "1.36",
			"images": [{"name": "nginx", "arrived": "preloaded"}, {"name": "busybox:1"}],
			"verification": {"policy": "NeverVerifyAllowlistedImages", "allowlist": ["nginx", "docker.io/*"]},
			"registry": "signatureInvalid",
			"credentials": "same-content",
		},
		"an old kubelet": {"kubernetesVersion": "1.20", "images": [{"name": "nginx"}]},
		"a policy that takes no list, and an empty one": {"verification": {"policy": "NeverVerify", "allowlist": []}},
		"an empty verification": {"verification": {}},
		"a feature gate that is on": {"kubernetesVersion": "1.33", "verification": {"policy": "NeverVerify"}},
		"a short name in 1.36": _listing("1.36", "nginx"),
		"a full name before 1.36": _listing("1.35", "docker.io/library/nginx"),
		"a prefix before 1.36": _listing("1.35", "Docker.io/*"),
		"a long name": _listing("1.37", sprintf("example.com/%s", [_long(255)])),
		"a long name whose first part is no host": _listing("1.37", sprintf("a_b/%s", [_long(251)])),
		"what would be an image id": _listing("1.37", _long(64)),
	}
	count(kubelet.problems) == 0 with input.node as node
	kubelet.node with input.node as node
}

test_no_node[note] if {
	some note, given in {"none": {}, "null": {"node": null}}
	not kubelet.node with input as given
	count(kubelet.problems) == 0 with input as given
}

# What is not given is the kubelet's default.
test_node_defaults if {
	node := kubelet.node with input.node as {"images": [{"name": "nginx"}]}
	node.minor == 37
	node.verification == {"policy": "NeverVerifyPreloadedImages", "allowlist": []}
	node.registry == "up"
	node.credentials == "none"
	node.complete
	not node.configured
	node.copies == {"docker.io/library/nginx:latest": {{
		"name": "nginx",
		"repository": "docker.io/library/nginx",
		"arrived": "preloaded",
	}}}
}

# What a Node says of its node.
test_node_of_an_object[note] if {
	some note, tc in {
		"a release": ["v1.34.1", [["docker.io/library/nginx:1"]], 34, true],
		"a distribution's release": ["v1.31.2+k3s1", [["docker.io/library/nginx:1", "nginx:2"]], 31, true],
		"a cloud's release": ["v1.33.4-gke.1000", [["docker.io/library/nginx:1"]], 33, true],
		"a version without a patch": ["1.35", [["docker.io/library/nginx:1"]], 35, true],
		"names that mean nothing": ["v1.37.2", [["<none>@<none>", 1], null, ["docker.io/library/nginx:1"]], 37, true],
		"no images": ["v1.37.2", [], 37, false],
		"as many images as a Node names": [
			"v1.37.2",
			array.concat([["docker.io/library/nginx:1"]], [[] | some _ in numbers.range(1, 49)]),
			37, false,
		],
		"as many names as a Node has of an image": [
			"v1.37.2",
			[["docker.io/library/nginx:1", "a:1", "a:2", "a:3", "a:4"]],
			37, false,
		],
	}
	images := [{"names": names, "sizeBytes": 1} | some names in tc[1]]
	node := kubelet.node with input.node as _object(tc[0], images)
	[node.minor, node.complete] == array.slice(tc, 2, 4)
	{copy | some copy in node.copies["docker.io/library/nginx:1"]} == {copy |
		count(tc[1]) > 0
		copy := {
			"name": "docker.io/library/nginx",
			"repository": "docker.io/library/nginx",
			"arrived": "unknown",
		}
	}
	count(kubelet.problems) == 0 with input.node as _object(tc[0], images)
}

test_node_without_images if {
	bare := {"kind": "Node", "status": {"nodeInfo": {"kubeletVersion": "v1.37.2"}}}
	node := kubelet.node with input.node as bare
	[node.minor, node.complete, node.copies] == [37, false, {}]
}

test_problems_of_an_object[note] if {
	some note, tc in {
		"a list": [
			{"apiVersion": "v1", "kind": "List", "items": [_object("v1.37.2", [])]},
			["kind"], "List is not a Node; write kubectl get node NAME -o yaml",
		],
		"no kind": [{"apiVersion": "v1"}, ["kind"], `"" is not a Node; write kubectl get node NAME -o yaml`],
		"a kind that is no text": [
			{"apiVersion": "v1", "kind": 1},
			["kind"], "1 is not a Node; write kubectl get node NAME -o yaml",
		],
		"a Node without its status": [
			{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"}},
			["status", "nodeInfo", "kubeletVersion"], `"" is not the version of a kubelet, such as v1.37.2`,
		],
		"a version that is none": [
			_object("latest", []),
			["status", "nodeInfo", "kubeletVersion"], `"latest" is not the version of a kubelet, such as v1.37.2`,
		],
		"a number for the version": [
			_object(1.37, []),
			["status", "nodeInfo", "kubeletVersion"], `"1.37" is not the version of a kubelet, such as v1.37.2`,
		],
	}
	found := kubelet.problems with input.node as tc[0]
	found == {{"at": tc[1], "message": tc[2]}}
	not kubelet.node with input.node as tc[0]
}

_object(version, images) := {
	"apiVersion": "v1",
	"kind": "Node",
	"metadata": {"name": "a"},
	"status": {"nodeInfo": {"kubeletVersion": version}, "images": images},
}

test_node_schema_is_a_schema if {
	json.verify_schema(kubelet.schema) == [true, null]
}

# The schema is for others to read, so it has to say what the check says, where JSON Schema can.
test_node_schema_refuses[note] if {
	some note, state in {note: tc[0] | some note, tc in _complaints; not note in _only_checked}
	[valid, _] := json.match_schema(json.marshal(state), kubelet.schema)
	not valid
}

_only_checked := {
	"a name that does not parse", "a kubelet that does not verify", "a list for a kubelet that does not verify",
	"a list without a policy", "a list for another policy",
}

_listing(version, pattern) := {
	"kubernetesVersion": version,
	"verification": {"policy": "NeverVerifyAllowlistedImages", "allowlist": [pattern]},
}

_long(length) := concat("", ["a" | some _ in numbers.range(1, length)])

package pullpolicy.podspecs_test

import data.pullpolicy.parameters
import data.pullpolicy.podspecs
import data.pullpolicy.texts

# Each row is what stands at spec.app, the image that it comes to, the keys of the image and of the policy, the policy,
# whether an operator chooses the policy, and whether it completes the image.
_parts := {
	"an image beside a policy": [
		{"image": "nginx", "imagePullPolicy": "Never"},
		["nginx", "image", "imagePullPolicy", "Never", false, false],
	],
	"an image beside the short name of a policy": [
		{"image": "nginx", "pullPolicy": "Never"},
		["nginx", "image", "pullPolicy", "Never", false, false],
	],
	"an imageName": [
		{"imageName": "postgres", "imagePullPolicy": "Never"},
		["postgres", "imageName", "imagePullPolicy", "Never", false, false],
	],
	"a package": [
		{"package": "xpkg.io/a/b", "packagePullPolicy": "Never"},
		["xpkg.io/a/b", "package", "packagePullPolicy", "Never", false, false],
	],
	"an image and a version": [
		{"image": "argocd", "version": "v2", "imagePullPolicy": null},
		["argocd:v2", "image", "imagePullPolicy", null, false, false],
	],
	"an image and a digest for a version": [
		{"image": "argocd", "version": "sha256:0", "imagePullPolicy": null},
		["argocd@sha256:0", "image", "imagePullPolicy", null, false, false],
	],
	"an image with a tag and a version": [
		{"image": "argocd:v1", "version": "v2", "imagePullPolicy": null},
		["argocd:v1", "image", "imagePullPolicy", null, false, false],
	],
	"an image and an empty version": [
		{"image": "argocd", "version": "", "imagePullPolicy": null},
		["argocd", "image", "imagePullPolicy", null, false, false],
	],
	"a driver in three parts": [
		{"repository": "nvcr.io/nvidia", "image": "driver", "version": "550", "imagePullPolicy": "Always"},
		["nvcr.io/nvidia/driver:550", "image", "imagePullPolicy", "Always", false, false],
	],
	"a driver whose operator knows the version": [
		{"repository": "nvcr.io/nvidia", "image": "driver", "imagePullPolicy": "Always"},
		["nvcr.io/nvidia/driver", "image", "imagePullPolicy", "Always", false, true],
	],
	"a repository and a tag": [
		{"repository": "nginx", "tag": "latest", "pullPolicy": "Never"},
		["nginx:latest", "tag", "pullPolicy", "Never", true, false],
	],
	"a registry, a repository and a digest": [
		{"registry": "example.com", "repository": "nginx", "digest": "sha256:0", "imagePullPolicy": "Never"},
		["example.com/nginx@sha256:0", "repository", "imagePullPolicy", "Never", true, false],
	],
	"a repository and the hexadecimal of a digest": [
		{"repository": "nginx", "sha": "0", "pullPolicy": "Never"},
		["nginx@sha256:0", "repository", "pullPolicy", "Never", true, false],
	],
	"a repository whose operator knows the tag": [
		{"repository": "nginx", "pullPolicy": "Never"},
		["nginx", "repository", "pullPolicy", "Never", true, true],
	],
	"a repository that holds the tag": [
		{"repository": "nginx:1", "pullPolicy": "Never"},
		["nginx:1", "repository", "pullPolicy", "Never", true, false],
	],
}

test_parts[note] if {
	some note, [written, want] in _parts
	found := podspecs.places with input.reviews as [{"object": _object("example.com/v1 App", {"spec": {"app": written}})}]
	{[
		place.image, place.image_at[count(place.image_at) - 1], place.policy_at[count(place.policy_at) - 1], place.policy,
		place.by_operator, place.open,
	] |
		some place in found
	} == {want}
	{[place.list, place.at] | some place in found} == {["app", ["spec", "app"]]}
}

test_image_map_without_a_policy if {
	app := _object("example.com/v1 App", {"spec": {"image": {"repository": "nginx", "tag": "1"}}})
	found := podspecs.places with input.reviews as [{"object": app}]
	{[place.list, place.image, place.policy_at] | some place in found} == {[
		"image",
		"nginx:1",
		["spec", "image", "pullPolicy"],
	]}
}

test_image_maps_in_a_list if {
	app := _object("example.com/v1 App", {"spec": {"images": [
		{"repository": "nginx", "tag": "1", "pullPolicy": "Never"},
		[{"repository": "nginx", "tag": "2", "pullPolicy": "Never"}],
	]}})
	found := podspecs.places with input.reviews as [{"object": app}]
	{[place.image, place.pod.at] | some place in found} == {["nginx:1", ["spec"]], ["nginx:2", ["spec"]]}
}

# A sibling of the image in a container is not part of it.
test_container_has_no_parts if {
	container := {"image": "nginx", "tag": "1", "imagePullPolicy": "Never"}
	app := _object("example.com/v1 App", {"spec": {"containers": [container]}})
	found := podspecs.places with input.reviews as [{"object": app}]
	{place.image | some place in found} == {"nginx"}
}

# Each row is a step, its template, and the image, its place and the policy.
test_steps[note] if {
	some note, tc in {
		"all from the template": [
			{}, {"image": "nginx", "imagePullPolicy": "Never"},
			["nginx", ["spec", "stepTemplate", "image"], "Never"],
		],
		"the image from the template": [
			{"imagePullPolicy": "Always"}, {"image": "nginx", "imagePullPolicy": "Never"},
			["nginx", ["spec", "stepTemplate", "image"], "Always"],
		],
		"null for the image": [
			{"image": null}, {"image": "nginx"},
			["nginx", ["spec", "stepTemplate", "image"], null],
		],
		"the policy from the template": [
			{"image": "busybox"}, {"image": "nginx", "imagePullPolicy": "Never"},
			["busybox", ["spec", "steps", 0, "image"], "Never"],
		],
		"a policy that is not text in the template": [
			{"image": "busybox"}, {"imagePullPolicy": ["Never"]},
			["busybox", ["spec", "steps", 0, "image"], null],
		],
	}
	task := _object("tekton.dev/v1 Task", {"spec": {"stepTemplate": tc[1], "steps": [tc[0]]}})
	found := podspecs.places with input.reviews as [{"object": task}]
	{[place.image, place.image_at, place.policy] | some place in found} == {tc[2]}
	{place.policy_at | some place in found} == {["spec", "steps", 0, "imagePullPolicy"]}
}

# Each row is a known place, what stands at spec, and of each image its place, policy, place of the policy, and whether
# an operator chooses the policy.
_known := {
	"an image": [
		{"image": "spec.image", "policy": "spec.pullPolicy"}, {"image": "nginx"},
		{["spec.image", null, "spec.pullPolicy", false]},
	],
	"an image and a policy": [
		{"image": "spec.image", "policy": "spec.pull"}, {"image": "nginx", "pull": "Never"},
		{["spec.image", "Never", "spec.pull", false]},
	],
	"an image in a kind without a policy": [
		{"image": "spec.image"}, {"image": "nginx"},
		{["spec.image", null, "", true]},
	],
	"an image under a key of its own": [
		{"image": "spec.oven"}, {"oven": "nginx"},
		{["spec.oven", null, "", true]},
	],
	"images under any key": [
		{"image": "spec.*"}, {"oven": "nginx", "size": 1},
		{["spec.oven", null, "", true]},
	],
	"images anywhere": [
		{"image": "*.*"}, {"oven": "nginx"},
		{["spec.oven", null, "", true]},
	],
	"images of a list": [
		{"image": "spec.ovens[*].image", "policy": "spec.ovens[*].pull"},
		{"ovens": [{"image": "nginx", "pull": "Never"}, {"image": "busybox"}, {"image": 1}]},
		{
			["spec.ovens[0].image", "Never", "spec.ovens[0].pull", false],
			["spec.ovens[1].image", null, "spec.ovens[1].pull", false],
		},
	],
	"one policy for all": [
		{"image": "spec.ovens.*.image", "policy": "spec.pull"}, {"ovens": {"a": {"image": "nginx"}}, "pull": "Never"},
		{["spec.ovens.a.image", "Never", "spec.pull", false]},
	],
	"what its shape tells": [
		{"image": "spec.image", "policy": "spec.pull"}, {"image": "nginx", "imagePullPolicy": "Never"},
		{["spec.image", "Never", "spec.imagePullPolicy", false]},
	],
}

test_known[note] if {
	some note, [known, spec, want] in _known
	found := podspecs.places with input.reviews as [{"object": _object("example.com/v1 Bakery", {"spec": spec})}]
		with parameters.images as [object.union({"group": "example.com", "kind": "Bakery"}, known)]
	{[texts.path(place.image_at), place.policy, texts.path(place.policy_at), place.by_operator] |
		some place in found
	} == want
}

test_known_of_others[note] if {
	some note, known in {
		"another kind": {"group": "example.com", "kind": "Baker", "image": "spec.image"},
		"another group": {"group": "example.org", "kind": "Bakery", "image": "spec.image"},
		"the core group": {"kind": "Bakery", "image": "spec.image"},
	}
	bakery := _object("example.com/v1 Bakery", {"spec": {"image": "nginx"}})
	count(podspecs.places) == 0 with input.reviews as [{"object": bakery}] with parameters.images as [known]
}

test_known_images_are_found[note] if {
	some i, known in podspecs.known_images
	note := sprintf("%d: %s in %s", [i, known.image, known.kind])
	steps := split(known.image, ".")
	path := concat("/", [replace(step, "*", "a") | some step in array.concat([""], steps)])
	parents := [concat("/", [replace(step, "*", "a") | some step in array.concat([""], array.slice(steps, 0, n))]) |
		some n in numbers.range(1, count(steps) - 1)
	]
	empty := json.patch({}, [{"op": "add", "path": parent, "value": {}} | some parent in parents])
	content := json.patch(empty, [{"op": "add", "path": path, "value": "nginx"}])
	manifest := object.union(content, {"apiVersion": concat("/", [known.group, "v1"]), "kind": known.kind})
	found := podspecs.places with input.reviews as [{"object": manifest}]
	{place.image | some place in found} == {"nginx"}
}

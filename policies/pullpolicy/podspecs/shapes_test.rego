package pullpolicy.podspecs_test

import data.pullpolicy.parameters
import data.pullpolicy.podspecs
import data.pullpolicy.result

# Each row is the list, the place of the container, its name, and the place of its pod spec.
_shapes := {
	"argoproj.io/v1alpha1 Rollout": {
		"content": {"spec": {"template": {"spec": {
			"containers": [_app, {"name": "sidecar", "image": "envoy"}],
			"initContainers": [{"name": "init", "image": "busybox"}],
			"volumes": [{"name": "model", "image": {"reference": "models/bert:1"}}, {"name": "tmp", "emptyDir": {}}],
		}}}},
		"want": {
			["containers", "spec.template.spec.containers[0]", "app", "spec.template.spec"],
			["containers", "spec.template.spec.containers[1]", "sidecar", "spec.template.spec"],
			["initContainers", "spec.template.spec.initContainers[0]", "init", "spec.template.spec"],
			["volumes", "spec.template.spec.volumes[0].image", "model", "spec.template.spec"],
		},
	},
	"serving.knative.dev/v1 Service": {
		"content": {"spec": {"template": {"spec": {"containers": [{"image": "nginx"}]}}}},
		"want": {["containers", "spec.template.spec.containers[0]", "", "spec.template.spec"]},
	},
	"kubeflow.org/v1 PyTorchJob": {
		"content": {"spec": {"pytorchReplicaSpecs": {
			"Master": {"template": {"spec": _spec}},
			"Worker": {"replicas": 2, "template": {"spec": _spec}},
		}}},
		"want": {
			[
				"containers", "spec.pytorchReplicaSpecs.Master.template.spec.containers[0]", "app",
				"spec.pytorchReplicaSpecs.Master.template.spec",
			],
			[
				"containers", "spec.pytorchReplicaSpecs.Worker.template.spec.containers[0]", "app",
				"spec.pytorchReplicaSpecs.Worker.template.spec",
			],
		},
	},
	"ray.io/v1 RayCluster": {
		"content": {"spec": {
			"headGroupSpec": {"template": {"spec": _spec}},
			"workerGroupSpecs": [{"groupName": "small", "template": {"spec": _spec}}],
		}},
		"want": {
			[
				"containers", "spec.headGroupSpec.template.spec.containers[0]", "app",
				"spec.headGroupSpec.template.spec",
			],
			[
				"containers", "spec.workerGroupSpecs[0].template.spec.containers[0]", "app",
				"spec.workerGroupSpecs[0].template.spec",
			],
		},
	},
	# a group under k8s.io that the API server does not serve
	"jobset.x-k8s.io/v1alpha2 JobSet": {
		"content": {"spec": {"replicatedJobs": [{"template": {"spec": {"template": {"spec": _spec}}}}]}},
		"want": {[
			"containers", "spec.replicatedJobs[0].template.spec.template.spec.containers[0]", "app",
			"spec.replicatedJobs[0].template.spec.template.spec",
		]},
	},
	"apps.openshift.io/v1 DeploymentConfig": {
		"content": {"spec": {"template": {"spec": _spec}}},
		"want": {["containers", "spec.template.spec.containers[0]", "app", "spec.template.spec"]},
	},
	"tekton.dev/v1 Task": {
		"content": {"spec": {"steps": [_app], "sidecars": [{"name": "db", "image": "postgres"}]}},
		"want": {
			["steps", "spec.steps[0]", "app", "spec"],
			["sidecars", "spec.sidecars[0]", "db", "spec"],
		},
	},
	"tekton.dev/v1 Pipeline": {
		"content": {"spec": {"tasks": [{"name": "build", "taskSpec": {"steps": [_app]}}]}},
		"want": {["steps", "spec.tasks[0].taskSpec.steps[0]", "app", "spec.tasks[0].taskSpec"]},
	},
	"kubevirt.io/v1 VirtualMachine": {
		"content": {"spec": {"template": {"spec": {"volumes": [{
			"name": "disk",
			"containerDisk": {"image": "fedora"},
		}]}}}},
		"want": {[
			"containerDisk", "spec.template.spec.volumes[0].containerDisk", "disk",
			"spec.template.spec.volumes[0]",
		]},
	},
	"argoproj.io/v1alpha1 Workflow": {
		"content": {"spec": {"templates": [
			{"name": "run", "container": {"image": "busybox", "command": ["true"]}},
			{"name": "count", "script": {"name": "main", "image": "python", "source": "print(1)"}},
			{"name": "gate", "suspend": {}},
		]}},
		"want": {
			["container", "spec.templates[0].container", "run", "spec.templates[0]"],
			["script", "spec.templates[1].script", "main", "spec.templates[1]"],
		},
	},
	"sparkoperator.k8s.io/v1beta2 SparkApplication": {
		"content": {"spec": {"image": "spark", "imagePullPolicy": "Always", "driver": {"cores": 1}}},
		"want": {["spec", "spec", "", ""]},
	},
	"example.com/v1 AgentSet": {
		"content": {"spec": {"agents": [{"name": "scout", "image": "scout", "imagePullPolicy": null}]}},
		"want": {["agents", "spec.agents[0]", "scout", "spec"]},
	},
	"example.com/v1 NoSpec": {
		"content": {"containers": [_app]},
		"want": {["containers", "containers[0]", "app", ""]},
	},
	"example.com/v1 EphemeralSet": {
		"content": {"spec": {"ephemeralContainers": [_app]}},
		"want": {["ephemeralContainers", "spec.ephemeralContainers[0]", "app", "spec"]},
	},
	# a Pod of another group is a custom resource
	"example.com/v1 Pod": {
		"content": {"spec": _spec},
		"want": {["containers", "spec.containers[0]", "app", "spec"]},
	},
	"apps/v1 Rollout": {
		"content": {"spec": {"template": {"spec": _spec}}},
		"want": {["containers", "spec.template.spec.containers[0]", "app", "spec.template.spec"]},
	},
	"apps/v1 deployment": {
		"content": {"spec": {"template": {"spec": _spec}}},
		"want": {["containers", "spec.template.spec.containers[0]", "app", "spec.template.spec"]},
	},
	"v1 Template": {
		"content": {"objects": [_deployment(_spec)]},
		"want": {["containers", "objects[0].spec.template.spec.containers[0]", "app", "objects[0].spec.template.spec"]},
	},
	"apps/v1 ControllerRevision": {
		"content": {"data": {"spec": {"template": {"spec": _spec}}}},
		"want": {["containers", "data.spec.template.spec.containers[0]", "app", "data.spec.template.spec"]},
	},
	"x/v1/v2 Thing": {
		"content": {"spec": _spec},
		"want": {["containers", "spec.containers[0]", "app", "spec"]},
	},
	"notkyverno.io/v1 ClusterPolicy": {
		"content": {"spec": _spec},
		"want": {["containers", "spec.containers[0]", "app", "spec"]},
	},
	"example.com/v1 AllowList": {
		"content": {"spec": _spec},
		"want": {["containers", "spec.containers[0]", "app", "spec"]},
	},
	"example.com/v1 Sidecars": {
		"content": {"spec": {"additionalContainers": [_app], "extraContainers": [_app], "sidecarContainers": [_app]}},
		"want": {
			["additionalContainers", "spec.additionalContainers[0]", "app", "spec"],
			["extraContainers", "spec.extraContainers[0]", "app", "spec"],
			["sidecarContainers", "spec.sidecarContainers[0]", "app", "spec"],
		},
	},
	"example.com/v1 MapOfContainers": {
		"content": {"spec": {"containers": {"web": {"image": "nginx:1"}, "db": {"name": "app", "image": "postgres:1"}}}},
		"want": {
			["containers", "spec.containers.web", "web", "spec"],
			["containers", "spec.containers.db", "app", "spec"],
		},
	},
	"example.com/v1 ListOfLists": {
		"content": {"spec": {"containers": [[_app], [[_app]]]}},
		"want": {
			["containers", "spec.containers[0][0]", "app", "spec"],
			["containers", "spec.containers[1][0][0]", "app", "spec"],
		},
	},
	"example.com/v1 ListOfListsBesideAPolicy": {
		"content": {"spec": {"agents": [[{"image": "nginx:1", "imagePullPolicy": "Always"}]]}},
		"want": {["agents", "spec.agents[0][0]", "", "spec"]},
	},
	"tekton.dev/v1beta1 Task": {
		"content": {"spec": {
			"stepTemplate": {"image": "nginx:1", "imagePullPolicy": "Always"},
			"steps": [{"name": "build"}, _app, {"ref": {"name": "clone"}}, "none"],
		}},
		"want": {
			["steps", "spec.steps[0]", "build", "spec"],
			["steps", "spec.steps[1]", "app", "spec"],
		},
	},
	"tekton.dev/v1beta1 StepAction": {
		"content": {"spec": {"image": "nginx:1"}},
		"want": {["spec", "spec", "", ""]},
	},
	"serving.kserve.io/v1beta1 InferenceService": {
		"content": {"spec": {"predictor": {"sklearn": {"image": "nginx:1"}, "containers": [_app], "minReplicas": 1}}},
		"want": {
			["sklearn", "spec.predictor.sklearn", "", "spec.predictor"],
			["containers", "spec.predictor.containers[0]", "app", "spec.predictor"],
		},
	},
}

test_shaped[note] if {
	some note, tc in _shapes
	reviews := [{"object": _object(note, tc.content)}]
	found := podspecs.places with input.reviews as reviews
	{[place.list, result.path(place.at), place.name, result.path(place.pod.at)] | some place in found} == tc.want

	problems := podspecs.problems with input.reviews as reviews
	problems == set()
}

test_shaped_as_a_whole if {
	rollout := _object("argoproj.io/v1alpha1 Rollout", {
		"metadata": {"name": "web"},
		"spec": {"template": {"spec": object.union(_spec, {"imagePullSecrets": [{"name": "registry"}]})}},
	})
	found := podspecs.places with input.reviews as [{"object": _list([rollout])}]
	at := ["items", 0, "spec", "template", "spec", "containers", 0]
	{object.remove(place, ["pod"]) | some place in found} == {{
		"list": "containers",
		"at": at,
		"name": "app",
		"image": "nginx:1",
		"image_at": array.concat(at, ["image"]),
		"policy": null,
		"policy_at": array.concat(at, ["imagePullPolicy"]),
		"by_operator": false,
		"open": false,
	}}
	{object.remove(place.pod, ["id"]) | some place in found} == {{
		"review": 0,
		"at": ["items", 0, "spec", "template", "spec"],
		"path": ["spec", "template", "spec"],
		"object": {"kind": "Rollout", "namespace": "", "name": "web"},
		"custom": true,
		"former": false,
		"kept": false,
		"secrets": true,
	}}
}

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
	{[place.list, place.image, place.policy_at] | some place in found} == {["image", "nginx:1", ["spec", "image", "pullPolicy"]]}
}

test_image_maps_in_a_list if {
	app := _object("example.com/v1 App", {"spec": {"images": [
		{"repository": "nginx", "tag": "1", "pullPolicy": "Never"},
		[{"repository": "nginx", "tag": "2", "pullPolicy": "Never"}],
	]}})
	found := podspecs.places with input.reviews as [{"object": app}]
	{[place.image, place.pod.at] | some place in found} == {["nginx:1", ["spec"]], ["nginx:2", ["spec"]]}
}

# A sibling of the image in a container is no part of it.
test_container_has_no_parts if {
	app := _object("example.com/v1 App", {"spec": {"containers": [{"image": "nginx", "tag": "1", "imagePullPolicy": "Never"}]}})
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
		"a policy that is no text in the template": [
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
		{["spec.ovens[0].image", "Never", "spec.ovens[0].pull", false], ["spec.ovens[1].image", null, "spec.ovens[1].pull", false]},
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
	{[result.path(place.image_at), place.policy, result.path(place.policy_at), place.by_operator] |
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

test_nothing_found[note] if {
	some note, manifest in {
		"a CustomResourceDefinition": _object(
			"apiextensions.k8s.io/v1 CustomResourceDefinition",
			{"spec": {"versions": [{"schema": {"containers": [_app]}}]}},
		),
		"a ConfigMap": _object("v1 ConfigMap", {"data": {"container": {"image": "nginx"}, "containers": [_app]}}),
		"an ImageReview": _object("imagepolicy.k8s.io/v1alpha1 ImageReview", {"spec": {"containers": [{"image": "nginx"}]}}),
		"a policy of Kyverno": _object(
			"kyverno.io/v1 ClusterPolicy",
			{"spec": {"rules": [{"validate": {"pattern": {"spec": {"containers": [{"name": "*", "image": "!*:latest"}]}}}}]}},
		),
		"a policy of Kyverno's later groups": _object(
			"policies.kyverno.io/v1 ValidatingPolicy",
			{"spec": {"containers": [_app]}},
		),
		"a ValidatingAdmissionPolicy": _object(
			"admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy",
			{"spec": {"containers": [_app]}},
		),
		"a Prometheus with an image of its own": _object(
			"monitoring.coreos.com/v1 Prometheus",
			{"spec": {"image": "prometheus", "containers": [{"name": "prometheus", "args": ["--web.enable-lifecycle"]}]}},
		),
		"the status of a custom resource": _object("example.com/v1 Job", {"status": {"containers": [_app]}}),
		"the metadata of a custom resource": _object("example.com/v1 Job", {"metadata": {"containers": [_app]}}),
		"an image that is no text": _object(
			"example.com/v1 Job",
			{"spec": {
				"containers": [{"image": {"name": "nginx"}}, {"image": null}],
				"container": {"image": 1},
				"agent": {"image": ["nginx"], "imagePullPolicy": "Always"},
			}},
		),
		"a policy without an image": _object("example.com/v1 Job", {"spec": {"agent": {"imagePullPolicy": "Always"}}}),
		"a reference outside a volume": _object(
			"example.com/v1 Job",
			{"spec": {"image": {"reference": "nginx"}, "volumes": [{"image": {"name": "nginx"}}, {"disk": {"reference": "a"}}]}},
		),
		"a repository that is not said to hold images": _object(
			"example.com/v1 Job",
			{"spec": {"chart": {"repository": "charts.example.com", "version": "1"}, "git": {"repository": "a/b"}}},
		),
		"a built-in kind without pods": _object("v1 Service", {"spec": {"containers": [_app]}}),
		"values for Helm": {"image": {"repository": "nginx", "tag": "latest", "pullPolicy": "Never"}},
		"a workflow of GitHub": {"jobs": {"build": {"container": {"image": "node"}, "steps": [{"image": "node"}]}}},
		"a compose file": {"services": {"web": {"image": "nginx", "pullPolicy": "always"}}, "extraContainers": [{"x": 1}]},
	}
	reviews := [{"object": manifest}]
	count(podspecs.found) == 0 with input.reviews as reviews
	count(podspecs.places) == 0 with input.reviews as reviews
	count(podspecs.problems) == 0 with input.reviews as reviews
}

test_false_for_an_image_in_a_list_of_containers if {
	job := _object("example.com/v1 Job", {"spec": {"containers": [{"image": false}]}})
	found := podspecs.places with input.reviews as [{"object": job}]
	{place.image | some place in found} == {false}
}

test_pod_spec_of_what_is_not_a_manifest if {
	reviews := [{"object": {"metadata": {"name": "web"}, "spec": _spec}}]
	found := podspecs.places with input.reviews as reviews
	{result.path(place.at) | some place in found} == {"spec.containers[0]"}

	problems := podspecs.problems with input.reviews as reviews
	problems == {{
		"review": 0,
		"at": [],
		"object": {"kind": "", "namespace": "", "name": "web"},
		"message": "the object has containers, but no apiVersion and kind, so the API server rejects it; write both",
	}}
}

_dots := "................................................................"

# 64 * 64 * 64 characters
_huge := replace(replace(_dots, ".", _dots), ".", _dots)

_deep := json.unmarshal(concat("", array.concat(
	["{\"a\":" | some _ in numbers.range(1, 65)],
	array.concat(["{\"image\":\"nginx\",\"pullPolicy\":\"Never\"}"], ["}" | some _ in numbers.range(1, 65)]),
)))

_throng := [{"image": "nginx:1"} | some _ in numbers.range(1, 501)]

# Each row is what stands at spec, and the start of the problem.
_too_large := {
	"of characters": [{"image": "nginx", "text": _huge}, "the object has 262180 characters and more than 262144 "],
	"of levels": [_deep, "the object is nested more than 64 levels deep, which "],
	"of images": [{"containers": _throng}, "the object has 501 images and more than 500 "],
}

test_problem_of_what_is_too_large[note] if {
	some note, [spec, want] in _too_large
	reviews := [{"object": _object("example.com/v1 Job", {"spec": spec})}]
	[places, problems] := [podspecs.places, podspecs.problems] with input.reviews as reviews
	places == set()
	{[problem.at, problem.message] | some problem in problems} == {[
		[],
		concat("", [want, "are not checked, so it does not pass; split it"]),
	]}
}

test_update_keeps_a_custom_resource_that_is_too_large[note] if {
	some note, [spec, _] in _too_large
	job := _object("example.com/v1 Job", {"spec": spec})
	old := object.union(job, {"status": {"ready": true}})
	count(podspecs.problems) == 0 with input.reviews as [{"object": job, "oldObject": old, "admitted": true}]
	count(podspecs.problems) == 1 with input.reviews as [{"object": job, "oldObject": old}]
}

test_nothing_is_too_large_without_an_image if {
	job := _object("example.com/v1 Job", {"spec": {"text": _huge}})
	count(podspecs.problems) == 0 with input.reviews as [{"object": job}]
}

package pullpolicy.podspecs_test

import data.pullpolicy.podspecs
import data.pullpolicy.texts

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
	"example.com/v1 ImageAtTheTop": {
		"content": {"image": "nginx:1", "imagePullPolicy": "Always"},
		"want": {["", "", "", ""]},
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
	{[place.list, texts.path(place.at), place.name, texts.path(place.pod.at)] | some place in found} == tc.want

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
		"strays": [],
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
		"strays": [],
	}}
}

test_nothing_found[note] if {
	some note, manifest in {
		"a CustomResourceDefinition": _object(
			"apiextensions.k8s.io/v1 CustomResourceDefinition",
			{"spec": {"versions": [{"schema": {"containers": [_app]}}]}},
		),
		"a ConfigMap": _object("v1 ConfigMap", {"data": {"container": {"image": "nginx"}, "containers": [_app]}}),
		"a ConstraintTemplate": _object(
			"templates.gatekeeper.sh/v1 ConstraintTemplate",
			{"spec": {"targets": [{"containers": [_app]}]}},
		),
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
		"an image that is not text": _object(
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
	{texts.path(place.at) | some place in found} == {"spec.containers[0]"}

	problems := podspecs.problems with input.reviews as reviews
	problems == {{
		"review": 0,
		"at": [],
		"object": {"kind": "", "namespace": "", "name": "web"},
		"message": "the object has containers, but no apiVersion and kind, so the API server rejects it; write both",
	}}
}

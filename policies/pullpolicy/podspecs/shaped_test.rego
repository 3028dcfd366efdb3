package pullpolicy.podspecs_test

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
}

test_shaped[note] if {
	some note, tc in _shapes
	reviews := [{"object": _object(note, tc.content)}]
	shaped := podspecs.shaped with input.reviews as reviews
	{[place.list, result.path(place.at), place.name, result.path(place.pod.at)] | some place in shaped} == tc.want

	problems := podspecs.problems with input.reviews as reviews
	problems == set()
}

test_shaped_as_a_whole if {
	rollout := _object("argoproj.io/v1alpha1 Rollout", {
		"metadata": {"name": "web"},
		"spec": {"template": {"spec": object.union(_spec, {"imagePullSecrets": [{"name": "registry"}]})}},
	})
	shaped := podspecs.shaped with input.reviews as [{"object": _list([rollout])}]
	{object.remove(place, ["pod"]) | some place in shaped} == {{
		"at": ["items", 0, "spec", "template", "spec", "containers", 0],
		"list": "containers",
		"container": _app,
		"name": "app",
	}}
	{object.remove(place.pod, ["id", "spec"]) | some place in shaped} == {{
		"review": 0,
		"at": ["items", 0, "spec", "template", "spec"],
		"manifest": rollout,
		"path": ["spec", "template", "spec"],
		"object": {"kind": "Rollout", "namespace": "", "name": "web"},
		"custom": true,
		"former": false,
		"kept": false,
		"secrets": true,
	}}
}

test_nothing_found[note] if {
	some note, manifest in {
		"a CustomResourceDefinition": _object(
			"apiextensions.k8s.io/v1 CustomResourceDefinition",
			{"spec": {"versions": [{"schema": {"containers": [_app]}}]}},
		),
		"a ConfigMap": _object("v1 ConfigMap", {"data": {"container": {"image": "nginx"}, "containers": [_app]}}),
		"a ControllerRevision": _object(
			"apps/v1 ControllerRevision",
			{"data": {"spec": {"template": {"spec": _spec}}}},
		),
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
		"an image that is no text": _object(
			"example.com/v1 Job",
			{"spec": {
				"containers": [{"image": {"repository": "nginx"}}, {"image": null}],
				"container": {"image": 1},
				"agent": {"image": ["nginx"], "imagePullPolicy": "Always"},
			}},
		),
		"containers that are a map": _object("example.com/v1 Job", {"spec": {"containers": {"app": _app}}}),
		"a policy without an image": _object("example.com/v1 Job", {"spec": {"agent": {"imagePullPolicy": "Always"}}}),
		"a reference outside a volume": _object(
			"example.com/v1 Job",
			{"spec": {"image": {"reference": "nginx"}, "volumes": [{"image": {"name": "nginx"}}, {"disk": {"reference": "a"}}]}},
		),
		"another built-in kind": _object("v1 Service", {"spec": {"containers": [_app]}}),
		"no kind": {"apiVersion": "v1", "spec": _spec},
	}
	reviews := [{"object": manifest}]
	count(podspecs.found) == 0 with input.reviews as reviews
	count(podspecs.shaped) == 0 with input.reviews as reviews
	count(podspecs.problems) == 0 with input.reviews as reviews
}

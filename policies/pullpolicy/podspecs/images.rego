package pullpolicy.podspecs

import data.pullpolicy.parameters

# METADATA
# description: |
#   the kinds known to run an image that stands by itself, with the place of the policy for it ("" where the kind has
#   none): * stands for any element or key. The parameter images adds to it.
known_images := [{"group": group, "kind": kind, "image": image, "policy": policy} |
	some group, kinds in _table
	some kind, places in kinds
	some [image, policy] in places
]

# group → kind → the places of an image and its policy
_table := {
	"config.kubeflow.org": {"KatibConfig": [["runtime.*.*.image", "runtime.*.*.imagePullPolicy"]]},
	"flink.apache.org": {"FlinkDeployment": [["spec.image", "spec.imagePullPolicy"]]},
	"jaegertracing.io": {"Jaeger": [["spec.*.image", "spec.*.imagePullPolicy"]]},
	"kubeflow.org": {"Experiment": [[
		"spec.metricsCollectorSpec.collector.customCollector.image",
		"spec.metricsCollectorSpec.collector.customCollector.imagePullPolicy",
	]]},
	"opentelemetry.io": {
		"Instrumentation": [["spec.*.image", ""]],
		"OpAMPBridge": [["spec.image", "spec.imagePullPolicy"]],
		"OpenTelemetryCollector": [
			["spec.image", "spec.imagePullPolicy"],
			["spec.targetAllocator.image", ""],
		],
		"TargetAllocator": [["spec.image", "spec.imagePullPolicy"]],
	},
	"pgv2.percona.com": {"PerconaPGCluster": [
		["spec.image", "spec.imagePullPolicy"],
		["spec.*.image", "spec.imagePullPolicy"],
		["spec.*.*.image", "spec.imagePullPolicy"],
	]},
	"ps.percona.com": {"PerconaServerMySQL": [
		["spec.*.image", "spec.*.imagePullPolicy"],
		["spec.*.*.image", "spec.*.*.imagePullPolicy"],
	]},
	"psmdb.percona.com": {"PerconaServerMongoDB": [
		["spec.image", "spec.imagePullPolicy"],
		["spec.*.image", "spec.imagePullPolicy"],
	]},
	"pxc.percona.com": {"PerconaXtraDBCluster": [["spec.*.image", "spec.*.imagePullPolicy"]]},
	"serving.kserve.io": {"InferenceService": [["spec.*.*.image", "spec.*.*.imagePullPolicy"]]},
	"sparkoperator.k8s.io": {
		"ScheduledSparkApplication": [
			["spec.template.image", "spec.template.imagePullPolicy"],
			["spec.template.*.image", "spec.template.imagePullPolicy"],
		],
		"SparkApplication": [
			["spec.image", "spec.imagePullPolicy"],
			["spec.*.image", "spec.imagePullPolicy"],
		],
	},
	"tekton.dev": {"StepAction": [["spec.image", ""]]},
}

_known_images := [{
	"group": object.get(known, "group", ""),
	"kind": known.kind,
	"image": _steps(known.image),
	"policy": _steps(object.get(known, "policy", "")),
} |
	some known in array.concat(known_images, parameters.images)
]

_steps("") := []

_steps(path) := split(replace(path, "[*]", ".*"), ".") if path != ""

# The keys under which images stand, as JSON has them: what has none of them is not walked.
_hints := {`"image":`, `"imageName":`, `"package":`, `"reference":`, `"repository":`} | {hint |
	some known in _known_images
	hint := _hint([step | some step in known.image; step != "*"])
}

_hint(steps) := concat("", [`"`, steps[count(steps) - 1], `":`])

_hint([]) := ""

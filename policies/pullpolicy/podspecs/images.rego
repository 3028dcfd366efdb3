package pullpolicy.podspecs

import data.pullpolicy.parameters

# METADATA
# description: |
#   the kinds known to run an image that stands by itself, with the place of the policy for it ("" where the kind has
#   none): * stands for any element or key. The parameter images adds to it.
known_images := [
	{"group": "config.kubeflow.org", "kind": "KatibConfig", "image": "runtime.*.*.image", "policy": "runtime.*.*.imagePullPolicy"},
	{"group": "flink.apache.org", "kind": "FlinkDeployment", "image": "spec.image", "policy": "spec.imagePullPolicy"},
	{"group": "jaegertracing.io", "kind": "Jaeger", "image": "spec.*.image", "policy": "spec.*.imagePullPolicy"},
	{"group": "kubeflow.org", "kind": "Experiment", "image": "spec.metricsCollectorSpec.collector.customCollector.image", "policy": "spec.metricsCollectorSpec.collector.customCollector.imagePullPolicy"},
	{"group": "opentelemetry.io", "kind": "Instrumentation", "image": "spec.*.image", "policy": ""},
	{"group": "opentelemetry.io", "kind": "OpAMPBridge", "image": "spec.image", "policy": "spec.imagePullPolicy"},
	{"group": "opentelemetry.io", "kind": "OpenTelemetryCollector", "image": "spec.image", "policy": "spec.imagePullPolicy"},
	{"group": "opentelemetry.io", "kind": "OpenTelemetryCollector", "image": "spec.targetAllocator.image", "policy": ""},
	{"group": "opentelemetry.io", "kind": "TargetAllocator", "image": "spec.image", "policy": "spec.imagePullPolicy"},
	{"group": "pgv2.percona.com", "kind": "PerconaPGCluster", "image": "spec.image", "policy": "spec.imagePullPolicy"},
	{"group": "pgv2.percona.com", "kind": "PerconaPGCluster", "image": "spec.*.image", "policy": "spec.imagePullPolicy"},
	{"group": "pgv2.percona.com", "kind": "PerconaPGCluster", "image": "spec.*.*.image", "policy": "spec.imagePullPolicy"},
	{"group": "ps.percona.com", "kind": "PerconaServerMySQL", "image": "spec.*.image", "policy": "spec.*.imagePullPolicy"},
	{"group": "ps.percona.com", "kind": "PerconaServerMySQL", "image": "spec.*.*.image", "policy": "spec.*.*.imagePullPolicy"},
	{"group": "psmdb.percona.com", "kind": "PerconaServerMongoDB", "image": "spec.image", "policy": "spec.imagePullPolicy"},
	{"group": "psmdb.percona.com", "kind": "PerconaServerMongoDB", "image": "spec.*.image", "policy": "spec.imagePullPolicy"},
	{"group": "pxc.percona.com", "kind": "PerconaXtraDBCluster", "image": "spec.*.image", "policy": "spec.*.imagePullPolicy"},
	{"group": "serving.kserve.io", "kind": "InferenceService", "image": "spec.*.*.image", "policy": "spec.*.*.imagePullPolicy"},
	{"group": "sparkoperator.k8s.io", "kind": "ScheduledSparkApplication", "image": "spec.template.image", "policy": "spec.template.imagePullPolicy"},
	{"group": "sparkoperator.k8s.io", "kind": "ScheduledSparkApplication", "image": "spec.template.*.image", "policy": "spec.template.imagePullPolicy"},
	{"group": "sparkoperator.k8s.io", "kind": "SparkApplication", "image": "spec.image", "policy": "spec.imagePullPolicy"},
	{"group": "sparkoperator.k8s.io", "kind": "SparkApplication", "image": "spec.*.image", "policy": "spec.imagePullPolicy"},
	{"group": "tekton.dev", "kind": "StepAction", "image": "spec.image", "policy": ""},
]

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

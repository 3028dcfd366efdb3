package pullpolicy.gatekeeper_test

import data.pullpolicy.gatekeeper

_pod(container) := {
	"apiVersion": "v1",
	"kind": "Pod",
	"metadata": {"name": "web", "namespace": "shop"},
	"spec": {"containers": [object.union({"name": "app"}, container)]},
}

_silent := _pod({"image": "nginx:1"})

_cached := _pod({"image": "nginx", "imagePullPolicy": "IfNotPresent"})

_never := _pod({"image": "nginx:1", "imagePullPolicy": "Never"})

_kept := _pod({"image": "nginx:1", "imagePullPolicy": "Always"})

_former := _pod({"image": "nginx", "imagePullPolicy": "Always"})

_empty := {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {}}

# Each row is Gatekeeper's input and the rules that apply.
test_answers[note] if {
	some note, [value, want] in {
		"gator and the audit name no operation": [
			{"review": {"object": _cached, "operation": "", "oldObject": null}, "parameters": {}},
			{"mutable-tag-cached", "tag-mutable"},
		],
		"a creation": [
			{"review": {"object": _cached, "operation": "CREATE", "oldObject": null}, "parameters": {}},
			{"mutable-tag-cached", "tag-mutable"},
		],
		"no policy in a file": [{"review": {"object": _silent, "operation": ""}, "parameters": {}}, {"policy-missing"}],
		"no policy at admission": [{"review": {"object": _silent, "operation": "CREATE"}, "parameters": {}}, set()],
		"an update that keeps a default": [
			{"review": {"object": _kept, "operation": "UPDATE", "oldObject": _former}, "parameters": {}},
			{"policy-stale"},
		],
		"no operation": [{"review": {"object": _silent}, "parameters": {}}, {"policy-missing"}],
		"a deletion": [{"review": {"object": _cached, "operation": "DELETE", "oldObject": _cached}, "parameters": {}}, set()],
		"a deletion, with what is deleted as the object alone": [
			{"review": {"object": _cached, "operation": "DELETE"}, "parameters": {}},
			set(),
		],
		"a deletion, with what is deleted as the old object alone": [
			{"review": {"object": null, "operation": "DELETE", "oldObject": _cached}, "parameters": {}},
			set(),
		],
		"a deletion of what cannot be read": [
			{"review": {"object": _empty, "operation": "DELETE", "oldObject": _empty}, "parameters": {}},
			set(),
		],
		"an update of what cannot be read": [
			{"review": {"object": _empty, "operation": "UPDATE", "oldObject": _empty}, "parameters": {}},
			{"input-invalid"},
		],
		"parameters": [
			{"review": {"object": _cached, "operation": ""}, "parameters": {"severities": ["warning"]}},
			{"tag-mutable"},
		],
		"parameters that do not fit": [
			{"review": {"object": _never, "operation": ""}, "parameters": {"profil": "strict"}},
			{"parameters-invalid", "never-not-preloaded"},
		],
		"no parameters": [{"review": {"object": _cached, "operation": ""}}, {"mutable-tag-cached", "tag-mutable"}],
		"null for parameters": [
			{"review": {"object": _cached, "operation": ""}, "parameters": null},
			{"mutable-tag-cached", "tag-mutable"},
		],
		"no object": [{"review": {"operation": "CREATE"}, "parameters": {}}, {"input-invalid"}],
		"no review": [{"parameters": {}}, {"input-invalid"}],
		"no kind of ours": [
			{"review": {"object": {"apiVersion": "v1", "kind": "Namespace"}, "operation": "CREATE"}, "parameters": {}},
			set(),
		],
	}
	found := gatekeeper.answers with input as value
	{violation.details.rule | some violation in found} == want
}

test_answers_has_the_sentence_and_the_details if {
	found := gatekeeper.answers with input as {
		"review": {"object": _cached, "operation": ""},
		"parameters": {"severities": ["error"]},
	}
	[[startswith(violation.msg, "mutable-tag-cached: "), violation.details] | some violation in found] == [[true, {
		"rule": "mutable-tag-cached",
		"severity": "error",
		"path": "spec.containers[0].imagePullPolicy",
		"remedy": "pin a version, or write imagePullPolicy: Always",
		"patch": {"op": "add", "path": "/spec/containers/0/imagePullPolicy", "value": "Always"},
		"kind": "Pod",
		"namespace": "shop",
		"name": "web",
		"container": "app",
		"list": "containers",
		"image": "nginx",
		"declared": "IfNotPresent",
		"effective": "IfNotPresent",
		"default": "Always",
	}]]
}

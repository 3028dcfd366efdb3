package pullpolicy.result_test

import data.pullpolicy.advice
import data.pullpolicy.references
import data.pullpolicy.result

_use := {
	"review": 0,
	"at": ["spec", "containers", 0],
	"object": {"kind": "Pod", "namespace": "shop", "name": "web"},
	"list": "containers",
	"container": "app",
	"image_at": ["spec", "containers", 0, "image"],
	"policy_at": ["spec", "containers", 0, "imagePullPolicy"],
	"policy_field": "imagePullPolicy",
	"image": "nginx",
	"reference": {"digest": ""},
	"mutable": false,
	"declared": "Never",
	"default": "IfNotPresent",
	"effective": "Never",
}

_undeclared := object.union(_use, {"declared": ""})

test_policy_writes_it if {
	got := result.policy(_use, "it is wrong", "do otherwise") with advice.policy as "Always"
	got == {
		"review": 0,
		"at": ["spec", "containers", 0, "imagePullPolicy"],
		"object": {"kind": "Pod", "namespace": "shop", "name": "web"},
		"message": "it is wrong; write imagePullPolicy: Always",
		"use": _use,
		"remedy": "write imagePullPolicy: Always",
		"patch": {"op": "add", "path": "/spec/containers/0/imagePullPolicy", "value": "Always"},
	}
}

test_policy_blames_the_image_where_none_is_declared if {
	got := result.policy(_undeclared, "it is wrong", "do otherwise") with advice.policy as "Always"
	got.at == ["spec", "containers", 0, "image"]
	got.patch.path == "/spec/containers/0/imagePullPolicy"
}

test_moving[note] if {
	some note, tc in {
		"Always": ["Always", {}, "pin a version, or write imagePullPolicy: Always"],
		"where a digest is required": ["Always", {"profile": "strict"}, "pin a digest, or write imagePullPolicy: Always"],
		"another policy": ["IfNotPresent", {}, "write imagePullPolicy: IfNotPresent"],
		"where no policy is right": ["", {}, "pin a version or digest"],
	}
	use := object.union(_use, {"mutable": true})
	got := result.moving(use, "it is wrong") with advice.policy as tc[0] with input.parameters as tc[1]
	got.remedy == tc[2]
}

test_policy_otherwise[note] if {
	some note, tc in {
		"a policy that is there already": [{}, "Never", "do otherwise"],
		"a moving tag whose policy is there already": [{"mutable": true}, "Never", "do otherwise"],
		"no policy is right": [{}, "", "do otherwise"],
		"no policy is right, and it is not valid": [
			{"mutable": true, "declared": "x", "effective": ""},
			"",
			"pin a version or digest, and do otherwise",
		],
		"there is no field for it": [{"policy_at": []}, "Always", "do otherwise"],
	}
	got := result.policy(object.union(_use, tc[0]), "it is wrong", "do otherwise") with advice.policy as tc[1]
	got.remedy == tc[2]
	not got.patch
}

test_policy_points_by_json_pointer[note] if {
	some note, tc in {
		"an index": [["spec", "containers", 10], "/spec/containers/10/imagePullPolicy"],
		"a slash": [["spec", "a/b"], "/spec/a~1b/imagePullPolicy"],
		"a tilde": [["spec", "a~b"], "/spec/a~0b/imagePullPolicy"],
		"a tilde before a slash": [["spec", "~/~1"], "/spec/~0~1~01/imagePullPolicy"],
		"a key of digits": [["spec", "0"], "/spec/0/imagePullPolicy"],
		"a dot": [["spec", "a.b"], "/spec/a.b/imagePullPolicy"],
		"an empty key": [["spec", ""], "/spec//imagePullPolicy"],
	}
	use := object.union(_use, {"policy_at": array.concat(tc[0], ["imagePullPolicy"])})
	got := result.policy(use, "it is wrong", "do otherwise") with advice.policy as "Always"
	got.patch.path == tc[1]
}

test_image if {
	result.image(_use, "it is wrong", "write another") == {
		"review": 0,
		"at": ["spec", "containers", 0, "image"],
		"object": {"kind": "Pod", "namespace": "shop", "name": "web"},
		"message": "it is wrong; write another",
		"use": _use,
		"remedy": "write another",
	}
}

test_image_volume if {
	use := object.union(_use, {
		"at": ["spec", "volumes", 1, "image"],
		"image_at": ["spec", "volumes", 1, "image", "reference"],
		"policy_at": ["spec", "volumes", 1, "image", "pullPolicy"],
		"policy_field": "pullPolicy",
	})
	result.image(use, "it is wrong", "write another").at == ["spec", "volumes", 1, "image", "reference"]
	got := result.policy(use, "it is wrong", "do otherwise") with advice.policy as "Always"
	got.at == ["spec", "volumes", 1, "image", "pullPolicy"]
	got.remedy == "write pullPolicy: Always"
}

test_placeholder if {
	got := result.placeholder(_use, "it is later", "render it first")
	[got.at, got.remedy] == [["spec", "containers", 0, "imagePullPolicy"], "render it first"]
}

test_stray[loses] if {
	some loses, patch in {
		"nothing": {"op": "remove", "path": "/spec/imagePullPolicy"},
		"what was meant": {},
	}
	got := result.stray(_use, ["spec", "imagePullPolicy"], "it is astray", "move it", loses == "nothing")
	[got.at, got.remedy, object.get(got, "patch", {})] == [["spec", "imagePullPolicy"], "move it", patch]
}

test_problem if {
	place := {"review": 2, "at": ["spec"], "object": {"kind": "Pod", "namespace": "", "name": "web"}, "more": 1}
	result.problem(place, "it is wrong") == {
		"review": 2,
		"at": ["spec"],
		"object": {"kind": "Pod", "namespace": "", "name": "web"},
		"message": "it is wrong",
		"use": {},
		"remedy": "",
	}
}

test_who_quotes if {
	result.who({"list": "containers", "container": "a\u2028b"}) == `container "a\u2028b"`
}

test_who[list] if {
	some list, noun in {
		"containers": "container",
		"initContainers": "init container",
		"ephemeralContainers": "ephemeral container",
		"volumes": "image volume",
		"steps": "step",
		"sidecars": "sidecar",
		"containerDisk": "container disk",
		"spec": "container",
	}
	result.who({"list": list, "container": "app"}) == sprintf(`%s "app"`, [noun])
}

test_name if {
	result.name({"container": "app"}) == `"app"`
	result.name({"container": "", "at": ["spec", "containers", 0]}) == "spec.containers[0]"
}

test_who_without_a_name if {
	result.who({"list": "containers", "container": "", "at": ["spec", "containers", 0]}) == "spec.containers[0]"
}

test_tag[image] if {
	some image, want in {
		"nginx": "no tag",
		"nginx:dev": "tag dev",
		"0123456789ab": "an image id for a repository",
	}
	result.tag({"image": image, "reference": references.parse(image)}) == want
}

test_how if {
	result.how({"declared": "Never", "effective": "Never"}) == "Never"
	result.how({"declared": "", "effective": "Always"}) == "Always (default)"
}

test_answer_of_a_use if {
	finding := result.policy(_use, "it is wrong", "do otherwise") with advice.policy as "Always"
	result.answer("some-rule", "error", finding) == {
		"rule": "some-rule",
		"severity": "error",
		"msg": "some-rule: it is wrong; write imagePullPolicy: Always",
		"path": "spec.containers[0].imagePullPolicy",
		"remedy": "write imagePullPolicy: Always",
		"review": 0,
		"kind": "Pod",
		"namespace": "shop",
		"name": "web",
		"container": "app",
		"list": "containers",
		"image": "nginx",
		"declared": "Never",
		"effective": "Never",
		"default": "IfNotPresent",
		"patch": {"op": "add", "path": "/spec/containers/0/imagePullPolicy", "value": "Always"},
	}
}

test_answer_of_no_use if {
	place := {"review": null, "at": [], "object": {"kind": "", "namespace": "", "name": ""}}
	result.answer("some-rule", "warning", result.problem(place, "it is wrong")) == {
		"rule": "some-rule",
		"severity": "warning",
		"msg": "some-rule: it is wrong",
		"path": "",
		"remedy": "",
		"review": null,
		"kind": "",
		"namespace": "",
		"name": "",
		"container": "",
		"list": "",
		"image": "",
		"declared": "",
		"effective": "",
		"default": "",
	}
}

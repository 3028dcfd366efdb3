package pullpolicy.result_test

import data.pullpolicy.parameters
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
	result.policy(_use, "it is wrong", "Always", "do otherwise") == {
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
	got := result.policy(_undeclared, "it is wrong", "Always", "do otherwise")
	got.at == ["spec", "containers", 0, "image"]
	got.patch.path == "/spec/containers/0/imagePullPolicy"
}

test_policy_otherwise[note] if {
	some note, tc in {
		"a policy that is there already": {"value": "Never", "allowed": ["Always", "Never"]},
		"a policy that is not allowed": {"value": "Always", "allowed": ["Never"]},
	}
	got := result.policy(_use, "it is wrong", tc.value, "do otherwise") with parameters.allowed as tc.allowed
	got == {
		"review": 0,
		"at": ["spec", "containers", 0, "imagePullPolicy"],
		"object": {"kind": "Pod", "namespace": "shop", "name": "web"},
		"message": "it is wrong; do otherwise",
		"use": _use,
		"remedy": "do otherwise",
	}
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
	result.policy(use, "it is wrong", "Always", "do otherwise").patch.path == tc[1]
}

test_advice[note] if {
	some note, tc in {
		"a tag that moves": {"use": {"mutable": true}, "want": "Always"},
		"a digest": {"use": {"reference": {"digest": "sha256:0"}, "default": "Always"}, "want": "IfNotPresent"},
		"the default": {"use": {"default": "IfNotPresent"}, "want": "IfNotPresent"},
		"the other default": {"use": {"default": "Always"}, "want": "Always"},
		"an image that is filled in later": {"use": {"default": "", "deferred": true}, "want": ""},
	}
	result.advice(object.union(_use, tc.use)) == tc.want
}

test_advice_is_allowed[note] if {
	some note, tc in {
		"the only one": {"allowed": ["Never"], "want": "Never"},
		"the first of two": {"allowed": ["Never", "IfNotPresent"], "want": "Never"},
		"the one that fits, though it is last": {"allowed": ["Never", "Always"], "want": "Always"},
	}
	got := result.advice(object.union(_use, {"mutable": true})) with parameters.allowed as tc.allowed
	got == tc.want
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
	result.policy(use, "it is wrong", "Always", "do otherwise").at == ["spec", "volumes", 1, "image", "pullPolicy"]
	result.policy(use, "it is wrong", "Always", "do otherwise").remedy == "write pullPolicy: Always"
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

_as(times) := concat("", ["a" | some _ in numbers.range(1, times)])

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

test_what if {
	result.what({"image": "nginx:1"}) == "nginx:1"
	result.what({"image": ""}) == "no image"
	result.what({"image": "x\n::error::y"}) == `"x\n::error::y"`
}

test_how if {
	result.how({"declared": "Never", "effective": "Never"}) == "Never"
	result.how({"declared": "", "effective": "Always"}) == "Always, the default"
}

test_answer_of_a_use if {
	finding := result.policy(_use, "it is wrong", "Always", "do otherwise")
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

test_path[want] if {
	some want, at in {
		"": [],
		"spec": ["spec"],
		"a[0].b": ["a", 0, "b"],
		"items[2].spec.containers[10].image": ["items", 2, "spec", "containers", 10, "image"],
		"spec.replica-specs.worker_1": ["spec", "replica-specs", "worker_1"],
		"spec[a.b].c": ["spec", "a.b", "c"],
		"spec[example.com/a].c": ["spec", "example.com/a", "c"],
		"spec[a~b]": ["spec", "a~b"],
		"spec[a b][0]": ["spec", "a b", 0],
		"spec[]": ["spec", ""],
		"[a.b].c": ["a.b", "c"],
		"[0].a": [0, "a"],
		# a key that could be mistaken for two, or that a log would obey
		`spec["a]b"].c`: ["spec", "a]b", "c"],
		`spec["a[0"]`: ["spec", "a[0"],
		`spec["a\"b"]`: ["spec", `a"b`],
		`spec["a\\b"]`: ["spec", `a\b`],
		`spec["a\n::error::b"]`: ["spec", "a\n::error::b"],
		`spec["\u202ea"]`: ["spec", "\u202ea"],
		sprintf("spec.%s", [_as(256)]): ["spec", _as(256)],
		sprintf(`spec["%s"…]`, [_as(256)]): ["spec", _as(257)],
		# a key of digits is a key
		"spec.0": ["spec", "0"],
	}
	result.path(at) == want
}

package pullpolicy.conftest_test

import data.pullpolicy.conftest
import data.pullpolicy_parameters

_pod(image) := {
	"apiVersion": "v1",
	"kind": "Pod",
	"spec": {"containers": [{"name": "app", "image": image, "imagePullPolicy": "IfNotPresent"}]},
}

_fine := _pod("nginx:1")

_cached := _pod("nginx")

_file(name, contents) := {"path": name, "contents": contents}

# Each row is the input, and the rule and the review of what is denied and of what is warned of.
_inputs := {
	"an object that is fine": [_fine, set(), set()],
	"an object": [_cached, {["mutable-tag-cached", 0]}, {["tag-mutable", 0]}],
	"an empty document": [null, set(), set()],
	"a text": ["Pod", {["input-invalid", 0]}, set()],
	"a list that conftest did not combine": [[_cached], {["input-invalid", 0]}, set()],
	"a list of nothing": [[], {["input-invalid", 0]}, set()],
	"a list of contents without files": [[{"contents": _fine}], {["input-invalid", 0]}, set()],
	"a map of files": [{"a": _file("a.yaml", _fine)}, {["input-invalid", 0]}, set()],
	"a list of files without contents": [[{"path": "a.yaml"}], {["input-invalid", 0]}, set()],
	"what is not a manifest": [{"spec": {}}, set(), set()],
	"a map without kind": [{"apiVersion": "v1", "spec": {}}, {["input-invalid", 0]}, set()],
	"a file, combined": [[_file("a.yaml", _cached)], {["mutable-tag-cached", 0]}, {["tag-mutable", 0]}],
	"files, combined": [
		[_file("a.yaml", _fine), _file("b.yaml", _cached)],
		{["mutable-tag-cached", 1]},
		{["tag-mutable", 1]},
	],
	"an empty document, combined": [
		[_file("a.yaml", null), _file("a.yaml", _cached)],
		{["mutable-tag-cached", 0]},
		{["tag-mutable", 0]},
	],
	"an empty list": [[], {["input-invalid", 0]}, set()],
	"a text, combined": [[_file("a.yaml", "Pod")], {["input-invalid", 0]}, set()],
}

test_deny[note] if {
	some note, [value, denied, _] in _inputs
	found := conftest.deny with input as value
	{[violation.rule, violation.review] | some violation in found} == denied
}

test_warn[note] if {
	some note, [value, _, warned] in _inputs
	found := conftest.warn with input as value
	{[violation.rule, violation.review] | some violation in found} == warned
}

# Nothing was checked, and nothing else is wrong.
test_exception[note] if {
	some note, tc in {
		"an empty document": [null, {}, {[""]}],
		"empty documents, combined": [[_file("a.yaml", null), _file("b.yaml", null)], {}, {[""]}],
		"an empty document beside another": [[_file("a.yaml", null), _file("a.yaml", _fine)], {}, set()],
		"an object that is fine": [_fine, {}, set()],
		"an object": [_cached, {}, set()],
		"an empty list": [[], {}, set()],
		"an empty map": [{}, {}, set()],
		"an empty document, with parameters that do not fit": [null, {"profil": "strict"}, set()],
	}
	found := conftest.exception with input as tc[0] with pullpolicy_parameters as tc[1]
	found == tc[2]
}

test_parameters[note] if {
	some note, tc in {
		"none": [{}, {"mutable-tag-cached"}, {"tag-mutable"}],
		"a profile": [{"profile": "strict"}, {"digest-missing", "mutable-tag-cached", "tag-mutable"}, set()],
		"an exemption": [
			{"exemptions": [{"rules": ["*"], "images": ["nginx"], "reason": "legacy"}]},
			set(),
			set(),
		],
		"a mistake": [{"profil": "strict"}, {"mutable-tag-cached", "parameters-invalid"}, {"tag-mutable"}],
	}
	denied := conftest.deny with input as _cached with pullpolicy_parameters as tc[0]
	{violation.rule | some violation in denied} == tc[1]

	warned := conftest.warn with input as _cached with pullpolicy_parameters as tc[0]
	{violation.rule | some violation in warned} == tc[2]
}

test_deny_says_all_that_other_hosts_say if {
	denied := conftest.deny with input as _cached
	{[violation.path, violation.patch.value, startswith(violation.msg, "mutable-tag-cached: ")] |
		some violation in denied
	} == {["spec.containers[0].imagePullPolicy", "Always", true]}
}

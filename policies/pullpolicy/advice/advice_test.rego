package pullpolicy.advice_test

import data.pullpolicy.advice
import data.pullpolicy.histories
import data.pullpolicy.uses
import data.pullpolicy.uses_test

_undeclared := {"declared": "", "meant": ""}

_declared(policy) := {"declared": policy, "effective": policy, "meant": policy}

_moving := {"image": "nginx", "mutable": true, "default": "Always"}

_pinned := {"image": uses_test.pinned("nginx")}

# Each row is what is there of the use, the parameters, and the policy to write.
_answers := {
	"what is declared and right": [_declared("Always"), {}, "Always"],
	"the default": [_undeclared, {}, "IfNotPresent"],
	"the other default": [object.union(_undeclared, _moving), {}, "Always"],
	"what is declared is not right for a tag that moves": [
		object.union(_declared("IfNotPresent"), _moving),
		{},
		"Always",
	],
	"a tag that moves, where the rule is off": [
		object.union(_declared("IfNotPresent"), _moving),
		{"rules": {"mutable-tag-cached": "off"}},
		"IfNotPresent",
	],
	"a tag that moves, where Always is not allowed": [
		object.union(_declared("Always"), _moving),
		{"profile": "airgapped"},
		"",
	],
	"Never for a tag that moves: a registry may not have it": [object.union(_declared("Never"), _moving), {}, ""],
	"Never is believed": [_declared("Never"), {}, "Never"],
	"Never is not believed where that is an error": [_declared("Never"), {"profile": "strict"}, "IfNotPresent"],
	"Never for a preloaded image": [
		object.union(_declared("Never"), {"preloaded": true}),
		{"profile": "strict"},
		"Never",
	],
	"a preloaded image that moves": [object.union_n([_undeclared, _moving, {"preloaded": true}]), {}, ""],
	"a local image that moves": [object.union_n([_undeclared, _moving, {"local": true}]), {}, ""],
	"a local image with Always": [
		object.union_n([_declared("Always"), _moving, {"local": true}]),
		{},
		"Always",
	],
	"a digest": [object.union(_undeclared, _pinned), {}, "IfNotPresent"],
	"a digest with Always": [object.union(_declared("Always"), _pinned), {}, "IfNotPresent"],
	"a digest with Always, where that is fine": [
		object.union(_declared("Always"), _pinned),
		{"profile": "multi-tenant"},
		"Always",
	],
	"a digest, where only Always is allowed": [object.union(_undeclared, _pinned), {"profile": "always"}, "Always"],
	"pull secrets that are not verified": [
		object.union(_declared("IfNotPresent"), {"unverified": true}),
		{"profile": "multi-tenant"},
		"Always",
	],
	"pull secrets that are not verified, and a digest": [
		object.union_n([_declared("Always"), _pinned, {"unverified": true}]),
		{"profile": "strict"},
		"Always",
	],
	"pull secrets that are not verified, where Always is not allowed": [
		object.union(_declared("IfNotPresent"), {"unverified": true}),
		{"profile": "multi-tenant", "allowedPolicies": ["IfNotPresent"]},
		"",
	],
	"only Never is allowed, and not preloaded": [_undeclared, {"allowedPolicies": ["Never"]}, ""],
	"only Never is allowed, and preloaded": [
		object.union(_undeclared, {"preloaded": true}),
		{"allowedPolicies": ["Never"]},
		"Never",
	],
	"an image that is filled in later": [
		{"image": "$(image)", "deferred": true, "default": "", "effective": "", "declared": "", "meant": ""},
		{},
		"",
	],
	"an image that is filled in later, where one policy is allowed": [
		{"image": "$(image)", "deferred": true, "default": "", "effective": "", "declared": "", "meant": ""},
		{"profile": "always"},
		"Always",
	],
	"what was meant": [{"declared": "always", "effective": "", "meant": "Always"}, {}, "Always"],
	"an image that cannot start": [{"image": "Nginx", "declared": "Always", "effective": "Always"}, {}, ""],
	"what an init container has just pulled": [
		object.union_n([_declared("Never"), _moving, {"refreshed": true}]),
		{"profile": "strict"},
		"Never",
	],
}

test_policy[note] if {
	some note, tc in _answers
	use := uses_test.example(tc[0])
	policy := advice.policy(use) with uses.found as {use} with input.parameters as tc[1]
	policy == tc[2]
}

test_policy_of_two_uses[note] if {
	some note, tc in {
		"one is declared": [_undeclared, _declared("Always"), "Always"],
		"they differ": [_declared("IfNotPresent"), _declared("Always"), "IfNotPresent"],
		"they differ, and one is Never": [_declared("Never"), _declared("Always"), "IfNotPresent"],
		"what is declared counts before what is misspelt": [
			{"declared": "always", "effective": "", "meant": "Always"},
			_declared("Never"),
			"Never",
		],
		"what is misspelt counts where nothing is declared": [
			{"declared": "always", "effective": "", "meant": "Always"},
			_undeclared,
			"Always",
		],
	}
	both := {
		uses_test.example(object.union(tc[0], {"at": ["spec", "containers", 0]})),
		uses_test.example(object.union(tc[1], {"at": ["spec", "containers", 1]})),
	}
	policies := {policy | some use in both; policy := advice.policy(use)} with uses.found as both
	policies == {tc[2]}
}

test_policy_where_no_rule_asks_for_one if {
	use := uses_test.example(_undeclared)
	misspelt := uses_test.example({"at": [], "declared": "never", "effective": "", "meant": "Never"})
	policy := advice.policy(misspelt) with uses.found as {use, misspelt}
		with input.parameters as {"rules": {"policy-missing": "off"}}
	policy == "IfNotPresent"
}

test_policy_that_nobody_chose if {
	use := uses_test.example(_declared("Always"))
	policy := advice.policy(use) with uses.found as {use}
		with histories.unchosen as {{"use": use, "evidence": "the default of nginx"}}
	policy == "IfNotPresent"
}

test_no_advice_on_what_is_not_there if {
	use := uses_test.example({})
	policy := advice.policy(use) with uses.found as set()
	why := advice.why(use) with uses.found as set()
	[policy, why] == ["", ""]
	not advice.cacheable(use) with uses.found as set()
}

test_why[note] if {
	some note, tc in {
		"meant": [_declared("Always"), {}, "it is what the manifest means"],
		"the default": [_undeclared, {}, "it is the default of the image"],
		"a tag that moves": [
			object.union_n([_declared("IfNotPresent"), _moving, {"default": "IfNotPresent"}]),
			{},
			"the tag moves",
		],
		"pull secrets": [
			object.union(_declared("IfNotPresent"), {"unverified": true}),
			{"profile": "multi-tenant"},
			"kubelets run the node's copy without verifying pull secrets",
		],
		"a digest": [
			object.union_n([_declared("Always"), _pinned, {"default": "Always"}]),
			{},
			"the content of a digest does not change",
		],
		"none": [{"image": "Nginx"}, {}, "no policy is right for this image"],
		"what is left": [
			object.union(_declared("Never"), {"default": "Always"}),
			{"allowedPolicies": ["IfNotPresent"]},
			"it is allowed and right",
		],
	}
	use := uses_test.example(tc[0])
	why := advice.why(use) with uses.found as {use} with input.parameters as tc[1]
	why == tc[2]
}

test_cacheable[note] if {
	some note, tc in {
		"a digest": [{}, true],
		"where no cached policy is allowed": [{"profile": "always"}, false],
	}
	use := uses_test.example(_pinned)
	cacheable := {true | advice.cacheable(use)} with uses.found as {use} with input.parameters as tc[0]
	cacheable == {true | tc[1]}
}

package pullpolicy.parameters_test

import data.pullpolicy.documents
import data.pullpolicy.parameters
import data.pullpolicy.references
import data.pullpolicy.shipped
import data.pullpolicy_parameters

test_defaults[note] if {
	some note, value in {
		"no parameters": {},
		"an empty map": {"parameters": {}},
	}
	_in_force == _baseline with input as value
}

_baseline := {
	"profile": "baseline",
	"severities": {},
	"reported": ["error", "warning"],
	"mutable_tags": [],
	"preloaded_images": [],
	"pod_specs": [],
	"images": [],
	"exemptions": [],
	"minor": 37,
	"allowed": ["Always", "IfNotPresent", "Never"],
}

_in_force := {
	"profile": parameters.profile,
	"severities": parameters.severities,
	"reported": parameters.reported,
	"mutable_tags": parameters.mutable_tags,
	"preloaded_images": parameters.preloaded_images,
	"pod_specs": parameters.pod_specs,
	"images": parameters.images,
	"exemptions": parameters.exemptions,
	"minor": parameters.minor,
	"allowed": parameters.allowed(references.parse("nginx")),
}

_all := {
	"profile": "strict",
	"rules": {"tag-mutable": "off", "digest-missing": "warning"},
	"severities": ["error"],
	"mutableTags": ["dev", "*-snapshot"],
	"allowedPolicies": ["Always", "IfNotPresent"],
	"policies": [{"images": ["nginx"], "allow": ["Never"]}],
	"preloadedImages": ["host.io/**"],
	"podSpecs": [
		{"group": "example.com", "kind": "Farm", "path": "spec.pools[*].pod-spec"},
		{"kind": "Herd", "path": "*"},
	],
	"images": [{"group": "example.com", "kind": "Farm", "image": "spec.*.image", "policy": "spec.*.pullPolicy"}],
	"exemptions": [
		{"rules": ["tag-*"], "namespaces": ["kube-*"], "images": ["nginx"], "containers": ["app"], "reason": "legacy"},
		{"namespaces": ["dev"], "reason": "only developers"},
	],
	"kubernetesVersion": "1.30",
}

test_everything_given if {
	_in_force == {
		"profile": "strict",
		"severities": {"tag-mutable": "off", "digest-missing": "warning"},
		"reported": ["error"],
		"mutable_tags": [references.literal("dev"), references.literal("*-snapshot")],
		"preloaded_images": [references.glob_of("host.io/**")],
		"pod_specs": _all.podSpecs,
		"images": _all.images,
		"exemptions": [
			{
				"rules": [references.literal("tag-*")],
				"namespaces": [references.literal("kube-*")],
				"images": [references.glob_of("nginx")],
				"containers": ["app"],
				"reason": "legacy",
			},
			{"rules": ["*"], "namespaces": ["dev"], "images": [], "containers": ["*"], "reason": "only developers"},
		],
		"minor": 30,
		"allowed": ["Never"],
	} with input.parameters as _all
	count(parameters.problems) == 0 with input.parameters as _all
}

# One complaint, and none of the user's parameters is in force.
test_fallback_to_the_baseline[note] if {
	some note, value in {
		"an unknown key": object.union(_all, {"mutabletags": ["dev"]}),
		"a wrong type": object.union(_all, {"mutableTags": "dev"}),
		"an unknown rule": object.union(_all, {"rules": {"tag-mutabel": "error"}}),
		"an unknown profile": object.union(_all, {"profile": "paranoid"}),
		"an exemption of an unknown rule": object.union(_all, {"exemptions": [{"rules": ["tag"], "reason": "a"}]}),
		"a list": [_all],
		"a text": "strict",
	}
	_in_force == _baseline with input.parameters as value
	count(parameters.problems) > 0 with input.parameters as value
}

# Each row is the bundle's parameters, the consumer's document, the input's, and what of them is in force.
test_layers[note] if {
	some note, [bundles, consumers, inputs, want] in {
		"the bundle's alone": [{"profile": "strict"}, null, null, {"profile": "strict"}],
		"the consumer's alone": [null, {"profile": "multi-tenant"}, null, {"profile": "multi-tenant"}],
		"the consumer's over the bundle's": [
			{"profile": "strict"}, {"profile": "multi-tenant"}, null,
			{"profile": "multi-tenant"},
		],
		"the input's over both": [
			{"profile": "strict"}, {"profile": "multi-tenant"}, {"profile": "baseline"},
			{"profile": "baseline"},
		],
		"other keys": [
			{"profile": "strict", "mutableTags": ["dev"]}, {"kubernetesVersion": "1.30"}, {"mutableTags": ["main"]},
			{"profile": "strict", "mutable_tags": ["main"], "minor": 30},
		],
		"the keys of rules": [
			{"rules": {"tag-mutable": "off", "digest-missing": "error"}}, {"rules": {"digest-missing": "off"}}, {},
			{"severities": {"tag-mutable": "off", "digest-missing": "off"}},
		],
	}
	_in_force == object.union(_baseline, want) with shipped.parameters as bundles
		with pullpolicy_parameters as consumers
		with input.parameters as inputs
}

# A wrong document is not a reason to fall back to the lower one.
test_layers_with_a_mistake[note] if {
	some note, [bundles, consumers, inputs] in {
		"in the bundle's": [{"profil": "strict"}, {"profile": "multi-tenant"}, {"profile": "multi-tenant"}],
		"in the consumer's": [{"profile": "strict"}, {"profil": "multi-tenant"}, {}],
		"in the input's": [{"profile": "strict"}, {"profile": "multi-tenant"}, {"profil": "multi-tenant"}],
		"a text for the bundle's": ["strict", {"profile": "multi-tenant"}, {}],
		"a number for the consumer's": [{"profile": "strict"}, 7, {}],
	}
	_in_force == _baseline with shipped.parameters as bundles
		with pullpolicy_parameters as consumers
		with input.parameters as inputs
	count(parameters.problems) == 1 with shipped.parameters as bundles
		with pullpolicy_parameters as consumers
		with input.parameters as inputs
}

# Gatekeeper's template has no package documents.
test_layers_without_documents if {
	_in_force == object.union(_baseline, {"profile": "strict"}) with documents as {}
		with input.parameters as {"profile": "strict"}
}

test_restricts[note] if {
	some note, value in {
		"always": {"profile": "always"},
		"airgapped": {"profile": "airgapped"},
		"a list of two": {"allowedPolicies": ["Always", "Never"]},
		"one policy, three times": {"allowedPolicies": ["Never", "Never", "Never"]},
		"an override": {"policies": [{"images": ["nginx"], "allow": ["Always"]}]},
	}
	parameters.restricts with input.parameters as value
}

test_restricts_not[note] if {
	some note, value in {
		"by default": {},
		"strict": {"profile": "strict"},
		"multi-tenant": {"profile": "multi-tenant"},
		"a list of all": {"allowedPolicies": ["Never", "Always", "IfNotPresent"]},
		"a list of all, over the profile": {
			"profile": "always",
			"allowedPolicies": ["Always", "IfNotPresent", "Never"],
		},
	}
	not parameters.restricts with input.parameters as value
}

test_allowed[note] if {
	some note, tc in {
		"by default": [{}, "nginx", ["Always", "IfNotPresent", "Never"]],
		"strict": [{"profile": "strict"}, "nginx", ["Always", "IfNotPresent", "Never"]],
		"always": [{"profile": "always"}, "nginx", ["Always"]],
		"airgapped": [{"profile": "airgapped"}, "nginx", ["IfNotPresent", "Never"]],
		"multi-tenant": [{"profile": "multi-tenant"}, "nginx", ["Always", "IfNotPresent", "Never"]],
		"the user's": [{"allowedPolicies": ["Never"]}, "nginx", ["Never"]],
		"the user's over the profile's": [{"profile": "always", "allowedPolicies": ["Never"]}, "nginx", ["Never"]],
		"an override that matches": [_overrides, "nginx:1", ["Never"]],
		"the first of two that match": [_overrides, "nginx:dev", ["Always"]],
		"the second pattern of an override": [_overrides, "host.io/a/b:1", ["Never"]],
		"no override that matches": [_overrides, "corp/nginx:1", ["IfNotPresent"]],
		"what does not parse": [_overrides, "Nginx:dev", ["IfNotPresent"]],
	}
	got := parameters.allowed(references.parse(tc[1])) with input.parameters as tc[0]
	got == tc[2]
}

_overrides := {
	"allowedPolicies": ["IfNotPresent"],
	"policies": [
		{"images": ["nginx:dev"], "allow": ["Always"]},
		{"images": ["nginx", "host.io/**"], "allow": ["Never"]},
	],
}

test_minor[version] if {
	some version, minor in {"1.37": 37, "1.30": 30, "1.9": 9, "1.100": 100, "1.0": 0}
	parameters.minor == minor with input.parameters as {"kubernetesVersion": version}
}

test_in_force[note] if {
	some note, tc in {
		"the profile's": [{}, "warning", true],
		"the user's": [{"rules": {"tag-mutable": "error"}}, "error", true],
		"off": [{"rules": {"tag-mutable": "off"}}, "", true],
		"off in the profile": [{"rules": {"digest-missing": "off"}}, "warning", true],
		"on against the profile": [{"rules": {"digest-missing": "error"}}, "warning", false],
	}
	force := parameters.in_force with input.parameters as tc[0]
	object.get(force, "tag-mutable", "") == tc[1]
	{true | not force["digest-missing"]} == {true | tc[2]}
}

test_unverified[note] if {
	some note, tc in {
		"a version that verifies": [{"kubernetesVersion": "1.35"}, set()],
		"a version that does not": [{"kubernetesVersion": "1.34"}, {"kubelets before 1.35"}],
		"no version": [{}, set()],
		"no version, and tenants": [{"profile": "multi-tenant"}, {"kubelets before 1.35"}],
		"a version, and tenants": [{"profile": "multi-tenant", "kubernetesVersion": "1.36"}, set()],
		"switched off": [
			{"kubernetesVersion": "1.37", "imagePullCredentialsVerificationPolicy": "NeverVerify"},
			{"kubelets with NeverVerify"},
		],
		"switched on early": [
			{"kubernetesVersion": "1.34", "imagePullCredentialsVerificationPolicy": "NeverVerifyPreloadedImages"},
			set(),
		],
	}
	unverified := {kubelets | kubelets := parameters.unverified} with input.parameters as tc[0]
	unverified == tc[1]
}

test_verifies_preloaded[policy] if {
	some policy, want in {"AlwaysVerify": true, "NeverVerifyPreloadedImages": false}
	given := {"imagePullCredentialsVerificationPolicy": policy}
	verifies := {true | parameters.verifies_preloaded} with input.parameters as given
	verifies == {true | want}
}

test_private_images if {
	patterns := parameters.private_images with input.parameters as {"privateImages": ["corp/**"]}
	[references.matches(pattern, references.parse("corp/app:1")) | some pattern in patterns] == [true]
}

test_restriction[note] if {
	some note, tc in {
		"an override": [{"policies": [{"images": ["nginx"], "allow": ["Always"]}]}, "policies allows"],
		"an override of another image": [
			{"policies": [{"images": ["corp/**"], "allow": ["Always"]}], "allowedPolicies": ["Always"]},
			"allowedPolicies allows",
		],
		"the list": [{"allowedPolicies": ["Always"]}, "allowedPolicies allows"],
		"the profile": [{"profile": "always"}, "profile always allows"],
	}
	restriction := parameters.restriction(references.parse("nginx")) with input.parameters as tc[0]
	restriction == tc[1]
}

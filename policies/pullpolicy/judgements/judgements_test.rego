package pullpolicy.judgements_test

import data.pullpolicy.judgements
import data.pullpolicy.parameters
import data.pullpolicy.result
import data.pullpolicy.rules
import data.pullpolicy.uses_test

_profiles := ["baseline", "strict", "always", "airgapped", "multi-tenant"]

_severities := {
	"input-invalid": ["error", "error", "error", "error", "error"],
	"parameters-invalid": ["error", "error", "error", "error", "error"],
	"policy-invalid": ["error", "error", "error", "error", "error"],
	"image-invalid": ["error", "error", "error", "error", "error"],
	"policy-not-allowed": ["error", "error", "error", "error", "error"],
	"policy-missing": ["warning", "error", "error", "error", "error"],
	"policy-defaults-to-always": ["error", "error", "error", "error", "error"],
	"policy-misplaced": ["error", "error", "error", "error", "error"],
	"mutable-tag-cached": ["error", "error", "error", "error", "error"],
	"tag-mutable": ["warning", "error", "warning", "error", "warning"],
	"digest-missing": ["off", "error", "off", "warning", "off"],
	"digest-always-pulled": ["warning", "warning", "off", "off", "off"],
	"never-not-preloaded": ["warning", "error", "off", "error", "warning"],
	"policy-stale": ["warning", "error", "warning", "warning", "warning"],
	"cached-without-credentials": ["off", "warning", "off", "off", "error"],
	"policy-conflict": ["warning", "error", "warning", "warning", "warning"],
}

test_severities[id] if {
	some id, severities in _severities
	rules[replace(id, "-", "_")].severities == {profile: severities[i] | some i, profile in _profiles}
}

test_severities_are_of_all_rules if {
	object.keys(_severities) == parameters.rule_ids
}

_use := uses_test.example({})

_finding := result.image(_use, "it is wrong", "write another")

_judged(severity, reasons) := {{"violation": result.answer("tag-mutable", severity, _finding), "reasons": reasons}}

test_found[note] if {
	some note, tc in {
		"a profile's warning": {"parameters": {}, "want": _judged("warning", [])},
		"another profile's error": {"parameters": {"profile": "strict"}, "want": _judged("error", [])},
		"the user's severity": {"parameters": {"rules": {"tag-mutable": "error"}}, "want": _judged("error", [])},
		"the user's severity over the profile's": {
			"parameters": {"profile": "strict", "rules": {"tag-mutable": "warning"}},
			"want": _judged("warning", []),
		},
		"off": {"parameters": {"rules": {"tag-mutable": "off"}}, "want": set()},
		"a severity that is reported": {"parameters": {"severities": ["warning"]}, "want": _judged("warning", [])},
		"a severity that is not reported": {"parameters": {"severities": ["error"]}, "want": set()},
	}
	found := judgements.found with input as {"reviews": [], "parameters": tc.parameters}
		with rules.tag_mutable.findings as {_finding}
	found == tc.want
}

test_found_of_a_rule_that_is_off[note] if {
	some note, tc in {
		"off in the profile": {"parameters": {}, "want": set()},
		"the user's severity": {
			"parameters": {"rules": {"digest-missing": "warning"}},
			"want": {{"violation": result.answer("digest-missing", "warning", _finding), "reasons": []}},
		},
	}
	found := judgements.found with input as {"reviews": [], "parameters": tc.parameters}
		with rules.digest_missing.findings as {_finding}
	found == tc.want
}

test_exempted[note] if {
	some note, exemption in {
		"the rule": {"rules": ["tag-mutable"]},
		"a glob of rules": {"rules": ["policy-*", "tag-*"]},
		"the namespace": {"namespaces": ["shop"]},
		"a glob of namespaces": {"namespaces": ["kube-*", "sh*"]},
		"the container": {"containers": ["app"]},
		"a glob of containers": {"containers": ["*"]},
		"the image": {"images": ["nginx:1"]},
		"a glob of images": {"images": ["corp/app", "nginx"]},
		"all of them": {"rules": ["*"], "namespaces": ["shop"], "containers": ["app"], "images": ["**"]},
	}
	exempting := {"exemptions": [object.union(exemption, {"reason": "legacy"})]}
	found := judgements.found with input as {"reviews": [], "parameters": exempting}
		with rules.tag_mutable.findings as {_finding}
	found == _judged("warning", ["legacy"])
}

test_not_exempted[note] if {
	some note, exemption in {
		"another rule": {"rules": ["policy-*", "digest-missing"]},
		"another namespace": {"namespaces": ["shopping", "sho"]},
		"another container": {"containers": ["App", "app-2"]},
		"another image": {"images": ["nginx:2", "corp/nginx"]},
		"another rule for the image": {"rules": ["digest-missing"], "images": ["nginx"]},
		"another namespace for the image": {"namespaces": ["dev"], "images": ["nginx"]},
		"another container for the image": {"containers": ["web"], "images": ["nginx"]},
		"another image for the rule": {"rules": ["tag-mutable"], "images": ["corp/app"]},
	}
	exempting := {"exemptions": [object.union(exemption, {"reason": "legacy"})]}
	found := judgements.found with input as {"reviews": [], "parameters": exempting}
		with rules.tag_mutable.findings as {_finding}
	found == _judged("warning", [])
}

test_exempted_twice if {
	exempting := {"exemptions": [
		{"rules": ["tag-mutable"], "reason": "first"},
		{"rules": ["digest-missing"], "reason": "of another rule"},
		{"images": ["nginx"], "reason": "second"},
	]}
	found := judgements.found with input as {"reviews": [], "parameters": exempting}
		with rules.tag_mutable.findings as {_finding}
	found == _judged("warning", ["first", "second"])
}

# What is not a use has neither image nor container, and what has no object no namespace.
test_exempted_without_a_use[note] if {
	some note, tc in {
		"the rule": {"exemption": {"rules": ["input-invalid"]}, "reasons": ["legacy"]},
		"the namespace": {"exemption": {"namespaces": ["shop"]}, "reasons": ["legacy"]},
		"any container": {"exemption": {"containers": ["*"]}, "reasons": ["legacy"]},
		"a container": {"exemption": {"containers": ["app"]}, "reasons": []},
		"any image": {"exemption": {"images": ["**"]}, "reasons": []},
	}
	problem := result.problem({"review": 0, "at": ["spec"], "object": _use.object}, "it is wrong")
	exempting := {"exemptions": [object.union(tc.exemption, {"reason": "legacy"})]}
	found := judgements.found with input as {"reviews": [], "parameters": exempting}
		with rules.input_invalid.findings as {problem}
	found == {{"violation": result.answer("input-invalid", "error", problem), "reasons": tc.reasons}}
}

test_found_nothing_wrong if {
	found := judgements.found with input.reviews as [{"object": {
		"apiVersion": "v1",
		"kind": "Pod",
		"spec": {"containers": [{"name": "app", "image": "nginx:1", "imagePullPolicy": "IfNotPresent"}]},
	}}]
	found == set()
}

# Nothing new is going to run, and the update may be the one that takes it away.
test_found_nothing_in_what_an_update_keeps if {
	kept := result.image(uses_test.example({"kept": true, "container": "kept"}), "it is wrong", "write another")
	found := judgements.found with input as {"reviews": []} with rules.tag_mutable.findings as {kept, _finding}
	found == _judged("warning", [])
}

package pullpolicy.rules.cached_without_credentials_test

import data.pullpolicy.advice
import data.pullpolicy.rules.cached_without_credentials
import data.pullpolicy.texts
import data.pullpolicy.uses
import data.pullpolicy.uses_test

test_findings[note] if {
	some note, tc in {
		"IfNotPresent": {"use": {"unverified": true}, "want": {"spec.containers[0].imagePullPolicy"}},
		"Never": {
			"use": {"unverified": true, "declared": "Never", "effective": "Never"},
			"want": {"spec.containers[0].imagePullPolicy"},
		},
		"the default": {"use": {"unverified": true, "declared": ""}, "want": {"spec.containers[0].image"}},
		"verified": {"use": {}, "want": set()},
		"Always": {"use": {"unverified": true, "declared": "Always", "effective": "Always"}, "want": set()},
		"a policy that is not valid": {"use": {"unverified": true, "declared": "always", "effective": ""}, "want": set()},
	}
	found := cached_without_credentials.findings with uses.found as {uses_test.example(tc.use)}
	{texts.path(finding.at) | some finding in found} == tc.want
}

test_message[note] if {
	some note, tc in {
		"of an earlier version": {
			"parameters": {"kubernetesVersion": "1.34"},
			"advice": "Always",
			"want": "kubelets before 1.35 let any Pod run its copy; write imagePullPolicy: Always",
		},
		"of kubelets that verify nothing": {
			"parameters": {"imagePullCredentialsVerificationPolicy": "NeverVerify"},
			"advice": "Always",
			"want": "kubelets with NeverVerify let any Pod run its copy; write imagePullPolicy: Always",
		},
		"of a preloaded image": {
			"parameters": {"preloadedImages": ["nginx"]},
			"advice": "Always",
			"want": "kubelets let any Pod run a preloaded private image; write imagePullPolicy: Always",
		},
		"where Always is not allowed": {
			"parameters": {"kubernetesVersion": "1.34"},
			"advice": "",
			"want": "kubelets before 1.35 let any Pod run its copy; set kubelets to AlwaysVerify",
		},
	}
	found := cached_without_credentials.findings with uses.found as {uses_test.example({"unverified": true})}
		with input.parameters as tc.parameters
		with advice.policy as tc.advice
	{finding.message | some finding in found} == {concat("", [`container "app" has IfNotPresent: `, tc.want])}
}

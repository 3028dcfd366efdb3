package pullpolicy.rules.cached_without_credentials_test

import data.pullpolicy.result
import data.pullpolicy.rules.cached_without_credentials
import data.pullpolicy.uses
import data.pullpolicy.uses_test

test_findings[note] if {
	some note, tc in {
		"IfNotPresent before 1.35": {
			"use": {"secrets": true},
			"parameters": {"kubernetesVersion": "1.34"},
			"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: Always"]},
		},
		"Never before 1.35": {
			"use": {"secrets": true, "declared": "Never", "effective": "Never"},
			"parameters": {"kubernetesVersion": "1.9"},
			"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: Always"]},
		},
		"the default before 1.35": {
			"use": {"secrets": true, "declared": ""},
			"parameters": {"kubernetesVersion": "1.34"},
			"want": {["spec.containers[0].image", "write imagePullPolicy: Always"]},
		},
		"a preloaded image": {
			"use": {"secrets": true},
			"parameters": {"kubernetesVersion": "1.35", "preloadedImages": ["corp/**", "nginx:*"]},
			"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: Always"]},
		},
		"a pinned image": {
			"use": {"secrets": true, "image": uses_test.pinned("nginx")},
			"parameters": {"preloadedImages": ["nginx"]},
			"want": {["spec.containers[0].imagePullPolicy", "write imagePullPolicy: Always"]},
		},
		"where Always is not allowed": {
			"use": {"secrets": true},
			"parameters": {"kubernetesVersion": "1.34", "allowedPolicies": ["IfNotPresent", "Never"]},
			"want": {["spec.containers[0].imagePullPolicy", "let the kubelets verify credentials"]},
		},
		"no secrets": {"use": {}, "parameters": {"kubernetesVersion": "1.34"}, "want": set()},
		"Always": {
			"use": {"secrets": true, "declared": "Always", "effective": "Always"},
			"parameters": {"kubernetesVersion": "1.34"},
			"want": set(),
		},
		"no policy": {
			"use": {"secrets": true, "declared": "always", "effective": ""},
			"parameters": {"kubernetesVersion": "1.34"},
			"want": set(),
		},
		"a reference that does not parse": {
			"use": {"secrets": true, "image": "Nginx:1"},
			"parameters": {"kubernetesVersion": "1.34"},
			"want": set(),
		},
		"verified since 1.35": {
			"use": {"secrets": true},
			"parameters": {"kubernetesVersion": "1.35", "preloadedImages": ["corp/**"]},
			"want": set(),
		},
		"verified by default": {"use": {"secrets": true}, "parameters": {}, "want": set()},
	}
	found := cached_without_credentials.findings with uses.found as {uses_test.example(tc.use)}
		with input.parameters as tc.parameters
	{[result.path(finding.at), finding.remedy] | some finding in found} == tc.want
}

test_message[note] if {
	some note, tc in {
		"of an earlier version": {
			"parameters": {"kubernetesVersion": "1.34", "preloadedImages": ["nginx"]},
			"want": concat("", [
				`container "app" uses nginx:1 with IfNotPresent and pull secrets, but a kubelet of 1.34 does not verify `,
				"them for a cached image, so Pods without them can run it; write imagePullPolicy: Always",
			]),
		},
		"of a preloaded image": {
			"parameters": {"preloadedImages": ["nginx"]},
			"want": concat("", [
				`container "app" uses nginx:1 with IfNotPresent and pull secrets, but a kubelet does not verify them `,
				"for a preloaded image, so Pods without them can run it; write imagePullPolicy: Always",
			]),
		},
	}
	found := cached_without_credentials.findings with uses.found as {uses_test.example({"secrets": true})}
		with input.parameters as tc.parameters
	{finding.message | some finding in found} == {tc.want}
}

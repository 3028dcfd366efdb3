package pullpolicy.kubelet_test

import data.pullpolicy.kubelet
import data.pullpolicy.uses_test

# The outcomes of starts with the image absent, with it absent and the registry down, with a copy, with a copy that came
# with other credentials, with a copy whose tag has moved, and with a copy and the registry down.
test_outcomes[note] if {
	some note, tc in {
		"Always": {
			"use": {"effective": "Always"},
			"want": ["pulled", "ErrImagePull", "pulled", "pulled", "pulled", "ErrImagePull"],
		},
		"IfNotPresent": {
			"use": {"effective": "IfNotPresent"},
			"want": ["pulled", "ErrImagePull", "cached", "pulled", "cached", "cached"],
		},
		"Never": {
			"use": {"effective": "Never"},
			"want": ["ErrImageNeverPull", "ErrImageNeverPull", "cached", "ErrImageNeverPull", "cached", "cached"],
		},
		"a policy that the API server rejects": {
			"use": {"declared": "always", "effective": ""},
			"want": _whatever("rejected"),
		},
		"an image that the API server rejects": {
			"use": {"image": " nginx", "flaw": {"by": "api", "cause": "has a blank in it"}},
			"want": _whatever("rejected"),
		},
		"a name that does not parse, with Always": {
			"use": {"image": "Nginx", "flaw": _flaw, "effective": "Always"},
			"want": _whatever("InvalidImageName"),
		},
		"a name that does not parse, with Never": {
			"use": {"image": "Nginx", "flaw": _flaw, "effective": "Never"},
			"want": _whatever("InvalidImageName"),
		},
		# an object that is rejected comes to no kubelet
		"a name that does not parse, with a policy that the API server rejects": {
			"use": {"image": "Nginx", "flaw": _flaw, "declared": "always", "effective": ""},
			"want": _whatever("rejected"),
		},
		"a policy that is filled in later": {
			"use": {"effective": "", "undecided": true},
			"want": _whatever("unknown"),
		},
		"a name that a controller fills in": {
			"use": {"effective": "Always", "image": "$(params.image)", "deferred": true},
			"want": ["pulled", "ErrImagePull", "pulled", "pulled", "pulled", "ErrImagePull"],
		},
		"an image volume": {
			"use": {"effective": "Always", "list": "volumes"},
			"want": ["pulled", "ErrImagePull", "pulled", "pulled", "pulled", "ErrImagePull"],
		},
	}
	outcomes := kubelet.outcomes(uses_test.example(tc.use))
	outcomes == object.union(outcomes, _situations(tc.want))
	count(outcomes) == 6
}

# What a copy that came with other credentials comes to, with each policy.
test_outcomes_with_other_credentials[note] if {
	some note, tc in {
		"a version that verifies": [{"kubernetesVersion": "1.35"}, "pulled", "pulled", "ErrImageNeverPull"],
		"a version that does not": [{"kubernetesVersion": "1.34"}, "pulled", "cached", "cached"],
		"a version whose feature gate is on": [
			{"kubernetesVersion": "1.33", "imagePullCredentialsVerificationPolicy": "AlwaysVerify"},
			"pulled", "pulled", "ErrImageNeverPull",
		],
		"kubelets that are told not to verify": [
			{"imagePullCredentialsVerificationPolicy": "NeverVerify"},
			"pulled", "cached", "cached",
		],
		# tenants are not told apart by a version that nobody gave
		"tenants, and no version": [{"profile": "multi-tenant"}, "pulled", "cached", "cached"],
	}
	outcomes := [outcome |
		some policy in ["Always", "IfNotPresent", "Never"]
		outcome := kubelet.outcomes(uses_test.example({"effective": policy})).otherCredentials
	] with input.parameters as tc[0]
	outcomes == array.slice(tc, 1, 4)
}

test_outcomes_of_an_image_volume[note] if {
	some note, tc in {
		"the last version without them": ["1.34", "rejected", _volumes_off],
		"the first version that knows them": ["1.31", "rejected", _volumes_off],
		"a version that does not know them": ["1.30", "rejected", "there are no image volumes before Kubernetes 1.31"],
	}
	use := uses_test.example({"list": "volumes"})
	kubelet.outcomes(use).cached == tc[1] with input.parameters as {"kubernetesVersion": tc[0]}
	kubelet.obstacle(use) == tc[2] with input.parameters as {"kubernetesVersion": tc[0]}
}

test_image_volumes_are_on if {
	not kubelet.obstacle(uses_test.example({"list": "volumes"})) with input.parameters as {"kubernetesVersion": "1.35"}
}

_volumes_off := "image volumes are off before Kubernetes 1.35, unless the feature gate ImageVolume is on"

_flaw := {"by": "kubelet", "cause": "has upper-case letters in the repository"}

_situations([absent, absent_down, cached, other, moved, down]) := {
	"absent": absent, "absentRegistryDown": absent_down, "cached": cached, "otherCredentials": other,
	"moved": moved, "registryDown": down,
}

_whatever(outcome) := [outcome, outcome, outcome, outcome, outcome, outcome]

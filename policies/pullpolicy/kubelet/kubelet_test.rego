package pullpolicy.kubelet_test

import data.pullpolicy.kubelet

test_outcomes[note] if {
	some note, tc in {
		"Always": {
			"use": {"effective": "Always"},
			"want": {"absent": "pulled", "cached": "pulled", "moved": "pulled", "registryDown": "ErrImagePull"},
		},
		"IfNotPresent": {
			"use": {"effective": "IfNotPresent"},
			"want": {"absent": "pulled", "cached": "cached", "moved": "cached", "registryDown": "cached"},
		},
		"Never": {
			"use": {"effective": "Never"},
			"want": {"absent": "ErrImageNeverPull", "cached": "cached", "moved": "cached", "registryDown": "cached"},
		},
		"a policy that the API server refuses": {
			"use": {"effective": ""},
			"want": _whatever("rejected"),
		},
		"a name that does not parse, with Always": {
			"use": {"effective": "Always", "reference": {"valid": false}},
			"want": _whatever("InvalidImageName"),
		},
		"a name that does not parse, with Never": {
			"use": {"effective": "Never", "reference": {"valid": false}},
			"want": _whatever("InvalidImageName"),
		},
		# an object that is refused comes to no kubelet
		"a name that does not parse, with a policy that the API server refuses": {
			"use": {"effective": "", "reference": {"valid": false}},
			"want": _whatever("rejected"),
		},
		"a policy that is filled in later": {
			"use": {"effective": "", "undecided": true},
			"want": _whatever("unknown"),
		},
		"a name that a controller fills in": {
			"use": {"effective": "Always", "reference": {"valid": false}, "deferred": true},
			"want": {"absent": "pulled", "cached": "pulled", "moved": "pulled", "registryDown": "ErrImagePull"},
		},
	}
	use := object.union({"reference": {"valid": true}, "deferred": false, "undecided": false}, tc.use)
	kubelet.outcomes(use) == tc.want
}

_whatever(outcome) := {"absent": outcome, "cached": outcome, "moved": outcome, "registryDown": outcome}

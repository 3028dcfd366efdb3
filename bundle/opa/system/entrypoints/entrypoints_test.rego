package system.entrypoints_test

import data.system.bundles
import data.system.entrypoints

test_entrypoints[note] if {
	some note, tc in {
		"of a manifest": {
			"bundles": {"pullpolicy": {"manifest": {"metadata": {"entrypoints": ["a/b/b", "a/b/c", "a/d/e"]}}}},
			"rules": {["a", "b", "b"], ["a", "b", "c"], ["a", "d", "e"]},
			"packages": {["a", "b"]},
		},
		"of another bundle": {
			"bundles": {"other": {"manifest": {"metadata": {"entrypoints": ["a/b"]}}}},
			"rules": set(),
			"packages": set(),
		},
		"of a manifest without any": {
			"bundles": {"pullpolicy": {"manifest": {"metadata": {"name": "a"}}}},
			"rules": set(),
			"packages": set(),
		},
		"without a package": {
			"bundles": {"pullpolicy": {"manifest": {"metadata": {"entrypoints": ["a", ""]}}}},
			"rules": {["a"], [""]},
			"packages": set(),
		},
		"of the wrong type": {
			"bundles": {"pullpolicy": {"manifest": {"metadata": {"entrypoints": [["a", "a"], null]}}}},
			"rules": set(),
			"packages": set(),
		},
		"without a bundle": {"bundles": {}, "rules": set(), "packages": set()},
	}
	got := {"rules": entrypoints.rules, "packages": entrypoints.packages} with bundles as tc.bundles
	got == {"rules": tc.rules, "packages": tc.packages}
}

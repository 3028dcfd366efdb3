package pullpolicy.rules.tag_mutable_test

import data.pullpolicy.rules.tag_mutable
import data.pullpolicy.texts
import data.pullpolicy.uses
import data.pullpolicy.uses_test

test_findings[note] if {
	some note, changes in {
		"a tag that moves": {"mutable": true},
		"whatever the policy": {"mutable": true, "declared": "Always", "effective": "Always"},
		"none declared": {"mutable": true, "declared": ""},
	}
	found := tag_mutable.findings with uses.found as {uses_test.example(changes)}
	{texts.path(finding.at) | some finding in found} == {"spec.containers[0].image"}
}

test_no_findings if {
	count(tag_mutable.findings) == 0 with uses.found as {uses_test.example({"mutable": false})}
}

test_message[note] if {
	some note, tc in {
		"no tag": ["nginx", {}, "no tag", "pin a version or digest (crane digest IMAGE)"],
		"latest": ["nginx:latest", {}, "tag latest", "pin a version or digest (crane digest IMAGE)"],
		"a tag in mutableTags": ["nginx:dev", {}, "tag dev", "pin a version or digest (crane digest IMAGE)"],
		"where a digest is required": ["nginx:dev", {"profile": "strict"}, "tag dev", "pin a digest (crane digest IMAGE)"],
		"the beginning of an image id": [
			"0123456789ab",
			{},
			"an image id for a repository",
			"pin a version or digest (crane digest IMAGE)",
		],
		"an image of which only the end is known": ["$(registry)/app:latest", {}, "no tag", "pin a version or digest"],
	}
	found := tag_mutable.findings with uses.found as {uses_test.example({"image": tc[0], "mutable": true})}
		with input.parameters as tc[1]
	{finding.message | some finding in found} == {concat("", [
		`container "app" has `,
		tc[2],
		", so what runs depends on when it was pulled; ",
		tc[3],
	])}
}

package pullpolicy.rules.tag_mutable_test

import data.pullpolicy.result
import data.pullpolicy.rules.tag_mutable
import data.pullpolicy.uses
import data.pullpolicy.uses_test

test_findings[note] if {
	some note, changes in {
		"a tag that moves": {"mutable": true},
		"whatever the policy": {"mutable": true, "declared": "Always", "effective": "Always"},
		"none declared": {"mutable": true, "declared": ""},
	}
	found := tag_mutable.findings with uses.found as {uses_test.example(changes)}
	{[result.path(finding.at), finding.remedy] | some finding in found} == {[
		"spec.containers[0].image",
		"write a version tag or a digest",
	]}
}

test_no_findings if {
	count(tag_mutable.findings) == 0 with uses.found as {uses_test.example({"mutable": false})}
}

test_message[image] if {
	some image, want in {
		"nginx": "nginx, whose implied tag latest moves",
		"nginx:latest": "nginx:latest, whose tag latest moves",
		"nginx:dev": "nginx:dev, whose tag dev moves",
	}
	found := tag_mutable.findings with uses.found as {uses_test.example({"image": image, "mutable": true})}
	{finding.message | some finding in found} == {sprintf(
		`container "app" uses %s, so what runs depends on the hour of the pull; write a version tag or a digest`,
		[want],
	)}
}

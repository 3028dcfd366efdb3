package pullpolicy.rules.image_invalid_test

import data.pullpolicy.result
import data.pullpolicy.rules.image_invalid
import data.pullpolicy.uses
import data.pullpolicy.uses_test

test_findings[note] if {
	some note, changes in {
		"no image": {"image": ""},
		"upper case": {"image": "Nginx"},
		"a template that nobody fills in": {"image": "{{ .Values.image }}"},
		"a policy that is refused": {"image": "nginx:", "declared": "always", "effective": ""},
		"in a custom resource": {"image": "nginx:", "custom": true},
	}
	found := image_invalid.findings with uses.found as {uses_test.example(changes)}
	{[result.path(finding.at), finding.remedy] | some finding in found} == {[
		"spec.containers[0].image",
		"write [registry/]repository[:tag][@digest]",
	]}
}

test_no_findings[note] if {
	some note, changes in {
		"a tag": {"image": "nginx:1"},
		"a digest": {"image": uses_test.pinned("nginx")},
		"a template that a controller fills in": {"image": "{{image}}", "deferred": true, "custom": true},
	}
	count(image_invalid.findings) == 0 with uses.found as {uses_test.example(changes)}
}

test_message[image] if {
	some image, want in {
		"": `"", which is empty`,
		"Nginx": `"Nginx", which has a repository with upper-case letters`,
		"nginx:1 ": `"nginx:1 ", which has white space in it`,
		"<image>:1": `"<image>:1", which is not of the form [registry/]repository[:tag][@digest]`,
	}
	found := image_invalid.findings with uses.found as {uses_test.example({"image": image})}
	{finding.message | some finding in found} == {sprintf(
		`container "app" has the image %s, so no container starts from it (InvalidImageName); %s`,
		[want, "write [registry/]repository[:tag][@digest]"],
	)}
}

test_message_of_what_is_filled_in_later[note] if {
	some note, [custom, want] in {
		"in a custom resource": [true, "which cannot end so, whatever the placeholder becomes, so"],
		"in a workload, where nobody fills it in": [false, "which is a template that nobody filled in, so"],
	}
	found := image_invalid.findings with uses.found as {uses_test.example({"image": "$(registry)/App", "custom": custom})}
	{true | some finding in found; contains(finding.message, want)} == {true}
}

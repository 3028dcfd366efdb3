package pullpolicy.rules.image_invalid_test

import data.pullpolicy.rules.image_invalid
import data.pullpolicy.texts
import data.pullpolicy.uses
import data.pullpolicy.uses_test

_flaw := {"by": "kubelet", "cause": "is wrong", "remedy": "write another"}

test_findings[note] if {
	some note, changes in {
		"what does not parse": {"image": "Nginx"},
		"a policy that is rejected": {"image": "nginx:", "declared": "always", "effective": ""},
		"in a custom resource": {"image": "nginx:", "custom": true},
	}
	use := uses_test.example(object.union({"flaw": _flaw}, changes))
	found := image_invalid.findings with uses.found as {use}
	{[texts.path(finding.at), finding.remedy] | some finding in found} == {["spec.containers[0].image", "write another"]}
}

test_no_findings[note] if {
	some note, changes in {
		"a tag": {"image": "nginx:1"},
		"a digest": {"image": uses_test.pinned("nginx")},
		"a template that a controller fills in": {"image": "{{image}}", "deferred": true, "custom": true},
	}
	count(image_invalid.findings) == 0 with uses.found as {uses_test.example(changes)}
}

test_message[by] if {
	some by, want in {
		"api": `the API server rejects container "app": its image is wrong; write another`,
		"kubelet": `container "app" cannot start (InvalidImageName): its image is wrong; write another`,
	}
	use := uses_test.example({"image": "Nginx", "flaw": object.union(_flaw, {"by": by})})
	found := image_invalid.findings with uses.found as {use}
	{finding.message | some finding in found} == {want}
}

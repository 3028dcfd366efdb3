package pullpolicy.rules.digest_missing_test

import data.pullpolicy.rules.digest_missing
import data.pullpolicy.texts
import data.pullpolicy.uses
import data.pullpolicy.uses_test

test_findings[image] if {
	some image in ["nginx", "nginx:latest", "nginx:1", "host:5000/app"]
	found := digest_missing.findings with uses.found as {uses_test.example({"image": image})}
	{texts.path(finding.at) | some finding in found} == {"spec.containers[0].image"}
}

test_no_findings[note] if {
	some note, image in {
		"a digest": uses_test.pinned("nginx"),
		"a tag and a digest": uses_test.pinned("nginx:latest"),
		"what does not parse": "Nginx:1",
		"a digest that does not parse": "nginx@sha256:0",
		"no image": "",
	}
	count(digest_missing.findings) == 0 with uses.found as {uses_test.example({"image": image})}
}

test_message if {
	found := digest_missing.findings with uses.found as {uses_test.example({})}
	{finding.message | some finding in found} == {concat("", [
		`container "app" has no digest, so whoever can push its tag decides what runs; `,
		"append @sha256:<digest> (crane digest IMAGE)",
	])}
}

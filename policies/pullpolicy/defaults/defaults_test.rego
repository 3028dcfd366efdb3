package pullpolicy.defaults_test

import data.pullpolicy.defaults
import data.pullpolicy.references
import data.pullpolicy.references_test

test_policy_as_kubernetes[image] if {
	some image, [policy, _, _, _] in references_test.parsable
	defaults.policy(references.parse(references_test.expanded(image))) == policy
}

test_policy_of_what_does_not_parse[image] if {
	some image in references_test.unparsable
	defaults.policy(references.parse(references_test.expanded(image))) == "IfNotPresent"
}

test_why[note] if {
	some note, tc in {
		"no tag": ["nginx", "no tag means latest"],
		"latest": ["nginx:latest", "the tag is latest"],
		"latest beside a digest": ["nginx:latest@sha256:<hex>", "the tag is latest, whatever the digest"],
		"a digest": ["nginx@sha256:<hex>", "a digest is given"],
		"a tag beside a digest": ["nginx:1@sha256:<hex>", "a digest is given"],
		"a tag": ["nginx:1", "the tag is not latest"],
		"another spelling of latest": ["nginx:Latest", "the tag is not latest"],
		"a reference that does not parse": ["Nginx:latest", "the reference does not parse"],
	}
	defaults.why(references.parse(references_test.expanded(tc[0]))) == tc[1]
}

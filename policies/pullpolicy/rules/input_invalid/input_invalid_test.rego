package pullpolicy.rules.input_invalid_test

import data.pullpolicy.podspecs
import data.pullpolicy.reviews
import data.pullpolicy.rules.input_invalid

_problem := {
	"review": 1,
	"at": ["spec"],
	"object": {"kind": "Pod", "namespace": "", "name": "web"},
	"message": "it cannot be read",
}

_finding := object.union(_problem, {"use": {}, "remedy": ""})

test_findings_of_reviews if {
	found := input_invalid.findings with reviews.problems as {_problem} with podspecs.problems as set()
	found == {_finding}
}

test_findings_of_pod_specs if {
	found := input_invalid.findings with reviews.problems as set() with podspecs.problems as {_problem}
	found == {_finding}
}

test_findings_of_both if {
	other := object.union(_problem, {"at": []})
	found := input_invalid.findings with reviews.problems as {_problem} with podspecs.problems as {other}
	found == {_finding, object.union(_finding, {"at": []})}
}

test_no_findings if {
	count(input_invalid.findings) == 0 with reviews.problems as set() with podspecs.problems as set()
}

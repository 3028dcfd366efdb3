package pullpolicy.rules.parameters_invalid_test

import data.pullpolicy.parameters
import data.pullpolicy.rules.parameters_invalid

test_findings[note] if {
	some note, tc in {
		"all of them": {"at": [], "path": "parameters"},
		"a key": {"at": ["mutableTags", 0], "path": "parameters.mutableTags[0]"},
		"a key with a dot": {"at": ["rules", "a.b"], "path": "parameters.rules[a.b]"},
	}
	problem := {"at": tc.at, "message": "it does not fit", "remedy": ""}
	found := parameters_invalid.findings with parameters.problems as {problem}
	found == {{
		"review": null,
		"at": array.concat(["parameters"], tc.at),
		"object": {"kind": "", "namespace": "", "name": ""},
		"message": sprintf("%s: it does not fit, so no parameter is in force", [tc.path]),
		"use": {},
		"remedy": "",
	}}
}

test_finding_says_what_to_write if {
	found := parameters_invalid.findings with input.parameters as {"mutableTag": ["dev"]}
	want := `parameters.mutableTag: "mutableTag" is not known, so no parameter is in force; write mutableTags`
	{finding.message | some finding in found} == {want}
}

test_findings_of_each_problem if {
	found := parameters_invalid.findings with input.parameters as {"profile": "strict", "mutableTags": ["", 1]}
	{finding.at | some finding in found} == {["parameters", "mutableTags", 0], ["parameters", "mutableTags", 1]}
}

test_no_findings if {
	count(parameters_invalid.findings) == 0 with input.parameters as {"profile": "strict"}
}

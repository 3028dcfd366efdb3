# METADATA
# description: |
#   the conftest host: conftest test -p policies -n pullpolicy.conftest; the parameters are the data document
#   pullpolicy_parameters
# schemas:
#   - input: schema.conftest
package pullpolicy.conftest

import data.pullpolicy.violations

# METADATA
# title: Violations at severity error
deny contains violation if {
	some violation in _violations
	violation.severity == "error"
}

# METADATA
# title: Violations at severity warning
warn contains violation if {
	some violation in _violations
	violation.severity == "warning"
}

# regal ignore:with-outside-test-context
_violations := found if found := violations.violations with input as {"reviews": _reviews}

# --combine hands in all files at once
_reviews := [{"object": file.contents} | some file in input; file.contents != null] if {
	_combined
} else := [] if {
	input == null
} else := [{"object": input}]

_combined if {
	is_array(input)
	count(input) > 0
	every file in input {
		file.path
		"contents" in object.keys(file)
	}
}

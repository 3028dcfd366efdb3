package pullpolicy.documents_test

import data.pullpolicy.documents
import data.pullpolicy.shipped
import data.pullpolicy_parameters

test_parameters_without_any if documents.parameters == [null, null]

test_parameters[note] if {
	some note, [theirs, ours] in {
		"both": [{"profile": "always"}, {"profile": "strict"}],
		"of a wrong type": ["strict", 7],
	}
	documents.parameters == [ours, theirs] with shipped.parameters as ours
		with pullpolicy_parameters as theirs
}

package system.authz_test

import data.system.authz

test_allow[note] if {
	some note, request in {
		"the default decision": {"method": "POST", "path": [""]},
		"what the policies find": {"method": "POST", "path": ["v1", "data", "pullpolicy", "violations"]},
		"an admission": {"method": "POST", "path": ["v0", "data", "pullpolicy", "admission", "review"]},
		"health": {"method": "GET", "path": ["health"]},
		"health of a kind": {"method": "GET", "path": ["health", "ready"]},
		"status": {"method": "GET", "path": ["v1", "status"]},
		"metrics": {"method": "GET", "path": ["metrics"]},
	}
	authz.allow with input as request
}

test_not_allow[note] if {
	some note, request in {
		"a change of data": {"method": "PUT", "path": ["v1", "data", "pullpolicy_parameters"]},
		"a change of the policies' data": {"method": "PATCH", "path": ["v1", "data", "pullpolicy", "shipped"]},
		"a policy": {"method": "PUT", "path": ["v1", "policies", "pullpolicy"]},
		"a query": {"method": "POST", "path": ["v1", "query"]},
		"all data": {"method": "POST", "path": ["v1", "data"]},
		"other data": {"method": "POST", "path": ["v1", "data", "pullpolicy_parameters"]},
		"a path in one segment": {"method": "POST", "path": ["v1", "data", "pullpolicy/violations"]},
		"another version": {"method": "POST", "path": ["v2", "data", "pullpolicy"]},
		"the configuration": {"method": "GET", "path": ["v1", "config"]},
		"nothing": {},
	}
	not authz.allow with input as request
}

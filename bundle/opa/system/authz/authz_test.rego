package system.authz_test

import data.pullpolicy_not_older_than
import data.system.authz
import data.system.bundles

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

_bundle(metadata) := {"pullpolicy": {"manifest": {"metadata": metadata}}}

_question := {"method": "POST", "path": ["v1", "data", "pullpolicy", "violations"]}

# Each row is the oldest time that does, what the active bundle states, and whether it answers.
test_allow_by_age[note] if {
	some note, [oldest, active, want] in {
		"younger": ["2026-11-24T12:00:00Z", _bundle({"time": "2026-11-24T12:00:01Z"}), true],
		"as old": ["2026-11-24T12:00:00Z", _bundle({"time": "2026-11-24T13:00:00+01:00"}), true],
		"older": ["2026-11-24T12:00:00Z", _bundle({"time": "2026-11-24T11:59:59Z"}), false],
		"without a time": ["2026-11-24T12:00:00Z", _bundle({}), false],
		"with a time that is none": ["2026-11-24T12:00:00Z", _bundle({"time": "today"}), false],
		"not active": ["2026-11-24T12:00:00Z", {}, false],
		"against a time that is none": ["yesterday", _bundle({"time": "2026-11-24T12:00:00Z"}), false],
		"against false": [false, _bundle({"time": "2026-11-24T12:00:00Z"}), false],
	}
	allowed := authz.allow with input as _question
		with pullpolicy_not_older_than as oldest
		with bundles as active
	allowed == want
}

test_allow_health_of_what_is_old if {
	authz.allow with input as {"method": "GET", "path": ["v1", "status"]}
		with pullpolicy_not_older_than as "2026-11-24T12:00:00Z"
		with bundles as _bundle({})
}

package system.authz_test

import data.pullpolicy_not_older_than
import data.system.authz
import data.system.bundles

test_allow[note] if {
	some note, request in {
		"the default decision": _post([""]),
		"an entrypoint": _post(["v1", "data", "pullpolicy", "violations", "judged"]),
		"a package that is an answer": _post(["v1", "data", "pullpolicy", "violations"]),
		"an admission": _post(["v0", "data", "pullpolicy", "admission", "review"]),
		"an admission by an API server": _asking(_post(["v0", "data", "pullpolicy", "admission", "review"]), "timeout"),
		"provenance": _asking(_question, "provenance"),
		"health": _get(["health"]),
		"health of bundles": _asking(_get(["health"]), "bundles"),
		"health of plugins but one": _asking(_asking(_get(["health"]), "plugins"), "exclude-plugin"),
		"health of a kind": _get(["health", "ready"]),
		"status": _get(["v1", "status"]),
		"metrics": _get(["metrics"]),
	}
	authz.allow with input as request with bundles as _active
}

test_not_allow[note] if {
	some note, request in {
		"a change of data": {"method": "PUT", "path": ["v1", "data", "pullpolicy_parameters"], "params": {}},
		"a change of the policies' data": {"method": "PATCH", "path": ["v1", "data", "pullpolicy", "shipped"], "params": {}},
		"a change of what may be asked": {"method": "PUT", "path": ["v1", "data", "pullpolicy", "violations"], "params": {}},
		"a policy": {"method": "PUT", "path": ["v1", "policies", "pullpolicy"], "params": {}},
		"a query": _post(["v1", "query"]),
		"a compilation": _post(["v1", "compile"]),
		"a compilation of an entrypoint": _post(["v1", "compile", "pullpolicy", "violations"]),
		"all data": _post(["v1", "data"]),
		"all data and a slash": _post(["v1", "data", ""]),
		"other data": _post(["v1", "data", "pullpolicy_parameters"]),
		"what may be asked": _post(["v1", "data", "system", "entrypoints", "rules"]),
		"all policies": _post(["v1", "data", "pullpolicy"]),
		"all policies, of version 0": _post(["v0", "data", "pullpolicy"]),
		"a helper": _post(["v1", "data", "pullpolicy", "uses"]),
		"a package with an entrypoint": _post(["v1", "data", "pullpolicy", "admission"]),
		"a rule that is not an entrypoint": _post(["v1", "data", "pullpolicy", "admission", "_review"]),
		"less than an entrypoint": _post(["v1", "data", "pullpolicy", "violations", "violations", "0"]),
		"an entrypoint and a slash": _post(["v1", "data", "pullpolicy", "violations", ""]),
		"an entrypoint behind two slashes": _post(["v1", "data", "", "pullpolicy", "violations"]),
		"a way up": _post(["v1", "data", "pullpolicy", "uses", "..", "violations"]),
		"a path in one segment": _post(["v1", "data", "pullpolicy/violations"]),
		"another case": _post(["v1", "data", "pullpolicy", "Violations"]),
		"another version": _post(["v2", "data", "pullpolicy", "violations"]),
		"a question by GET": _get(["v1", "data", "pullpolicy", "violations"]),
		"the configuration": _get(["v1", "config"]),
		"the index": _get([""]),
		"a profile": _get(["debug", "pprof", "heap"]),
		"another method": {"method": "HEAD", "path": ["health"], "params": {}},
		"an explanation": _asking(_question, "explain"),
		"an instrumented answer": _asking(_question, "instrument"),
		"metrics of an answer": _asking(_question, "metrics"),
		"a prettier answer": _asking(_question, "pretty"),
		"strict builtins": _asking(_question, "strict-builtin-errors"),
		"an input in the address": _asking(_question, "input"),
		"an explanation of the default decision": _asking(_post([""]), "explain"),
		"an explanation beside a timeout": _asking(_asking(_question, "timeout"), "explain"),
		"health with more": _asking(_get(["health"]), "explain"),
		"status with more": _asking(_get(["v1", "status"]), "pretty"),
		"no parameters that can be told": object.remove(_question, ["params"]),
		"nothing": {},
	}
	not authz.allow with input as request with bundles as _active
}

test_not_allow_without_a_bundle if {
	not authz.allow with input as _question with bundles as {}
}

_active := _bundle({"entrypoints": _entrypoints})

_entrypoints := [
	"pullpolicy/admission/review",
	"pullpolicy/violations/judged",
	"pullpolicy/violations/violations",
]

_bundle(metadata) := {"pullpolicy": {"manifest": {"metadata": metadata}}}

_aged(metadata) := _bundle(object.union({"entrypoints": _entrypoints}, metadata))

_post(path) := {"method": "POST", "path": path, "params": {}}

_get(path) := {"method": "GET", "path": path, "params": {}}

_asking(request, parameter) := object.union(request, {"params": {parameter: [""]}})

_question := _post(["v1", "data", "pullpolicy", "violations"])

# Each row is the oldest time that does, what the active bundle states, and whether it answers.
test_allow_by_age[note] if {
	some note, [oldest, active, want] in {
		"younger": ["2026-11-24T12:00:00Z", _aged({"time": "2026-11-24T12:00:01Z"}), true],
		"as old": ["2026-11-24T12:00:00Z", _aged({"time": "2026-11-24T13:00:00+01:00"}), true],
		"older": ["2026-11-24T12:00:00Z", _aged({"time": "2026-11-24T11:59:59Z"}), false],
		"without a time": ["2026-11-24T12:00:00Z", _aged({}), false],
		"with a time that is none": ["2026-11-24T12:00:00Z", _aged({"time": "today"}), false],
		"not active": ["2026-11-24T12:00:00Z", {}, false],
		"against a time that is none": ["yesterday", _aged({"time": "2026-11-24T12:00:00Z"}), false],
		"against false": [false, _aged({"time": "2026-11-24T12:00:00Z"}), false],
	}
	allowed := authz.allow with input as _question
		with pullpolicy_not_older_than as oldest
		with bundles as active
	allowed == want
}

test_allow_health_of_what_is_old if {
	authz.allow with input as _get(["v1", "status"])
		with pullpolicy_not_older_than as "2026-11-24T12:00:00Z"
		with bundles as _aged({})
}

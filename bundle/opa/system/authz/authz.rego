# METADATA
# description: |
#   what may be asked of an OPA server in a fleet, by whoever reaches it: the bundle's entrypoints, and how it is.
#   Nothing may be changed: policies come in the signed bundle, parameters in a file or a bundle of their own.
#   Where there is a document pullpolicy_not_older_than, a time in RFC 3339, policies whose sources are older than
#   that do not answer: OPA itself takes every bundle that was ever signed
# schemas:
#   - input: schema.authz
package system.authz

import data.pullpolicy_not_older_than
import data.system.bundles
import data.system.entrypoints

# METADATA
# title: Access
# description: whether a request is answered
# entrypoint: true
# scope: document
default allow := false

allow if {
	input.method == "POST"
	_question

	# An API server sends a timeout. Others have OPA explain an answer, whose steps hold the manifest.
	_only({"timeout", "provenance"})
	not _outdated
}

allow if {
	input.method == "GET"
	input.path[0] == "health"
	_only({"bundles", "plugins", "exclude-plugin"})
}

allow if {
	input.method == "GET"
	input.path in {["v1", "status"], ["metrics"]}
	_only(set())
}

# the default decision
_question if input.path == [""]

_question if {
	input.path[0] in {"v0", "v1"}
	input.path[1] == "data"
	array.slice(input.path, 2, count(input.path)) in (entrypoints.rules | entrypoints.packages)
}

_only(parameters) if object.keys(input.params) - parameters == set()

# what cannot be compared is not fresh
_outdated if {
	_ = pullpolicy_not_older_than
	not _fresh
}

_fresh if {
	own := time.parse_rfc3339_ns(bundles.pullpolicy.manifest.metadata.time)
	own >= time.parse_rfc3339_ns(pullpolicy_not_older_than)
}

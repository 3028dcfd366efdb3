# METADATA
# description: |
#   what may be asked of an OPA server in a fleet, by whoever reaches it: what the policies say, and how it is.
#   Nothing may be changed: policies come in the signed bundle, parameters in a file or a bundle of their own.
#   Where there is a document pullpolicy_not_older_than, a time in RFC 3339, policies whose sources are older than
#   that do not answer: OPA itself takes every bundle that was ever signed
# schemas:
#   - input: schema.authz
package system.authz

import data.pullpolicy_not_older_than
import data.system.bundles

# METADATA
# title: Access
# description: whether a request is answered
# entrypoint: true
# scope: document
default allow := false

allow if {
	input.method == "POST"
	_question
	not _outdated
}

allow if {
	input.method == "GET"
	_health
}

# the default decision
_question if input.path == [""]

_question if {
	input.path[0] in {"v0", "v1"}
	array.slice(input.path, 1, 3) == ["data", "pullpolicy"]
}

# what cannot be compared is not fresh
_outdated if {
	_ = pullpolicy_not_older_than
	not _fresh
}

_fresh if {
	own := time.parse_rfc3339_ns(bundles.pullpolicy.manifest.metadata.time)
	own >= time.parse_rfc3339_ns(pullpolicy_not_older_than)
}

_health if input.path[0] == "health"

_health if input.path == ["v1", "status"]

_health if input.path == ["metrics"]

# METADATA
# description: |
#   what may be asked of an OPA server in a fleet, by whoever reaches it: what the policies say, and how it is.
#   Nothing may be changed: policies come in the signed bundle, parameters in a file or a bundle of their own
package system.authz

# METADATA
# title: Access
# description: whether a request is answered
# entrypoint: true
# scope: document
default allow := false

allow if {
	input.method == "POST"
	_question
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

_health if input.path[0] == "health"

_health if input.path == ["v1", "status"]

_health if input.path == ["metrics"]

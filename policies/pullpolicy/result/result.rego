# METADATA
# description: the shape of what rules find, and of what hosts get
package pullpolicy.result

import data.pullpolicy.parameters
import data.pullpolicy.texts

# METADATA
# description: |
#   a finding about the policy of a use, mended by writing the policy; where the parameters do not allow that
#   one, or it is there already, by what otherwise says
policy(use, message, value, otherwise) := object.union(
	_finding(use, _policy_path(use), message, concat("", ["write ", use.policy_field, ": ", value])),
	# add replaces a member that is there
	{"patch": {"op": "add", "path": _pointer(use.policy_at), "value": value}},
) if {
	value in parameters.allowed(use.reference)
	value != use.declared
} else := _finding(use, _policy_path(use), message, otherwise)

# METADATA
# description: |
#   the policy to write for a use, Always for a tag that moves, IfNotPresent for a digest, else the default; where
#   that is not allowed, the first that is; "" where the image is not known yet
advice(use) := "" if {
	use["default"] == ""
} else := wanted if {
	wanted := _wanted(use)
	wanted in parameters.allowed(use.reference)
} else := parameters.allowed(use.reference)[0]

# METADATA
# description: a finding about the image of a use
image(use, message, remedy) := _finding(use, use.image_at, message, remedy)

# METADATA
# description: a finding about something that is no use
problem(place, message) := {
	"review": place.review,
	"at": place.at,
	"object": place.object,
	"message": message,
	"use": {},
	"remedy": "",
}

# METADATA
# description: the use, as a sentence names it
who(use) := concat(" ", [object.get(_nouns, use.list, "container"), texts.quoted(use.container)])

# METADATA
# description: the image of a use, as a sentence names it
what(use) := texts.shown(use.image) if {
	use.image != ""
} else := "no image"

# METADATA
# description: the policy in force, as a sentence names it
how(use) := use.effective if {
	use.declared != ""
} else := concat("", [use.effective, ", the default"])

# METADATA
# description: a finding as hosts get it
violation(id, severity, finding) := object.union(
	{
		"rule": id,
		"severity": severity,
		"msg": concat(": ", [id, finding.message]),
		"path": path(finding.at),
		"remedy": finding.remedy,
		"review": finding.review,
		"kind": finding.object.kind,
		"namespace": finding.object.namespace,
		"name": finding.object.name,
		"container": object.get(finding.use, "container", ""),
		"list": object.get(finding.use, "list", ""),
		"image": object.get(finding.use, "image", ""),
		"declared": object.get(finding.use, "declared", ""),
		"effective": object.get(finding.use, "effective", ""),
		"default": object.get(finding.use, "default", ""),
	},
	{"patch": patch | patch := finding.patch},
)

# METADATA
# description: |
#   a place, as Kubernetes prints field paths; a key that could be mistaken, or would do harm in a log, is quoted
path(at) := trim_prefix(concat("", [_step(key) | some key in at]), ".")

_wanted(use) := "Always" if {
	use.mutable
} else := "IfNotPresent" if {
	use.reference.digest != ""
} else := use["default"]

_finding(use, at, message, remedy) := {
	"review": use.review,
	"at": at,
	"object": use.object,
	"message": concat("; ", [message, remedy]),
	"use": use,
	"remedy": remedy,
}

_policy_path(use) := use.policy_at if {
	use.declared != ""
} else := use.image_at

_step(key) := concat("", ["[", format_int(key, 10), "]"]) if {
	is_number(key)
} else := concat("", [".", key]) if {
	regex.match(`^[A-Za-z0-9_-]+$`, key)
	count(key) <= 256
} else := concat("", ["[", key, "]"]) if {
	regex.match(`^[ !#-Z^-~]*$`, key)
	count(key) <= 256
} else := concat("", ["[", texts.quoted(key), "]"])

_pointer(at) := concat("", [concat("", ["/", _escaped(key)]) | some key in at])

_escaped(key) := replace(replace(key, "~", "~0"), "/", "~1") if {
	is_string(key)
} else := format_int(key, 10)

_nouns := {
	"initContainers": "init container",
	"ephemeralContainers": "ephemeral container",
	"volumes": "image volume",
	"steps": "step",
	"sidecars": "sidecar",
	"containerDisk": "container disk",
}

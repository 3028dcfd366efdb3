# METADATA
# description: the shape of what rules find, and of what hosts get
package pullpolicy.result

import data.pullpolicy.parameters

# METADATA
# description: |
#   a finding about the policy of a use, mended by writing the policy; where the parameters do not allow that
#   one, or it is there already, by what otherwise says
policy(use, message, value, otherwise) := object.union(
	_finding(use, _policy_path(use), message, sprintf("write %s: %s", [use.policy_field, value])),
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
who(use) := sprintf("%s %q", [object.get(_nouns, use.list, "container"), use.container])

# METADATA
# description: the image of a use, as a sentence names it
what(use) := use.image if {
	use.image != ""
} else := "no image"

# METADATA
# description: the policy in force, as a sentence names it
how(use) := use.effective if {
	use.declared != ""
} else := sprintf("%s, the default", [use.effective])

# METADATA
# description: a finding as hosts get it
violation(id, severity, finding) := object.union(
	{
		"rule": id,
		"severity": severity,
		"msg": sprintf("%s: %s", [id, finding.message]),
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
# description: a place, as Kubernetes prints field paths
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
	"message": sprintf("%s; %s", [message, remedy]),
	"use": use,
	"remedy": remedy,
}

_policy_path(use) := use.policy_at if {
	use.declared != ""
} else := use.image_at

_step(key) := sprintf("[%d]", [key]) if {
	is_number(key)
} else := sprintf(".%s", [key]) if {
	regex.match(`^[A-Za-z0-9_-]+$`, key)
} else := sprintf("[%s]", [key])

_pointer(at) := concat("", [sprintf("/%v", [_escaped(key)]) | some key in at])

_escaped(key) := replace(replace(key, "~", "~0"), "/", "~1") if {
	is_string(key)
} else := key

_nouns := {
	"initContainers": "init container",
	"ephemeralContainers": "ephemeral container",
	"volumes": "image volume",
	"steps": "step",
	"sidecars": "sidecar",
	"containerDisk": "container disk",
}

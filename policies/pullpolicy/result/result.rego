# METADATA
# description: the shape of what rules find, and of what hosts get
package pullpolicy.result

import data.pullpolicy.advice
import data.pullpolicy.parameters
import data.pullpolicy.texts

# METADATA
# description: |
#   a finding about the policy of a use. What to write is the use's one advice; where that is another image, or what is
#   there already, it is what otherwise says
policy(use, message, otherwise) := _policy(use, message, "", otherwise)

# METADATA
# description: the same where pinning the image is an answer too, which is the safer one
moving(use, message) := _policy(use, message, _pinned_or(advice.policy(use)), pin)

# METADATA
# description: a finding about the policy of a use that is not known yet
placeholder(use, message, remedy) := _finding(use, use.policy_at, message, remedy)

# METADATA
# description: what to do about a tag that moves, without a policy
# scope: document
default pin := "pin a version or digest"

pin := "pin a digest" if parameters.in_force["digest-missing"]

# METADATA
# description: a finding about the image of a use
image(use, message, remedy) := _finding(use, use.image_at, message, remedy)

# METADATA
# description: a finding about a policy that is misplaced, which goes away when it is removed, where that loses nothing
# scope: document
stray(use, at, message, remedy, true) := object.union(
	_finding(use, at, message, remedy),
	{"patch": {"op": "remove", "path": _pointer(at)}},
)

stray(use, at, message, remedy, false) := _finding(use, at, message, remedy)

# METADATA
# description: a finding about something that is not a use
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
who(use) := concat(" ", [object.get(_nouns, use.list, "container"), texts.quoted(use.container)]) if {
	use.container != ""
} else := name(use)

# METADATA
# description: the use, as a sentence names it beside another
name(use) := texts.quoted(use.container) if {
	use.container != ""
} else := texts.path(use.at)

# METADATA
# description: the tag of a use's image, as a sentence names it
tag(use) := concat(" ", ["tag", texts.shown(use.reference.tag)]) if {
	use.reference.tag != ""
} else := "an image id for a repository" if {
	regex.match(`^[a-f0-9]{12}$`, use.image)
} else := "no tag"

# METADATA
# description: the policy in force, as a sentence names it
how(use) := use.effective if {
	use.declared != ""
} else := concat("", [use.effective, " (default)"])

# METADATA
# description: a finding as hosts get it
answer(id, severity, finding) := object.union_n([
	{"container": "", "list": "", "image": "", "declared": "", "effective": "", "default": ""},
	{
		"rule": id,
		"severity": severity,
		"msg": concat(": ", [id, finding.message]),
		"path": texts.path(finding.at),
		"remedy": finding.remedy,
		"review": finding.review,
	},
	finding.object,
	object.filter(finding.use, {"container", "list", "image", "declared", "effective", "default"}),
	object.filter(finding, {"patch"}),
])

_policy(use, message, first, otherwise) := object.union(
	_finding(use, _policy_path(use), message, concat("", [first, "write ", use.policy_field, ": ", advised])),
	# add replaces a member that is there
	{"patch": {"op": "add", "path": _pointer(use.policy_at), "value": advised}},
) if {
	advised := advice.policy(use)
	not advised in ["", use.declared]
	use.policy_at != []
} else := _finding(use, _policy_path(use), message, _unwritten(use, advice.policy(use), otherwise))

_pinned_or("Always") := "pin a digest, or " if {
	parameters.in_force["digest-missing"]
} else := "pin a version, or "

_pinned_or(policy) := "" if policy != "Always"

# pinning is enough, except for a policy that is not valid
_unwritten(use, "", otherwise) := concat(", and ", [pin, otherwise]) if {
	use.mutable
	use.declared != ""
	use.effective == ""
} else := pin if {
	use.mutable
} else := otherwise

_unwritten(_, advised, otherwise) := otherwise if advised != ""

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

_pointer(at) := concat("/", array.concat([""], [_escaped(key) | some key in at]))

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

package pullpolicy.references

import data.pullpolicy.texts

# METADATA
# description: |
#   what is wrong with an image that does not parse: cause, the end of the sentence "its image …"; remedy, what to do;
#   and by, who rejects it: "api" (the object is not stored) or "kubelet" (the container waits with InvalidImageName)
flaw(value) := {"by": "api", "cause": "is missing", "remedy": "write an image"} if {
	value in ["", null]
} else := {"by": "api", "cause": concat(" ", ["is", kind, "and not text"]), "remedy": remedy} if {
	[kind, remedy] := _kinds[type_name(value)]
} else := object.union({"by": "kubelet"}, _flaw(value))

_kinds := {
	"number": ["a number", "quote it"],
	"boolean": ["a boolean", "quote it"],
	"array": ["a list", "write one string, repository:tag"],
	"object": ["a map", "write one string, repository:tag"],
}

# from what can be told for sure to what can only be described
_flaw(image) := {"cause": "has an import path for ko to fill in", "remedy": "render it first, with ko resolve"} if {
	startswith(image, "ko://")
} else := _flaw_behind(image) if {
	not partial(image).valid
	partial(image)
} else := {"cause": "is a placeholder that is filled in later", "remedy": "render it first"} if {
	_template(image)
} else := {"cause": "is a map that a template printed", "remedy": "join repository and tag in the template"} if {
	startswith(image, "map[")
} else := {"cause": "has a blank in it", "remedy": "remove the blank"} if {
	regex.match(`\s`, image)
} else := {"cause": "has a scheme, which no reference has", "remedy": concat(" ", ["drop", scheme])} if {
	contains(image, "://")
	scheme := texts.shown(_scheme(image))
} else := {"cause": "is a bare 64-digit image id", "remedy": "write repository@sha256:<id>"} if {
	regex.match(_id, image)
} else := _digest_flaw(digest) if {
	contains(image, "@")
	digest := substring(image, indexof(image, "@") + 1, -1)
	not _pins(digest)
} else := {"cause": "has a repository of more than 255 characters", "remedy": "shorten it"} if {
	regex.match(_grammar, image)
} else := {"cause": "has upper-case letters in the repository", "remedy": "lower-case it"} if {
	regex.match(_grammar, lower(split(image, "@")[0]))
} else := _tag_flaw(_tag_of(split(image, "@")[0])[0]) if {
	_tag_of(split(image, "@")[0])[0]
} else := {"cause": "is not a valid reference", "remedy": "write [registry/]repository[:tag][@digest]"}

_flaw_behind(image) := {
	"cause": concat("", ["has a placeholder, and ", trim_prefix(flaw.cause, "has ")]),
	"remedy": flaw.remedy,
} if {
	[[_, rest]] := regex.find_all_string_submatch_n(_behind, image, 1)
	flaw := _tag_flaw(_tag_of(concat("", ["x", rest]))[0])
} else := {
	"cause": "has a placeholder, and what follows it is not valid",
	"remedy": "correct what follows the placeholder",
}

_scheme(image) := concat("", [split(image, "://")[0], "://"])

_digest_flaw(digest) := {"cause": "has two @", "remedy": "keep one digest"} if {
	contains(digest, "@")
} else := {"cause": "has a digest with upper-case letters", "remedy": "lower-case the digest"} if {
	_pins(lower(digest))
} else := {"cause": concat("", ["has a digest of ", format_int(count(digits), 10), " digits"]), "remedy": remedy} if {
	[algorithm, digits] := split(digest, ":")
	want := _digits[algorithm]
	count(digits) != want
	remedy := concat("", ["write all ", format_int(want, 10), " digits"])
} else := {"cause": "has a digest that is not valid", "remedy": "write sha256: and 64 hexadecimal digits"} if {
	regex.match(`^(?:sha256|sha384|sha512):`, digest)
} else := {"cause": "has a digest that is not sha256, sha384 or sha512", "remedy": "write sha256: and its 64 digits"}

_digits := {"sha256": 64, "sha384": 96, "sha512": 128}

# the tag is behind the first colon that no registry's port explains
_tag_of(image) := [substring(rest, indexof(rest, ":") + 1, -1)] if {
	rest := _without_registry(image)
	contains(rest, ":")
} else := []

_without_registry(image) := substring(image, count(first), -1) if {
	contains(image, "/")
	first := _first(image)
	regex.match(_domain, first)
	regex.match(`[.:]|^localhost$`, first)
} else := image

_tag_flaw(tag) := {"cause": "has an empty tag", "remedy": "write a tag behind the colon, or drop the colon"} if {
	tag == ""
} else := {"cause": "has two colons in the tag", "remedy": "keep one tag"} if {
	contains(tag, ":")
} else := {"cause": "has a / in the tag", "remedy": "write - in place of /"} if {
	contains(tag, "/")
} else := {"cause": "has a + in the tag, as of an unquoted number in values.yaml", "remedy": "quote the number"} if {
	regex.match(`^[0-9.]+e\+[0-9]+$`, tag)
} else := {"cause": "has a + in the tag, which is not allowed", "remedy": "write _ or - in place of +"} if {
	contains(tag, "+")
} else := {"cause": "has a tag of more than 128 characters", "remedy": "shorten the tag"} if {
	count(tag) > 128
} else := {"cause": "has a tag that begins with . or -", "remedy": "begin it with a letter or digit"} if {
	regex.match(`^[.-]`, tag)
} else := {"cause": "has characters that are not allowed", "remedy": "write [registry/]repository[:tag][@digest]"}

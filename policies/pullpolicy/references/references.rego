# METADATA
# description: |
#   image references, read as the API server and the kubelet read them: by the grammar of
#   distribution/reference v0.6.0 (ParseNormalizedNamed) with the digest algorithms that Kubernetes links
package pullpolicy.references

# METADATA
# description: |
#   the parts of an image reference: tag and digest are "" where they are not written, name is the normalised
#   repository (nginx is docker.io/library/nginx), full is all of it, where untagged and unpinned means latest;
#   valid is false for what does not parse
parse(image) := {
	"valid": true,
	"domain": repository.domain,
	"path": repository.path,
	"name": repository.name,
	"tag": tag,
	"digest": digest,
	"full": concat("", [repository.name, _suffix(tag, digest)]),
} if {
	is_string(image)
	[[_, name, tag, digest]] := regex.find_all_string_submatch_n(_grammar, image, 1)
	not regex.match(_id, image)
	_digest_valid(digest)

	repository := _repository(name)
	count(repository.path) <= 255
} else := {"valid": false, "domain": "", "path": "", "name": "", "tag": "", "digest": "", "full": ""}

# METADATA
# description: |
#   a glob over images, normalised as references are; * stays within one path component, ** crosses them,
#   every other character is itself
glob_of(pattern) := {"text": text, "whole": whole} if {
	text := literal(_folded(_normalised(pattern)))
	whole := regex.match(`[:@][^/]*$`, pattern)
}

# METADATA
# description: a glob in which nothing but * is special
literal(pattern) := replace(
	replace(replace(replace(replace(replace(pattern, `\`, `\\`), "?", `\?`), "[", `\[`), "]", `\]`), "{", `\{`),
	"}", `\}`,
)

# METADATA
# description: |
#   whether the text is one that a controller, or the author of a custom resource, fills in later, as Tekton's
#   $(params.x), Argo's {{inputs.x}} and an OpenShift Template's ${X} are; Helm's {{ .x }} is filled in before
placeholder(text) if {
	_template(text)
	not regex.match(`\{\{-?\s*[.$]`, text)
}

# METADATA
# description: whether Flux fills the text in before it applies the object, which the default of a variable tells
substituted(text) if regex.match(`\$\{[A-Za-z_][A-Za-z0-9_]*:?[=-]`, text)

# METADATA
# description: |
#   what is written behind the last placeholder of an image, as far as it tells: known says whether it settles the
#   tag, valid whether any image can end so; undefined where the placeholder could bring all that matters
partial(image) := {"valid": reference.valid, "known": known, "tag": reference.tag, "digest": reference.digest} if {
	[[_, rest]] := regex.find_all_string_submatch_n(_behind, image, 1)
	regex.match(`[/:@]`, rest)
	reference := parse(concat("", ["x", rest]))
	known := regex.match(`[/:]`, split(rest, "@")[0])
}

# METADATA
# description: |
#   whether the glob matches the reference from end to end; a glob without tag and digest matches every
#   tag and digest. A host is the same in either case, and with the port that goes without saying.
# scope: document
matches(pattern, reference) if {
	reference.valid
	not pattern.whole
	glob.match(pattern.text, ["/"], _place(reference))
}

matches(pattern, reference) if {
	reference.valid
	pattern.whole
	glob.match(pattern.text, ["/"], concat("", [_place(reference), _suffix(reference.tag, reference.digest)]))
}

# where the content is: registry and repository
_place(reference) := _folded(reference.name)

# the name with its host as DNS and HTTPS take it
_folded(name) := concat("/", ["docker.io", _official(substring(name, count(first) + 1, -1))]) if {
	contains(name, "/")
	first := _first(name)
	_host(first) in {"docker.io", "index.docker.io", "registry-1.docker.io"}
} else := concat("", [_host(first), substring(name, count(first), -1)]) if {
	contains(name, "/")
	first := _first(name)
} else := name

_host(first) := trim_suffix(concat(":", [host, port]), ":443") if {
	[[_, host, port]] := regex.find_all_string_submatch_n(`^(.*):0+([0-9]+)$`, lower(first), 1)
} else := trim_suffix(lower(first), ":443")

# the last placeholder, and what is behind it
_behind := `^(?s:.*)(?:\$\([^()]*\)|\{\{[^{}]*\}\}|\$?\{[^{}]*\}|\$[A-Za-z_]\w*|<[^<>]*>|@@[^@]*@@)([^(){}$<>]*)$`

# no reference has any of these characters
_template(text) if regex.match(`[${}<>]|@@|%[A-Za-z_]+%|__[A-Z][A-Z0-9_]*__`, text)

_template(text) if startswith(text, "ko://")

_id := `^[a-f0-9]{64}$`

# one literal, because a pattern that is put together is put together again for every image
# regal ignore:line-length
_grammar := `^((?:(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[(?:[a-fA-F0-9:]+)\])(?::[0-9]+)?/)?[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*)*)(?::([\w][\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*[:][[:xdigit:]]{32,}))?$`

# regal ignore:line-length
_domain := `^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[(?:[a-fA-F0-9:]+)\])(?::[0-9]+)?$`

_digest_valid("")

_digest_valid(digest) if _pins(digest)

_pins(digest) if regex.match(`^(?:sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128})$`, digest)

_repository(name) := {"domain": "docker.io", "path": path, "name": concat("/", ["docker.io", path])} if {
	path := _hub(name)
} else := {"domain": first, "path": substring(name, count(first) + 1, -1), "name": name} if {
	first := _first(name)
	regex.match(_domain, first)
} else := {"domain": "", "path": name, "name": name}

# the path on docker.io, for names of which no other registry is part
_hub(name) := concat("", ["library/", name]) if {
	not contains(name, "/")
} else := _official(substring(name, count(first) + 1, -1)) if {
	first := _first(name)
	first in {"docker.io", "index.docker.io"}
} else := name if {
	not regex.match(`[.:A-Z]|^localhost$`, _first(name))
}

_first(name) := split(name, "/")[0]

_official(path) := path if {
	regex.match(`/|\*\*`, path)
} else := concat("", ["library/", path])

_suffix("", "") := ":latest"

_suffix(tag, "") := concat("", [":", tag]) if tag != ""

_suffix("", digest) := concat("", ["@", digest]) if digest != ""

_suffix(tag, digest) := concat("", [":", tag, "@", digest]) if {
	tag != ""
	digest != ""
}

_normalised(pattern) := pattern if {
	contains(_first(pattern), "**")
} else := concat("", ["docker.io/", _hub(pattern)]) if {
	_hub(pattern)
} else := pattern

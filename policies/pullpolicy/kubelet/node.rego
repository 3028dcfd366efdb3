package pullpolicy.kubelet

import data.pullpolicy.references
import data.pullpolicy.schemas
import data.pullpolicy.texts

# METADATA
# description: |
#   the JSON Schema of a node's state; bundle/schemas/node.json is written from it, and so are the check and the
#   defaults below
schema := {
	"$schema": "http://json-schema.org/draft-07/schema#",
	"title": "pullpolicy node",
	"description": "what decides how a container starts on a node, besides its image and policy",
	"type": "object",
	"additionalProperties": false,
	"properties": {
		"kubernetesVersion": {
			"description": "the kubelet's minor version; quote it, because 1.30 is the number 1.3",
			"type": "string",
			"pattern": `^1\.(?:0|[1-9][0-9]*)$`,
			"default": "1.37",
		},
		"images": {
			"description": "the images on the node; one with a digest is known by that, any other by its tag",
			"type": "array",
			"items": {
				"type": "object",
				"additionalProperties": false,
				"required": ["name"],
				"properties": {
					"name": {
						"description": "as the container had it that brought the image here, for the kubelet remembers names so",
						"type": "string",
						"minLength": 1,
					},
					"arrived": {
						# regal ignore:line-length
						"description": "how: not by the kubelet; pulled by it without a Pod's credentials, or with those in a Pod's pull secret",
						"type": "string",
						"enum": ["preloaded", "anonymous", "secret"],
						"default": "preloaded",
					},
				},
			},
			"default": [],
		},
		"verification": {
			# regal ignore:line-length
			"description": "for which images on the node a Pod has to have the credentials; since Kubernetes 1.35, no earlier kubelet takes it",
			"type": "object",
			"additionalProperties": false,
			"properties": {
				"policy": {
					"description": "the kubelet's imagePullCredentialsVerificationPolicy",
					"type": "string",
					"enum": ["NeverVerify", "NeverVerifyPreloadedImages", "NeverVerifyAllowlistedImages", "AlwaysVerify"],
					"default": "NeverVerifyPreloadedImages",
				},
				"allowlist": {
					# regal ignore:line-length
					"description": "the kubelet's preloadedImagesVerificationAllowlist, for NeverVerifyAllowlistedImages: names without tag and digest, and prefixes that end in /*, compared as they are written",
					"type": "array",
					"items": {"type": "string", "minLength": 1},
					"default": [],
				},
			},
			"default": {"policy": "NeverVerifyPreloadedImages", "allowlist": []},
		},
		"registry": {
			# regal ignore:line-length
			"description": "what comes of a pull: the image; an error; the runtime's error that the registry is unavailable, or that the image's signature is not valid",
			"type": "string",
			"enum": ["up", "refused", "unavailable", "signatureInvalid"],
			"default": "up",
		},
		"credentials": {
			# regal ignore:line-length
			"description": "the Pod's, beside those with which the image came: none; the same secret; another with the same content; the same with other content; another with other content",
			"type": "string",
			"enum": ["none", "same", "same-content", "rotated", "other"],
			"default": "none",
		},
	},
}

# METADATA
# description: |
#   the state of the node in the input, as start takes it: what is not given is the kubelet's default; undefined
#   where there is no state, or one that does not fit
node := object.union(given, {"minor": _minor, "copies": _copies}) if {
	is_object(input.node)
	count(problems) == 0
	given := object.union(_defaults, input.node)
}

# METADATA
# description: what of the node's state does not fit, each with its place
# scope: document
problems contains {"at": at, "message": message} if {
	input.node != null
	some at, message in schemas.misfits(schema, input.node)
}

problems contains {"at": ["images", i, "name"], "message": message} if {
	some i, image in input.node.images
	is_string(image.name)
	image.name != ""
	not references.parse(image.name).valid
	message := concat(" ", [texts.quoted(image.name), "is no image: the reference", references.problem(image.name)])
}

problems contains {"at": ["verification"], "message": message} if {
	is_object(input.node.verification)
	_minor < 35
	message := concat("", [
		"a kubelet of 1.", format_int(_minor, 10),
		" does not verify credentials, and does not start with this; remove it",
	])
}

problems contains {"at": ["verification", "allowlist"], "message": message} if {
	count(_patterns) > 0
	policy := object.get(input.node.verification, "policy", _defaults.verification.policy)
	policy != "NeverVerifyAllowlistedImages"
	message := concat(" ", [texts.shown(policy), "takes no list; write policy: NeverVerifyAllowlistedImages"])
}

problems contains {"at": ["verification", "allowlist", i], "message": message} if {
	_minor >= 35
	some i, pattern in _patterns
	is_string(pattern)
	pattern != ""
	message := concat(" ", [texts.quoted(pattern), _flaw(pattern, _minor)])
}

_defaults[key] := property["default"] if some key, property in schema.properties

_minor := to_number(trim_prefix(version, "1.")) if {
	version := object.get(input.node, "kubernetesVersion", _defaults.kubernetesVersion)
	is_string(version)
	regex.match(schema.properties.kubernetesVersion.pattern, version)
}

_patterns := input.node.verification.allowlist if is_array(input.node.verification.allowlist)

_copies[_content(reference)] contains {"name": name, "arrived": arrived} if {
	some image in input.node.images
	reference := references.parse(image.name)
	name := _recorded_as(image.name, reference, _minor)
	arrived := object.get(image, "arrived", schema.properties.images.items.properties.arrived["default"])
}

# what is wrong with a pattern in the list
_flaw(pattern, minor) := "has white space around it" if {
	pattern != trim_space(pattern)
} else := "has a * that is not a final /*" if {
	contains(trim_suffix(pattern, "/*"), "*")
} else := "names no registry" if {
	pattern == "/*"
} else := "is no name without tag and digest" if {
	minor >= 36
	not endswith(pattern, "/*")
	not _is_name(pattern)
} else := "is no full name without tag and digest, such as docker.io/library/nginx" if {
	minor < 36
	not endswith(pattern, "/*")
	references.parse(pattern).name != pattern
}

_is_name(text) if {
	[[_, path]] := regex.find_all_string_submatch_n(_name, text, 1)
	count(path) <= 255
}

# the grammar of distribution/reference v0.6.0 for a name that is not normalised
# regal ignore:line-length
_name := `^(?:(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[(?:[a-fA-F0-9:]+)\])(?::[0-9]+)?/)?([a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*)*)$`

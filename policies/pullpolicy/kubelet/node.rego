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
						"description": "how: not by the kubelet; pulled by it without a Pod's credentials, or with those in a Pod's pull secret; or nobody knows",
						"type": "string",
						"enum": ["preloaded", "anonymous", "secret", "unknown"],
						"default": "preloaded",
					},
				},
			},
			"default": [],
		},
		"complete": {
			"description": "whether images names all that the node has",
			"type": "boolean",
			"default": true,
		},
		"verification": {
			# regal ignore:line-length
			"description": "for which images on the node a Pod has to have the credentials; at 1.33 and 1.34 only where the feature gate KubeletEnsureSecretPulledImages is on, and no earlier kubelet takes it",
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
node := object.union(given, {"minor": _minor, "copies": _copies, "configured": _configured}) if {
	is_object(_state)
	count(problems) == 0
	given := object.union(_defaults, _state)
}

# METADATA
# description: what of the node's state does not fit, each with its place
# scope: document
problems contains {"at": at, "message": message} if {
	_given != null
	not _is_object
	some at, message in schemas.misfits(schema, _given)
}

problems contains {"at": ["images", i, "name"], "message": message} if {
	not _is_object
	some i, image in _given.images
	is_string(image.name)
	image.name != ""
	not references.parse(image.name).valid
	message := concat(" ", [texts.quoted(image.name), "is not a valid image: it", references.flaw(image.name).cause])
}

problems contains {"at": ["verification"], "message": message} if {
	is_object(_state.verification)
	_minor < 33
	message := concat("", [
		"a kubelet of 1.", format_int(_minor, 10),
		" does not verify credentials, and does not start with this; remove it",
	])
}

problems contains {"at": ["verification", "allowlist"], "message": message} if {
	count(_patterns) > 0
	policy := object.get(_state.verification, "policy", _defaults.verification.policy)
	policy != "NeverVerifyAllowlistedImages"
	message := concat(" ", [texts.shown(policy), "takes no list; write policy: NeverVerifyAllowlistedImages"])
}

problems contains {"at": ["verification", "allowlist", i], "message": message} if {
	_minor >= 33
	some i, pattern in _patterns
	is_string(pattern)
	pattern != ""
	message := concat(" ", [texts.quoted(pattern), _flaw(pattern, _minor)])
}

problems contains {
	"at": ["kind"],
	"message": concat(" ", [texts.shown(_text(kind)), "is not a Node; write kubectl get node NAME -o yaml"]),
} if {
	_is_object
	kind := object.get(_given, "kind", "")
	kind != "Node"
}

problems contains {"at": ["status", "nodeInfo", "kubeletVersion"], "message": message} if {
	_given.kind == "Node"
	not _reported
	message := concat(" ", [
		texts.quoted(_text(object.get(_given, ["status", "nodeInfo", "kubeletVersion"], ""))),
		"is not the version of a kubelet, such as v1.37.2",
	])
}

default _given := null

# input.node has the type of a state here, which a Node does not fit
_given := object.get(input, "node", null)

_is_object if is_string(_given.apiVersion)

_is_object if is_string(_given.kind)

# the state that is given, or what a Node says of it
_state := _given if {
	not _is_object
} else := {
	"kubernetesVersion": _reported,
	"images": images,
	"complete": _complete,
} if {
	_given.kind == "Node"
	images := [{"name": name, "arrived": "unknown"} |
		some image in _given.status.images
		some name in image.names
		is_string(name)
		references.parse(name).valid
	]
}

# the minor version that a Node says its kubelet has
_reported := version if {
	[[_, version]] := regex.find_all_string_submatch_n(
		`^v?(1\.(?:0|[1-9][0-9]*))(?:[.+-]|$)`,
		_given.status.nodeInfo.kubeletVersion, 1,
	)
}

default _complete := false

# A kubelet names at most 50 images in its Node, the largest, and at most five names of each.
_complete if {
	count(_given.status.images) in numbers.range(1, 49)
	every image in _given.status.images { count([name | some name in image.names]) < 5 }
}

default _configured := false

_configured if is_object(_state.verification)

_text(value) := value if {
	is_string(value)
} else := json.marshal(value)

_defaults[key] := property["default"] if some key, property in schema.properties

_minor := to_number(trim_prefix(version, "1.")) if {
	version := object.get(_state, "kubernetesVersion", _defaults.kubernetesVersion)
	is_string(version)
	regex.match(schema.properties.kubernetesVersion.pattern, version)
}

_patterns := _state.verification.allowlist if is_array(_state.verification.allowlist)

_copies[_content(reference)] contains origin if {
	some image in _state.images
	reference := references.parse(image.name)
	origin := {
		"name": _recorded_as(image.name, reference, _minor),
		"repository": reference.name,
		"arrived": object.get(image, "arrived", schema.properties.images.items.properties.arrived["default"]),
	}
}

# what is wrong with a pattern in the list
_flaw(pattern, minor) := "has white space around it" if {
	pattern != trim_space(pattern)
} else := "has a * that is not a final /*" if {
	contains(trim_suffix(pattern, "/*"), "*")
} else := "names no registry" if {
	pattern == "/*"
} else := "is not a name without tag and digest" if {
	minor >= 36
	not endswith(pattern, "/*")
	not _is_name(pattern)
} else := "is not a full name without tag and digest, such as docker.io/library/nginx" if {
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

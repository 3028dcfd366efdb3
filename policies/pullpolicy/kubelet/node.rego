package pullpolicy.kubelet

import data.pullpolicy.references
import data.pullpolicy.schemas

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
	message := sprintf("%q is no image: the reference %s", [image.name, references.problem(image.name)])
}

problems contains {"at": ["verification"], "message": message} if {
	is_object(input.node.verification)
	_minor < 35
	message := sprintf("a kubelet of 1.%d does not verify credentials, and does not start with this; remove it", [_minor])
}

problems contains {"at": ["verification", "allowlist"], "message": message} if {
	count(_patterns) > 0
	policy := object.get(input.node.verification, "policy", _defaults.verification.policy)
	policy != "NeverVerifyAllowlistedImages"
	message := sprintf("%v takes no list; write policy: NeverVerifyAllowlistedImages", [policy])
}

problems contains {"at": ["verification", "allowlist", i], "message": message} if {
	_minor >= 35
	some i, pattern in _patterns
	is_string(pattern)
	pattern != ""
	message := sprintf("%q %s", [pattern, _flaw(pattern, _minor)])
}

# METADATA
# description: the images that one reference and another name alike are one; with a digest, no tag counts
content(reference) := concat("@", [reference.name, reference.digest]) if {
	reference.digest != ""
} else := reference.full

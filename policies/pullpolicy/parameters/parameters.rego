# METADATA
# description: |
#   the parameters in force: the profile's, and over them the user's, which are the input's over those in data;
#   when the user's do not fit the schema, only the baseline's (and problems says what does not fit)
package pullpolicy.parameters

import data.pullpolicy.documents
import data.pullpolicy.references
import data.pullpolicy.rules

# METADATA
# description: the profile in force
profile := object.get(_given, "profile", "baseline")

# METADATA
# description: rule id → severity, where the user overrides the profile
severities := object.get(_given, "rules", {})

# METADATA
# description: the rules in force, each with its severity; those that are off are left out
in_force := {id: severity |
	some id, severity in object.union(_profiles_severities, severities)
	severity != "off"
}

_profiles_severities := {replace(name, "_", "-"): severity |
	some name
	severity := rules[name].severities[profile]
}

# METADATA
# description: the severities that are reported
reported := object.get(_given, "severities", ["error", "warning"])

# METADATA
# description: globs of tags that move
mutable_tags := _literals(object.get(_given, "mutableTags", []))

# METADATA
# description: globs of images that are on every node before any Pod starts
preloaded_images := _globs(object.get(_given, "preloadedImages", []))

# METADATA
# description: further kinds with a pod spec
pod_specs := object.get(_given, "podSpecs", [])

# METADATA
# description: further kinds that run an image which stands by itself, and where
images := object.get(_given, "images", [])

# METADATA
# description: the findings that the user accepts, with the reason
exemptions := [_exemption(given) | some given in object.get(_given, "exemptions", [])]

# METADATA
# description: the cluster's minor version, a number
minor := to_number(trim_prefix(object.get(_given, "kubernetesVersion", "1.37"), "1."))

# METADATA
# description: globs of images that are private, whatever the pull secrets of a Pod say
private_images := _globs(object.get(_given, "privateImages", []))

# METADATA
# description: |
#   which kubelets run a node's copy of a private image without verifying the Pod's pull secrets, as a sentence names
#   them; undefined where they verify all that they pulled. Tenants are not told apart by a version that nobody gave.
unverified := "kubelets with NeverVerify" if {
	_verification == "NeverVerify"
} else := "kubelets before 1.35" if {
	not _verification
	_oldest < 35
}

_oldest := 0 if {
	profile == "multi-tenant"
	not _given.kubernetesVersion
} else := minor

# METADATA
# description: whether the kubelets verify pull secrets for preloaded images too
# scope: document
verifies_preloaded if _verification == "AlwaysVerify"

_verification := _given.imagePullCredentialsVerificationPolicy

# METADATA
# description: whether there is a policy that some use may not have
# scope: document
restricts if count(_overrides) > 0

restricts if {
	some policy in _policies
	not policy in _everywhere
}

# METADATA
# description: the policies that a use of the image may have; the first override that matches wins
allowed(reference) := allowed_lists[0] if {
	allowed_lists := [override.allow |
		some override in _overrides
		some pattern in override.images
		references.matches(pattern, reference)
	]
} else := _everywhere

# METADATA
# description: who allows no other policy for the image, as a sentence names it
restriction(reference) := "policies allows" if {
	some override in _overrides
	some pattern in override.images
	references.matches(pattern, reference)
} else := "allowedPolicies allows" if {
	_given.allowedPolicies
} else := concat("", ["profile ", profile, " allows"])

# METADATA
# description: what does not fit in the user's parameters, with its place and what to write, "" where nothing is to add
problems contains {"at": at, "message": cause, "remedy": remedy} if {
	some at, [cause, remedy] in _unfit
}

default _given := {}

_given := _users if count(problems) == 0

# the user's, the higher over the lower: a key replaces, and the keys of rules are taken together
_users := odd[0] if {
	odd := [layer | some layer in _layers; not is_object(layer)]
} else := object.union_n(_layers)

_layers := [layer | some layer in array.concat(_documents, [_sent]); layer != null]

default _documents := []

_documents := documents.parameters

default _sent := null

_sent := input.parameters

_exemption(given) := {
	"rules": _literals(object.get(given, "rules", ["*"])),
	"namespaces": _literals(object.get(given, "namespaces", ["*"])),
	"containers": _literals(object.get(given, "containers", ["*"])),
	"images": _globs(object.get(given, "images", [])),
	"reason": given.reason,
}

_everywhere := object.get(_given, "allowedPolicies", object.get(_profile_policies, profile, _policies))

_overrides := [{"images": _globs(override.images), "allow": override.allow} |
	some override in object.get(_given, "policies", [])
]

_globs(patterns) := [references.glob_of(pattern) | some pattern in patterns]

_literals(patterns) := [references.literal(pattern) | some pattern in patterns]

_policies := ["Always", "IfNotPresent", "Never"]

# where a profile allows less than all three
_profile_policies := {
	"always": ["Always"],
	"airgapped": ["IfNotPresent", "Never"],
}

# METADATA
# description: the uses of images, as the facts that rules check
package pullpolicy.uses

import data.pullpolicy.defaults
import data.pullpolicy.parameters
import data.pullpolicy.podspecs
import data.pullpolicy.references
import data.pullpolicy.reviews

# METADATA
# description: |
#   each place where a pod spec uses an image:
#   review, at (its place in what was handed in), pod (which tells pod specs apart), object (what it belongs to);
#   list, container (the name there), image_at and policy_at (the places of the two fields), policy_field (its name);
#   image, subject (which tells images apart), reference (parsed), flaw (of what does not parse: cause, remedy, by),
#   starts (whether a container can start from it), deferred (more of the image is filled in later), known (whether its
#   tag and digest are known), mutable, preloaded, local (its registry is localhost);
#   declared ("" where no policy is), default and why, effective ("" where the API server rejects the declared one),
#   undecided (a policy, or what it depends on, is filled in later), by_operator (an operator, and not Kubernetes,
#   chooses a policy that is not declared);
#   meant (the policy that somebody wrote, also misspelt or misplaced), strays (the misplaced ones, by their keys);
#   private (it takes credentials to pull), refreshed (an init container with Always pulls it before), unverified (the
#   node's copy runs without a look at those credentials), custom (in a custom resource), defaulted (the API server has
#   filled in the default, so that nothing tells it from a choice), kept (an update at admission leaves its pod spec as
#   it is)
found contains object.union(use, {"refreshed": refreshed, "unverified": unverified}) if {
	some use in _found
	refreshed := _refreshed(use)
	unverified := _unverified(use, refreshed)
}

# METADATA
# description: the uses in the objects that an update replaces
former contains use if {
	some place in podspecs.places
	place.pod.former
	use := _use(place)
}

_found contains use if {
	some place in podspecs.places
	not place.pod.former
	use := _use(place)
}

# The first init container of an image that has Always brings the image up to date for what starts after it. An image
# volume is there before it.
_refreshed(use) if {
	use.list in ["containers", "ephemeralContainers"]
	_refreshers[[use.pod, use.subject]]
} else if {
	use.list == "initContainers"
	_refreshers[[use.pod, use.subject]] < use.at[count(use.at) - 1]
} else := false

_refreshers := {key: first |
	some key, places in _starters
	first := min(object.keys(places))
	object.keys(places[first]) == {"Always"}
	not _otherwise_mounted[key]
}

_starters := object.union_n([{[use.pod, use.subject]: {use.at[count(use.at) - 1]: {use.effective: true}}} |
	some use in _found
	use.list == "initContainers"
	use.starts
	use.reference.digest == ""
	"Always" in parameters.allowed(use.reference)
])

_otherwise_mounted := {[use.pod, use.subject]: true |
	some use in _found
	use.list == "volumes"
	use.effective != "Always"
}

# whether the node's copy of a private image runs without a look at the Pod's pull secrets
_unverified(use, false) if {
	use.private
	use.starts
	_trusting(use.preloaded)
} else := false

_unverified(_, true) := false

_trusting(_) if parameters.unverified

_trusting(true) if not parameters.verifies_preloaded

_use(place) := object.union_n([
	facts,
	object.filter(place, {"at", "list", "image_at", "policy_at", "by_operator", "strays"}),
	object.filter(place.pod, {"review", "object", "custom", "kept"}),
	{
		"pod": place.pod.id,
		"container": name,
		"policy_field": _last(place.policy_at),
		"flaw": _flaw(facts.starts, place),
		"declared": declared,
		"default": default_policy,
		"effective": _effective(declared, default_policy),
		"undecided": _undecided(_later(place.pod, declared), declared, default_policy),
		"private": [place.pod.secrets, facts.private] != [false, false],
		"meant": _meant(declared, place),
		"defaulted": _defaulted(place.pod.custom, place.pod.review),
	},
]) if {
	name := _text(place.name)
	declared := _text(place.policy)
	facts := _facts(place.image, _completion(place.image, name, _later(place.pod, place.image), place.open))
	default_policy := _default(place.by_operator, facts)
}

_last(at) := at[count(at) - 1]

_last([]) := ""

# whether placeholders in a text are filled in after it was checked
_later(pod, _) if pod.custom

_later(pod, text) if {
	references.substituted(text)
	not pod.review in reviews.admitted
} else := false if {
	not pod.custom
}

# how the image may be completed: in its tag, by whoever fills in a placeholder, or when Istio puts its proxy in
_completion(_, _, _, true) := "tag"

_completion(_, _, true, false) := "placeholder"

_completion(image, name, false, false) := "injection" if {
	image == "auto"
	name == "istio-proxy"
} else := ""

# all that the image alone decides, so that it is found out once for each image
_facts(value, completion) := {
	"image": image,
	"subject": _subject(reference, image),
	"reference": reference,
	"starts": [deferred, written.valid] != [false, false],
	"preloaded": _matches_one(parameters.preloaded_images, reference),
	"private": _matches_one(parameters.private_images, reference),
	"local": _local(reference.domain),
	"known": known,
	"deferred": deferred,
	"mutable": _mutable(known, reference),
	"default": defaults.policy(settled),
	"why": defaults.why(settled),
} if {
	image := _text(value)
	written := references.parse(value)
	[deferred, known, reference] := _completed(completion, image, written)
	settled := object.union(reference, {"valid": known})
}

# what tells one image from another
_subject(reference, _) := reference.full if reference.valid

_subject(reference, image) := image if not reference.valid

_flaw(true, _) := {}

# of a Pod, the API server looks at the ends of the image too
_flaw(false, place) := object.union(flaw, {"by": "api"}) if {
	flaw := references.flaw(_clipped(place.image))
	flaw.by == "kubelet"
	place.pod.object.kind == "Pod"
	place.list != "volumes"
	trim_space(place.image) != place.image
} else := references.flaw(_clipped(place.image))

_local(domain) if {
	split(lower(domain), ":")[0] in {"localhost", "127.0.0.1"}
} else := startswith(domain, "[::1]")

_matches_one(patterns, reference) if {
	some pattern in patterns
	references.matches(pattern, reference)
} else := false

# The policy that somebody wrote, however it is spelt and wherever it stands; "" where nobody did, or nobody knows.
_meant(declared, place) := policy if {
	policy := _spelt(declared)
} else := policies[0] if {
	declared == ""
	policies := [policy |
		some stray in array.concat(place.strays, place.pod.strays)
		policy := _spelt(stray.value)
	]
} else := ""

_spelt(text) := _policies[folded] if {
	folded := replace(replace(lower(trim_space(text)), "-", ""), "_", "")
}

# whether more of the image is filled in later, whether its tag and digest are known, and what is known of it
_completed("tag", _, written) := [true, false, object.union(written, {"valid": false})]

_completed("injection", _, written) := [true, false, object.union(written, {"valid": false})]

_completed("", _, written) := [false, written.valid, written]

_completed("placeholder", image, written) := [true, false, written] if {
	trim_space(image) == "" # for an OpenShift trigger to set
} else := [false, written.valid, written] if {
	not references.placeholder(image)
} else := [partial.valid, _settled(partial), object.union(written, {"tag": partial.tag, "digest": partial.digest})] if {
	partial := references.partial(image)
} else := [true, false, written]

_settled(partial) if {
	partial.valid
	partial.known
} else := false

# where an operator chooses, the image tells nothing
_default(true, _) := ""

_default(false, facts) := "" if {
	facts.deferred
	not facts.known
} else := facts["default"]

_effective("", default_policy) := default_policy

_effective(declared, _) := declared if {
	declared in ["Always", "IfNotPresent", "Never"]
} else := "" if {
	declared != ""
}

# null is the same as absent to the API server; what is not a text at all is rejected by it, and shown as it is. No
# image, policy or name is valid at this length, and many steps can share one.
_text(value) := value if {
	is_string(value)
	count(value) <= 1024
} else := _shortened(value) if {
	is_string(value)
} else := "" if {
	value == null
} else := _shortened(json.marshal(value))

# what is told of a long image is in its beginning
_clipped(value) := substring(value, 0, 1024) if {
	is_string(value)
} else := value

_shortened(text) := text if {
	count(text) <= 1024
} else := concat("", [_clipped(text), "…"])

_undecided(_, "", "") := true

_undecided(_, "", default_policy) := false if default_policy != ""

_undecided(true, declared, _) if {
	references.placeholder(declared)
} else := false if {
	declared != ""
}

_undecided(false, declared, _) := false if declared != ""

_defaulted(true, _) := false

_defaulted(false, review) := review in reviews.admitted

_mutable(false, _) := false

_mutable(true, reference) if {
	reference.digest == ""
	_moves(reference.tag)
} else := false

_moves("")

_moves("latest")

_moves(tag) if {
	some pattern in parameters.mutable_tags
	glob.match(pattern, null, tag)
}

_policies := {"always": "Always", "ifnotpresent": "IfNotPresent", "never": "Never"}

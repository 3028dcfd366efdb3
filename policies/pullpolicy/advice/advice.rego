# METADATA
# description: |
#   the policy to write for each use: one answer, chosen from all that is in force, which every rule takes its remedy
#   from; and none where the answer is another image
package pullpolicy.advice

import data.pullpolicy.histories
import data.pullpolicy.parameters
import data.pullpolicy.uses

# METADATA
# description: the policy to write for a use, "" where no policy is right
policy(use) := choice.policy if {
	choice := _choices[_group(use)]
} else := ""

# METADATA
# description: why that policy, as a clause
why(use) := choice.why if {
	choice := _choices[_group(use)]
} else := ""

# METADATA
# description: whether a use may run the node's copy, as far as the rules in force go
cacheable(use) if _choices[_group(use)].cacheable

# All uses of one image in a pod spec get one answer, except those whose image an init container has just pulled: they
# start with its copy.
_choices := {key: _choice(key[3], _intent(object.keys(intents))) | some key, intents in _groups}

_groups := object.union_n([{_group(use): {_declared(use): true}} | some use in uses.found])

# What somebody declared counts before what is misspelt or misplaced: that has no effect yet.
_intent(intents) := declared if {
	declared := {declared | some [declared, _] in intents}
	count(declared - {""}) > 0
} else := {meant | some [_, meant] in intents}

_group(use) := [use.pod, use.subject, _alone(use), _traits(use)]

_alone(use) := use.at if {
	use.refreshed
} else := []

# What a choice depends on, beside what somebody meant. What an init container has just pulled is there, and does not
# move any more.
_traits(use) := {
	"allowed": parameters.allowed(use.reference),
	"moves": [use.mutable, use.refreshed] == [true, false],
	"pinned": use.reference.digest != "",
	"unverified": use.unverified,
	"there": [use.preloaded, use.refreshed] != [false, false],
	"local": use.local,
	"default": use["default"],
	"starts": use.starts,
}

# what the manifest declares, and what it means; a policy that is only an earlier image's default is neither, and where
# no rule asks for a policy, the default stands for one
_declared(use) := ["", ""] if {
	use in _unchosen
} else := [use.effective, use.meant] if {
	use.declared == ""
	not _asked(use)
} else := [use.declared, use.meant] if {
	use.declared == use.effective
} else := ["", use.meant]

_asked(use) if {
	parameters.in_force[_asking(use["default"])]
	not use.defaulted
	not use.by_operator
}

_asking("Always") := "policy-defaults-to-always"

_asking(policy) := "policy-missing" if policy != "Always"

_unchosen contains history.use if some history in histories.unchosen

_choice(given, meant) := {"policy": policy, "why": _why(policy, traits), "cacheable": _caches(traits)} if {
	traits := object.union(given, {"meant": meant})
	policy := _policy(traits)
}

# what is written is kept where it is right; else what is safe and right, the default first
_policy(traits) := "" if {
	not traits.starts
} else := written if {
	count(traits.meant) == 1
	some written in traits.meant
	_right(written, traits)
} else := written if {
	named := traits.meant - {""}
	count(named) == 1
	some written in named
	_right(written, traits)
} else := right[0] if {
	_decided(traits)
	right := [policy |
		some policy in [traits["default"], "IfNotPresent", "Always", "Never"]
		_right(policy, traits)
		_safe(policy, traits)
	]
} else := ""

# of an image that is filled in later nobody knows what is right, unless one policy alone is allowed
_decided(traits) if traits["default"] != ""

_decided(traits) if count(traits.allowed) == 1

_right("Always", traits) if {
	"Always" in traits.allowed
	not _needless(traits)
}

_right(policy, traits) if {
	policy in ["IfNotPresent", "Never"]
	policy in traits.allowed
	not _stale(traits)
	not _shared(traits)
	not _absent(policy, traits)
}

# Always, for what no registry has, or only a stranger's
_safe("Always", traits) if {
	not traits.there
	not traits.local
	not "Never" in traits.meant
}

_safe("IfNotPresent", _)

_safe("Never", traits) if traits.there

_safe("Never", traits) if "Never" in traits.meant

# what each of these asks for stands in the rule of that name
_needless(traits) if {
	parameters.in_force["digest-always-pulled"]
	traits.pinned
	not traits.unverified
	_caches(traits)
}

_stale(traits) if {
	parameters.in_force["mutable-tag-cached"]
	traits.moves
}

_shared(traits) if {
	parameters.in_force["cached-without-credentials"]
	traits.unverified
}

# whoever writes Never may know of a preloaded image; an error does not believe it
_absent("Never", traits) if {
	parameters.in_force["never-not-preloaded"]
	not traits.there
	not "Never" in traits.meant
}

_absent("Never", traits) if {
	parameters.in_force["never-not-preloaded"] == "error"
	not traits.there
}

_caches(traits) if {
	not _stale(traits)
	not _shared(traits)
	some policy in ["IfNotPresent", "Never"]
	policy in traits.allowed
	not _absent(policy, traits)
} else := false

_why(policy, traits) := "no policy is right for this image" if {
	policy == ""
} else := "it is what the manifest means" if {
	policy in traits.meant
} else := "it is the default of the image" if {
	policy == traits["default"]
} else := "the tag moves" if {
	policy == "Always"
	traits.moves
} else := "kubelets run the node's copy without verifying pull secrets" if {
	policy == "Always"
	traits.unverified
} else := "the content of a digest does not change" if {
	policy == "IfNotPresent"
	traits.pinned
} else := "it is allowed and right"

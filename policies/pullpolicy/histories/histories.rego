# METADATA
# description: |
#   how the stored policies came to be, as far as objects tell: by the object that an update replaces, by the
#   configuration that kubectl apply last sent, and by who owns which field
package pullpolicy.histories

import data.pullpolicy.podspecs
import data.pullpolicy.texts
import data.pullpolicy.uses

# METADATA
# description: |
#   each use whose policy could be a default, but is not that of its image, and was chosen by nobody, with what
#   shows that, as a clause about the policy; a use without a word about its past is none
unchosen contains {"use": use, "evidence": evidence} if {
	some use in _odd
	not _chosen(use)
	place := _place(use)

	# empty, where there are none, as object.keys is not
	# regal ignore:use-object-keys
	formers := {former | some former, _ in _formers[place]}

	# regal ignore:use-object-keys
	applied := {policy | some policy, _ in _applied[place]}

	# regal ignore:use-object-keys
	shares := {share | some share, _ in _shares[place]}
	evidence := _evidence(use, formers, applied, shares)
}

# everything below is asked of these few uses only
_odd contains use if {
	_past
	some use in uses.found
	_differs(use)
}

# whether the policy could be a default, but is not that of the image
_differs(use) if {
	use.declared in {"Always", "IfNotPresent"}
	use.declared != use["default"]
	not use.custom
}

# whether anything is told of the past at all
_past if count(uses.former) > 0

_past if {
	some workload in podspecs.workloads
	workload.object.metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]
}

_past if {
	some workload in podspecs.workloads
	workload.object.metadata.managedFields
}

_chosen(use) if {
	some policy, _ in _applied[_place(use)]
	not policy in {"", null}
}

_chosen(use) if _shares[_place(use)].written

# the API server rejects a name that stands twice, so that of two former uses none tells anything
_evidence(use, formers, applied, shares) := _replaced if {
	count(formers) == 1
	some former in formers
	former.image != use.image
	former.declared == former["default"]
	former.declared == use.declared
} else := "which kubectl apply left out" if {
	_edited(use)
	count(applied) > 0
} else := "which no field manager owns" if {
	_edited(use)
	count(shares) > 0
	shares == {"beside"}
}

_replaced := "the default of its old image"

# a spec of the first generation is as it was created, and the policy in it is no older than the image
_edited(use) if object.get(podspecs.workloads[use.pod].object, ["metadata", "generation"], 0) != 1

_applied := _applied_in(_workloads, _odd_names)

_shares := _shares_in(_workloads)

_workloads := {id: podspecs.workloads[id] | some id in _pods}

_pods contains use.pod if some use in _odd

_place(use) := [use.pod, use.list, use.container]

# Each index is one object: of a rule with keys, OPA compares each value with all before it.
_formers := object.union_n([{_place(use): {use: true}} | some use in uses.former])

# the policies of the containers in the configuration that was last applied
_applied_in(workloads, names) := object.union_n([{[id, list, container.name]: {policy: true}} |
	some id, workload in workloads
	text := workload.object.metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]
	json.is_valid(text)
	configuration := json.unmarshal(text)
	is_object(configuration)
	some list, policy_path in _policy_paths
	some container in object.get(configuration, array.concat(workload.path, [list]), [])
	container.name in names

	# one name can have many policies, of which few are any
	known := {"Always": "Always", "IfNotPresent": "IfNotPresent", "Never": "Never", "": "", null: ""}
	policy := object.get(known, object.get(container, policy_path, null), "?")
])

# the configuration that was last applied can have many other containers
_odd_names := {use.container | some use in _odd}

_names := {use.container | some use in uses.found}

# The share of each field manager in the policies of containers: written on purpose, owned for want of another, or
# beside them, in the container alone. One name can have many managers, so that uses get them by their share.
_shares_in(workloads) := object.union_n([{[id, list, name]: {share: {author: true}}} |
	some id, workload in workloads
	some manager in workload.object.metadata.managedFields
	is_object(manager.fieldsV1)
	some list, policy_path in _policy_paths
	some key, fields in object.get(manager.fieldsV1, _fields(array.concat(workload.path, [list])), {})
	is_object(fields)
	startswith(key, "k:")

	# lists of containers and volumes are maps by name to the API server
	json.is_valid(trim_prefix(key, "k:"))
	name := json.unmarshal(trim_prefix(key, "k:")).name
	owned := object.get(fields, _fields(policy_path), null) != null
	share := _share(owned, manager.operation, fields)
	author := _text(object.get(manager, "manager", ""))
])

_share(false, _, _) := "beside"

# one who applies owns what is written in the manifest; anyone else also owns the defaults of a container that was
# new with them, but of a container that was there only what they changed
_share(true, "Apply", _) := "written"

_share(true, operation, fields) := "written" if {
	operation != "Apply"
	object.get(fields, ".", null) == null
} else := "owned" if {
	operation != "Apply"
}

_fields(path) := [concat("", ["f:", step]) | some step in path]

_policy_paths := {
	"containers": ["imagePullPolicy"],
	"initContainers": ["imagePullPolicy"],
	"ephemeralContainers": ["imagePullPolicy"],
	"volumes": ["image", "pullPolicy"],
}

# METADATA
# description: |
#   where the policy that stands in an object comes from, and why, as a clause: declared says that somebody wrote it,
#   defaulted that the API server stored it, and stored that nothing tells which
origin(use) := _told(use, _traces(use)) if {
	_told(use, _traces(use))
} else := {"origin": "declared", "why": "it is written in the manifest"} if {
	not _stored(use)
} else := _guessed(use, _traces(use))

# what the object tells for sure
_told(use, traces) := {"origin": "defaulted", "why": traces.kept} if {
	traces.kept == _replaced
} else := {"origin": "defaulted", "why": concat(", ", ["an earlier image's default", traces.kept])} if {
	traces.kept != ""
} else := {"origin": "declared", "why": "it was applied"} if {
	use.declared in traces.applied
} else := {"origin": "declared", "why": concat(" ", [_named(traces.authors.written), "wrote it"])} if {
	traces.authors.written
} else := {"origin": "defaulted", "why": concat("; ", [_at_creation, _left_out])} if {
	use.declared == use["default"]
	count(traces.applied) > 0
	count(traces.applied - {"", null}) == 0
} else := {"origin": "defaulted", "why": concat("; ", [_at_creation, "no field manager owns it"])} if {
	use.declared == use["default"]
	object.keys(traces.authors) == {"beside"}
}

# of what an API server has stored
_guessed(use, traces) := {"origin": "declared", "why": "no image has it as its default"} if {
	not use.declared in {"Always", "IfNotPresent"}
} else := {"origin": "declared", "why": "it is not the image's default, and the object is as it was created"} if {
	_differs(use)
	not _edited(use)
} else := {"origin": "stored", "why": _filled_in} if {
	use.defaulted
} else := {"origin": "stored", "why": concat(" ", [_named(traces.authors.owned), _creates])} if {
	traces.authors.owned
} else := {"origin": "stored", "why": "nothing in the object tells a choice from a default"}

_at_creation := "the API server stored the default"

_left_out := "the last applied configuration leaves it out"

_filled_in := "defaults are filled in before admission, so nothing tells them from a choice"

_creates := "created it, and owns defaults as if it had written them"

# what there is about the past of a use: evidence that its policy was kept, the policies in the configuration that was
# last applied, and of each share a field manager
_traces(use) := {"kept": _kept_at(place), "applied": _applied_at(place), "authors": _authors_at(place)} if {
	place := _place(use)
}

_kept_at(place) := kept if {
	kept := _kept[place]
} else := ""

_applied_at(place) := object.keys(_every_applied[place]) if {
	_every_applied[place]
} else := set()

_authors_at(place) := authors if {
	authors := _authors[place]
} else := {}

_authors := {place: {share: min(object.keys(authors)) | some share, authors in shares} |
	some place, shares in _every_share
}

_kept := object.union_n([{_place(history.use): history.evidence} | some history in unchosen])

_every_applied := _applied_in(_every_workload, _names)

_every_share := _shares_in(_every_workload)

_every_workload := {use.pod: podspecs.workloads[use.pod] | some use in uses.found}

_text(value) := value if {
	is_string(value)
} else := ""

_named("") := "a field manager"

_named(manager) := texts.shown(manager) if manager != ""

# whether an API server has stored the object, or is about to
_stored(use) if use.defaulted

_stored(use) if _every_workload[use.pod].object.metadata.uid

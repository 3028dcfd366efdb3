# METADATA
# description: |
#   how the stored policies came to be, as far as objects tell: by the object that an update replaces, by the
#   configuration that kubectl apply last sent, and by who owns which field
package pullpolicy.histories

import data.pullpolicy.podspecs
import data.pullpolicy.result
import data.pullpolicy.uses

# METADATA
# description: |
#   each use whose policy could be a default, but is not that of its image, and was chosen by nobody, with what
#   shows that, as a clause about the policy; a use without a word about its past is none
unchosen contains {"use": use, "evidence": evidence} if {
	some use in _odd
	not _chosen(use)
	evidence := _evidence(use)
}

# everything below is asked of these few uses only
_odd contains use if {
	some use in uses.found
	use.declared in {"Always", "IfNotPresent"}
	use.declared != use["default"]
	not use.custom
}

_chosen(use) if {
	container := _applied_container(use)
	not _leaves_out(container, use)
}

_chosen(use) if {
	some share in _shares(use)
	_owned(share, use)
	_deliberate(share)
}

# one who applies owns what is written in the manifest; anyone else also owns the defaults of a container that was
# new with them, but of a container that was there only what they changed
_deliberate(share) if share.operation == "Apply"

_deliberate(share) if not share.fields["."]

_evidence(use) := concat(" ", ["the default of", result.what(sort(replaced)[0])]) if {
	replaced := [old |
		some old in _formers[_place(use)]
		old.image != use.image
		old.declared == old["default"]
		old.declared == use.declared
	]
} else := "which the last applied configuration leaves out" if {
	_edited(use)
	_leaves_out(_applied_container(use), use)
} else := "which no field manager owns" if {
	_edited(use)
	shares := _shares(use)
	count(shares) > 0
	every share in shares {
		not _owned(share, use)
	}
}

# a spec of the first generation is as it was created, and the policy in it is no older than the image
_edited(use) if object.get(_pods[use.pod].manifest, ["metadata", "generation"], 0) != 1

# the same use in the configuration that was last applied
_applied_container(use) := [container |
	some container in _applied[use.pod][use.list]
	container.name == use.container
][0]

_applied[id] := object.get(configuration, pod.path, {}) if {
	some id, pod in _pods
	text := pod.manifest.metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]
	json.is_valid(text)
	configuration := json.unmarshal(text)
	is_object(configuration)
}

_leaves_out(container, use) if object.get(container, _policy_path(use), null) in {"", null}

# what each field manager owns of the container
_shares(use) := [{"operation": manager.operation, "fields": fields} |
	some manager in _pods[use.pod].manifest.metadata.managedFields
	fields := object.get(manager.fieldsV1, _container_fields(use), null)
	is_object(fields)
]

_owned(share, use) if object.get(share.fields, _fields(_policy_path(use)), null) != null

# lists of containers and volumes are maps by name to the API server
_container_fields(use) := array.concat(
	_fields(array.concat(_pods[use.pod].path, [use.list])),
	[concat("", ["k:", json.marshal({"name": use.container})])],
)

_fields(path) := [concat("", ["f:", step]) | some step in path]

_policy_path(use) := ["image", use.policy_field] if {
	use.list == "volumes"
} else := [use.policy_field]

# a comprehension is evaluated once, a rule once for each key
# regal ignore:prefer-set-or-object-rule
_pods := {pod.id: pod |
	some pod in podspecs.found
	not pod.former
	not pod.custom
}

# asked for as a whole, so that not every use has them gathered again
_formers := object.union(_former, {})

_former[_place(use)] contains use if some use in uses.former

_place(use) := [use.pod, use.list, use.container]

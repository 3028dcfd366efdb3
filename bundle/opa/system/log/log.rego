# METADATA
# description: |
#   what a decision log keeps: which objects a question was about, and what the entrypoints say of them. Manifests hold
#   environment values, and annotations and custom resources may hold anything, so that no list of what to hide is ever
#   complete
# schemas:
#   - input: schema.log
package system.log

import data.system.entrypoints

# METADATA
# title: Mask
# description: what stands in a decision log instead of the input, and instead of an answer to other questions
# entrypoint: true
mask contains {"op": "upsert", "path": "/input", "value": _kept}

mask contains {"op": "upsert", "path": "/result", "value": _said} if {
	not _path in entrypoints.rules
	_said != input.result
}

default _path := []

_path := split(input.path, "/")

default _said := {}

# of a package, the entrypoints
_said := {name: said |
	some name, said in input.result
	array.concat(_path, [name]) in entrypoints.rules
} if {
	is_object(input.result)
}

default _kept := {}

_kept := object.union(_names(input.input), _reviews)

default _reviews := {}

_reviews := {"reviews": [_names(review.object) | some review in input.input.reviews]} if is_array(input.input.reviews)

_names(manifest) := {name: value |
	some name, path in {
		"kind": ["kind"],
		"namespace": ["metadata", "namespace"],
		"name": ["metadata", "name"],
		"uid": ["request", "uid"],
		"operation": ["request", "operation"],
		"requestKind": ["request", "kind", "kind"],
		"requestNamespace": ["request", "namespace"],
		"requestName": ["request", "name"],
	}
	value := object.get(manifest, path, null)
	is_string(value)
}

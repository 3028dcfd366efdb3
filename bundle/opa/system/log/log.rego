# METADATA
# description: |
#   what a decision log keeps of a question: which objects it was about. Manifests hold environment values, and
#   annotations and custom resources may hold anything, so that no list of what to hide is ever complete
# schemas:
#   - input: schema.log
package system.log

# METADATA
# title: Mask
# description: what stands in a decision log instead of the input
# entrypoint: true
mask contains {"op": "upsert", "path": "/input", "value": _kept}

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

# METADATA
# description: |
#   a check against a JSON Schema with words of its own, for the keywords that the schemas here use: type,
#   properties (there are no others), items, required, enum, pattern, minLength, minItems, minProperties
package pullpolicy.schemas

import data.pullpolicy.texts

# METADATA
# description: what in the document does not fit the schema, by its place
misfits(schema, document) := {at: concat("; ", [part | some part in complaint; part != ""]) |
	some at, complaint in complaints(schema, document)
}

# METADATA
# description: the same, each as what is wrong and what to do, which is "" where the first says it
complaints(schema, document) := {at: complaint |
	# Rego has no recursion, so the values are visited by a walk, and each finds its schema by its place
	walk(document, [at, value])
	complaint := _complaint(schema, at, value)
}

_complaint(schema, at, value) := [concat(" ", [texts.quoted(key), "is not known"]), _choice(key, known)] if {
	key := at[count(at) - 1]
	known := sort(object.keys(_schema_of(schema, array.slice(at, 0, count(at) - 1)).properties))
	not key in known
} else := [concat(" ", [_shown(value), "is", _article(type_name(value))]), _type_choice(wanted)] if {
	wanted := _schema_of(schema, at).type
	type_name(value) != wanted
} else := [concat(" ", [_shown(value), "is not one of", _listed(values)]), ""] if {
	values := _schema_of(schema, at).enum
	not value in values
} else := [concat(" ", [_shown(value), "does not match", pattern]), ""] if {
	pattern := _schema_of(schema, at).pattern
	not regex.match(pattern, value)
} else := [concat(" ", ["lacks", _listed(sort(missing))]), ""] if {
	missing := {key | some key in _schema_of(schema, at).required} - object.keys(value)
	count(missing) > 0
} else := ["is empty", ""] if {
	count(value) < object.get(_schema_of(schema, at), _least[type_name(value)], 0)
}

# all keys where they are few, else those that begin alike
_choice(key, known) := concat(" ", ["write one of", _listed(known)]) if {
	count(_listed(known)) <= _most_listed
} else := concat(" ", ["write", concat(" or ", close)]) if {
	close := [candidate | some candidate in known; startswith(lower(candidate), lower(substring(key, 0, 5)))]
	close != []
	count(_listed(close)) <= _most_listed
} else := "see the schema for the keys"

_type_choice(type) := concat(" ", ["write", _article(type)])

_most_listed := 80

_shown(value) := texts.quoted(value) if {
	is_string(value)
} else := "[…]" if {
	is_array(value)
	count(value) > 0
} else := "{…}" if {
	is_object(value)
	count(value) > 0
} else := texts.shown(json.marshal(value))

_least := {"string": "minLength", "array": "minItems", "object": "minProperties"}

_schema_of(schema, at) := object.get(schema, [step | some key in at; some step in _down(key)], {})

_down(key) := ["properties", key] if is_string(key)

_down(key) := ["items"] if is_number(key)

_listed(values) := concat(", ", values)

_article(type) := concat(" ", [_articles[type], type])

_articles := {"array": "an", "object": "an", "null": "a", "boolean": "a", "number": "a", "string": "a"}

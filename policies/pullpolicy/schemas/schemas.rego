# METADATA
# description: |
#   a check against a JSON Schema with words of its own, for the keywords that the schemas here use: type,
#   properties (there are no others), items, required, enum, pattern, minLength, minItems, minProperties
package pullpolicy.schemas

# METADATA
# description: what in the document does not fit the schema, by its place
misfits(schema, document) := {at: message |
	# Rego has no recursion, so the values are visited by a walk, and each finds its schema by its place
	walk(document, [at, value])
	message := _complaint(schema, at, value)
}

_complaint(schema, at, value) := sprintf("%q is not known; write one of %s", [key, _listed(sort(known))]) if {
	key := at[count(at) - 1]
	known := object.keys(_schema_of(schema, array.slice(at, 0, count(at) - 1)).properties)
	not key in known
} else := sprintf("%s is %s; write %s", [_shown(value), _article(type_name(value)), _article(wanted)]) if {
	wanted := _schema_of(schema, at).type
	type_name(value) != wanted
} else := sprintf("%s is not one of %s", [_shown(value), _listed(values)]) if {
	values := _schema_of(schema, at).enum
	not value in values
} else := sprintf("%s does not match %s", [_shown(value), pattern]) if {
	pattern := _schema_of(schema, at).pattern
	not regex.match(pattern, value)
} else := sprintf("lacks %s", [_listed(sort(missing))]) if {
	missing := {key | some key in _schema_of(schema, at).required} - object.keys(value)
	count(missing) > 0
} else := "is empty" if {
	count(value) < object.get(_schema_of(schema, at), _least[type_name(value)], 0)
}

_shown(value) := sprintf("%q", [value]) if {
	is_string(value)
} else := json.marshal(value)

_least := {"string": "minLength", "array": "minItems", "object": "minProperties"}

_schema_of(schema, at) := object.get(schema, [step | some key in at; some step in _down(key)], {})

_down(key) := ["properties", key] if is_string(key)

_down(key) := ["items"] if is_number(key)

_listed(values) := concat(", ", [sprintf("%v", [value]) | some value in values])

_article(type) := concat(" ", [_articles[type], type])

_articles := {"array": "an", "object": "an", "null": "a", "boolean": "a", "number": "a", "string": "a"}

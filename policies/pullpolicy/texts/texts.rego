# METADATA
# description: |
#   texts of others, as messages show them: one line of printable ASCII, no longer than it has to be, whatever a
#   manifest holds; messages end in logs and terminals that obey control characters
package pullpolicy.texts

# METADATA
# description: the text as it is where it reads like an image reference or a placeholder, else quoted
shown(text) := text if {
	regex.match(`^[A-Za-z0-9._:/@+$(){}\[\]-]+$`, text)
	count(text) <= _longest
} else := quoted(text)

# METADATA
# description: the text in quotes, escaped as Go's strconv.QuoteToASCII does; of a long one the beginning, and …
quoted(text) := concat("", [`"`, text, `"`]) if {
	regex.match(`^[ !#-\[\]-~]*$`, text)
	count(text) <= _longest
} else := concat("", [`"`, _escaped(beginning), `"`, _rest(text, beginning)]) if {
	beginning := substring(text, 0, _longest)
}

# METADATA
# description: |
#   a place, as Kubernetes prints field paths; a key that could be mistaken, or would do harm in a log, is quoted
path(at) := trim_prefix(concat("", [_step(key) | some key in at]), ".")

_step(key) := concat("", ["[", format_int(key, 10), "]"]) if {
	is_number(key)
} else := concat("", [".", key]) if {
	regex.match(`^[A-Za-z0-9_-]+$`, key)
	count(key) <= 256
} else := concat("", ["[", key, "]"]) if {
	regex.match(`^[ !#-Z^-~]*$`, key)
	count(key) <= 256
} else := concat("", ["[", quoted(key), "]"])

# an image with a digest of sha512 is written in full
_longest := 256

_rest(text, beginning) := "" if {
	text == beginning
} else := "…"

_escaped(text) := strings.replace_n(escapes, narrow) if {
	narrow := strings.replace_n(_escapes, replace(text, `\`, `\\`))
	escapes := {wide: _escape(wide) | some [wide] in regex.find_all_string_submatch_n(`[^ -~]`, narrow, -1)}
}

_escapes := object.union(
	{json.unmarshal(concat("", [`"\u00`, code, `"`])): concat("", [`\x`, code]) |
		some number in numbers.range(0, 31)
		code := _padded(number, 2)
	},
	{
		"\"": `\"`, "\u0007": `\a`, "\b": `\b`, "\f": `\f`, "\n": `\n`, "\r": `\r`, "\t": `\t`, "\u000b": `\v`,
		"\u007f": `\x7f`,
	},
)

_escape(character) := concat("", [`\u`, _padded(code, 4)]) if {
	code := _code_point(character)
	code < 65536
} else := concat("", [`\U`, _padded(_code_point(character), 8)])

_padded(number, digits) := substring(padded, count(padded) - digits, digits) if {
	padded := concat("", ["0000000", format_int(number, 16)])
}

# no builtin tells the code point, but base64 shows the bits of UTF-8, six a digit
_code_point(character) := _joined([sextet |
	some digit in _characters(trim_right(base64.encode(character), "="))
	sextet := _sextets[digit]
])

_joined([a, b, c]) := sum([(a % 8) * 256, floor(b / 16) * 64, (b % 4) * 16, floor(c / 4)])

_joined([a, b, c, d]) := sum([(a % 4) * 16384, floor(b / 16) * 4096, (b % 4) * 1024, floor(c / 4) * 64, d])

_joined([a, b, c, d, e, f]) := sum([
	(a % 2) * 1048576, floor(b / 16) * 262144, (b % 4) * 65536, floor(c / 4) * 4096, d * 64,
	(e % 16) * 4, floor(f / 16),
])

_sextets := {digit: sextet |
	some sextet, digit in _characters("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
}

# OPA 1.10 does not come back from a split at ""
_characters(text) := [character | some [character] in regex.find_all_string_submatch_n(`.`, text, -1)]

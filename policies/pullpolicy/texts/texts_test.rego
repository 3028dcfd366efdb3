package pullpolicy.texts_test

import data.pullpolicy.texts

test_shown[note] if {
	some note, tc in {
		"a reference": ["host:5000/team/app_x:1.2-3@sha256:0f", "host:5000/team/app_x:1.2-3@sha256:0f"],
		"a host in brackets": ["[::1]:5000/app", "[::1]:5000/app"],
		"a placeholder": ["$(params.image)", "$(params.image)"],
		"another placeholder": ["{{inputs.image}}", "{{inputs.image}}"],
		"the longest": [_repeated("a", 256), _repeated("a", 256)],
		"empty": ["", `""`],
		"a blank": ["a b", `"a b"`],
		"what ends a clause": ["a, b; c", `"a, b; c"`],
		"a quote": [`a"b`, `"a\"b"`],
		"a workflow command": ["x\n::error file=a::b", `"x\n::error file=a::b"`],
		"one too long": [_repeated("a", 257), concat("", [`"`, _repeated("a", 256), `"…`])],
	}
	texts.shown(tc[0]) == tc[1]
}

test_quoted[note] if {
	some note, tc in {
		"empty": ["", `""`],
		"a name": ["app", `"app"`],
		"all that is printed": [_printed, concat("", [`"`, _printed, `"`])],
		"a quote and a backslash": [`a"\b`, `"a\"\\b"`],
		"letters that escape": ["\u0007\b\f\n\r\t\u000b", `"\a\b\f\n\r\t\v"`],
		"other control characters": ["\u0000\u0001\u001b\u001f\u007f", `"\x00\x01\x1b\x1f\x7f"`],
		"C1": ["\u0080\u009b", `"\u0080\u009b"`],
		"separators of lines": ["a\u2028b\u2029\u0085", `"a\u2028b\u2029\u0085"`],
		"bidi": ["\u202eexe\u2066\u200f", `"\u202eexe\u2066\u200f"`],
		"the byte order mark": ["\ufeff", `"\ufeff"`],
		"letters": ["größe", `"gr\u00f6\u00dfe"`],
		"two bytes at most and three at least": ["\u07ff\u0800", `"\u07ff\u0800"`],
		"three bytes at most and four at least": ["\uffff\ud800\udc00", `"\uffff\U00010000"`],
		"the last": ["\udbff\udfff", `"\U0010ffff"`],
		"the longest": [_repeated("\u00e9", 256), concat("", [`"`, _repeated(`\u00e9`, 256), `"`])],
		"one too long": [_repeated("\u00e9", 257), concat("", [`"`, _repeated(`\u00e9`, 256), `"…`])],
		"plain, and one too long": [_repeated("a", 257), concat("", [`"`, _repeated("a", 256), `"…`])],
	}
	texts.quoted(tc[0]) == tc[1]
}

_printed := " !#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_abcdefghijklmnopqrstuvwxyz`{|}~"

_repeated(text, times) := concat("", [text | some _ in numbers.range(1, times)])

test_path[want] if {
	some want, at in {
		"": [],
		"spec": ["spec"],
		"a[0].b": ["a", 0, "b"],
		"items[2].spec.containers[10].image": ["items", 2, "spec", "containers", 10, "image"],
		"spec.replica-specs.worker_1": ["spec", "replica-specs", "worker_1"],
		"spec[a.b].c": ["spec", "a.b", "c"],
		"spec[example.com/a].c": ["spec", "example.com/a", "c"],
		"spec[a~b]": ["spec", "a~b"],
		"spec[a b][0]": ["spec", "a b", 0],
		"spec[]": ["spec", ""],
		"[a.b].c": ["a.b", "c"],
		"[0].a": [0, "a"],
		# a key that could be mistaken for two, or that a log would obey
		`spec["a]b"].c`: ["spec", "a]b", "c"],
		`spec["a[0"]`: ["spec", "a[0"],
		`spec["a\"b"]`: ["spec", `a"b`],
		`spec["a\\b"]`: ["spec", `a\b`],
		`spec["a\n::error::b"]`: ["spec", "a\n::error::b"],
		`spec["\u202ea"]`: ["spec", "\u202ea"],
		sprintf("spec.%s", [_as(256)]): ["spec", _as(256)],
		sprintf(`spec["%s"…]`, [_as(256)]): ["spec", _as(257)],
		# a key of digits is a key
		"spec.0": ["spec", "0"],
	}
	texts.path(at) == want
}

_as(times) := concat("", ["a" | some _ in numbers.range(1, times)])

package pullpolicy.references_test

import data.pullpolicy.references

# Each row is the image, who rejects it, why, and what to do.
_flaws := {
	"missing": [null, "api", "is missing", "write an image"],
	"empty": ["", "api", "is missing", "write an image"],
	"a number": [1.5, "api", "is a number and not text", "quote it"],
	"a boolean": [true, "api", "is a boolean and not text", "quote it"],
	"a list": [["nginx"], "api", "is a list and not text", "write one string, repository:tag"],
	"a map": [{"repository": "nginx"}, "api", "is a map and not text", "write one string, repository:tag"],
	"a Go template": ["{{ .Values.image }}", "kubelet", _later, "render it first"],
	"a shell variable": ["nginx:${TAG}", "kubelet", _later, "render it first"],
	"a shell variable without braces": ["$IMAGE", "kubelet", _later, "render it first"],
	"a Kubernetes variable": ["$(IMAGE)", "kubelet", _later, "render it first"],
	"a sed placeholder": ["@@IMAGE@@", "kubelet", _later, "render it first"],
	"a documentation placeholder": ["<image>:1", "kubelet", _later, "render it first"],
	"a brace placeholder": ["{image}", "kubelet", _later, "render it first"],
	"a Windows placeholder": ["%IMAGE%:1", "kubelet", _later, "render it first"],
	"a dunder placeholder": ["__IMAGE__", "kubelet", _later, "render it first"],
	"ko": [
		"ko://example.com/cmd",
		"kubelet",
		"has an import path for ko to fill in",
		"render it first, with ko resolve",
	],
	"a map that a template printed": [
		"map[repository:nginx tag:1]",
		"kubelet",
		"is a map that a template printed",
		"join repository and tag in the template",
	],
	"a blank at the end": ["nginx:latest ", "kubelet", "has a blank in it", "remove the blank"],
	"a line break": ["nginx:latest\n", "kubelet", "has a blank in it", "remove the blank"],
	"a tab": ["nginx\tlatest", "kubelet", "has a blank in it", "remove the blank"],
	"a scheme": ["https://host.io/img", "kubelet", "has a scheme, which no reference has", "drop https://"],
	"an image id": ["<hex>", "kubelet", "is a bare 64-digit image id", "write repository@sha256:<id>"],
	"an unknown algorithm": [
		"nginx@md5:<hex32>",
		"kubelet",
		"has a digest that is not sha256, sha384 or sha512",
		"write sha256: and its 64 digits",
	],
	"a short digest": ["nginx@sha256:abcd", "kubelet", "has a digest of 4 digits", "write all 64 digits"],
	"a digest in upper case": [
		"nginx@sha256:<HEX>",
		"kubelet",
		"has a digest with upper-case letters",
		"lower-case the digest",
	],
	"no digest after the @": [
		"nginx@",
		"kubelet",
		"has a digest that is not sha256, sha384 or sha512",
		"write sha256: and its 64 digits",
	],
	"a digest of other letters": [
		"nginx@sha256:zz23456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		"kubelet",
		"has a digest that is not valid",
		"write sha256: and 64 hexadecimal digits",
	],
	"two digests": ["nginx@sha256:<hex>@sha256:<hex>", "kubelet", "has two @", "keep one digest"],
	"a long repository": ["host.io/<a256>:1", "kubelet", "has a repository of more than 255 characters", "shorten it"],
	"a long repository with a digest": [
		"host.io/<a256>@sha256:<hex>",
		"kubelet",
		"has a repository of more than 255 characters",
		"shorten it",
	],
	"upper case": ["Nginx:latest", "kubelet", _upper, "lower-case it"],
	"upper case below the registry": ["host.io/Corp/app", "kubelet", _upper, "lower-case it"],
	"upper case with a digest": ["Nginx@sha256:<hex>", "kubelet", _upper, "lower-case it"],
	"no tag after the colon": [
		"nginx:",
		"kubelet",
		"has an empty tag",
		"write a tag behind the colon, or drop the colon",
	],
	"two tags": ["nginx:1:2", "kubelet", "has two colons in the tag", "keep one tag"],
	"two tags below a registry with a port": [
		"host.io:5000/app:1:2",
		"kubelet",
		"has two colons in the tag",
		"keep one tag",
	],
	"a branch for a tag": ["nginx:feature/x", "kubelet", "has a / in the tag", "write - in place of /"],
	"build metadata in a tag": [
		"nginx:1.0+build",
		"kubelet",
		"has a + in the tag, which is not allowed",
		"write _ or - in place of +",
	],
	"a number that YAML read": [
		"nginx:1.23e+06",
		"kubelet",
		"has a + in the tag, as of an unquoted number in values.yaml",
		"quote the number",
	],
	"a long tag": ["nginx:<a129>", "kubelet", "has a tag of more than 128 characters", "shorten the tag"],
	"a tag that begins with a dot": [
		"nginx:.1",
		"kubelet",
		"has a tag that begins with . or -",
		"begin it with a letter or digit",
	],
	"a letter that is not allowed in a tag": [
		"nginx:1!",
		"kubelet",
		"has characters that are not allowed",
		"write [registry/]repository[:tag][@digest]",
	],
	"an empty component": [
		"host.io//img",
		"kubelet",
		"is not a valid reference",
		"write [registry/]repository[:tag][@digest]",
	],
	"a placeholder before what is not valid": [
		"$(registry)/app:1+2",
		"kubelet",
		"has a placeholder, and a + in the tag, which is not allowed",
		"write _ or - in place of +",
	],
	"a placeholder before an empty component": [
		"$(registry)//app",
		"kubelet",
		"has a placeholder, and what follows it is not valid",
		"correct what follows the placeholder",
	],
}

test_flaw[note] if {
	some note, tc in _flaws
	flaw := references.flaw(_expanded(tc[0]))
	[flaw.by, flaw.cause, flaw.remedy] == [tc[1], tc[2], tc[3]]
}

_expanded(value) := expanded(value) if {
	is_string(value)
} else := value

_later := "is a placeholder that is filled in later"

_upper := "has upper-case letters in the repository"

package pullpolicy.references_test

import data.pullpolicy.references

# What Kubernetes 1.37.2 makes of each image: [the default policy, then repository, tag and digest as ParseImageName
# returns them, which calls an image without both latest].
parsable := {
	"nginx": ["Always", "docker.io/library/nginx", "latest", ""],
	"nginx:latest": ["Always", "docker.io/library/nginx", "latest", ""],
	"nginx:1.25": ["IfNotPresent", "docker.io/library/nginx", "1.25", ""],
	"nginx:Latest": ["IfNotPresent", "docker.io/library/nginx", "Latest", ""],
	"nginx:LATEST": ["IfNotPresent", "docker.io/library/nginx", "LATEST", ""],
	"nginx:latest-alpine": ["IfNotPresent", "docker.io/library/nginx", "latest-alpine", ""],
	"nginx:stable-latest": ["IfNotPresent", "docker.io/library/nginx", "stable-latest", ""],
	"nginx:1.25@sha256:<hex>": ["IfNotPresent", "docker.io/library/nginx", "1.25", "sha256:<hex>"],
	"nginx@sha256:<hex>": ["IfNotPresent", "docker.io/library/nginx", "", "sha256:<hex>"],
	"nginx:latest@sha256:<hex>": ["Always", "docker.io/library/nginx", "latest", "sha256:<hex>"],
	"sha256:<hex>": ["IfNotPresent", "docker.io/library/sha256", "<hex>", ""],
	"<hex63>": ["Always", "docker.io/library/<hex63>", "latest", ""],
	"0123456789ab": ["Always", "docker.io/library/0123456789ab", "latest", ""],
	"<hex>:latest": ["Always", "docker.io/library/<hex>", "latest", ""],
	"docker.io/<hex>": ["Always", "docker.io/library/<hex>", "latest", ""],
	"library/<hex>": ["Always", "docker.io/library/<hex>", "latest", ""],
	"<hex>@sha256:<hex>": ["IfNotPresent", "docker.io/library/<hex>", "", "sha256:<hex>"],
	"Foo/nginx:latest": ["Always", "Foo/nginx", "latest", ""],
	"Foo/nginx:1": ["IfNotPresent", "Foo/nginx", "1", ""],
	"FOO.io/nginx": ["Always", "FOO.io/nginx", "latest", ""],
	"nginx@sha512:<hex><hex>": ["IfNotPresent", "docker.io/library/nginx", "", "sha512:<hex><hex>"],
	"nginx@sha384:<hex><hex32>": ["IfNotPresent", "docker.io/library/nginx", "", "sha384:<hex><hex32>"],
	"host:5000/img": ["Always", "host:5000/img", "latest", ""],
	"host:5000/img:latest": ["Always", "host:5000/img", "latest", ""],
	"host:5000/img:1": ["IfNotPresent", "host:5000/img", "1", ""],
	"host:5000/img@sha256:<hex>": ["IfNotPresent", "host:5000/img", "", "sha256:<hex>"],
	"host:5000": ["IfNotPresent", "docker.io/library/host", "5000", ""],
	"localhost:5000": ["IfNotPresent", "docker.io/library/localhost", "5000", ""],
	"localhost:latest": ["Always", "docker.io/library/localhost", "latest", ""],
	"localhost/img": ["Always", "localhost/img", "latest", ""],
	"localhost/img:1": ["IfNotPresent", "localhost/img", "1", ""],
	"localhost": ["Always", "docker.io/library/localhost", "latest", ""],
	"localhost:5000/img": ["Always", "localhost:5000/img", "latest", ""],
	"mylocalhost/img": ["Always", "docker.io/mylocalhost/img", "latest", ""],
	"localhosts/img:1": ["IfNotPresent", "docker.io/localhosts/img", "1", ""],
	"127.0.0.1:5000/img": ["Always", "127.0.0.1:5000/img", "latest", ""],
	"[::1]:5000/img": ["Always", "[::1]:5000/img", "latest", ""],
	"host:99999999/img": ["Always", "host:99999999/img", "latest", ""],
	"my_host.io/img": ["Always", "my_host.io/img", "latest", ""],
	"my-host/img:latest": ["Always", "docker.io/my-host/img", "latest", ""],
	"docker.io/nginx": ["Always", "docker.io/library/nginx", "latest", ""],
	"index.docker.io/nginx": ["Always", "docker.io/library/nginx", "latest", ""],
	"docker.io/library/nginx": ["Always", "docker.io/library/nginx", "latest", ""],
	"registry-1.docker.io/library/nginx": ["Always", "registry-1.docker.io/library/nginx", "latest", ""],
	"a/b/c/d/e:latest": ["Always", "docker.io/a/b/c/d/e", "latest", ""],
	"foo_bar": ["Always", "docker.io/library/foo_bar", "latest", ""],
	"foo__bar": ["Always", "docker.io/library/foo__bar", "latest", ""],
	"foo.bar": ["Always", "docker.io/library/foo.bar", "latest", ""],
	"foo--bar": ["Always", "docker.io/library/foo--bar", "latest", ""],
	"foo.bar/baz": ["Always", "foo.bar/baz", "latest", ""],
	"foo:_tag": ["IfNotPresent", "docker.io/library/foo", "_tag", ""],
	"foo:tag.": ["IfNotPresent", "docker.io/library/foo", "tag.", ""],
	"foo:tag-": ["IfNotPresent", "docker.io/library/foo", "tag-", ""],
	"foo:<a128>": ["IfNotPresent", "docker.io/library/foo", "<a128>", ""],
	"<a247>": ["Always", "docker.io/library/<a247>", "latest", ""],
	"host.io/<a255>": ["Always", "host.io/<a255>", "latest", ""],
	"<h300>.io/<a255>": ["Always", "<h300>.io/<a255>", "latest", ""],
	"xn--e1afmkfd.xn--p1ai/img": ["Always", "xn--e1afmkfd.xn--p1ai/img", "latest", ""],
	"UPPER.example.com/img:latest": ["Always", "UPPER.example.com/img", "latest", ""],
	"example.com:latest": ["Always", "docker.io/library/example.com", "latest", ""],
	"example.com/latest": ["Always", "example.com/latest", "latest", ""],
	"latest": ["Always", "docker.io/library/latest", "latest", ""],
	"latest:1": ["IfNotPresent", "docker.io/library/latest", "1", ""],
	"gcr.io/latest/latest:v1": ["IfNotPresent", "gcr.io/latest/latest", "v1", ""],
}

# What ParseImageName rejects.
unparsable := {
	"nginx:latest ", " nginx:latest", "nginx:latest\n", "", " ", ":", ":latest", "@sha256:<hex>",
	"<hex>", "<HEX>", "Nginx", "Nginx:latest", "foo/Nginx:latest", "nginx:", "nginx:@sha256:<hex>",
	"nginx@", "nginx:1.25@", "nginx:latest@", "nginx@sha256:", "nginx@sha256:abcd",
	"nginx@sha256:<hex>0", "nginx@sha256:<HEX>", "nginx:latest@sha256:<HEX>", "nginx@SHA256:<hex>",
	"nginx@sha512:<hex>", "nginx@md5:<hex32>", "nginx:latest@md5:<hex32>", "nginx@blake3:<hex>",
	"nginx@sha256+b64:<hex>", "nginx@sha256:<hex>:latest", "nginx@sha256:<hex>@sha256:<hex>",
	"[fe80::1%eth0]:5000/img", "host:/img", "host:port/img", "-host.io/img", "host-.io/img",
	"a..b/img", ".io/img", "docker.io/Nginx", "https://docker.io/nginx:latest", "http://host/img",
	"host.io//img", "/img", "img/", "host.io/a//b", "host.io/a/b/", "foo___bar", "foo..bar",
	"foo-", "-foo", "_foo", "foo_", "foo.-bar", "foo_-bar", "foo:.tag", "foo:-tag", "foo:a b",
	"foo:a+b", "foo:v1:latest", "foo:latest:latest", "foo:<a129>", "<a248>", "<a255>", "<a256>",
	"host.io/<a256>", "host.io/<a256>:latest", "nginx:läter", "ngïnx", "Ñginx:latest",
	"nginx\uff1alatest", "nginx:latest\u200b", "日本/img:latest", "пример.рф/img",
	"nginx:lat\u0435st", "\u0130:latest", "\u017f:latest", "host.io/\u0130mg:latest", "${IMAGE}",
	"{{ .Values.image }}", "$(IMAGE):latest", "<image>:latest", "image:${TAG}", "nginx;latest",
	"nginx\tlatest", "nginx latest", "docker://nginx", "oci:nginx:latest",
	"docker-pullable://nginx@sha256:<hex>", "nginx#latest", "nginx?tag=latest",
}

# The text with what is too long to read written out.
expanded(text) := strings.replace_n(_long, text)

_long := {
	"<hex>": _hex,
	"<HEX>": upper(_hex),
	"<hex63>": substring(_hex, 0, 63),
	"<hex32>": substring(_hex, 0, 32),
	"<a128>": _times("a", 128),
	"<a129>": _times("a", 129),
	"<a247>": _times("a", 247),
	"<a248>": _times("a", 248),
	"<a255>": _times("a", 255),
	"<a256>": _times("a", 256),
	"<h300>": _times("h", 300),
}

_hex := _times("0123456789abcdef", 4)

_times(text, n) := concat("", [text | some _ in numbers.range(1, n)])

test_parse_as_kubernetes[image] if {
	some image, [_, name, tag, digest] in parsable
	got := references.parse(expanded(image))
	got.valid
	[got.name, _kubernetes_tag(got), got.digest] == [expanded(name), expanded(tag), expanded(digest)]
}

test_parse_rejects_as_kubernetes[image] if {
	some image in unparsable
	references.parse(expanded(image)) == _invalid
}

test_parse_rejects_what_is_no_text[note] if {
	some note, image in {"null": null, "a number": 1.5, "a boolean": true, "a list": ["nginx"], "a map": {}}
	references.parse(image) == _invalid
}

_invalid := {"valid": false, "domain": "", "path": "", "name": "", "tag": "", "digest": "", "full": ""}

_kubernetes_tag(got) := "latest" if {
	got.tag == ""
	got.digest == ""
} else := got.tag

test_parse[note] if {
	some note, tc in {
		"neither tag nor digest": {
			"image": "nginx",
			"want": ["docker.io", "library/nginx", "", "", "docker.io/library/nginx:latest"],
		},
		"a tag": {
			"image": "nginx:1.25",
			"want": ["docker.io", "library/nginx", "1.25", "", "docker.io/library/nginx:1.25"],
		},
		"a digest": {
			"image": "nginx@sha256:<hex>",
			"want": ["docker.io", "library/nginx", "", "sha256:<hex>", "docker.io/library/nginx@sha256:<hex>"],
		},
		"a tag and a digest": {
			"image": "nginx:1@sha256:<hex>",
			"want": ["docker.io", "library/nginx", "1", "sha256:<hex>", "docker.io/library/nginx:1@sha256:<hex>"],
		},
		"a user of the hub": {
			"image": "corp/app:1",
			"want": ["docker.io", "corp/app", "1", "", "docker.io/corp/app:1"],
		},
		"an official image under the hub's other name": {
			"image": "index.docker.io/nginx:1",
			"want": ["docker.io", "library/nginx", "1", "", "docker.io/library/nginx:1"],
		},
		"a user under the hub's other name": {
			"image": "index.docker.io/corp/app:1",
			"want": ["docker.io", "corp/app", "1", "", "docker.io/corp/app:1"],
		},
		"a registry port is not a tag": {
			"image": "host:5000/img",
			"want": ["host:5000", "img", "", "", "host:5000/img:latest"],
		},
		"a name without a slash is not a registry": {
			"image": "host:5000",
			"want": ["docker.io", "library/host", "5000", "", "docker.io/library/host:5000"],
		},
		"localhost is a registry": {
			"image": "localhost/a/b:1",
			"want": ["localhost", "a/b", "1", "", "localhost/a/b:1"],
		},
		"an address is a registry": {
			"image": "[::1]:5000/img:1",
			"want": ["[::1]:5000", "img", "1", "", "[::1]:5000/img:1"],
		},
		"upper case makes a registry": {
			"image": "Foo/nginx:1",
			"want": ["Foo", "nginx", "1", "", "Foo/nginx:1"],
		},
		"what is not a host name belongs to the path": {
			"image": "my_host.io/img:1",
			"want": ["", "my_host.io/img", "1", "", "my_host.io/img:1"],
		},
	}
	got := references.parse(expanded(tc.image))
	[got.domain, got.path, got.tag, got.digest, got.full] == [expanded(part) | some part in tc.want]
}

# The limit is on the path alone; for a first component that is not a host name, on all of it.
test_parse_length[note] if {
	some note, tc in {
		"the path of a registry, at the limit": ["host.io/<a255>@sha256:<hex>", true],
		"the path of a registry, beyond it": ["host.io/<a256>@sha256:<hex>", false],
		"library counts, at the limit": ["docker.io/<a247>:1", true],
		"library counts, beyond it": ["docker.io/<a248>:1", false],
		"a user of the hub, at the limit": ["corp/b/<a248>", true],
		"a user of the hub, beyond it": ["corp/bc/<a248>", false],
		"no host name, at the limit": ["a_b.c/<a247>bc", true],
		"no host name, beyond it": ["a_b.c/<a247>bcd", false],
	}
	references.parse(expanded(tc[0])).valid == tc[1]
}

test_placeholder[text] if {
	some text, want in {
		"$(params.image)": true,
		"registry.example.com/app:$(params.tag)": true,
		"${IMAGE}": true,
		"{{inputs.parameters.image}}": true,
		"{{ inputs.parameters.image }}": true,
		"{{- inputs.parameters.image }}": true,
		"{{ .Values.image }}": false,
		"{{.Values.image}}": false,
		"{{- .Values.image }}": false,
		"{{ $image }}": false,
		"nginx": false,
		"$IMAGE": true,
		"ko://example.com/cmd": true,
		"<image>": true,
		"@@IMAGE@@": true,
		"{image}": true,
		"": false,
	}
	{true | references.placeholder(text)} == {true | want}
}

test_matches[note] if {
	some note, tc in {
		"itself": ["host.io/corp/app:1", "host.io/corp/app:1"],
		"a short name": ["nginx", "docker.io/library/nginx:1"],
		"a long name": ["docker.io/library/nginx", "nginx:1"],
		"the hub's other name": ["index.docker.io/nginx", "nginx:1"],
		"any tag": ["nginx:*", "nginx:1.25"],
		"any tag is not a tag too": ["nginx:*", "nginx"],
		"latest is not a tag too": ["nginx:latest", "nginx"],
		"any tag with a digest": ["nginx:*", "nginx:1@sha256:<hex>"],
		"part of a tag": ["nginx:1.*", "nginx:1.25"],
		"any digest": ["nginx@*", "nginx@sha256:<hex>"],
		"any digest of one algorithm": ["nginx@sha256:*", "nginx@sha256:<hex>"],
		"without tag, no tag": ["corp/app", "corp/app"],
		"without tag, any tag": ["corp/app", "corp/app:1"],
		"without tag, any digest": ["corp/app", "corp/app@sha256:<hex>"],
		"without tag, both": ["corp/app", "corp/app:1@sha256:<hex>"],
		"a star for a component": ["corp/*", "corp/app:1"],
		"a star for part of a component": ["corp/app-*", "corp/app-evil:1"],
		"a star for the empty text": ["corp/app*", "corp/app:1"],
		"a star alone is any official image": ["*", "nginx:1"],
		"a star for the user is on the hub": ["*/app", "corp/app:1"],
		"a star in a host name": ["*.example.com/app", "eu.example.com/app:1"],
		"a star with a port": ["*:5000/app", "host:5000/app:1"],
		"two stars for one component": ["host.io/**", "host.io/app:1"],
		"two stars across slashes": ["host.io/**", "host.io/a/b/c:1"],
		"two stars across the hub": ["docker.io/**", "corp/app:1"],
		"two stars below a user of the hub": ["corp/**", "corp/a/b:1"],
		"two stars in the registry's name": ["host**/app", "host.io/corp/app:1"],
		"two stars over official images": ["docker.io/**", "nginx"],
		"two stars in the middle": ["host.io/**/app", "host.io/a/b/app:1"],
		"two stars alone": ["**", "host.io/a/b:1"],
		"two stars alone, on the hub": ["**", "nginx"],
		"two stars and a tag": ["**:dev", "host.io/a/b:dev"],
		"two stars for the registry": ["**/app", "host.io/corp/app:1"],
		"a port": ["host:5000/app", "host:5000/app:1"],
		"a port and a tag": ["host:5000/app:*", "host:5000/app:1"],
		"a name and a tag that look like a port": ["host:5000", "docker.io/library/host:5000"],
		"brackets are themselves": ["[::1]:5000/app", "[::1]:5000/app:1"],
		"an upper-case registry": ["Foo/app", "Foo/app:1"],
		"a registry in capitals": ["host.io/app", "Host.IO/app:1"],
		"a pattern in capitals": ["Host.IO/**", "host.io/corp/app:1"],
		"the port that HTTPS has anyway": ["host.io/app", "host.io:443/app:1"],
		"that port in the pattern": ["host.io:443/app:1", "host.io/app:1"],
		"that port with zeros": ["host.io/app", "host.io:00443/app:1"],
		"another port with zeros": ["host.io:5000/app", "host.io:05000/app:1"],
		"that port behind an address": ["[::1]/app", "[::1]:443/app:1"],
		"the hub in capitals": ["nginx", "Docker.IO/nginx:1"],
		"the hub with its port": ["nginx", "docker.io:443/library/nginx:1"],
		"the host behind the hub": ["nginx:1", "registry-1.docker.io/library/nginx:1"],
		"localhost": ["localhost/app", "localhost/app:1"],
	}
	references.matches(references.glob_of(tc[0]), references.parse(expanded(tc[1])))
}

test_matches_not[note] if {
	some note, tc in {
		"another tag": ["nginx:1", "nginx:2"],
		"a tag in capitals": ["host.io/app:dev", "host.io/app:Dev"],
		"another port": ["host:5000/app", "host:5001/app:1"],
		"a port that ends so": ["host.io/app", "host.io:1443/app:1"],
		"a longer tag": ["nginx:1", "nginx:1.25"],
		"a tag that is pinned": ["nginx:1", "nginx:1@sha256:<hex>"],
		"a tag for a digest": ["nginx:*", "nginx@sha256:<hex>"],
		"a digest for a tag": ["nginx@*", "nginx:1"],
		"a longer name": ["corp/app", "corp/app-evil:1"],
		"a name below": ["corp/app", "corp/app/sub:1"],
		"a name above": ["corp/app/sub", "corp/app:1"],
		"the same name elsewhere": ["corp/app", "host.io/corp/app:1"],
		"the same name on the hub": ["host.io/corp/app", "corp/app:1"],
		"a user of the hub": ["nginx", "corp/nginx:1"],
		"a star across slashes": ["corp/*", "corp/app/sub:1"],
		"a star alone across slashes": ["*", "corp/app:1"],
		"a star for a registry": ["*/app", "host.io/app:1"],
		"a star for the domain above": ["*.example.com/app", "example.com/app:1"],
		"a star across slashes before a tag": ["host.io/*:dev", "host.io/a/b:dev"],
		"two stars elsewhere": ["host.io/**", "host.io.evil.com/app:1"],
		"two stars in a name, over a tag": ["host.io/**1", "host.io/app:1"],
		"two stars in a tag, over a port and a name": ["**:**p", "host:5000/app:1"],
		"no port": ["host:5000/app", "host.io/app:1"],
		"a class": ["corp/app[12]", "corp/app1:1"],
		"an alternative": ["corp/{app,web}", "corp/app:1"],
		"a question mark": ["corp/ap?", "corp/app:1"],
		"a backslash": [`corp/\app`, "corp/app:1"],
		"a dot is itself": ["host.io/app", "hostxio/app:1"],
		"what does not parse": ["**", "Nginx:latest"],
		"what does not parse, with a tag": ["**:latest", "Nginx:latest"],
		"the empty image": ["**", ""],
	}
	not references.matches(references.glob_of(tc[0]), references.parse(expanded(tc[1])))
}

test_glob_of[note] if {
	some note, tc in {
		"any tag and digest": ["nginx", {"text": "docker.io/library/nginx", "whole": false}],
		"a tag": ["nginx:1.*", {"text": "docker.io/library/nginx:1.*", "whole": true}],
		"a digest": ["host.io/app@*", {"text": "host.io/app@*", "whole": true}],
		"a port is not a tag": ["host:5000/**", {"text": "host:5000/**", "whole": false}],
		"all but the star is itself": [`host.io/a?[b]{c,d}\e*`, {"text": `host.io/a\?\[b\]\{c,d\}\\e*`, "whole": false}],
		"a backslash before a star": [`host.io/a\*`, {"text": `host.io/a\\*`, "whole": false}],
	}
	references.glob_of(tc[0]) == tc[1]
}

# Each row is what is known of an image whose rest is filled in later: whether any image ends so, whether the tag is
# settled, the tag, and whether there is a digest.
test_partial[image] if {
	some image, want in {
		"$(params.registry)/builder:latest": [true, true, "latest", false],
		"$(params.registry)/builder": [true, true, "", false],
		"${REGISTRY}/team/{{name}}/app:1.2": [true, true, "1.2", false],
		"{{image}}:1.2": [true, true, "1.2", false],
		"host.io:$(port)/app": [true, true, "", false],
		"$(params.image)@sha256:<hex>": [true, false, "", true],
		"$(params.image):1@sha256:<hex>": [true, true, "1", true],
		"$(params.registry)/Builder:1": [false, true, "", false],
		"$(params.registry)/builder:": [false, true, "", false],
		"$(params.image):a b": [false, true, "", false],
	}
	got := references.partial(expanded(image))
	[got.valid, got.known, got.tag, got.digest != ""] == want
}

test_partial_knows_nothing[image] if {
	some image in [
		"nginx:1", "nginx:$(tag)", "nginx:1.$(minor)", "nginx:$(tag)-alpine", "$(image)", "${image:=nginx}", "$(a)$(b)",
		"$(open",
	]
	not references.partial(image)
}

package conformance_test

import (
	"math/rand/v2"
	"strings"
	"unicode"
)

// A generator makes hostile references and manifests: mostly valid ones, at the limits of what is valid, and one
// character beyond them.
type generator struct {
	*rand.Rand
	slots []slot
}

// newGenerator returns a generator that makes the same for the same seed and stream, on every machine.
func newGenerator(seed, stream uint64) *generator {
	return &generator{rand.New(rand.NewPCG(seed, stream)), slots()}
}

// manifest returns an object of a kind with one to three images in it.
func (g *generator) manifest(k kind) map[string]any {
	spec := map[string]any{}
	for range 1 + g.IntN(3) {
		pick(g, g.slots).add(spec, pick(g, names), g.image(), g.policy())
	}
	object := k.manifest(spec)
	if g.oneIn(2) {
		object["metadata"] = pick(g, identities)
	}
	return object
}

// absent stands for a field that is not written.
type absent struct{}

// add puts an image with its policy into a pod spec.
func (s slot) add(spec map[string]any, name string, image, policy any) {
	holder := map[string]any{}
	for field, value := range map[string]any{s.image: image, s.policy: policy} {
		if value != (absent{}) {
			holder[field] = value
		}
	}
	item := nest(s.within, holder).(map[string]any)
	item["name"] = name
	list, _ := spec[s.list].([]any)
	spec[s.list] = append(list, item)
}

// image returns what stands in the field of an image: a reference, or nothing.
func (g *generator) image() any {
	if g.oneIn(100) {
		return pick(g, []any{absent{}, nil, ""})
	}
	return g.reference()
}

// policy returns what stands in the field of a policy.
func (g *generator) policy() any {
	switch g.IntN(8) {
	case 0, 1, 2:
		return absent{}
	case 3:
		return nil
	case 4:
		return ""
	case 5, 6:
		return pick(g, validPolicies)
	default:
		return pick(g, otherPolicies)
	}
}

// reference returns a reference.
func (g *generator) reference() string {
	var image string
	switch g.IntN(20) {
	case 0:
		image = g.text(pick(g, []int{0, 1, 2, 3, 8, 64, 300}), hostile)
	case 1, 2, 3:
		image = pick(g, oddities)
	default:
		if g.oneIn(2) {
			image = g.domain() + "/"
		}
		image += g.path(len(image)) + g.tag() + g.digest()
	}
	if g.oneIn(3) {
		for range 1 + g.IntN(3) {
			image = g.mutate(image)
		}
	}
	return image
}

func (g *generator) domain() string {
	domain := pick(g, domains)
	if g.oneIn(4) {
		domain = g.words(1+g.IntN(3), alphanumeric, []string{".", ".", ".", "-", "_", "..", "-."})
	}
	if g.oneIn(3) {
		domain += pick(g, []string{":5000", ":1", ":99999999", ":", ":http", ":05", ":5000:1"})
	}
	return domain
}

// path returns the components after a domain of the given length, often just so long as repositories may be.
func (g *generator) path(before int) string {
	if !g.oneIn(12) {
		path := g.component()
		for range g.IntN(4) {
			path += "/" + g.component()
		}
		return path
	}
	length := pick(g, []int{128, 253, 254, 255, 256, 257})
	if g.oneIn(2) {
		length -= pick(g, []int{len("library/"), before})
	}
	path := g.text(max(length, 1), lower)
	if length > 8 && g.oneIn(2) {
		path = path[:5] + "/" + path[6:]
	}
	return path
}

func (g *generator) component() string {
	switch g.IntN(16) {
	case 0:
		return g.text(pick(g, []int{63, 64, 65}), hexadecimal)
	case 1:
		return pick(g, []string{"library", "localhost", "docker.io", "latest", "", "Nginx", "sha256"})
	default:
		return g.words(1+g.IntN(3), lower, separators)
	}
}

func (g *generator) tag() string {
	switch g.IntN(8) {
	case 0, 1:
		return ""
	case 2:
		return ":latest"
	case 3:
		return ":" + pick(g, tags)
	case 4:
		return ":" + g.text(pick(g, []int{1, 64, 126, 127, 128, 129}), alphanumeric)
	default:
		return ":" + g.words(1+g.IntN(3), alphanumeric, separators)
	}
}

func (g *generator) digest() string {
	if !g.oneIn(3) {
		return ""
	}
	algorithm := pick(g, algorithms)
	length, known := map[string]int{"sha256": 64, "sha384": 96, "sha512": 128}[algorithm]
	if !known || g.oneIn(4) {
		length = pick(g, []int{0, 1, 31, 32, 33, 63, 64, 65, 95, 96, 97, 127, 128, 129})
	}
	alphabet := hexadecimal
	if g.oneIn(8) {
		alphabet = pick(g, []string{strings.ToUpper(hexadecimal), hexadecimal + "ABCDEF", hexadecimal + "g"})
	}
	return "@" + algorithm + ":" + g.text(length, alphabet)
}

// mutate changes one thing.
func (g *generator) mutate(image string) string {
	runes := []rune(image)
	if len(runes) == 0 {
		return g.text(1, hostile)
	}
	i := g.IntN(len(runes))
	before, at, after := string(runes[:i]), string(runes[i]), string(runes[i+1:])
	switch g.IntN(8) {
	case 0:
		return before + after
	case 1:
		return before + at + at + after
	case 2:
		return before + g.text(1, hostile) + after
	case 3:
		return before + swapCase(runes[i]) + after
	case 4:
		return g.text(1, hostile) + image
	case 5:
		return image + g.text(1, hostile)
	default:
		return before + g.text(1, hostile) + at + after
	}
}

// words returns some words of an alphabet, joined.
func (g *generator) words(n int, alphabet string, joints []string) string {
	joined := g.text(1+g.IntN(6), alphabet)
	for range n - 1 {
		joined += pick(g, joints) + g.text(1+g.IntN(6), alphabet)
	}
	return joined
}

// text returns a text of a length in characters.
func (g *generator) text(length int, alphabet string) string {
	letters := []rune(alphabet)
	text := make([]rune, length)
	for i := range text {
		text[i] = letters[g.IntN(len(letters))]
	}
	return string(text)
}

func (g *generator) oneIn(n int) bool { return g.IntN(n) == 0 }

func pick[T any](g *generator, from []T) T { return from[g.IntN(len(from))] }

func swapCase(r rune) string {
	if unicode.IsLower(r) {
		return string(unicode.ToUpper(r))
	}
	return string(unicode.ToLower(r))
}

const (
	hexadecimal  = "0123456789abcdef"
	lower        = "abcdefghijklmnopqrstuvwxyz0123456789"
	alphanumeric = lower + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

	// what means something in a reference, what a careless grammar lets through, and letters that change their
	// length or their script with their case
	hostile = "az09AZfFgG.._--//::@@+~%#?&*!,;=<>{}[]()$\\\"'`| \t\n\v\f\r\x00\x1b\x7f\u0085\u00a0\u00adäéßİıſK" +
		"ﬀǅ：／＠．－＿０аеο٣\u200b\u200d\u2028\ufeff\ufffd日🐳"
)

var (
	validPolicies = []string{"Always", "IfNotPresent", "Never"}
	otherPolicies = []string{
		"always", "ALWAYS", "ifNotPresent", "IfNotpresent", "ifnotpresent", "never", "NEVER", "Never ", " Always",
		"Always\n", "Always\x00", "OnFailure", "null", "true", "0", "${POLICY}", "{{ .Values.pullPolicy }}", "Älways",
	}

	names      = []string{"app", "init-0", "a/b", "ünïcode", ""}
	identities = []any{
		nil,
		map[string]any{"name": "web"},
		map[string]any{"name": "web", "namespace": "shop"},
		map[string]any{"generateName": "web-"},
		map[string]any{"generateName": "web-", "name": "web-1"},
	}

	domains = []string{
		"docker.io", "index.docker.io", "registry-1.docker.io", "Docker.io", "docker.io.", "localhost", "LOCALHOST",
		"localhost.localdomain", "localhosts", "alocalhost", "library", "registry.example.com", "REGISTRY.example.com", "Registry", "registry",
		"my_host.io", "my-host", "my_host", "-host.io", "host-.io", "a..b", ".io", "io.", "a--b.io", "127.0.0.1",
		"[::1]", "[2001:DB8::9a:c]", "[fe80::1%eth0]", "[::1", "::1", "[]", "[g::1]", "xn--e1afmkfd.xn--p1ai", "пример.рф", "example.com/",
		"https:", "user@host.io", strings.Repeat("h", 300) + ".io", "0", "1.2", "sha256",
	}
	separators = []string{".", "_", "__", "-", "--", "---", "..", "___", ".-", "-.", "_-", "._", "+", " ", ""}
	tags       = []string{
		"", "Latest", "LATEST", "latest-alpine", "stable-latest", "latest ", "latest\n", "lаtest", "latеst", "1", "v1.2.3",
		"_", "_tag", ".tag", "-tag", "tag.", "tag-", "a+b", "a:b", "latest:latest", "sha256", "läter", "${TAG}", "a/b",
		strings.Repeat("0123456789abcdef", 4),
	}
	algorithms = []string{
		"sha256", "sha256", "sha256", "sha384", "sha512", "SHA256", "Sha256", "sha1", "sha224", "md5", "blake3",
		"sha512-256", "sha256+b64", "sha256.sha512", "sha256_x", "256", "sha-256", "sha256+", "",
	}
	oddities = []string{
		"nginx", "nginx:latest", "nginx:Latest", "nginx:1", "NGINX", "latest", ":latest", "nginx:", "nginx@", "nginx:@",
		" ", ":", "@", "/", "//", "/nginx", "nginx/", "a//b", "localhost", "localhost:5000", "localhost:5000/nginx",
		"docker.io", "docker.io/", "docker.io/nginx", "index.docker.io/nginx", "docker.io/library/nginx", "library/nginx",
		"index.docker.io/docker.io/nginx", "docker.io/docker.io/nginx", "docker.io/localhost/nginx", "localhost/library/nginx",
		"https://docker.io/nginx:latest", "docker://nginx", "oci:nginx:latest", "docker-pullable://nginx:latest",
		strings.Repeat("0123456789abcdef", 4), strings.Repeat("0123456789ABCDEF", 4), "sha256:" + strings.Repeat("0123456789abcdef", 4),
		"library/" + strings.Repeat("0123456789abcdef", 4), strings.Repeat("0123456789abcdef", 4) + ":latest",
		"nginx@sha256:" + strings.Repeat("0123456789abcdef", 4), "nginx:latest@sha256:" + strings.Repeat("0123456789abcdef", 4),
		"nginx@sha256:" + strings.Repeat("0123456789abcdef", 4) + ":latest", "@sha256:" + strings.Repeat("0123456789abcdef", 4),
		"${IMAGE}", "$(IMAGE)", "${IMAGE}:latest", "nginx:${TAG}", "{{ .Values.image }}", "nginx:{{ .Values.tag }}", "<image>",
		"%s:latest", "$IMAGE", "__IMAGE__", "nginx:", "nginx: ", "nginx :latest", "nginx: latest", "nginx:latest\x00", "\x00",
		"nginx\x00:latest", "\ufeffnginx", "nginx:latest\u200b", "nginx\u00a0:latest", "ſha256", "Kubernetes", "İ:latest",
		"日本/nginx", "nginx：latest", "foo/bar:latest\n", "true", "null", "1.27", "0", "~",
	}
)

// Package tamper changes signed bundles as an attacker or an accident would, for the tests of what verifies them.
package tamper

import (
	"archive/tar"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/bundle"
)

// A Tampering is what may happen to a signed bundle of this project's policies.
type Tampering struct {
	Name string
	// Refusal is what the refusal says, which names the file; "" where the change means nothing.
	Refusal string

	change change
}

type change func(bundle []byte) ([]byte, error)

// Apply returns the bundle with the change.
func (t Tampering) Apply(bundle []byte) ([]byte, error) {
	changed, err := t.change(bundle)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Name, err)
	}
	return changed, nil
}

const (
	manifest   = "/.manifest"
	signatures = "/.signatures.json"
	module     = "/pullpolicy/uses/uses.rego"
	data       = "/data.json"
)

// All returns the tamperings beyond the changes of single bytes: first those that mean nothing.
func All() []Tampering {
	return []Tampering{
		{"another compression", "", entries(func(e []Entry) []Entry { return e })},
		{"the order of the files", "", entries(func(e []Entry) []Entry {
			slices.Reverse(e)
			return e
		})},
		{"relative names", "", entries(func(e []Entry) []Entry {
			for i := range e {
				e[i].Name = strings.TrimPrefix(e[i].Name, "/")
			}
			return e
		})},
		{"a folder", "", add(Entry{tar.Header{Name: "/x/", Mode: 0o755, Typeflag: tar.TypeDir}, nil})},
		{"an indented manifest", "", edit(manifest, func(content []byte) ([]byte, error) {
			var indented bytes.Buffer
			err := json.Indent(&indented, content, "", "  ")
			return indented.Bytes(), err
		})},
		{"a key twice in the manifest", "", edit(manifest, replace(`{`, `{"revision":"not-this",`))},

		{"half of it", "unexpected EOF", func(bundle []byte) ([]byte, error) { return bundle[:len(bundle)/2], nil }},
		{"something behind it", "gzip: invalid header", func(bundle []byte) ([]byte, error) {
			return append(slices.Clone(bundle), "something behind it"...), nil
		}},
		{"something behind the tarball", "there is something behind the tarball's end", func(bundle []byte) ([]byte, error) {
			tarball, err := Gunzip(bundle)
			if err != nil {
				return nil, err
			}
			return Gzip(append(tarball, "something behind it"...))
		}},
		{"names as tar writes them", "is no clean path", entries(func(e []Entry) []Entry {
			for i := range e {
				e[i].Name = "." + e[i].Name
			}
			return e
		})},
		{"a name that leads out", `"/../pullpolicy.rego": is no clean path`, add(File("/../pullpolicy.rego", "package pullpolicy"))},
		{"a newline in a module", "pullpolicy/uses/uses.rego: digest mismatch", edit(module, func(content []byte) ([]byte, error) {
			return append(content, '\n'), nil
		})},
		{"another value in the data", "data.json: digest mismatch", edit(data, func([]byte) ([]byte, error) {
			return []byte(`{"pullpolicy": {"shipped": {}}}`), nil
		})},
		{"another revision", ".manifest: digest mismatch", edit(manifest, replace(`"revision":"`, `"revision":"not-`))},
		{"a module more", "file pullpolicy/more.rego not included in bundle signature",
			add(File("/pullpolicy/more.rego", "package pullpolicy.more"))},
		{"a README", "file README.md not included in bundle signature", add(File("/README.md", "hello"))},
		{"data more", "file x/data.json not included in bundle signature", add(File("/x/data.json", "{}"))},
		{"a file that is called like the signature", "file foosignatures.json not included in bundle signature",
			add(File("/foosignatures.json", "{}"))},
		{"a second signature", "file x/.signatures.json not included in bundle signature", add(File("/x/.signatures.json", "{}"))},
		{"a second manifest", "file x/.manifest not included in bundle signature", add(File("/x/.manifest", "{}"))},
		{"a module less", "pullpolicy/uses/uses.rego: is signed, and not in the bundle", remove(module)},
		{"no manifest", ".manifest: is signed, and not in the bundle", remove(manifest)},
		{"a module twice", "pullpolicy/uses/uses.rego: is in the archive twice", add(File(module, "package pullpolicy.uses"))},
		{"a module twice, the other one first", "pullpolicy/uses/uses.rego: is in the archive twice", entries(func(e []Entry) []Entry {
			return slices.Insert(e, 0, File(module, "package pullpolicy.uses"))
		})},
		{"a link", `"/a.rego": is no regular file`, add(Entry{tar.Header{
			Name: "/a.rego", Linkname: "/etc/passwd", Typeflag: tar.TypeSymlink,
		}, nil})},
		{"no signature", "the bundle is not signed", remove(signatures)},
		{"an empty list of signatures", ".signatures.json: holds 0 signatures", resign(func([]string) ([]string, error) {
			return []string{}, nil
		})},
		{"an empty signature", ".signatures.json: ", resign(func([]string) ([]string, error) {
			return []string{""}, nil
		})},
		{"a signature twice", ".signatures.json: holds 2 signatures", resign(func(tokens []string) ([]string, error) {
			return append(tokens, tokens...), nil
		})},
		{"another plugin", ".signatures.json: no verifier exists under id _trusting", edit(signatures, replace("_default", "_trusting"))},
		{"a signature of nobody", ".signatures.json: ", resign(disown)},
		{"a delta in its place", "the bundle is not signed", entries(func([]Entry) []Entry {
			return []Entry{File("/patch.json", `{"data":[{"op":"upsert","path":"/pullpolicy","value":{}}]}`)}
		})},
		{"a delta beside it", "file patch.json not included in bundle signature", add(File("/patch.json", `{"data":[]}`))},
	}
}

// disown has the token say that it is signed with no algorithm, and takes the signature off it.
func disown(tokens []string) ([]string, error) {
	header, rest, _ := strings.Cut(tokens[0], ".")
	decoded, err := base64.RawURLEncoding.DecodeString(header)
	if err != nil {
		return nil, err
	}
	var claims map[string]any
	if err := json.Unmarshal(decoded, &claims); err != nil {
		return nil, err
	}
	claims["alg"] = "none"
	encoded, err := json.Marshal(claims)
	if err != nil {
		return nil, err
	}
	payload, _, _ := strings.Cut(rest, ".")
	return []string{base64.RawURLEncoding.EncodeToString(encoded) + "." + payload + "."}, nil
}

// resign changes the list of tokens.
func resign(by func([]string) ([]string, error)) change {
	return edit(signatures, func(content []byte) ([]byte, error) {
		var config bundle.SignaturesConfig
		if err := json.Unmarshal(content, &config); err != nil {
			return nil, err
		}
		tokens, err := by(config.Signatures)
		if err != nil {
			return nil, err
		}
		return json.Marshal(map[string]any{"signatures": tokens, "plugin": config.Plugin})
	})
}

// edit changes the content of one file.
func edit(name string, by func([]byte) ([]byte, error)) change {
	return func(bundle []byte) ([]byte, error) {
		entries, err := Unpack(bundle)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(entries, named(name))
		if i < 0 {
			return nil, fmt.Errorf("%s: is not in the bundle", name)
		}
		changed, err := by(slices.Clone(entries[i].Content))
		if err != nil {
			return nil, err
		}
		if bytes.Equal(changed, entries[i].Content) {
			return nil, fmt.Errorf("%s: has not changed", name)
		}
		entries[i].Content = changed
		return Pack(entries)
	}
}

func replace(old, by string) func([]byte) ([]byte, error) {
	return func(content []byte) ([]byte, error) {
		return bytes.Replace(content, []byte(old), []byte(by), 1), nil
	}
}

func add(entry Entry) change {
	return entries(func(e []Entry) []Entry { return append(e, entry) })
}

func remove(name string) change {
	return entries(func(e []Entry) []Entry { return slices.DeleteFunc(e, named(name)) })
}

func named(name string) func(Entry) bool {
	return func(e Entry) bool { return e.Name == name }
}

func entries(by func([]Entry) []Entry) change {
	return func(bundle []byte) ([]byte, error) {
		unpacked, err := Unpack(bundle)
		if err != nil {
			return nil, err
		}
		return Pack(by(unpacked))
	}
}

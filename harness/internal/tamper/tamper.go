// Package tamper changes signed bundles as an attacker or an accident would, for the tests of what verifies them.
package tamper

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

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
		{"data in another spelling", "", edit(data, replace(`{`, " {\n\n"))},
		{"modes, owners and times", "", entries(func(e []Entry) []Entry {
			for i := range e {
				e[i].Mode, e[i].Uid, e[i].Uname, e[i].ModTime = 0o4777, 1, "root", time.Unix(1e9, 0)
			}
			return e
		})},
		{"records of PAX", "", entries(func(e []Entry) []Entry {
			for i := range e {
				e[i].Format = tar.FormatPAX
				e[i].PAXRecords = map[string]string{"comment": "package pullpolicy", "SCHILY.xattr.user.a": "b"}
			}
			return e
		})},
		{"folders of any name", "", entries(func(e []Entry) []Entry {
			for _, name := range []string{"../x/", "/../../x/", "/pullpolicy/uses/uses.rego/", "/.signatures.json/"} {
				e = append(e, Entry{tar.Header{Name: name, Mode: 0o755, Typeflag: tar.TypeDir}, nil})
			}
			return e
		})},
		{"a comment of gzip's", "", func(bundle []byte) ([]byte, error) {
			tarball, err := Gunzip(bundle)
			if err != nil {
				return nil, err
			}
			return GzipWith(gzip.Header{Comment: "package pullpolicy", Name: "data.json", Extra: []byte("{}")}, tarball)
		}},
		{"two streams of gzip", "", func(bundle []byte) ([]byte, error) {
			tarball, err := Gunzip(bundle)
			if err != nil {
				return nil, err
			}
			first, err := Gzip(tarball[:1000])
			if err != nil {
				return nil, err
			}
			second, err := Gzip(tarball[1000:])
			return append(first, second...), err
		}},

		{"a key twice in the manifest", `.manifest: duplicate key "revision"`, edit(manifest, replace(`{`, `{"revision":"not-this",`))},
		// encoding/json lays the second one over the first, so that OPA believes the sum, and hashes the last.
		{"a forged time", `.manifest: duplicate key "metadata"`, edit(manifest, replace(`{`, `{"metadata":{"time":"2099-01-01T00:00:00Z"},`))},
		{"a key twice far down in the manifest", `.manifest: duplicate key "tested"`, edit(manifest, replace(`{"tested":`, `{"tested":"0","tested":`))},
		{"a key of the manifest in another case", `.manifest: duplicate key "revision": it differs from "REVISION" in case alone`,
			edit(manifest, replace(`{`, `{"REVISION":"not-this",`))},
		{"a key of the manifest in another script", `.manifest: duplicate key "rootſ": it differs from "roots" in case alone`,
			edit(manifest, func(content []byte) ([]byte, error) {
				return append(content[:len(content)-len("}\n")], `,"rootſ":[]}`...), nil
			})},
		{"something behind the manifest", ".manifest: there is something behind the JSON value", edit(manifest, func(content []byte) ([]byte, error) {
			return append(content, `{"revision":"not-this"}`...), nil
		})},
		{"a manifest with a byte order mark", ".manifest: jsontext: invalid character", edit(manifest, replace(`{`, "\ufeff{"))},
		{"a manifest in YAML", ".manifest: jsontext: invalid character", edit(manifest, func(content []byte) ([]byte, error) {
			return append([]byte("# YAML\n"), content...), nil
		})},
		{"a key twice in the data", `data.json: duplicate key "pullpolicy_parameters"`,
			edit(data, replace(`{`, `{"pullpolicy_parameters":{"rules":{"mutable-tag-cached":"off"}},"pullpolicy_parameters":{},`))},
		{"data that is not UTF-8", "data.json: jsontext: invalid UTF-8", edit(data, replace(`{`, "{\"\xff\":1,"))},
		{"data with half a surrogate", "data.json: jsontext: invalid surrogate pair", edit(data, replace(`{`, `{"\ud800":1,`))},
		{"data in YAML", "data.yaml: YAML has more than one reading", entries(func(e []Entry) []Entry {
			for i := range e {
				if e[i].Name == data {
					e[i].Name = "/data.yaml"
				}
			}
			return e
		})},
		{"parameters beside the signature", `.signatures.json: holds "pullpolicy_parameters", which no signature covers`,
			edit(signatures, replace(`{`, `{"pullpolicy_parameters":{"rules":{"mutable-tag-cached":"off"}},`))},
		{"the signature in another case", `.signatures.json: holds "Signatures"`, edit(signatures, replace(`"signatures"`, `"Signatures"`))},
		{"signatures twice", `.signatures.json: duplicate key "signatures"`, edit(signatures, replace(`{`, `{"signatures":[],`))},
		{"something behind the signatures", ".signatures.json: there is something behind", edit(signatures, func(content []byte) ([]byte, error) {
			return append(content, "{}"...), nil
		})},
		{"signatures in a list", ".signatures.json: is not an object", edit(signatures, func(content []byte) ([]byte, error) {
			return slices.Concat([]byte("["), content, []byte("]")), nil
		})},

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
		{"a file of 4 GiB", "large.rego: unexpected EOF", claim(4 << 30)},
		{"a header for all files", `"data.json": is no regular file (type 'g')`, entries(func(e []Entry) []Entry {
			return slices.Insert(e, 0, Entry{tar.Header{
				Name: "pax_global_header", Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"path": "data.json"},
			}, nil})
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
		{"a token with two signatures", ".signatures.json: the token has 2 signatures, and one is wanted", resign(serialized(2))},
		{"a token in JSON", ".signatures.json: failed to split compact JWT", resign(serialized(1))},
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

// serialized writes the token in JSON, with its signature so many times.
func serialized(times int) func([]string) ([]string, error) {
	return func(tokens []string) ([]string, error) {
		parts := strings.Split(tokens[0], ".")
		signature := map[string]string{"protected": parts[0], "signature": parts[2]}
		token, err := json.Marshal(map[string]any{"payload": parts[1], "signatures": slices.Repeat([]any{signature}, times)})
		return []string{string(token)}, err
	}
}

// claim begins the tarball with a file that has fewer bytes than its header says.
func claim(size int64) change {
	return func(bundle []byte) ([]byte, error) {
		tarball, err := Gunzip(bundle)
		if err != nil {
			return nil, err
		}
		var header bytes.Buffer
		err = tar.NewWriter(&header).WriteHeader(&tar.Header{Name: "/large.rego", Mode: 0o600, Size: size, Typeflag: tar.TypeReg})
		if err != nil {
			return nil, err
		}
		return Gzip(append(header.Bytes(), tarball...))
	}
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

package pack_test

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/pack"
)

func TestVerify(t *testing.T) {
	archive := read(t, build(t, pack.Options{Signer: newSigner(t)}))
	assert.True(t, archive.Signed())
	signature, err := newVerifier(t).Verify(archive)
	require.NoError(t, err)
	assert.True(t, signature.Verified)
	assert.Len(t, signature.Files, len(archive.Files)-1) // all but the signature
	require.NoError(t, archive.Ask(t.Context(), newVerifier(t)))
}

// Tamperings are what may happen to a signed bundle, beyond the changes of single bytes. Those with an empty message
// change nothing in what the bundle means.
var tamperings = map[string]struct {
	tamper func(*testing.T, []entry) []entry
	want   string
}{
	"nothing": {func(_ *testing.T, e []entry) []entry { return e }, ""},
	"the order of the files": {func(_ *testing.T, e []entry) []entry {
		slices.Reverse(e)
		return e
	}, ""},
	"relative names": {func(_ *testing.T, e []entry) []entry {
		for i := range e {
			e[i].Name = strings.TrimPrefix(e[i].Name, "/")
		}
		return e
	}, ""},
	"an indented manifest": {func(t *testing.T, e []entry) []entry {
		return change(t, e, "/.manifest", func(content []byte) []byte {
			var indented bytes.Buffer
			require.NoError(t, json.Indent(&indented, content, "", "  "))
			return indented.Bytes()
		})
	}, ""},
	"names as tar writes them": {func(_ *testing.T, e []entry) []entry {
		for i := range e {
			e[i].Name = "." + e[i].Name
		}
		return e
	}, "is no clean path"},
	"a newline in a module": {func(t *testing.T, e []entry) []entry {
		return change(t, e, "/pullpolicy/uses/uses.rego", func(content []byte) []byte { return append(content, '\n') })
	}, "pullpolicy/uses/uses.rego: digest mismatch"},
	"another value in the data": {func(t *testing.T, e []entry) []entry {
		return change(t, e, "/data.json", func([]byte) []byte { return []byte(`{"pullpolicy": {"shipped": {}}}`) })
	}, "data.json: digest mismatch"},
	"another revision": {func(t *testing.T, e []entry) []entry {
		return change(t, e, "/.manifest", func(content []byte) []byte {
			return bytes.Replace(content, []byte("r9"), []byte("r8"), 1)
		})
	}, ".manifest: digest mismatch"},
	"a module more": {func(_ *testing.T, e []entry) []entry {
		return append(e, file("/pullpolicy/more.rego", "package pullpolicy.more"))
	}, "file pullpolicy/more.rego not included in bundle signature"},
	"a README": {func(_ *testing.T, e []entry) []entry {
		return append(e, file("/README.md", "hello"))
	}, "file README.md not included in bundle signature"},
	"data more": {func(_ *testing.T, e []entry) []entry {
		return append(e, file("/x/data.json", "{}"))
	}, "file x/data.json not included in bundle signature"},
	"a file that is called like the signature": {func(_ *testing.T, e []entry) []entry {
		return append(e, file("/foosignatures.json", "{}"))
	}, "file foosignatures.json not included in bundle signature"},
	"a second signature": {func(_ *testing.T, e []entry) []entry {
		return append(e, file("/x/.signatures.json", "{}"))
	}, "file x/.signatures.json not included in bundle signature"},
	"a second manifest": {func(_ *testing.T, e []entry) []entry {
		return append(e, file("/x/.manifest", "{}"))
	}, "file x/.manifest not included in bundle signature"},
	"a module less": {func(_ *testing.T, e []entry) []entry {
		return without(e, "/pullpolicy/uses/uses.rego")
	}, "pullpolicy/uses/uses.rego: is signed, and not in the bundle"},
	"no manifest": {func(_ *testing.T, e []entry) []entry {
		return without(e, "/.manifest")
	}, ".manifest: is signed, and not in the bundle"},
	"a module twice": {func(_ *testing.T, e []entry) []entry {
		return append(e, file("/pullpolicy/uses/uses.rego", "package pullpolicy.uses"))
	}, "pullpolicy/uses/uses.rego: is in the archive twice"},
	"a link": {func(_ *testing.T, e []entry) []entry {
		return append(e, entry{tar.Header{Name: "/a.rego", Linkname: "/etc/passwd", Typeflag: tar.TypeSymlink}, nil})
	}, `"/a.rego": is no regular file`},
	"no signature": {func(_ *testing.T, e []entry) []entry {
		return without(e, "/.signatures.json")
	}, "the bundle is not signed"},
	"an empty list of signatures": {func(t *testing.T, e []entry) []entry {
		return change(t, e, "/.signatures.json", func([]byte) []byte { return []byte(`{"signatures":[]}`) })
	}, ".signatures.json: holds 0 signatures"},
	"an empty signature": {func(t *testing.T, e []entry) []entry {
		return change(t, e, "/.signatures.json", func([]byte) []byte { return []byte(`{"signatures":[""]}`) })
	}, ".signatures.json: "},
	"a signature twice": {func(t *testing.T, e []entry) []entry {
		return change(t, e, "/.signatures.json", func(content []byte) []byte {
			var config bundle.SignaturesConfig
			require.NoError(t, json.Unmarshal(content, &config))
			config.Signatures = append(config.Signatures, config.Signatures...)
			doubled, err := json.Marshal(config)
			require.NoError(t, err)
			return doubled
		})
	}, ".signatures.json: holds 2 signatures"},
	"another plugin": {func(t *testing.T, e []entry) []entry {
		return change(t, e, "/.signatures.json", func(content []byte) []byte {
			return bytes.Replace(content, []byte("_default"), []byte("_trusting"), 1)
		})
	}, ".signatures.json: no verifier exists under id _trusting"},
	"a signature of nobody": {func(t *testing.T, e []entry) []entry {
		// {"alg":"none","kid":"k1"} and no signature
		return change(t, e, "/.signatures.json", func(content []byte) []byte {
			var config bundle.SignaturesConfig
			require.NoError(t, json.Unmarshal(content, &config))
			parts := strings.Split(config.Signatures[0], ".")
			return []byte(`{"signatures":["eyJhbGciOiJub25lIiwia2lkIjoiazEifQ.` + parts[1] + `."]}`)
		})
	}, ".signatures.json: "},
	"a delta in its place": {func(*testing.T, []entry) []entry {
		return []entry{file("/patch.json", `{"data":[{"op":"upsert","path":"/pullpolicy","value":{}}]}`)}
	}, "the bundle is not signed"},
	"a delta beside it": {func(_ *testing.T, e []entry) []entry {
		return append(e, file("/patch.json", `{"data":[]}`))
	}, "file patch.json not included in bundle signature"},
}

func TestVerifyRefuses(t *testing.T) {
	signed := build(t, pack.Options{Signer: newSigner(t)})
	for name, test := range tamperings {
		t.Run(name, func(t *testing.T) {
			archive, err := pack.Read(bytes.NewReader(repack(t, test.tamper(t, unpack(t, signed)))))
			if err == nil {
				_, err = newVerifier(t).Verify(archive)
			}
			if test.want == "" {
				require.NoError(t, err)
				require.NoError(t, archive.Ask(t.Context(), newVerifier(t)))
			} else {
				require.ErrorContains(t, err, test.want)
			}
		})
	}
}

func TestVerifyDemandsTheKey(t *testing.T) {
	_, other, err := pack.Keygen("RS256")
	require.NoError(t, err)
	otherKey, err := pack.NewKey(other, "")
	require.NoError(t, err)
	_, ecdsa, err := pack.Keygen("ES256")
	require.NoError(t, err)
	ecdsaKey, err := pack.NewKey(ecdsa, "")
	require.NoError(t, err)
	_, public := keyPair()
	pss, err := pack.NewKey(public, "PS256")
	require.NoError(t, err)
	// An attacker who has the public key signs with it as with a secret.
	confused, err := pack.NewSigner(bytes.Trim(public, "-"), "HS256", "k1", "test")
	require.NoError(t, err)

	signed := read(t, build(t, pack.Options{Signer: newSigner(t)}))
	own := newVerifier(t).Keys["k1"]
	for name, test := range map[string]struct {
		archive  *pack.Archive
		verifier pack.Verifier
		want     string
	}{
		"its key":          {signed, pack.Verifier{Keys: map[string]pack.Key{"k1": own}, Scope: "test"}, ""},
		"its key of two":   {signed, pack.Verifier{Keys: map[string]pack.Key{"k0": otherKey, "k1": own}, Scope: "test"}, ""},
		"another key":      {signed, pack.Verifier{Keys: map[string]pack.Key{"k1": otherKey}, Scope: "test"}, ".signatures.json: failed to verify JWT signature"},
		"another id":       {signed, pack.Verifier{Keys: map[string]pack.Key{"k2": own}, Scope: "test"}, `the key id is "k1", and there is a key for "k2"`},
		"the other of two": {signed, pack.Verifier{Keys: map[string]pack.Key{"k1": otherKey, "k2": own}, Scope: "test"}, "failed to verify"},
		"another scope":    {signed, pack.Verifier{Keys: map[string]pack.Key{"k1": own}, Scope: "other"}, ".signatures.json: scope mismatch"},
		"no scope":         {signed, pack.Verifier{Keys: map[string]pack.Key{"k1": own}}, "scope mismatch"},
		"another kind":     {signed, pack.Verifier{Keys: map[string]pack.Key{"k1": ecdsaKey}, Scope: "test"}, ".signatures.json: "},
		"another padding":  {signed, pack.Verifier{Keys: map[string]pack.Key{"k1": pss}, Scope: "test"}, "failed to verify"},
		"no key":           {signed, pack.Verifier{Scope: "test"}, `the key id is "k1"`},
		"the public key as a secret": {
			read(t, build(t, pack.Options{Signer: confused})),
			pack.Verifier{Keys: map[string]pack.Key{"k1": own}, Scope: "test"}, "failed to verify",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := test.verifier.Verify(test.archive)
			if test.want == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.want)
			}
		})
	}
}

func TestExtract(t *testing.T) {
	archive := read(t, build(t, pack.Options{}))
	folder := t.TempDir() + "/a/policy"
	require.NoError(t, archive.Extract(folder))
	for _, file := range archive.Files {
		content, err := os.ReadFile(folder + "/" + file.Name)
		require.NoError(t, err)
		assert.Equal(t, file.Content, content, file.Name)
	}
	require.ErrorContains(t, archive.Extract(folder), "is not empty")

	empty := t.TempDir()
	require.NoError(t, archive.Extract(empty))
	require.FileExists(t, empty+"/.manifest")

	nowhere := t.TempDir() + "/file"
	require.NoError(t, os.WriteFile(nowhere, nil, 0o600))
	require.ErrorContains(t, archive.Extract(nowhere), "not a directory")
	require.ErrorContains(t, archive.Extract(nowhere+"/below"), "not a directory")
}

func change(t *testing.T, entries []entry, name string, by func([]byte) []byte) []entry {
	t.Helper()
	i := slices.IndexFunc(entries, func(e entry) bool { return e.Name == name })
	require.GreaterOrEqual(t, i, 0, name)
	before := slices.Clone(entries[i].content)
	entries[i].content = by(entries[i].content)
	require.NotEqual(t, before, entries[i].content, name)
	return entries
}

func without(entries []entry, name string) []entry {
	return slices.DeleteFunc(entries, func(e entry) bool { return e.Name == name })
}

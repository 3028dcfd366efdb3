package pack_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/internal/tamper"
	"github.com/pullpolicy/pullpolicy/harness/pack"
)

func TestVerify(t *testing.T) {
	archive := read(t, once(t, regoBundle))
	assert.True(t, archive.Signed())
	signature, err := newVerifier(t).Verify(archive)
	require.NoError(t, err)
	assert.True(t, signature.Verified)
	assert.Len(t, signature.Files, len(archive.Files)-1) // all but the signature
	require.NoError(t, archive.Ask(t.Context(), newVerifier(t)))
}

// TestVerifyRefuses demands of what it accepts that nothing but the signed bytes gets out of it.
func TestVerifyRefuses(t *testing.T) {
	signed := buildSmall(t, pack.Options{Signer: newSigner(t)})
	original := extracted(t, read(t, signed))
	for _, tampering := range tamper.All() {
		t.Run(tampering.Name, func(t *testing.T) {
			tampered, err := tampering.Apply(signed)
			require.NoError(t, err)
			archive, err := pack.Read(bytes.NewReader(tampered))
			if err == nil {
				_, err = newVerifier(t).Verify(archive)
			}
			if tampering.Refusal == "" {
				require.NoError(t, err)
				require.NoError(t, archive.Ask(t.Context(), newVerifier(t)))
				require.Equal(t, original, extracted(t, archive))
			} else {
				require.ErrorContains(t, err, tampering.Refusal)
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

	signed := read(t, buildSmall(t, pack.Options{Signer: newSigner(t)}))
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
			read(t, buildSmall(t, pack.Options{Signer: confused})),
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

// TestExtractWritesWhatIsSigned compares the bytes on disk with the hashes in the signature.
func TestExtractWritesWhatIsSigned(t *testing.T) {
	parameters := map[string]any{"profile": "strict", "mutableTags": []any{"<dev>", "\u2028", "é"}}
	archive := read(t, build(t, pack.Options{Parameters: parameters, Signer: newSigner(t)}))
	signature, err := newVerifier(t).Verify(archive)
	require.NoError(t, err)
	signed := map[string]string{}
	for _, file := range signature.Files {
		require.Equal(t, "SHA-256", file.Algorithm)
		signed[file.Name] = file.Hash
	}
	written := map[string]string{}
	for name, content := range extracted(t, archive) {
		written[name] = sha256Of([]byte(content))
	}
	assert.Equal(t, signed, written)
}

// TestExtractWithoutVerification leaves out what no signature can cover, wherever it lies.
func TestExtractWithoutVerification(t *testing.T) {
	archive := read(t, repack(t, []entry{
		file("a.rego", "package a"), file(".signatures.json", "{}"), file("x/.signatures.json", `{"y": 1}`), file("data.json", "{ }"),
	}))
	assert.Equal(t, map[string]string{"a.rego": "package a", "data.json": "{}"}, extracted(t, archive))
}

// extracted is what Extract writes, by the names of the files.
func extracted(t *testing.T, archive *pack.Archive) map[string]string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "policy")
	require.NoError(t, archive.Extract(folder))
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		name, _ = filepath.Rel(folder, name)
		files[filepath.ToSlash(name)] = string(content)
		return err
	}))
	return files
}

func TestExtract(t *testing.T) {
	archive := read(t, buildSmall(t, pack.Options{}))
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

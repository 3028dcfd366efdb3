package pack_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/internal/tamper"
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

func TestVerifyRefuses(t *testing.T) {
	signed := build(t, pack.Options{Signer: newSigner(t)})
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

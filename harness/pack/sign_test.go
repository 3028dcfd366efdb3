package pack_test

import (
	"bytes"
	"encoding/pem"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness/pack"
)

// TestAlgorithms signs and verifies with every algorithm, and holds what is said of their determinism.
func TestAlgorithms(t *testing.T) {
	for _, algorithm := range pack.Algorithms() {
		t.Run(algorithm, func(t *testing.T) {
			var private, public []byte
			switch {
			case pack.Symmetric(algorithm):
				private, public = []byte(strings.Repeat("secret ", 20)), []byte(strings.Repeat("secret ", 20))
			case strings.HasPrefix(algorithm, "ES") || exhaustive:
				var err error
				private, public, err = pack.Keygen(algorithm)
				require.NoError(t, err)
			default:
				private, public = keyPair() // one key suits all algorithms of RSA
			}
			signer, err := pack.NewSigner(private, algorithm, "k1", "test")
			require.NoError(t, err)
			first, second := buildSmall(t, pack.Options{Signer: signer}), buildSmall(t, pack.Options{Signer: signer})
			assert.Equal(t, pack.Deterministic(algorithm), bytes.Equal(first, second))

			key, err := pack.NewKey(public, algorithm)
			require.NoError(t, err)
			verifier := &pack.Verifier{Keys: map[string]pack.Key{"k1": key}, Scope: "test"}
			signature, err := verifier.Verify(read(t, first))
			require.NoError(t, err)
			assert.Equal(t, algorithm, signature.Algorithm)

			derived, err := signer.Public()
			if pack.Symmetric(algorithm) {
				require.ErrorContains(t, err, "has no public key")
			} else {
				require.NoError(t, err)
				assert.Equal(t, public, derived)
			}
		})
	}
}

func TestAlgorithmOfTheKey(t *testing.T) {
	for _, algorithm := range []string{"RS256", "ES256", "ES384", "ES512"} {
		private, public, err := pack.Keygen(algorithm)
		require.NoError(t, err)
		signer, err := pack.NewSigner(private, "", "k1", "test")
		require.NoError(t, err)
		assert.Equal(t, algorithm, signer.Algorithm)
		key, err := pack.NewKey(public, "")
		require.NoError(t, err)
		assert.Equal(t, algorithm, key.Algorithm)
	}
	_, _, err := pack.Keygen("HS256")
	require.ErrorContains(t, err, "HS256 has no key pair")
}

// TestKeysAreRefused looks for the key in each error, too.
func TestKeysAreRefused(t *testing.T) {
	const secret = "MC4CAQAwBQYDK2VwBCIEIAhGxJ6A8eFHXMYBdTRJVgmPqtQqDnRrLjOvSLkCwLGb" // an Ed25519 key
	encode := func(kind, body string) []byte {
		return []byte("-----BEGIN " + kind + "-----\n" + body + "\n-----END " + kind + "-----\n")
	}
	rsa, public := keyPair()
	for name, test := range map[string]struct {
		key             []byte
		algorithm       string
		keyID, scope    string
		want            string
		verifies, signs bool
	}{
		"no PEM":               {[]byte(secret), "", "k", "s", "is not in PEM", true, true},
		"a secret for RSA":     {[]byte(secret), "RS256", "k", "s", "is not in PEM", true, true},
		"nothing":              {nil, "HS256", "k", "s", "the secret is empty", true, true},
		"a PEM for a secret":   {rsa, "HS256", "k", "s", "HS256 takes a secret", true, true},
		"RSA for ECDSA":        {rsa, "ES256", "k", "s", "does not suit the key", false, true},
		"EdDSA":                {rsa, "EdDSA", "k", "s", "the algorithm EdDSA is none of RS256", true, true},
		"an Ed25519 key":       {encode("PRIVATE KEY", secret), "", "k", "s", "neither of RSA nor of ECDSA", false, true},
		"broken PKCS #8":       {encode("PRIVATE KEY", secret[:40]), "", "k", "s", "asn1", false, true},
		"an encrypted key":     {encode("ENCRYPTED PRIVATE KEY", secret), "", "k", "s", "is encrypted", false, true},
		"a public key to sign": {public, "", "k", "s", "a private key is wanted", false, true},
		"a private to verify":  {rsa, "", "k", "s", "a public key is wanted", true, false},
		"no key id":            {rsa, "", "", "s", "must not be empty", false, true},
		"no scope":             {rsa, "", "k", "", "must not be empty", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			var errs []error
			if test.signs {
				_, err := pack.NewSigner(test.key, test.algorithm, test.keyID, test.scope)
				errs = append(errs, err)
			}
			if test.verifies {
				_, err := pack.NewKey(test.key, test.algorithm)
				errs = append(errs, err)
			}
			for _, err := range errs {
				require.ErrorContains(t, err, test.want)
				assert.NotContains(t, err.Error(), secret[:12])
				if block, _ := pem.Decode(test.key); block != nil {
					assert.NotContains(t, err.Error(), string(test.key[len(test.key)/2:len(test.key)/2+16]))
				}
			}
		})
	}
}

package pack

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/bundle"
)

// Algorithms returns those that OPA's configuration accepts for a key (v1/keys in its sources), the default first. EdDSA
// is not among them: opa build signs with it, and no server can be configured to verify it.
func Algorithms() []string {
	return []string{
		"RS256", "RS384", "RS512", "HS256", "HS384", "HS512",
		"ES256", "ES384", "ES512", "PS256", "PS384", "PS512",
	}
}

// Deterministic says whether an algorithm makes the same signature each time. ECDSA and PSS draw random numbers, so
// a bundle signed with them has other bytes with each build.
func Deterministic(algorithm string) bool { return !oneOf(algorithm, "ES", "PS") }

// Symmetric says whether an algorithm signs and verifies with one secret.
func Symmetric(algorithm string) bool { return oneOf(algorithm, "HS") }

func oneOf(algorithm string, families ...string) bool {
	return slices.ContainsFunc(families, func(family string) bool { return strings.HasPrefix(algorithm, family) })
}

// DefaultKeyID and DefaultScope are what a bundle is signed with, and verified for, where nothing else is said.
const (
	DefaultKeyID = "pullpolicy"
	DefaultScope = "pullpolicy"
)

// A Signer signs bundles.
type Signer struct {
	Algorithm, KeyID, Scope string

	key []byte
}

// NewSigner returns a Signer with a private key in PEM (PKCS #1, PKCS #8 or SEC 1), or the secret of a symmetric
// algorithm. The algorithm is one of Algorithms, or "" for the one that suits the key. Neither the key id nor the
// scope may be empty: without a key id a verifier may be led to another key, and a scope keeps a key from signing
// what it is not meant for.
func NewSigner(key []byte, algorithm, keyID, scope string) (*Signer, error) {
	if keyID == "" || scope == "" {
		return nil, errors.New("the key id and the scope must not be empty")
	}
	algorithm, err := algorithmFor(key, algorithm, parsePrivateKey)
	if err != nil {
		return nil, err
	}
	return &Signer{algorithm, keyID, scope, key}, nil
}

// sign adds a signature to the bundle.
func (s *Signer) sign(b *bundle.Bundle) (err error) {
	dir, err := os.MkdirTemp("", "pullpolicy-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	// OPA takes the claims from a file. With them it leaves the key id out of the claims, so they state it too.
	claims, err := json.Marshal(map[string]string{"keyid": s.KeyID, "scope": s.Scope})
	if err != nil {
		return err
	}
	claimsFile := filepath.Join(dir, "claims.json")
	if err := os.WriteFile(claimsFile, claims, 0o600); err != nil {
		return err
	}
	key := string(s.key)
	if Symmetric(s.Algorithm) {
		// OPA takes a secret for the name of a file, if there is one, and its errors repeat it; so it gets a file.
		key = filepath.Join(dir, "secret")
		if err := os.WriteFile(key, s.key, 0o600); err != nil {
			return err
		}
	}
	return b.GenerateSignature(bundle.NewSigningConfig(key, s.Algorithm, claimsFile), s.KeyID, false)
}

// algorithmFor returns the algorithm to use with a key: the given one, if it fits, else the default for such keys.
func algorithmFor(key []byte, algorithm string, parse func(*pem.Block) (any, error)) (string, error) {
	if algorithm != "" && !slices.Contains(Algorithms(), algorithm) {
		return "", fmt.Errorf("the algorithm %s is none of %s", algorithm, strings.Join(Algorithms(), ", "))
	}
	if Symmetric(algorithm) {
		if len(key) == 0 {
			return "", errors.New("the secret is empty")
		}
		if bytesArePEM(key) {
			return "", fmt.Errorf("%s takes a secret, and this is a key in PEM", algorithm)
		}
		return algorithm, nil
	}
	block, _ := pem.Decode(key)
	if block == nil {
		return "", errNoPEM
	}
	parsed, err := parse(block)
	if err != nil {
		return "", err
	}
	families, fallback := familiesOf(parsed)
	switch {
	case families == nil:
		return "", errUnsuitable
	case algorithm == "":
		return fallback, nil
	case !slices.Contains(families, algorithm):
		return "", fmt.Errorf("the algorithm %s does not suit the key, which is for %s", algorithm, strings.Join(families, ", "))
	}
	return algorithm, nil
}

func bytesArePEM(key []byte) bool {
	block, _ := pem.Decode(key)
	return block != nil
}

// familiesOf returns the algorithms for a key, and which of them is the default; nil where there is none.
func familiesOf(key any) ([]string, string) {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return familiesOf(&key.PublicKey)
	case *ecdsa.PrivateKey:
		return familiesOf(&key.PublicKey)
	case *rsa.PublicKey:
		return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}, "RS256"
	case *ecdsa.PublicKey:
		switch key.Curve.Params().BitSize {
		case 256:
			return []string{"ES256"}, "ES256"
		case 384:
			return []string{"ES384"}, "ES384"
		case 521:
			return []string{"ES512"}, "ES512"
		}
	}
	return nil, ""
}

func parsePrivateKey(block *pem.Block) (any, error) {
	switch block.Type {
	case "RSA PRIVATE KEY":
		if block.Headers["DEK-Info"] != "" {
			return nil, errEncrypted
		}
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		return x509.ParseECPrivateKey(block.Bytes)
	case "PRIVATE KEY":
		return x509.ParsePKCS8PrivateKey(block.Bytes)
	case "ENCRYPTED PRIVATE KEY":
		return nil, errEncrypted
	}
	return nil, fmt.Errorf("the PEM block is of type %q, and a private key is wanted", block.Type)
}

var (
	errNoPEM      = errors.New("the key is not in PEM")
	errUnsuitable = errors.New("the key is neither of RSA nor of ECDSA, and OPA's configuration accepts no other")
	errEncrypted  = errors.New("the key is encrypted; let a command print it decrypted")
)

func parsePublicKey(block *pem.Block) (any, error) {
	switch block.Type {
	case "PUBLIC KEY":
		return x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		return x509.ParsePKCS1PublicKey(block.Bytes)
	case "CERTIFICATE":
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		return certificate.PublicKey, nil
	}
	return nil, fmt.Errorf("the PEM block is of type %q, and a public key is wanted", block.Type)
}

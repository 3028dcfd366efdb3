package pack

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
)

// rsaBits is the size that NIST SP 800-57 asks for beyond 2030.
const rsaBits = 3072

// Keygen makes a key pair for an algorithm: a private key (PKCS #8) and its public key (PKIX), in PEM.
func Keygen(algorithm string) (private, public []byte, err error) {
	signer, err := generate(algorithm)
	if err != nil {
		return nil, nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(signer)
	if err != nil {
		return nil, nil, err
	}
	private = pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	public, err = encodePublic(signer.Public())
	return private, public, err
}

func generate(algorithm string) (crypto.Signer, error) {
	switch algorithm {
	case "RS256", "RS384", "RS512", "PS256", "PS384", "PS512":
		return rsa.GenerateKey(rand.Reader, rsaBits)
	case "ES256":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "ES512":
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	}
	return nil, fmt.Errorf("%s has no key pair", algorithm)
}

func encodePublic(key crypto.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}

// Public returns the key that verifies the signer's signatures, in PEM. A symmetric algorithm has none to publish.
func (s *Signer) Public() ([]byte, error) {
	if Symmetric(s.Algorithm) {
		return nil, fmt.Errorf("%s has no public key", s.Algorithm)
	}
	block, _ := pem.Decode(s.key)
	if block == nil {
		return nil, errNoPEM // NewSigner has not made it
	}
	key, err := parsePrivateKey(block)
	if err != nil {
		return nil, err
	}
	return encodePublic(key.(crypto.Signer).Public())
}

// verifier accepts what the signer signs.
func (s *Signer) verifier() (*Verifier, error) {
	content := s.key
	if !Symmetric(s.Algorithm) {
		var err error
		if content, err = s.Public(); err != nil {
			return nil, err
		}
	}
	return &Verifier{Keys: map[string]Key{s.KeyID: {s.Algorithm, content}}, Scope: s.Scope}, nil
}

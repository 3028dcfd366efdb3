package pack

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lestrrat-go/jwx/v3/jws"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/keys"
)

// A Verifier says whether a bundle is what somebody trusted has signed.
type Verifier struct {
	// Keys are the accepted keys by their ids, more than one while a key is being replaced. The bundle names its key.
	Keys map[string]Key
	// Scope must be the signature's.
	Scope string
	// Freshness is what the manifest must state.
	Freshness Freshness
}

// A Key verifies signatures.
type Key struct {
	Algorithm string

	content []byte
}

// NewKey returns a Key of a public key or a certificate in PEM, or of the secret of a symmetric algorithm. The
// algorithm is one of Algorithms, or "" for the one that suits the key; what a signature says of it counts for nothing.
func NewKey(content []byte, algorithm string) (Key, error) {
	algorithm, err := algorithmFor(content, algorithm, parsePublicKey)
	return Key{algorithm, content}, err
}

// A Signature is what a bundle's signature says.
type Signature struct {
	KeyID     string `json:"keyid"`
	Algorithm string `json:"algorithm"`
	Scope     string `json:"scope"`
	// Verified is set by a Verifier that has accepted the bundle.
	Verified bool `json:"verified"`
	// Files are the signed files with their digests.
	Files []bundle.FileInfo `json:"-"`
}

// ErrUnsigned says that a bundle has no signature.
var ErrUnsigned = errors.New("the bundle is not signed: it has no " + signaturesName)

// Verify returns the signature of an archive, after it has found it to be made with one of the keys, for the scope,
// and over every file in the archive; and the manifest to be fresh. The errors name the file that is to blame.
func (v *Verifier) Verify(archive *Archive) (*Signature, error) {
	signature, err := v.verify(archive)
	if err != nil {
		return nil, fmt.Errorf("verify bundle: %w", err)
	}
	return signature, nil
}

func (v *Verifier) verify(archive *Archive) (*Signature, error) {
	signature, config, err := archive.signature()
	if err != nil {
		return nil, err
	}
	if _, ok := v.Keys[signature.KeyID]; !ok {
		return nil, fmt.Errorf("%s: the key id is %q, and there is a key for %s", signaturesName, signature.KeyID, v.keyIDs())
	}
	pending, err := bundle.VerifyBundleSignature(config, v.config(signature.KeyID))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", signaturesName, err)
	}
	for _, file := range archive.Files {
		if file.Name == signaturesName {
			continue
		}
		if err := bundle.VerifyBundleFile(file.Name, *bytes.NewBuffer(file.Content), pending); err != nil {
			return nil, err
		}
	}
	for _, missing := range signature.Files {
		if _, ok := pending[missing.Name]; ok {
			return nil, fmt.Errorf("%s: is signed, and not in the bundle", missing.Name)
		}
	}
	statement, err := archive.Statement()
	if err != nil {
		return nil, err
	}
	if err := v.Freshness.check(statement); err != nil {
		return nil, fmt.Errorf("%s: %w", manifestName, err)
	}
	signature.Verified = true
	return signature, nil
}

func (v *Verifier) keyIDs() string {
	var ids []string
	for id := range v.Keys {
		ids = append(ids, fmt.Sprintf("%q", id))
	}
	slices.Sort(ids)
	return strings.Join(ids, ", ")
}

// config is OPA's form of the verifier, for the key with the id.
func (v *Verifier) config(id string) *bundle.VerificationConfig {
	key := &keys.Config{Key: string(v.Keys[id].content), Algorithm: v.Keys[id].Algorithm, Scope: v.Scope}
	return bundle.NewVerificationConfig(map[string]*keys.Config{id: key}, id, v.Scope, nil)
}

// signature reads the signature, which nobody has verified yet.
func (a *Archive) signature() (*Signature, bundle.SignaturesConfig, error) {
	content, ok := a.file(signaturesName)
	if !ok {
		return nil, bundle.SignaturesConfig{}, ErrUnsigned
	}
	config, err := signaturesOf(content)
	if err != nil {
		return nil, config, fmt.Errorf("%s: %w", signaturesName, err)
	}
	if len(config.Signatures) != 1 {
		return nil, config, fmt.Errorf("%s: holds %d signatures, and one is wanted", signaturesName, len(config.Signatures))
	}
	message, err := jws.ParseString(config.Signatures[0])
	if err != nil {
		return nil, config, fmt.Errorf("%s: %w", signaturesName, err)
	}
	if len(message.Signatures()) != 1 {
		return nil, config, fmt.Errorf("%s: the token has %d signatures, and one is wanted", signaturesName, len(message.Signatures()))
	}
	header := message.Signatures()[0].ProtectedHeaders()
	var claims bundle.DecodedSignature
	if err := json.Unmarshal(message.Payload(), &claims); err != nil {
		return nil, config, fmt.Errorf("%s: %w", signaturesName, err)
	}
	keyID, _ := header.KeyID() // an empty one is no key's
	if keyID == "" {
		return nil, config, fmt.Errorf("%s: states no key id", signaturesName)
	}
	algorithm, _ := header.Algorithm() // the key decides
	return &Signature{KeyID: keyID, Algorithm: algorithm.String(), Scope: claims.Scope, Files: claims.Files}, config, nil
}

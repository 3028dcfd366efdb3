package pack

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/pullpolicy/pullpolicy/harness"
)

// Contents are what there is to know of a bundle without asking it.
type Contents struct {
	// Digest is that of the archive as it is stored, and Size its bytes.
	Digest string `json:"digest"`
	Size   int    `json:"size"`
	// Manifest is what the bundle says of itself.
	Manifest Statement `json:"manifest"`
	// Signature is nil where the bundle is not signed.
	Signature *Signature     `json:"signature"`
	Rules     []harness.Rule `json:"rules"`
	Files     []Digest       `json:"files"`
}

// A Digest is a file's.
type Digest struct {
	Name   string `json:"name"`
	Size   int    `json:"size"`
	Digest string `json:"digest"`
}

// Contents returns what is in the archive. It verifies nothing; Verify's signature, unless it is nil, says that
// somebody has.
func (a *Archive) Contents(verified *Signature) (*Contents, error) {
	statement, err := a.Statement()
	if err != nil {
		return nil, err
	}
	contents := &Contents{Digest: sha256Of(a.packed), Size: len(a.packed), Manifest: statement, Signature: verified}
	if verified == nil && a.Signed() {
		if contents.Signature, _, err = a.signature(); err != nil {
			return nil, err
		}
	}
	loaded, err := a.Load(nil)
	if err != nil {
		return nil, err
	}
	contents.Rules = harness.Rules(loaded)
	for _, file := range a.Files {
		contents.Files = append(contents.Files, Digest{file.Name, len(file.Content), sha256Of(file.Content)})
	}
	return contents, nil
}

func sha256Of(content []byte) string {
	sum := sha256.Sum256(content)
	return "sha256:" + hex.EncodeToString(sum[:])
}

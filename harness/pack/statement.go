package pack

import (
	"fmt"

	"github.com/go-json-experiment/json"
)

// A Statement is what a bundle's manifest says of the bundle.
type Statement struct {
	Revision string `json:"revision"`
	Metadata
	Roots []string `json:"roots"`
}

// Metadata is the part of a Statement that OPA only hands on.
type Metadata struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	// Time is that of the sources, in RFC 3339; "" where it is not known.
	Time string `json:"time,omitempty"`
	// OPA and Kubernetes are the versions that the policies are for.
	OPA        Versions `json:"opa"`
	Kubernetes Versions `json:"kubernetes"`
	// Rules are the ids of the rules.
	Rules []string `json:"rules"`
	// Entrypoints are the decisions to ask for, as paths below /v1/data.
	Entrypoints []string `json:"entrypoints"`
}

// Versions are those of a program: the least one that does, and the one that the tests run.
type Versions struct {
	Minimum string `json:"minimum,omitempty"`
	Tested  string `json:"tested"`
}

// Statement returns what the manifest says. It is to be believed as far as the signature is.
func (a *Archive) Statement() (Statement, error) {
	content, ok := a.file(manifestName)
	if !ok {
		return Statement{}, fmt.Errorf("%s: is missing", manifestName)
	}
	var manifest struct {
		Revision string   `json:"revision"`
		Roots    []string `json:"roots"`
		Metadata Metadata `json:"metadata"`
	}
	// Unlike encoding/json, it takes a key only in the case that policies read it in.
	if err := json.Unmarshal(content, &manifest); err != nil {
		return Statement{}, fmt.Errorf("%s: %w", manifestName, err)
	}
	return Statement{Revision: manifest.Revision, Metadata: manifest.Metadata, Roots: append([]string{}, manifest.Roots...)}, nil
}

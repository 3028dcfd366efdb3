package pack

import (
	"encoding/json"
	"fmt"
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
	manifest, err := a.manifest()
	if err != nil {
		return Statement{}, err
	}
	statement := Statement{Revision: manifest.Revision, Roots: []string{}}
	if manifest.Roots != nil {
		statement.Roots = *manifest.Roots
	}
	encoded, err := json.Marshal(manifest.Metadata)
	if err != nil {
		return Statement{}, err
	}
	if err := json.Unmarshal(encoded, &statement.Metadata); err != nil {
		return Statement{}, fmt.Errorf("%s: %w", manifestName, err)
	}
	return statement, nil
}

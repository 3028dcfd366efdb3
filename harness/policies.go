package harness

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"

	"github.com/pullpolicy/pullpolicy/policies"
)

// LoadEmbedded returns the policies that this module ships, without their tests.
func LoadEmbedded() (*bundle.Bundle, error) {
	return LoadFS(policies.FS)
}

// LoadFS returns the policies in a folder, without their tests.
func LoadFS(fsys fs.FS) (*bundle.Bundle, error) {
	loader, err := bundle.NewFSLoader(fsys)
	if err != nil {
		return nil, fmt.Errorf("load policies: %w", err)
	}
	return read(bundle.NewCustomReader(loader.WithFilter(isTest)))
}

// LoadBundle returns the policies in a bundle (a gzipped tarball, as opa build writes it). It verifies no signature.
func LoadBundle(in io.Reader) (*bundle.Bundle, error) {
	return read(bundle.NewReader(in).WithSkipBundleVerification(true))
}

// LoadSignedBundle returns the policies in a bundle after OPA has verified its signature. OPA looks neither for the
// age of a bundle nor, where the configuration names a key, at the one that the signature names; package pack does.
func LoadSignedBundle(in io.Reader, verification *bundle.VerificationConfig) (*bundle.Bundle, error) {
	return read(bundle.NewReader(in).WithBundleVerificationConfig(verification))
}

func read(reader *bundle.Reader) (*bundle.Bundle, error) {
	b, err := reader.WithRegoVersion(ast.RegoV1).WithProcessAnnotations(true).Read()
	if err != nil {
		return nil, fmt.Errorf("read policies: %w", err)
	}
	if err := someModule(&b); err != nil {
		return nil, err
	}
	return &b, nil
}

// someModule demands parsed Rego, without which policies find nothing in anything.
func someModule(policies *bundle.Bundle) error {
	unparsed := func(file bundle.ModuleFile) bool { return file.Parsed == nil }
	if len(policies.Modules) == 0 || slices.ContainsFunc(policies.Modules, unparsed) {
		return errors.New("read policies: no Rego module in it")
	}
	return nil
}

// isTest has the shape of a loader's filter: true leaves the file out.
func isTest(path string, info fs.FileInfo, _ int) bool {
	return !info.IsDir() && strings.HasSuffix(path, "_test.rego")
}

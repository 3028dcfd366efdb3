package harness

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/compile"
)

// Pack builds the bundle of a policies folder and writes it to out: without tests, unoptimised (optimisation strips
// the METADATA that rules are configured by), and only after the bundle has been loaded again and has answered.
func Pack(ctx context.Context, policies fs.FS, revision string, out io.Writer) error {
	var packed bytes.Buffer
	compiler := compile.New().
		WithFS(policies).
		WithPaths(".").
		WithAsBundle(true).
		WithFilter(isTest).
		WithRegoVersion(ast.RegoV1).
		WithRegoAnnotationEntrypoints(true).
		WithRevision(revision).
		WithOutput(&packed)
	if err := compiler.Build(ctx); err != nil {
		return fmt.Errorf("build bundle: %w", err)
	}

	loaded, err := LoadBundle(bytes.NewReader(packed.Bytes()))
	if err != nil {
		return err
	}
	engine, err := New(ctx, WithPolicies(loaded))
	if err != nil {
		return fmt.Errorf("load bundle: %w", err)
	}
	if _, err := engine.Judge(ctx, Input{}); err != nil {
		return fmt.Errorf("query bundle: %w", err)
	}

	_, err = packed.WriteTo(out)
	return err
}

package harness_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/manifest"
	"github.com/pullpolicy/pullpolicy/harness/pack"
	"github.com/pullpolicy/pullpolicy/harness/registry"
	"github.com/pullpolicy/pullpolicy/harness/report"
)

// zeros calls each exported method of a type that has some on its zero value; ok are those that have an answer to
// give, and all others must return an error.
func zeros(t *testing.T) map[string]func() (err error, ok bool) {
	ctx := t.Context()
	var style report.Style
	fine := func(any) (error, bool) { return nil, true }
	var nobody *harness.Engine
	return map[string]func() (error, bool){
		"harness.Engine.Judge":      func() (error, bool) { _, err := (&harness.Engine{}).Judge(ctx, harness.Input{}); return err, false },
		"harness.Engine.Explain":    func() (error, bool) { _, err := (&harness.Engine{}).Explain(ctx, harness.Input{}); return err, false },
		"harness.Engine.Schema":     func() (error, bool) { _, err := (&harness.Engine{}).Schema(ctx); return err, false },
		"harness.Engine.NodeSchema": func() (error, bool) { _, err := (&harness.Engine{}).NodeSchema(ctx); return err, false },
		"harness.Engine.Rules":      func() (error, bool) { return fine((&harness.Engine{}).Rules()) },
		"harness.Engine.Policies":   func() (error, bool) { return fine((&harness.Engine{}).Policies()) },
		"nil harness.Engine":        func() (error, bool) { _, err := nobody.Judge(ctx, harness.Input{}); return err, false },
		"harness.Input.MarshalJSON": func() (error, bool) { _, err := json.Marshal(harness.Input{}); return err, true },
		"harness.Parameters.Value":  func() (error, bool) { return fine(harness.Parameters{}.Value()) },
		"harness.NodeError.Error":   func() (error, bool) { return fine((&harness.NodeError{}).Error()) },
		"harness.ReviewError.Error": func() (error, bool) { return fine((&harness.ReviewError{}).Error()) },
		"harness.ReviewError.Unwrap": func() (error, bool) {
			return fine((&harness.ReviewError{}).Unwrap())
		},
		"manifest.Document.LineOf": func() (error, bool) { return fine((&manifest.Document{}).LineOf("spec[0].a")) },
		"manifest.Problem.Error":   func() (error, bool) { return fine((&manifest.Problem{}).Error()) },
		"manifest.Problem.Unwrap":  func() (error, bool) { return fine((&manifest.Problem{}).Unwrap()) },
		"manifest.Problem.MarshalJSON": func() (error, bool) {
			_, err := json.Marshal(&manifest.Problem{})
			return err, true
		},
		"manifest.Reader.Read":     func() (error, bool) { return first((&manifest.Reader{}).Read("f", nil)), false },
		"manifest.Reader.ReadFile": func() (error, bool) { return first((&manifest.Reader{}).ReadFile("")), false },
		"report.Run.Check":         func() (error, bool) { _, err := (&report.Run{}).Check(ctx, []string{"-"}); return err, false },
		"report.Run.Explain":       func() (error, bool) { _, err := (&report.Run{}).Explain(ctx, []string{"-"}); return err, false },
		"report.Report.WriteJSON":  func() (error, bool) { return (&report.Report{}).WriteJSON(io.Discard), true },
		"report.Report.WriteTable": func() (error, bool) { return (&report.Report{}).WriteTable(io.Discard, style), true },
		"report.Explained.WriteJSON": func() (error, bool) {
			return (&report.Explained{}).WriteJSON(io.Discard), true
		},
		"report.Explained.WriteTable": func() (error, bool) {
			return (&report.Explained{Uses: []report.Use{{}}}).WriteTable(io.Discard, style), true
		},
		"report.Bundle.WriteJSON":    func() (error, bool) { return (&report.Bundle{}).WriteJSON(io.Discard), false },
		"report.Bundle.WriteTable":   func() (error, bool) { return (&report.Bundle{}).WriteTable(io.Discard, style), false },
		"report.Bundle.WriteSummary": func() (error, bool) { return (&report.Bundle{}).WriteSummary(io.Discard, style), false },
		"report.Rules.WriteJSON":     func() (error, bool) { return (&report.Rules{}).WriteJSON(io.Discard), true },
		"report.Rules.WriteTable":    func() (error, bool) { return (&report.Rules{}).WriteTable(io.Discard, style), true },
		"report.Rules.WriteDetails": func() (error, bool) {
			return (&report.Rules{Rules: []harness.Rule{{}}}).WriteDetails(io.Discard, style), true
		},
		"report.Parameters.JSON":        func() (error, bool) { _, err := (&report.Parameters{}).JSON(); return err, true },
		"report.Parameters.WithProfile": func() (error, bool) { return fine((&report.Parameters{}).WithProfile("strict")) },
		"pack.Archive.Load":             func() (error, bool) { _, err := (&pack.Archive{}).Load(nil); return err, false },
		"pack.Archive.Ask":              func() (error, bool) { return (&pack.Archive{}).Ask(ctx, nil), false },
		"pack.Archive.Bytes":            func() (error, bool) { return fine((&pack.Archive{}).Bytes()) },
		"pack.Archive.Signed":           func() (error, bool) { return fine((&pack.Archive{}).Signed()) },
		"pack.Archive.Contents":         func() (error, bool) { _, err := (&pack.Archive{}).Contents(nil); return err, false },
		"pack.Archive.Statement":        func() (error, bool) { _, err := (&pack.Archive{}).Statement(); return err, false },
		"pack.Archive.Extract": func() (error, bool) {
			return (&pack.Archive{}).Extract(filepath.Join(t.TempDir(), "out")), true
		},
		"pack.Signer.Public": func() (error, bool) { _, err := (&pack.Signer{}).Public(); return err, false },
		"registry.Repository.Push": func() (error, bool) {
			_, err := (&registry.Repository{}).Push(ctx, registry.Artifact{})
			return err, false
		},
		"registry.Repository.Pull": func() (error, bool) {
			_, _, err := (&registry.Repository{}).Pull(ctx, 1)
			return err, false
		},
		"registry.Repository.Pinned": func() (error, bool) { return fine((&registry.Repository{}).Pinned("")) },
		"pack.Verifier.Verify":       func() (error, bool) { _, err := (&pack.Verifier{}).Verify(&pack.Archive{}); return err, false },
	}
}

func first(_ []*manifest.Document, problems []*manifest.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	return problems[0]
}

func TestZeroValuesReturnErrors(t *testing.T) {
	t.Parallel()
	table := zeros(t)
	for name, call := range table {
		assert.NotPanics(t, func() {
			err, ok := call()
			if !ok {
				assert.Error(t, err, name)
				return
			}
			assert.NoError(t, err, name)
		}, name)
	}

	// Whatever is exported has a row.
	for _, folder := range []string{".", "manifest", "report", "pack", "registry"} {
		for _, method := range methods(t, folder) {
			assert.Contains(t, table, method)
		}
	}
}

// TestNoExportedVariableIsAList, for whoever imports the package could change what it holds.
func TestNoExportedVariableIsAList(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{".", "document", "gatekeeper", "manifest", "pack", "registry", "report", "vap"} {
		for _, file := range sources(t, folder) {
			for _, declaration := range file.Decls {
				variables, ok := declaration.(*ast.GenDecl)
				if !ok || variables.Tok != token.VAR {
					continue
				}
				for _, spec := range variables.Specs {
					for i, value := range spec.(*ast.ValueSpec).Values {
						name := spec.(*ast.ValueSpec).Names[i]
						_, list := value.(*ast.CompositeLit)
						assert.False(t, list && name.IsExported(), "%s.%s", file.Name, name)
					}
				}
			}
		}
	}
}

// sources are the files in a folder, without the tests.
func sources(t *testing.T, folder string) []*ast.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	require.NoError(t, err)
	var files []*ast.File
	for _, name := range names {
		if !strings.HasSuffix(name, "_test.go") {
			file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			require.NoError(t, err)
			files = append(files, file)
		}
	}
	require.NotEmpty(t, files, folder)
	return files
}

// methods are the exported methods of the exported structs in a folder.
func methods(t *testing.T, folder string) []string {
	t.Helper()
	files := sources(t, folder)
	structs := map[string]bool{}
	var methods []string
	for _, file := range files {
		ast.Inspect(file, func(node ast.Node) bool {
			if spec, ok := node.(*ast.TypeSpec); ok {
				_, structs[spec.Name.Name] = spec.Type.(*ast.StructType)
			}
			return true
		})
	}
	for _, file := range files {
		ast.Inspect(file, func(node ast.Node) bool {
			function, ok := node.(*ast.FuncDecl)
			if !ok || function.Recv == nil || !function.Name.IsExported() {
				return true
			}
			receiver := function.Recv.List[0].Type
			if pointer, ok := receiver.(*ast.StarExpr); ok {
				receiver = pointer.X
			}
			if typ, ok := receiver.(*ast.Ident); ok && typ.IsExported() && structs[typ.Name] {
				methods = append(methods, fmt.Sprintf("%s.%s.%s", file.Name, typ.Name, function.Name.Name))
			}
			return true
		})
	}
	return methods
}

// TestLibraryTraps tries what once passed for something else.
func TestLibraryTraps(t *testing.T) {
	t.Parallel()
	_, err := harness.New(t.Context(), harness.WithPolicies(nil))
	require.ErrorContains(t, err, "WithPolicies was given nil")

	harness.Profiles()[0], harness.Places()[0] = "changed", "changed"
	assert.Equal(t, "baseline", harness.Profiles()[0])
	assert.Equal(t, "ci", harness.Places()[0])

	given, err := harness.LoadEmbedded()
	require.NoError(t, err)
	engine := newEngine(t, harness.WithPolicies(given))
	want := engine.Rules()
	require.NotEmpty(t, want)
	given.Modules[0].Parsed, engine.Policies().Modules[0].Parsed = nil, nil
	assert.Equal(t, want, engine.Rules(), "the Engine has a copy, and gives one")
}

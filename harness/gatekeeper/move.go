package gatekeeper

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/format"
)

var (
	// entry is the package that holds the rule answers, which becomes violation, the one that Gatekeeper asks for.
	entry = ast.MustParseRef("data.pullpolicy.gatekeeper")
	// root is what all packages lie below, and library what Gatekeeper wants them to lie below.
	root    = ast.MustParseRef("data.pullpolicy")
	library = ast.MustParseRef("data.lib.pullpolicy")
)

// A program is Rego as a ConstraintTemplate holds it.
type program struct {
	entry literal
	libs  []literal
}

// move returns what the entry imports, directly or not, below Gatekeeper's library. Only packages and imports change,
// so that the comments stay: METADATA is read from them at run time. What the entry's METADATA names under without
// is left out.
//
// Gatekeeper rewrites imports only, and leaves every other reference to data undefined without a word
// (frameworks/constraint, regorewriter); so such a reference is an error here.
func move(policies *bundle.Bundle) (program, error) {
	modules, err := parse(policies)
	if err != nil {
		return program{}, err
	}
	needed, err := reach(modules)
	if err != nil {
		return program{}, err
	}
	var moved program
	for _, module := range needed {
		if err := rejectData(module); err != nil {
			return program{}, err
		}
		isEntry := module.Package.Path.Equal(entry)
		if isEntry && !rename(module, "answers", "violation") {
			return program{}, errNoAnswers
		}
		relocate(module)
		text, err := format.AstWithOpts(module, format.Opts{RegoVersion: ast.RegoV1})
		if err != nil {
			return program{}, fmt.Errorf("format %s: %w", module.Package.Path, err)
		}
		if isEntry {
			moved.entry = literal(text)
		} else {
			moved.libs = append(moved.libs, literal(text))
		}
	}
	return moved, nil
}

// parse returns modules that may be changed, sorted by package and file.
func parse(policies *bundle.Bundle) ([]*ast.Module, error) {
	var modules []*ast.Module
	for _, file := range policies.Modules {
		module, err := ast.ParseModuleWithOpts(strings.TrimPrefix(file.Path, "/"), string(file.Raw), ast.ParserOptions{
			RegoVersion:       ast.RegoV1,
			ProcessAnnotation: true,
		})
		if err != nil {
			return nil, err
		}
		modules = append(modules, module)
	}
	slices.SortFunc(modules, func(a, b *ast.Module) int {
		return cmp.Or(a.Package.Path.Compare(b.Package.Path), cmp.Compare(a.Package.Location.File, b.Package.Location.File))
	})
	return modules, nil
}

// reach returns the modules that the entry needs, in the order of all.
func reach(all []*ast.Module) ([]*ast.Module, error) {
	without, err := omitted(all)
	if err != nil {
		return nil, err
	}
	reached := map[*ast.Module]bool{}
	var visit func(from *ast.Import, path ast.Ref) error
	visit = func(from *ast.Import, path ast.Ref) error {
		if slices.ContainsFunc(without, func(omitted ast.Ref) bool { return omitted.Equal(path) }) {
			return nil
		}
		if !path.HasPrefix(root) {
			return fmt.Errorf("%s: Gatekeeper has no %s", from.Location, path)
		}
		found := false
		for _, module := range all {
			if !module.Package.Path.HasPrefix(path) {
				continue
			}
			found = true
			if reached[module] {
				continue
			}
			reached[module] = true
			for _, imported := range module.Imports {
				if err := visit(imported, imported.Path.Value.(ast.Ref)); err != nil {
					return err
				}
			}
		}
		if !found {
			return fmt.Errorf("%s: %s is imported, and is not a package", from.Location, path)
		}
		return nil
	}
	if err := visit(nil, entry); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(all), func(m *ast.Module) bool { return !reached[m] }), nil
}

var (
	errNoEntry   = errors.New("there is no package pullpolicy.gatekeeper")
	errNoAnswers = errors.New("package pullpolicy.gatekeeper has no rule answers")
)

// omitted returns the packages that the entry's METADATA leaves out.
func omitted(modules []*ast.Module) ([]ast.Ref, error) {
	i := slices.IndexFunc(modules, func(m *ast.Module) bool { return m.Package.Path.Equal(entry) })
	if i < 0 {
		return nil, errNoEntry
	}
	var without []ast.Ref
	for _, annotations := range modules[i].Annotations {
		names, _ := annotations.Custom["without"].([]any)
		for _, name := range names {
			path, err := ast.ParseRef(fmt.Sprintf("data.%v", name))
			if err != nil {
				return nil, fmt.Errorf("%s: without: %w", annotations.Location, err)
			}
			without = append(without, path)
		}
	}
	return without, nil
}

// rejectData returns an error for a reference to data outside of imports.
func rejectData(module *ast.Module) error {
	var err error
	for _, rule := range module.Rules {
		ast.WalkTerms(rule, func(term *ast.Term) bool {
			if ref, ok := term.Value.(ast.Ref); ok && err == nil && ref.HasPrefix(ast.DefaultRootRef) {
				err = fmt.Errorf("%s: Gatekeeper leaves %s undefined; import its package", term.Location, ref)
			}
			return err != nil
		})
	}
	return err
}

// rename gives the rules of one name another, and says whether there are any.
func rename(module *ast.Module, from, to ast.Var) bool {
	found := false
	for _, rule := range module.Rules {
		if rule.Head.Ref().Equal(ast.Ref{ast.NewTerm(from)}) {
			rule.Head.Name = to
			rule.Head.SetRef(ast.Ref{ast.NewTerm(to).SetLocation(rule.Head.Location)})
			found = true
		}
	}
	return found
}

// relocate moves a module's package and imports below Gatekeeper's library.
func relocate(module *ast.Module) {
	module.Package.Path = below(module.Package.Path)
	for _, imported := range module.Imports {
		imported.Path = ast.NewTerm(below(imported.Path.Value.(ast.Ref))).SetLocation(imported.Path.Location)
	}
}

func below(path ast.Ref) ast.Ref {
	return library.Concat(path[len(root):])
}

package report

import (
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/pullpolicy/pullpolicy/harness/manifest"
)

// nothing returns what to say where nothing was checked: of each stream, and of all paths together where none of them
// holds a manifest. A file in which something was found, or that has problems, says enough.
func (r *Run) nothing(paths []string, read *reading, found map[string]bool, problems []*manifest.Problem) []*manifest.Problem {
	if r.AllowEmpty {
		return nil
	}
	for _, problem := range problems {
		found[problem.File] = true
	}
	some := len(problems) > 0
	var empty []*manifest.Problem
	for _, file := range read.files {
		switch {
		case found[file] || read.manifests[file]:
			some = true
		case manifest.IsStream(file):
			empty = append(empty, nothingIn([]string{file}, "no Kubernetes manifest in this stream"))
		}
	}
	switch {
	case some || len(empty) > 0:
		return empty
	case len(read.files) > 0:
		return []*manifest.Problem{nothingIn(paths, "no Kubernetes manifest in "+count(len(read.files), "file"))}
	case len(r.Ignore) > 0:
		return []*manifest.Problem{nothingIn(paths, "no *.yaml, *.yml or *.json file that is not ignored")}
	}
	return []*manifest.Problem{nothingIn(paths, "no *.yaml, *.yml or *.json file")}
}

func nothingIn(paths []string, missing string) *manifest.Problem {
	const most = 2 // that are named
	problem := &manifest.Problem{}
	where := ""
	switch {
	case len(paths) == 1:
		problem.File = paths[0]
	case len(paths) > most:
		where = fmt.Sprintf(" in %s and %d more", strings.Join(paths[:most], ", "), len(paths)-most)
	case len(paths) > 0:
		where = " in " + strings.Join(paths, ", ")
	}
	problem.Err = fmt.Errorf("nothing to check%s: %s; --allow-empty accepts that", where, missing)
	return problem
}

// isManifest says whether a document says that it is an object of Kubernetes, or a List that holds something. What
// says neither an apiVersion nor a kind, such as the values of a chart, is for the policies to find something in.
func isManifest(document *manifest.Document) bool {
	object, ok := document.Value.(ast.Object)
	if !ok {
		return false
	}
	kind := object.Get(ast.StringTerm("kind"))
	if kind == nil {
		return object.Get(ast.StringTerm("apiVersion")) != nil
	}
	name, _ := kind.Value.(ast.String)
	items := object.Get(ast.StringTerm("items"))
	if items == nil || !strings.HasSuffix(string(name), "List") {
		return true
	}
	switch value := items.Value.(type) {
	case *ast.Array:
		return value.Len() > 0
	case ast.Null:
		return false
	}
	return true
}

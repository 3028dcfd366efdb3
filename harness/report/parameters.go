package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/pullpolicy/pullpolicy/harness/manifest"
)

// Parameters are a parameters document that remembers its lines. Nil, or the zero value, is the profile baseline.
type Parameters struct {
	value    ast.Value
	document *manifest.Document // nil where there is no file
	prefix   string             // of the value's fields in the document
}

// parametersKey is where OPA's data holds the parameters, so that conftest -d and the command take the same file.
const parametersKey = "pullpolicy_parameters"

// ReadParameters reads a YAML or JSON file that holds one document, with or without the top key
// pullpolicy_parameters; what stands beside that key is someone else's. A file without a document, or with null
// below that key, has no parameters in it. Whether parameters fit their schema is for the policies to say.
func ReadParameters(path string) (*Parameters, error) {
	document, err := readDocument(path, nil, "parameters are")
	if document == nil {
		return nil, err
	}
	wrapped, err := document.Value.Find(ast.Ref{ast.StringTerm(parametersKey)})
	if err != nil {
		return &Parameters{value: document.Value, document: document}, nil
	}
	if _, ok := wrapped.(ast.Null); ok {
		wrapped = ast.NewObject()
	}
	return &Parameters{value: wrapped, document: document, prefix: parametersKey + "."}, nil
}

// readDocument reads a file of at most one document, or stdin, unless that is nil, where the path is -; it returns nil
// where there is none.
func readDocument(path string, stdin io.Reader, what string) (*manifest.Document, error) {
	reader := manifest.Reader{CoreSchema: true}
	read := reader.ReadFile
	if path == "-" && stdin != nil {
		read = func(path string) ([]*manifest.Document, []*manifest.Problem) { return reader.Read(path, stdin) }
	}
	documents, problems := read(path)
	switch {
	case len(problems) > 0:
		return nil, problems[0]
	case len(documents) > 1:
		return nil, fmt.Errorf("%s:%d: is a second document, and %s one", path, documents[1].Line, what)
	case len(documents) == 0:
		return nil, nil
	}
	return documents[0], nil
}

// WithProfile returns the parameters with another profile. What is not a mapping stays as it is, for the policies to
// complain about.
func (p *Parameters) WithProfile(name string) *Parameters {
	changed := Parameters{value: ast.NewObject()}
	if p != nil && p.value != nil {
		changed = *p
	}
	if object, ok := changed.value.(ast.Object); ok {
		object = object.Copy()
		object.Insert(ast.StringTerm("profile"), ast.StringTerm(name))
		changed.value = object
	}
	return &changed
}

// input is the parameters as an evaluation takes them.
func (p *Parameters) input() ast.Value {
	if p == nil {
		return nil
	}
	return p.value
}

// place is the file and line of a path such as parameters.exemptions[0].reason.
func (p *Parameters) place(path string) (string, int) {
	if p == nil || p.document == nil {
		return "", 0
	}
	path = strings.TrimPrefix(strings.TrimPrefix(path, "parameters"), ".")
	return p.document.File, p.document.LineOf(strings.TrimSuffix(p.prefix+path, "."))
}

// JSON returns the parameters as encoding/json decodes them, an empty object where there are none.
func (p *Parameters) JSON() (any, error) {
	if p == nil || p.value == nil {
		return map[string]any{}, nil
	}
	return ast.JSON(p.value)
}

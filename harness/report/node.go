package report

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/pullpolicy/pullpolicy/harness"
	"github.com/pullpolicy/pullpolicy/harness/manifest"
)

// A Node is the state of a node that remembers its lines. Nil, or the zero value, is no node in
// particular.
type Node struct {
	value    ast.Value
	document *manifest.Document // nil where the file holds none
}

// ReadNode reads a YAML or JSON file, or stdin where the path is -, that holds one document: the state of a node, or a
// Node as kubectl get node NAME -o yaml prints it. A file without a document is a node of which all is the kubelet's
// default. Whether the state fits its schema is for the policies to say.
func ReadNode(path string, stdin io.Reader) (*Node, error) {
	document, err := readDocument(path, stdin, "the state of a node is")
	switch {
	case err != nil:
		return nil, err
	case document == nil:
		return &Node{value: ast.NewObject()}, nil
	}
	return &Node{document.Value, document}, nil
}

// input is the state as an evaluation takes it.
func (n *Node) input() ast.Value {
	if n == nil {
		return nil
	}
	return n.value
}

// checkNode returns what is wrong with the node, at its file and line.
func (r *Run) checkNode(ctx context.Context) error {
	if r.Node.input() == nil {
		return nil
	}
	_, err := r.Engine.Explain(ctx, harness.Input{Node: r.Node.value})
	misfit, ok := errors.AsType[*harness.NodeError](err)
	if !ok || r.Node.document == nil {
		return err
	}
	line := r.Node.document.LineOf(strings.TrimPrefix(strings.TrimPrefix(misfit.Path, "node"), "."))
	return fmt.Errorf("%s:%d: %w", r.Node.document.File, line, misfit)
}

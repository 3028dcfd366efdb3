package manifest

import (
	"errors"
	"fmt"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"go.yaml.in/yaml/v3"
)

const (
	// maxDepth is how deep collections may nest, aliases included.
	maxDepth = 10_000
	// maxAliasedValues is how many values of a document may come through aliases. Kubernetes' reader allows no more.
	maxAliasedValues = 400_000
	// scanKeys is the size up to which comparing keys one by one beats hashing them.
	scanKeys = 16
)

var (
	errKey   = errors.New("a key is a mapping or a sequence")
	errMerge = errors.New("the value of a merge key << is neither a mapping nor a sequence of mappings")
)

// converter turns the nodes of one document into terms. Its problems name no file. Of duplicate keys the last holds,
// as in Kubernetes, but each is a problem.
type converter struct {
	duplicates []*Problem
	reported   map[*yaml.Node]bool // keys among them, for aliases come by more than once

	core      bool
	text      lineMap
	depth     int
	aliased   int          // values that came through aliases
	expanding []*yaml.Node // what the aliases being followed stand for

	// Stacks: the fields so far of the objects being built, with the node of each key.
	keys  []string
	nodes []*yaml.Node
	items [][2]*ast.Term
}

func (c *converter) term(n *yaml.Node) (*ast.Term, *Problem) {
	if p := c.count(n); p != nil {
		return nil, p
	}
	switch n.Kind {
	case yaml.ScalarNode:
		s, p := c.scalar(n)
		if p != nil {
			return nil, p
		}
		return c.scalarTerm(n, s)
	case yaml.AliasNode:
		if p := c.follow(n); p != nil {
			return nil, p
		}
		t, p := c.term(n.Alias)
		c.expanding = c.expanding[:len(c.expanding)-1]
		return t, p
	}

	if c.depth++; c.depth > maxDepth {
		return nil, c.problem(n, "nests deeper than %d levels", maxDepth)
	}
	build := c.array
	if n.Kind == yaml.MappingNode {
		build = c.object
	}
	t, p := build(n)
	c.depth--
	return t, p
}

func (c *converter) array(n *yaml.Node) (*ast.Term, *Problem) {
	terms := make([]*ast.Term, len(n.Content))
	for i, element := range n.Content {
		var p *Problem
		if terms[i], p = c.term(element); p != nil {
			return nil, p
		}
	}
	return ast.ArrayTerm(terms...), nil
}

func (c *converter) object(n *yaml.Node) (*ast.Term, *Problem) {
	base := len(c.items)
	var first map[string]int
	if len(n.Content) > 2*scanKeys {
		first = make(map[string]int, len(n.Content)/2)
	}
	for i := 0; i < len(n.Content); i += 2 {
		node := n.Content[i]
		if isMerge(node) {
			c.drop(base)
			return c.mergedObject(n)
		}
		key, p := c.key(node)
		if p != nil {
			return nil, p
		}
		var slot int
		var known bool
		if first != nil {
			slot, known = first[key]
		} else if slot = slices.Index(c.keys[base:], key); slot >= 0 {
			known = true
		}
		if known {
			c.duplicate(key, node, c.nodes[base+slot])
		} else {
			slot = len(c.keys) - base
			if first != nil {
				first[key] = slot
			}
			c.keys = append(c.keys, key)
			c.nodes = append(c.nodes, node)
			c.items = append(c.items, [2]*ast.Term{}) // keeps the stacks level while the value is built
		}
		value, p := c.term(n.Content[i+1])
		if p != nil {
			return nil, p
		}
		c.items[base+slot] = [2]*ast.Term{ast.InternedTerm(key), value}
	}
	t := ast.ObjectTerm(c.items[base:]...)
	c.drop(base)
	return t, nil
}

// mergedObject is object for a mapping with merge keys. Of what a merge key and the mapping itself both set, the later
// holds: YAML would have the mapping win, Kubernetes' reader does not.
func (c *converter) mergedObject(n *yaml.Node) (*ast.Term, *Problem) {
	fields := map[string]*ast.Term{}
	if p := c.merge(n, fields); p != nil {
		return nil, p
	}
	object := ast.NewObjectWithCapacity(len(fields))
	for key, value := range fields {
		object.Insert(ast.InternedTerm(key), value)
	}
	return ast.NewTerm(object), nil
}

func (c *converter) merge(n *yaml.Node, fields map[string]*ast.Term) *Problem {
	first := map[string]*yaml.Node{}
	for i := 0; i < len(n.Content); i += 2 {
		node, value := n.Content[i], n.Content[i+1]
		if isMerge(node) {
			for _, source := range slices.Backward(mergeSources(value)) {
				if p := c.mergeSource(source, fields); p != nil {
					return p
				}
			}
			continue
		}
		key, p := c.key(node)
		if p != nil {
			return p
		}
		if earlier := first[key]; earlier != nil {
			c.duplicate(key, node, earlier)
		} else {
			first[key] = node
		}
		if fields[key], p = c.term(value); p != nil {
			return p
		}
	}
	return nil
}

func (c *converter) mergeSource(n *yaml.Node, fields map[string]*ast.Term) *Problem {
	if p := c.count(n); p != nil {
		return p
	}
	if n.Kind == yaml.AliasNode {
		if p := c.follow(n); p != nil {
			return p
		}
		defer func() { c.expanding = c.expanding[:len(c.expanding)-1] }()
		n = n.Alias
	}
	if n.Kind != yaml.MappingNode {
		return c.problem(n, "%w", errMerge)
	}
	return c.merge(n, fields)
}

func isMerge(key *yaml.Node) bool {
	return key.Value == "<<" && key.Kind == yaml.ScalarNode && key.Tag == "!!merge"
}

// mergeSources returns what a merge key's value names, what holds over the others first.
func mergeSources(value *yaml.Node) []*yaml.Node {
	if value.Kind == yaml.SequenceNode {
		return value.Content
	}
	return []*yaml.Node{value}
}

// follow notes that the alias n is being followed.
func (c *converter) follow(n *yaml.Node) *Problem {
	if slices.Contains(c.expanding, n.Alias) {
		return c.problem(n, "anchor %q contains itself", n.Value)
	}
	c.expanding = append(c.expanding, n.Alias)
	return nil
}

// count limits what aliases multiply.
func (c *converter) count(n *yaml.Node) *Problem {
	if len(c.expanding) == 0 {
		return nil
	}
	if c.aliased++; c.aliased > maxAliasedValues {
		return c.problem(n, "aliases expand to more than %d values", maxAliasedValues)
	}
	return nil
}

// drop ends the object whose fields begin at base.
func (c *converter) drop(base int) {
	c.keys, c.nodes, c.items = c.keys[:base], c.nodes[:base], c.items[:base]
}

func (c *converter) duplicate(key string, n, first *yaml.Node) {
	if c.reported[n] {
		return
	}
	if c.reported == nil {
		c.reported = map[*yaml.Node]bool{}
	}
	c.reported[n] = true
	c.duplicates = append(c.duplicates, c.problem(n, "duplicate key %q, first set on line %d", key, c.text.line(first)))
}

func (c *converter) problem(n *yaml.Node, format string, args ...any) *Problem {
	return &Problem{Line: c.text.line(n), Err: fmt.Errorf(format, args...)}
}

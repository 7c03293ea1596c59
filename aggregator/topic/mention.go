package topic

import (
	"cmp"
	"slices"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
)

// A Mention is a word of an expression that must be known for it ever to be
// true: a source, or a label or tag of one.
type Mention struct {
	Kind   string // "source", "label" or "tag"
	Name   string
	Offset int // in the expression, in characters
}

// Mentions returns what an expression asks for by name. One that does not
// compile mentions nothing.
func Mentions(where string) []Mention {
	tree, err := parser.Parse(where)
	if err != nil {
		return nil
	}
	m := &mentions{}
	ast.Walk(&tree.Node, m)
	slices.SortFunc(m.found, func(a, b Mention) int { return cmp.Compare(a.Offset, b.Offset) })
	return m.found
}

type mentions struct{ found []Mention }

// Visit is called for each node.
func (m *mentions) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.MemberNode:
		if isField(n.Node, "labels") {
			m.add("label", n.Property)
		}
	case *ast.BinaryNode:
		switch {
		case n.Operator == "==" && isField(n.Left, "source"):
			m.add("source", n.Right)
		case n.Operator == "in" && isField(n.Left, "source"):
			if list, ok := n.Right.(*ast.ArrayNode); ok {
				for _, one := range list.Nodes {
					m.add("source", one)
				}
			}
		case n.Operator == "in" && isField(n.Right, "sources"):
			m.add("source", n.Left)
		case n.Operator == "in" && isField(n.Right, "tags"):
			m.add("tag", n.Left)
		}
	}
}

func isField(node ast.Node, name string) bool {
	field, ok := node.(*ast.IdentifierNode)
	return ok && field.Value == name
}

func (m *mentions) add(kind string, node ast.Node) {
	if word, ok := node.(*ast.StringNode); ok {
		m.found = append(m.found, Mention{kind, word.Value, word.Location().From})
	}
}

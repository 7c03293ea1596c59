package render

import (
	"encoding/xml"
	"testing"
)

// A node is an element of a parsed document.
type node struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []node     `xml:",any"`
}

func parseXML(t *testing.T, body []byte) node {
	t.Helper()
	var n node
	if err := xml.Unmarshal(body, &n); err != nil {
		t.Fatalf("not well-formed: %v", err)
	}
	return n
}

// all returns the children with that name; space is empty for elements of no
// namespace.
func (n node) all(space, local string) (list []node) {
	for _, c := range n.Children {
		if c.XMLName.Space == space && c.XMLName.Local == local {
			list = append(list, c)
		}
	}
	return list
}

// one returns the only child with that name, or an empty node.
func (n node) one(space, local string) node {
	if list := n.all(space, local); len(list) == 1 {
		return list[0]
	}
	return node{}
}

func (n node) attr(local string) string {
	for _, a := range n.Attrs {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

// rel returns the links with that relation.
func (n node) rel(rel string) (list []node) {
	for _, l := range n.all(nsAtom, "link") {
		if l.attr("rel") == rel {
			list = append(list, l)
		}
	}
	return list
}

// walk calls f for n and everything below it.
func (n node) walk(f func(node)) {
	f(n)
	for _, c := range n.Children {
		c.walk(f)
	}
}

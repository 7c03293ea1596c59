package parse

import (
	"net/url"
	"strings"
)

// A node is one element. What stands in it is kept as written, and decoded
// when it is asked for.
type node struct {
	name     string // canonical: "title", "dc:creator", "atom:link"
	attrs    []attr // as written
	inner    string // as written
	base     string // xml:base in force, absolute; empty: none
	lang     string // xml:lang in force
	children []int32
}

// A frame is an element that is open.
type frame struct {
	raw      string // name as written
	node     int32  // -1: not recorded
	from     int    // where its inside begins
	bindings int    // how many were in force outside of it
	base     string
	lang     string
}

// A binding gives a prefix its meaning.
type binding struct{ prefix, short string }

// A tree is the elements of one entry, or of all that stands outside entries.
// It is reused from entry to entry: what is taken from it must be copied out.
type tree struct {
	nodes []node
	attrs []attr
}

func (t *tree) reset() {
	t.nodes, t.attrs = t.nodes[:0], t.attrs[:0]
}

// add appends an element below parent (-1: none) and returns its number, or -1
// when the tree is full.
func (t *tree) add(name string, attrs []attr, parent int32, base, lang string) int32 {
	if len(t.nodes) >= maxNodes {
		return -1
	}
	from := len(t.attrs)
	t.attrs = append(t.attrs, attrs...)
	// A slot that an earlier entry used still has room for children.
	if n := len(t.nodes); n < cap(t.nodes) {
		t.nodes = t.nodes[:n+1]
	} else {
		t.nodes = append(t.nodes, node{})
	}
	id := int32(len(t.nodes) - 1)
	slot := &t.nodes[id]
	*slot = node{
		name: name, attrs: t.attrs[from:len(t.attrs):len(t.attrs)],
		base: base, lang: lang, children: slot.children[:0],
	}
	if parent >= 0 {
		t.nodes[parent].children = append(t.nodes[parent].children, id)
	}
	return id
}

// child returns the first child of n with that name, or nil.
func (t *tree) child(n *node, name string) *node {
	for _, id := range n.children {
		if t.nodes[id].name == name {
			return &t.nodes[id]
		}
	}
	return nil
}

// attr returns an attribute's value, decoded and trimmed. A plain name also
// finds the attribute with a prefix, if there is none without.
func (n *node) attr(name string) string {
	found := ""
	for _, a := range n.attrs {
		local := a.name
		if i := strings.IndexByte(local, ':'); i >= 0 {
			if prefix := local[:i]; found != "" || prefix == "xml" || prefix == "xmlns" {
				continue
			}
			if strings.EqualFold(local[i+1:], name) {
				found = a.value
			}
			continue
		}
		if strings.EqualFold(local, name) {
			found = a.value
			break
		}
	}
	return strings.TrimSpace(unescape(found, nil))
}

// rawAttr returns the attribute with exactly that name, as written.
func rawAttr(attrs []attr, name string) (string, bool) {
	for _, a := range attrs {
		if a.name == name {
			return a.value, true
		}
	}
	return "", false
}

// join resolves ref against base. Where either cannot be understood, or leads
// away from the web, or is too long, the base stays.
func join(base, ref string) string {
	ref = strings.TrimSpace(ref)
	if ref == "" || len(ref) > maxBase {
		return base
	}
	b, err := url.Parse(base)
	if err != nil {
		b = &url.URL{}
	}
	r, err := b.Parse(ref)
	if err != nil || r.Scheme != "" && r.Scheme != "http" && r.Scheme != "https" {
		return base
	}
	if joined := r.String(); len(joined) <= maxBase {
		return joined
	}
	return base
}

// bind notes the namespaces that a start tag declares.
func (d *document) bind(t token) {
	for _, a := range t.attrs {
		prefix, ok := "", a.name == "xmlns"
		if !ok {
			prefix, ok = strings.CutPrefix(a.name, "xmlns:")
		}
		if !ok || len(d.bindings) >= maxBindings {
			continue
		}
		short := prefixOf(prefix, unescape(a.value, nil))
		prefixed := strings.Contains(t.name, ":")
		if prefix == "" && len(d.frames) == 0 && (!prefixed || short == foreignPrefix && !d.atom) {
			short = "" // the root is taken for that of a feed, and what belongs to it for the feed's
		}
		d.bindings = append(d.bindings, binding{prefix, short})
		clear(d.names)
	}
}

// canonical returns the name by which an element is known here.
func (d *document) canonical(raw string) string {
	if name, ok := d.names[raw]; ok {
		return name
	}
	prefix, local, ok := strings.Cut(raw, ":")
	if !ok {
		prefix, local = "", raw
	}
	local = strings.ToLower(local)
	short, bound := "", prefix == ""
	for i := len(d.bindings) - 1; i >= 0; i-- {
		if d.bindings[i].prefix == prefix {
			short, bound = d.bindings[i].short, true
			break
		}
	}
	if !bound {
		short = prefixOf(prefix, "?")
	}
	if short == "atom" && d.atom {
		short = ""
	}
	name := local
	if short != "" {
		name = short + ":" + local
	}
	if len(d.names) < maxNames {
		d.names[strings.Clone(raw)] = name
	}
	return name
}

// scope returns base and language in force inside an element with attrs.
func (d *document) scope(attrs []attr) (base, lang string) {
	if len(d.frames) > 0 {
		top := &d.frames[len(d.frames)-1]
		base, lang = top.base, top.lang
	}
	for _, a := range attrs {
		switch a.name {
		case "xml:base":
			outer := base
			if outer == "" {
				outer = d.url
			}
			base = join(outer, unescape(a.value, nil))
		case "xml:lang":
			if lang = strings.TrimSpace(unescape(a.value, nil)); lang == "" {
				lang = "und" // undetermined, whatever stands around it
			}
		}
	}
	return base, lang
}

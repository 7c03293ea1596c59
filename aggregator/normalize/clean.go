package normalize

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"github.com/wireroom/wireroom/aggregator/news"
)

const (
	maxStack = 128     // elements within elements in a body; what lies deeper loses its tags
	maxBody  = 1 << 20 // bytes of a sanitised body,
	growth   = 8       // and how many times as long as its source it may be,
	someMore = 8 << 10 // and so much longer, where addresses in it are relative
	maxAlt   = 1 << 10 // bytes of an attribute that is text

	maxCandidates = 64 // addresses of a srcset: what is a letter there may be a long address here
)

// A body is HTML in normal form, with what was seen on the way.
type body struct {
	html  string
	text  string      // plain; blocks and lines stand on lines of their own
	image *news.Image // the first picture that is part of the text
}

// blank reports whether there is nothing to be read, seen, heard or followed in
// a body, such as in an empty paragraph.
func (b body) blank() bool {
	return b.text == "" && !shown.MatchString(b.html)
}

// shown are the elements that show something without a text.
var shown = regexp.MustCompile(`<(?:img|audio|video|source|a) `)

// A cleaner writes HTML anew, from tokens, so that nothing of the original but
// known elements, known attributes and text can be in it. What it writes is
// nested as HTML parsers nest it: they build the tree that it meant, whether
// they run scripts or not, and reading the output again changes nothing.
type cleaner struct {
	base  string // of relative addresses
	page  string // that the text is part of; empty: not known
	out   strings.Builder
	text  textWriter
	stack []string
	image *news.Image
	fresh bool           // a pre has just begun: HTML drops a line break there
	ends  map[string]int // where the last end tag of a name stands
	sum   *formula       // that is being read
}

// cleanHTML sanitises a fragment of HTML. Relative addresses in it are resolved
// against base, but for those of places in the text itself, such as its notes:
// these are places of its page.
func cleanHTML(source, base, page string) body {
	if len(source) > maxBody {
		source = cut(source, maxBody)
	}
	c := cleaner{base: base, page: page}
	c.out.Grow(len(source))
	z := html.NewTokenizer(strings.NewReader(source))
	pos := 0             // how much of source the tokenizer has handed out
	skip, depth := "", 0 // an element that goes with its inside, and how deep we are in it
	for most := min(maxBody, growth*len(source)+someMore); c.out.Len() < most; {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		pos += len(z.Raw())
		switch kind {
		case html.TextToken:
			if skip == "" {
				c.characters(string(z.Text()))
			} else {
				c.sum.characters(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			tag, more := z.TagName()
			name := string(tag)
			if skip != "" {
				if name == skip && kind == html.StartTagToken {
					depth++
				}
				c.sum.start(z, name, more)
				continue
			}
			if swallowed[name] {
				switch name {
				case "iframe":
					c.embedded(attributes(z, more))
				case "math":
					c.sum = newFormula(attributes(z, more))
				}
				switch {
				case runs[name] || c.closes(source, pos, name):
					if kind == html.StartTagToken || raw[name] {
						skip, depth = name, 0
					}
				case raw[name]:
					z.NextIsNotRawText()
				}
				continue
			}
			c.start(name, attributes(z, more))
		case html.EndTagToken:
			tag, _ := z.TagName()
			name := string(tag)
			switch {
			case skip == "":
				c.end(name)
			case name == skip && depth > 0:
				depth--
			case name == skip:
				skip = ""
				c.formula(source[pos:])
			default:
				c.sum.end()
			}
		}
	}
	c.popTo(0)
	text := c.text.String()
	if strings.Trim(text, embedMark+" \n") == "" {
		text = "" // a film alone says nothing: the summary speaks for it
	}
	return body{html: strings.TrimSpace(c.out.String()), text: text, image: c.image}
}

// closes reports whether what follows pos has an end tag of that name at all;
// where it has none, the element is taken to end at once, lest all the rest be
// lost.
func (c *cleaner) closes(source string, pos int, name string) bool {
	last, ok := c.ends[name]
	if !ok {
		last = lastEnd(source, name)
		if c.ends == nil {
			c.ends = map[string]int{}
		}
		c.ends[name] = last
	}
	return last >= pos
}

// lastEnd returns where the last end tag of that name stands, or -1.
func lastEnd(source, name string) int {
	for end := len(source); ; {
		i := strings.LastIndex(source[:end], "</")
		if i < 0 {
			return -1
		}
		if rest := source[i+2:]; len(rest) >= len(name) && strings.EqualFold(rest[:len(name)], name) {
			return i
		}
		end = i
	}
}

// attributes returns a tag's attributes, of each name the first.
func attributes(z *html.Tokenizer, more bool) []html.Attribute {
	var attrs []html.Attribute
	for more && len(attrs) < 64 {
		var key, value []byte
		key, value, more = z.TagAttr()
		name := string(key)
		if !slices.ContainsFunc(attrs, func(a html.Attribute) bool { return a.Key == name }) {
			attrs = append(attrs, html.Attribute{Key: name, Val: string(value)})
		}
	}
	return attrs
}

// characters writes text.
func (c *cleaner) characters(s string) {
	s = legalText(s)
	if c.fresh {
		s = strings.TrimLeft(s, "\r\n")
		c.fresh = s == ""
	}
	if s == "" {
		return
	}
	if c.inTable() {
		if strings.TrimSpace(s) == "" {
			return
		}
		c.openCell()
	}
	_, _ = textEscaper.WriteString(&c.out, s) // a Builder takes everything
	c.text.write(s, slices.Contains(c.stack, "pre"))
}

// textEscaper writes text so that it stays text.
var textEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// start opens an element, if it is one that is kept.
func (c *cleaner) start(name string, attrs []html.Attribute) {
	if name == "image" {
		name = "img" // as HTML parsers take it
	}
	e, ok := elements[name]
	if !ok {
		if box, ok := ticked(name, attrs); ok {
			c.characters(box)
		} else if breaks[name] {
			c.characters("\n") // what it parted stays parted
		}
		return
	}
	switch name {
	case "img":
		if sign, ok := drawnSign(attrs); ok {
			c.characters(sign)
			return
		}
		attrs, ok = c.picture(attrs)
	case "a":
		ok = c.leads(attrs)
	}
	if !ok {
		return
	}
	if e.role == roleTable {
		if !c.tablePart(name) {
			return
		}
	} else {
		if c.inTable() {
			c.openCell()
		}
		c.makeRoom(name, e.role)
	}
	if e.role != roleVoid && name != "col" && len(c.stack) >= maxStack {
		return
	}
	c.fresh = name == "pre"
	c.tag(name, e, attrs)
	switch {
	case name == "br":
		c.text.line()
	case e.role == roleVoid || name == "col":
		if name == "hr" {
			c.text.line()
		}
	default:
		c.stack = append(c.stack, name)
		if e.role != roleInline {
			c.textBreak(name)
		}
	}
}

// breaks are elements that are not kept but stand on their own.
var breaks = map[string]bool{"form": true, "fieldset": true, "legend": true, "option": true, "hgroup": true, "body": true, "input": true}

func (c *cleaner) textBreak(name string) {
	if name == "td" || name == "th" {
		c.text.gap()
		return
	}
	c.text.line()
}

// makeRoom closes what HTML parsers close before an element of that name.
func (c *cleaner) makeRoom(name string, r role) {
	switch name {
	case "a":
		c.closeWithin("a")
	case "li":
		c.closeItem("li", "li")
	case "dd", "dt":
		c.closeItem("dd", "dt")
	case "rt", "rp":
		for n := len(c.stack); n > 0 && (c.stack[n-1] == "rt" || c.stack[n-1] == "rp" || c.stack[n-1] == "p" || c.stack[n-1] == "li" || c.stack[n-1] == "dd" || c.stack[n-1] == "dt"); n = len(c.stack) {
			c.popTo(n - 1)
		}
	}
	if r == roleBlock || name == "hr" {
		c.closeWithin("p")
	}
	if heading(name) {
		if n := len(c.stack); n > 0 && heading(c.stack[n-1]) {
			c.popTo(n - 1)
		}
	}
}

func heading(name string) bool {
	return len(name) == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6'
}

// barrier reports whether an element hides those around it from end tags.
func barrier(name string) bool {
	return name == "td" || name == "th" || name == "caption" || name == "table"
}

// closeWithin closes an open element of that name, if none that hides it
// stands between.
func (c *cleaner) closeWithin(name string) {
	for i := len(c.stack) - 1; i >= 0 && !barrier(c.stack[i]); i-- {
		if c.stack[i] == name {
			c.popTo(i)
			return
		}
	}
}

// closeItem closes an open item of a list, if no block stands between.
func (c *cleaner) closeItem(a, b string) {
	for i := len(c.stack) - 1; i >= 0; i-- {
		name := c.stack[i]
		if name == a || name == b {
			c.popTo(i)
			return
		}
		if role := elements[name].role; role != roleInline && name != "address" && name != "div" && name != "p" {
			return
		}
	}
}

// end closes an element.
func (c *cleaner) end(name string) {
	if name == "br" {
		c.start("br", nil)
		return
	}
	e, ok := elements[name]
	if !ok {
		if breaks[name] {
			c.characters("\n")
		}
		return
	}
	if e.role == roleVoid {
		return
	}
	for i := len(c.stack) - 1; i >= 0; i-- {
		if c.stack[i] == name || heading(name) && heading(c.stack[i]) {
			c.popTo(i)
			return
		}
		if c.stack[i] == "table" || e.role != roleTable && barrier(c.stack[i]) {
			return
		}
	}
}

// popTo closes all elements from the i-th on.
func (c *cleaner) popTo(i int) {
	for n := len(c.stack) - 1; n >= i; n-- {
		name := c.stack[n]
		c.out.WriteString("</")
		c.out.WriteString(name)
		c.out.WriteByte('>')
		if elements[name].role != roleInline {
			c.textBreak(name)
		}
		c.fresh = false
	}
	c.stack = c.stack[:i]
}

package normalize

import (
	"strings"

	"golang.org/x/net/html"
)

// A formula is one in MathML, which is not kept, being a namespace of its own:
// the formula is, as a line of text. Its methods do nothing where there is none.
type formula struct {
	said  string // what stands for it, as its author wrote it
	spelt textWriter
	leaf  string // the element whose characters are read
}

func newFormula(attrs []html.Attribute) *formula {
	f := &formula{}
	for _, a := range attrs {
		if a.Key == "alttext" {
			f.said = a.Val
		}
	}
	return f
}

// leaves are the elements of MathML that hold characters (MathML Core, 3.2).
var leaves = words("mi mn mo ms mtext")

// start notes an element within a formula.
func (f *formula) start(z *html.Tokenizer, name string, more bool) {
	if f == nil {
		return
	}
	f.leaf = ""
	if leaves[name] {
		f.leaf = name
	} else if name == "annotation" {
		for _, a := range attributes(z, more) {
			if a.Key == "encoding" && strings.Contains(strings.ToLower(a.Val), "tex") && f.said == "" {
				f.leaf = name
			}
		}
	}
}

func (f *formula) characters(s string) {
	switch {
	case f == nil || f.leaf == "":
	case f.leaf == "annotation":
		f.said += s
	default:
		f.spelt.write(s, false)
		f.spelt.gap()
	}
}

func (f *formula) end() {
	if f != nil {
		f.leaf = ""
	}
}

// drawn are the classes of what stands behind a formula that is there for those
// who cannot see: a picture of it, or the same again in spans.
// Sources: MediaWiki's Extension:Math, KaTeX.
var drawn = []string{"mwe-math-fallback", "katex-html"}

// formula writes the formula that has been read, unless what follows shows it.
func (c *cleaner) formula(rest string) {
	if c.sum == nil {
		return
	}
	said := line(c.sum.said)
	if said == "" {
		said = c.sum.spelt.String()
	}
	c.sum = nil
	for _, class := range drawn {
		if strings.Contains(cut(rest, 200), class) {
			return
		}
	}
	c.characters(said)
}

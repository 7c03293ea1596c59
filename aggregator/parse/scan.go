package parse

import (
	"slices"
	"strings"
)

// A tokenKind says what a token of markup is.
type tokenKind uint8

const (
	tokenEnd tokenKind = iota // of the document
	tokenText
	tokenCDATA
	tokenStart
	tokenClose
	tokenOther // comment, processing instruction, declaration
)

// A token is a stretch of a document. Nothing in it is decoded.
type token struct {
	kind       tokenKind
	start, end int
	name       string // of an element, as written
	attrs      []attr // of a start tag; valid until the next token
	empty      bool   // the start tag closes itself
	body       string // of a CDATA section, comment or declaration
}

// An attr is an attribute, name and value as written.
type attr struct{ name, value string }

// A scanner splits markup into tokens. It never gives up: what is not markup
// is text, and what the document's end cuts off ends there.
type scanner struct {
	doc   string
	pos   int
	attrs []attr

	entries bool     // doc has entries: a CDATA section ends with its own at the latest
	within  bool     // pos is in one
	ends    int      // where the last CDATA section that was looked at seemed to end
	lacks   []string // marks that do not stand behind pos any more
	endless bool     // a declaration was never closed
}

// next returns the next token.
func (s *scanner) next() token {
	if s.pos >= len(s.doc) {
		return token{kind: tokenEnd, start: len(s.doc), end: len(s.doc)}
	}
	start := s.pos
	if s.doc[start] != '<' || !markupAt(s.doc[start:]) {
		return s.text(start)
	}
	rest := s.doc[start:]
	switch rest[1] {
	case '!':
		switch {
		case strings.HasPrefix(rest, "<!--"):
			return s.section(start, 4, "-->", tokenOther)
		case strings.HasPrefix(rest, cdataMark):
			return s.section(start, 9, "]]>", tokenCDATA)
		}
		return s.declaration(start)
	case '?':
		return s.section(start, 2, "?>", tokenOther)
	case '/':
		return s.closeTag(start)
	}
	return s.startTag(start)
}

// markupAt reports whether s, which begins with "<", begins markup.
func markupAt(s string) bool {
	if len(s) < 2 {
		return false
	}
	switch c := s[1]; {
	case c == '/':
		return len(s) > 2 && nameStart(s[2])
	case c == '!':
		return strings.HasPrefix(s, "<!--") || strings.HasPrefix(s, cdataMark) ||
			len(s) > 2 && nameStart(s[2])
	case c == '?':
		return true
	default:
		return nameStart(c)
	}
}

func nameStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == ':' || c >= 0x80
}

func nameEnd(c byte) bool {
	switch c {
	case ' ', '\t', '\r', '\n', '/', '>', '=', '<', '"', '\'':
		return true
	}
	return false
}

func space(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// text reads up to the next markup.
func (s *scanner) text(start int) token {
	at := start + 1
	for {
		i := strings.IndexByte(s.doc[at:], '<')
		if i < 0 {
			at = len(s.doc)
			break
		}
		at += i
		if markupAt(s.doc[at:]) {
			break
		}
		at++
	}
	s.pos = at
	return token{kind: tokenText, start: start, end: at}
}

// section reads what runs from an opening to a closing mark. Without the
// closing mark, a comment ends with its first ">", so that one bad comment
// does not swallow the rest; nor does a CDATA section swallow further entries: its
// mark is passed over, and the element that it stands in ends where it seems to.
func (s *scanner) section(start, open int, mark string, kind tokenKind) token {
	from := start + open
	i := s.ends - from
	if kind != tokenCDATA || i < 0 {
		i = s.find(from, mark)
	}
	if s.entries && kind == tokenCDATA && (i < 0 || beyond(s.doc[from:from+i], s.within)) {
		s.pos, s.ends = from, from+i
		return token{kind: tokenOther, start: start, end: from}
	}
	if i >= 0 {
		s.pos = from + i + len(mark)
		return token{kind: kind, start: start, end: s.pos, body: s.doc[from : from+i]}
	}
	if kind == tokenOther {
		if i := strings.IndexByte(s.doc[from:], '>'); i >= 0 {
			s.pos = from + i + 1
			return token{kind: kind, start: start, end: s.pos, body: s.doc[from : from+i]}
		}
	}
	s.pos = len(s.doc)
	return token{kind: kind, start: start, end: s.pos, body: s.doc[from:]}
}

// beyond reports whether what seems to be a CDATA section goes on into another one, in an
// entry behind its own, or in one at all: its closing mark is that of the other. An entry
// that begins and ends in it is told of, as in a text on feeds.
func beyond(section string, within bool) bool {
	before, _, another := strings.Cut(section, cdataMark)
	if !another {
		return false
	}
	first := func(marks ...string) int {
		least := len(before)
		for _, mark := range marks {
			if i := strings.Index(before, mark); i >= 0 {
				least = min(least, i)
			}
		}
		return least
	}
	begins, ends := first("<item", "<entry"), first("</item>", "</entry>")
	if within {
		return ends < begins
	}
	return begins < len(before)
}

const cdataMark = "<![CDATA["

// find returns how far behind from a mark stands, or -1. What was not found is not
// looked for again: a document of comments that are never closed would be read to its
// end for each of them.
func (s *scanner) find(from int, mark string) int {
	if slices.Contains(s.lacks, mark) {
		return -1
	}
	i := strings.Index(s.doc[from:], mark)
	if i < 0 {
		s.lacks = append(s.lacks, mark)
	}
	return i
}

// declaration reads a document type with its internal subset. A document has one: where
// one is never closed, none behind it is read to the end.
func (s *scanner) declaration(start int) token {
	quote, subset := byte(0), false
	for i := start + 2; i < len(s.doc) && !s.endless; i++ {
		c := s.doc[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '<' && strings.HasPrefix(s.doc[i:], "<!--"): // quotes in it are none
			end := s.find(i, "-->")
			if end < 0 {
				end = len(s.doc)
			}
			i += end + 2
		case c == '"' || c == '\'':
			quote = c
		case c == '[':
			subset = true
		case c == ']':
			subset = false
		case c == '>' && !subset:
			s.pos = i + 1
			return token{kind: tokenOther, start: start, end: s.pos, body: s.doc[start+2 : i]}
		}
	}
	// Never closed: the first ">" ends it, as for a comment.
	s.endless = true
	if i := strings.IndexByte(s.doc[start:], '>'); i >= 0 {
		s.pos = start + i + 1
		return token{kind: tokenOther, start: start, end: s.pos}
	}
	s.pos = len(s.doc)
	return token{kind: tokenOther, start: start, end: s.pos}
}

// name reads an element's or attribute's name at i and returns its end.
func (s *scanner) name(i int) int {
	for i < len(s.doc) && !nameEnd(s.doc[i]) {
		i++
	}
	return i
}

func (s *scanner) closeTag(start int) token {
	end := s.name(start + 2)
	t := token{kind: tokenClose, start: start, name: s.doc[start+2 : end]}
	for end < len(s.doc) && s.doc[end] != '>' && s.doc[end] != '<' {
		end++
	}
	if end < len(s.doc) && s.doc[end] == '>' {
		end++
	}
	s.pos, t.end = end, end
	return t
}

func (s *scanner) startTag(start int) token {
	i := s.name(start + 1)
	t := token{kind: tokenStart, start: start, name: s.doc[start+1 : i]}
	s.attrs = s.attrs[:0]
	for {
		for i < len(s.doc) && space(s.doc[i]) {
			i++
		}
		if i == len(s.doc) {
			break
		}
		c := s.doc[i]
		if c == '>' {
			i++
			break
		}
		if c == '/' {
			i++
			t.empty = i < len(s.doc) && s.doc[i] == '>'
			continue
		}
		if c == '<' { // the tag was never closed
			break
		}
		if c == '=' || c == '"' || c == '\'' { // stray
			i++
			continue
		}
		i = s.attribute(i)
	}
	s.pos, t.end, t.attrs = i, i, s.attrs
	return t
}

// attribute reads one attribute at i and returns its end. The first of two
// with the same name counts; those beyond the limit are passed over.
func (s *scanner) attribute(i int) int {
	end := s.name(i)
	name, value := s.doc[i:end], ""
	i = end
	for i < len(s.doc) && space(s.doc[i]) {
		i++
	}
	if i < len(s.doc) && s.doc[i] == '=' {
		i++
		for i < len(s.doc) && space(s.doc[i]) {
			i++
		}
		value, i = s.value(i)
	}
	if len(s.attrs) < maxAttrs {
		for _, a := range s.attrs {
			if a.name == name {
				return i
			}
		}
		s.attrs = append(s.attrs, attr{name, value})
	}
	return i
}

// value reads an attribute's value at i, in quotes or bare.
func (s *scanner) value(i int) (string, int) {
	if i == len(s.doc) {
		return "", i
	}
	if q := s.doc[i]; q == '"' || q == '\'' {
		if n := strings.IndexByte(s.doc[i+1:], q); n >= 0 {
			return s.doc[i+1 : i+1+n], i + n + 2
		}
		// The quote is never closed: the value ends where the tag seems to.
		if n := strings.IndexByte(s.doc[i+1:], '>'); n >= 0 {
			return s.doc[i+1 : i+1+n], i + 1 + n
		}
		return s.doc[i+1:], len(s.doc)
	}
	start := i
	for i < len(s.doc) && !space(s.doc[i]) && s.doc[i] != '>' {
		i++
	}
	return s.doc[start:i], i
}

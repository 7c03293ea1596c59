package parse

import (
	"html"
	"strings"
	"unicode/utf8"
)

// unescape replaces the references in s: XML's own, HTML's by name, those by
// number, and those that the document declares. A reference without its
// semicolon stays as it is, so that "a=1&copy=2" in an address survives; one
// to a character that XML does not allow is dropped.
func unescape(s string, declared *entities) string {
	i := strings.IndexByte(s, '&')
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for {
		b.WriteString(s[:i])
		s = s[i:]
		n := reference(s)
		if n == 0 {
			b.WriteByte('&')
			n = 1
		} else if value, ok := declared.value(s[1 : n-1]); ok {
			b.WriteString(value)
		} else {
			before := b.Len()
			expand(&b, s[:n])
			if b.Len() == before && declared != nil {
				declared.illegal++
			}
		}
		s = s[n:]
		if i = strings.IndexByte(s, '&'); i < 0 {
			b.WriteString(s)
			return b.String()
		}
	}
}

// reference returns the length of the reference that s, which begins with "&",
// begins with, or 0.
func reference(s string) int {
	for i := 1; i < len(s) && i < maxReference; i++ {
		switch c := s[i]; {
		case c == ';':
			if i == 1 {
				return 0
			}
			return i + 1
		case c == '#' && i == 1, c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z',
			c == '_', c == '.', c == '-', c >= 0x80:
		default:
			return 0
		}
	}
	return 0
}

// expand writes what a whole reference stands for.
func expand(b *strings.Builder, ref string) {
	switch ref {
	case "&amp;":
		b.WriteByte('&')
		return
	case "&lt;":
		b.WriteByte('<')
		return
	case "&gt;":
		b.WriteByte('>')
		return
	case "&quot;":
		b.WriteByte('"')
		return
	case "&apos;":
		b.WriteByte('\'')
		return
	}
	if ref[1] == '#' && !numeric(ref[2:len(ref)-1]) {
		b.WriteString(ref)
		return
	}
	// HTML's rules take windows-1252 for the numbers 128 to 159, as is meant.
	text := html.UnescapeString(ref)
	if ref[1] != '#' && strings.HasSuffix(text, ";") {
		b.WriteString(ref) // a name that is only the beginning of one
		return
	}
	for _, r := range text {
		if legal(r) && !(ref[1] == '#' && r == utf8.RuneError) {
			b.WriteRune(r)
		}
	}
}

func numeric(s string) bool {
	hex := len(s) > 0 && (s[0] == 'x' || s[0] == 'X')
	if hex {
		s = s[1:]
	}
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		if (s[i] < '0' || s[i] > '9') && !(hex && c >= 'a' && c <= 'f') {
			return false
		}
	}
	return s != ""
}

// legal reports whether XML 1.0 allows a character (section 2.2).
func legal(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xd7ff ||
		r >= 0xe000 && r <= 0xfffd || r >= 0x10000 && r <= utf8.MaxRune
}

// entities are what a document type declares. All expansions of a document
// together are bounded: one that would go beyond stays a reference.
type entities struct {
	values map[string]string
	left   int // bytes that may still be written

	illegal int // references to characters that XML does not allow
}

func (e *entities) value(name string) (string, bool) {
	if e == nil {
		return "", false
	}
	value, ok := e.values[name]
	if !ok || len(value) > e.left {
		return "", false
	}
	e.left -= len(value)
	return value, true
}

// own are the entities of XML itself.
var own = map[string]bool{"amp": true, "lt": true, "gt": true, "quot": true, "apos": true}

// internalSubset returns the entities that a document type declares with a
// value. References within a value are not followed and long values not taken,
// so nothing grows; external entities are not there at all, and those that XML has
// by itself need not be declared (section 4.6).
func internalSubset(doctype string) *entities {
	found := &entities{values: map[string]string{}, left: maxExpansion}
	doctype = uncommented(doctype)
	for len(found.values) < maxEntities {
		_, rest, ok := strings.Cut(doctype, "<!ENTITY")
		if !ok {
			break
		}
		quote := strings.IndexAny(rest, `"'`)
		if quote < 0 {
			break
		}
		name := strings.TrimSpace(rest[:quote])
		value, after, ok := strings.Cut(rest[quote+1:], rest[quote:quote+1])
		if !ok {
			break
		}
		doctype = after
		if name == "" || strings.ContainsAny(name, " \t\r\n%") || len(value) > maxEntity || own[name] {
			continue
		}
		if _, ok := found.values[name]; !ok {
			found.values[name] = unescape(value, nil)
		}
	}
	return found
}

// uncommented returns a declaration without the comments in it.
func uncommented(s string) string {
	if !strings.Contains(s, "<!--") {
		return s
	}
	var b strings.Builder
	for {
		before, comment, _ := strings.Cut(s, "<!--")
		_, after, closed := strings.Cut(comment, "-->")
		if !closed { // what is in quotes may look like the beginning of one
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(before)
		s = after
	}
}

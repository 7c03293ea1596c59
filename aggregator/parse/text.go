package parse

import (
	"encoding/base64"
	"strings"

	"github.com/wireroom/wireroom/aggregator/news"
)

// decode returns the characters of an element's inside: references resolved,
// CDATA sections taken as they are, comments gone. Tags stay, as markup.
func (d *document) decode(inner string) string {
	if strings.IndexByte(inner, '<') < 0 {
		return strings.TrimSpace(unescape(inner, d.entities))
	}
	var b strings.Builder
	s := scanner{doc: inner}
	for {
		switch t := s.next(); t.kind {
		case tokenEnd:
			return strings.TrimSpace(b.String())
		case tokenCDATA:
			if b.Len() == 0 && strings.TrimSpace(inner[t.end:]) == "" {
				return strings.TrimSpace(t.body)
			}
			b.WriteString(t.body)
		case tokenText:
			b.WriteString(unescape(inner[t.start:t.end], d.entities))
		case tokenOther:
		default:
			b.WriteString(inner[t.start:t.end])
		}
	}
}

// plain returns the characters of an element's inside without any tags.
func (d *document) plain(n *node) string {
	if strings.IndexByte(n.inner, '<') < 0 {
		return strings.TrimSpace(unescape(n.inner, d.entities))
	}
	var b strings.Builder
	s := scanner{doc: n.inner}
	for {
		switch t := s.next(); t.kind {
		case tokenEnd:
			return strings.TrimSpace(b.String())
		case tokenCDATA:
			b.WriteString(t.body)
		case tokenText:
			b.WriteString(unescape(n.inner[t.start:t.end], d.entities))
		}
	}
}

// markup returns inline XHTML as HTML: prefixes go, since an HTML parser does
// not know them; CDATA becomes escaped text. If unwrap is set, a single div
// around everything, which Atom demands, goes too, and its xml:base and
// xml:lang are returned.
func (d *document) markup(inner string, unwrap bool) (value string, div []attr) {
	var b strings.Builder
	b.Grow(len(inner))
	s := scanner{doc: inner}
	depth, roots, wrapped := 0, 0, false
	from, to := 0, -1
	for {
		t := s.next()
		switch t.kind {
		case tokenEnd:
			value = b.String()
			if unwrap && wrapped && roots == 1 && to >= from {
				value = value[from:to]
			} else {
				div = nil
			}
			return strings.TrimSpace(value), div
		case tokenText:
			if depth == 0 && strings.TrimSpace(inner[t.start:t.end]) != "" {
				roots++
			}
			b.WriteString(d.declaredOnly(inner[t.start:t.end]))
		case tokenCDATA:
			if depth == 0 {
				roots++
			}
			b.WriteString(escape(t.body))
		case tokenStart:
			name := local(t.name)
			if depth == 0 {
				roots++
			}
			b.WriteByte('<')
			b.WriteString(name)
			b.WriteString(inner[t.start+1+len(t.name) : t.end])
			if t.empty && !void(name) {
				b.WriteString("</" + name + ">")
			}
			if depth == 0 && roots == 1 && strings.EqualFold(name, "div") && !t.empty {
				wrapped, from = true, b.Len()
				div = append([]attr(nil), t.attrs...)
			}
			if !t.empty && !void(name) {
				depth++
			}
		case tokenClose:
			name := local(t.name)
			if void(name) {
				continue // HTML has no such end tag, and takes that of a br for another br
			}
			if depth > 0 {
				depth--
			}
			if depth == 0 && wrapped && roots == 1 {
				to = b.Len()
			}
			b.WriteString("</" + name + ">")
		}
	}
}

// declaredOnly resolves the entities that the document declares and leaves
// HTML's to the reader of the HTML.
func (d *document) declaredOnly(s string) string {
	if len(d.entities.values) == 0 {
		return s
	}
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '&')
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		s = s[i:]
		n := max(1, reference(s))
		if value, ok := d.entities.value(s[1:max(1, n-1)]); ok {
			b.WriteString(escape(value))
		} else {
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
}

func local(name string) string {
	if i := strings.IndexByte(name, ':'); i >= 0 {
		return name[i+1:]
	}
	return name
}

// void reports whether HTML has no end tag for an element.
func void(name string) bool {
	switch strings.ToLower(name) {
	case "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr":
		return true
	}
	return false
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

func escape(s string) string { return escaper.Replace(s) }

// text reads a text construct. guess is the type of one that states none.
func (d *document) text(n *node, guess news.TextType) news.Text {
	t := news.Text{Base: n.base, Language: n.lang}
	kind, mode := strings.ToLower(n.attr("type")), strings.ToLower(n.attr("mode"))
	if i := strings.IndexByte(kind, ';'); i >= 0 {
		kind = strings.TrimSpace(kind[:i])
	}
	t.Type = textType(kind, mode, guess)
	switch {
	case mode == "base64" || mode == "" && binary(kind):
		t.Value, t.Type = fromBase64(d.plain(n), t.Type)
	case t.Type == news.TextXHTML && (mode == "" || mode == "xml"):
		var div []attr
		t.Value, div = d.markup(n.inner, kind == "xhtml")
		for _, a := range div {
			switch a.name {
			case "xml:base":
				outer := t.Base
				if outer == "" {
					outer = d.url
				}
				t.Base = join(outer, unescape(a.value, nil))
			case "xml:lang":
				t.Language = strings.TrimSpace(unescape(a.value, nil))
			}
		}
	default:
		t.Value = d.decode(n.inner)
	}
	return t
}

// asHTML returns a text construct within another element as HTML.
func (d *document) asHTML(n *node) string {
	t := d.text(n, news.TextGuess)
	if t.Type == news.TextPlain {
		return escape(t.Value)
	}
	return t.Value
}

// textType returns the type of a text construct with these attributes: those
// of Atom 1.0 (RFC 4287 sections 3.1.1 and 4.1.3.1), of Atom 0.3, whose type
// is a media type beside a mode, and of Media RSS.
func textType(kind, mode string, guess news.TextType) news.TextType {
	switch kind {
	case "":
		if mode == "escaped" {
			return news.TextGuess
		}
		return guess
	case "text", "plain", "text/plain":
		return news.TextPlain
	case "html":
		return news.TextHTML
	case "text/html", "application/html":
		if mode == "xml" {
			return news.TextXHTML
		}
		return news.TextHTML
	case "xhtml":
		return news.TextXHTML
	case "application/xhtml+xml", "application/xhtml", "text/xhtml":
		if mode == "escaped" {
			return news.TextHTML
		}
		return news.TextXHTML
	}
	if strings.HasPrefix(kind, "text/") {
		return news.TextPlain
	}
	return guess
}

// binary reports whether content of a media type stands in a feed as base64
// (RFC 4287 section 4.1.3.3).
func binary(kind string) bool {
	return strings.Contains(kind, "/") && !strings.HasPrefix(kind, "text/") &&
		!strings.HasSuffix(kind, "xml") && kind != "application/html" && !strings.HasSuffix(kind, "xhtml")
}

// fromBase64 decodes a text; what is not text is dropped.
func fromBase64(s string, kind news.TextType) (string, news.TextType) {
	s = strings.Join(strings.Fields(s), "")
	raw, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		if raw, err = base64.RawStdEncoding.DecodeString(s); err != nil {
			return "", kind
		}
	}
	text, _ := decodeBytes(raw, "", nil)
	if !printable(text) {
		return "", kind
	}
	return legalOnly(text), kind
}

// printable reports whether s looks like text rather than like a picture.
func printable(s string) bool {
	for _, r := range s {
		if !legal(r) {
			return false
		}
	}
	return true
}

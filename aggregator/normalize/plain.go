package normalize

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/wireroom/wireroom/aggregator/news"
)

// plainText returns a text construct as one line of plain text. What is HTML,
// or may be and looks like it, loses its tags and has its references resolved,
// once; what is plain text stays as it is.
func plainText(t news.Text) string {
	s := t.Value
	if t.Type != news.TextPlain && strings.ContainsAny(s, "<&") {
		s = untagged(unmarked(s))
	}
	return line(s)
}

// unmarked returns HTML without the marks of CDATA sections, which some feeds
// escape with what is between them: to HTML that is a comment.
func unmarked(s string) string {
	if !strings.Contains(s, "<![CDATA[") {
		return s
	}
	return strings.NewReplacer("<![CDATA[", "", "]]>", "").Replace(s)
}

// looksLikeHTML reports whether a text of unknown type is HTML: it has a tag
// that HTML knows, a comment, or a reference.
func looksLikeHTML(s string) bool {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '&':
			if end := strings.IndexByte(s[i:min(len(s), i+34)], ';'); end > 1 && html.UnescapeString(s[i:i+end+1]) != s[i:i+end+1] {
				return true
			}
		case '<':
			if strings.HasPrefix(s[i:], "<!--") {
				return true
			}
			name := strings.TrimPrefix(s[i+1:min(len(s), i+24)], "/")
			end := strings.IndexFunc(name, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9') })
			if end > 0 {
				name = name[:end]
			}
			if known(name) {
				return true
			}
		}
	}
	return false
}

// known reports whether HTML has an element of that name.
func known(name string) bool {
	if name == "" {
		return false
	}
	lower := strings.ToLower(name)
	_, kept := elements[lower]
	return kept || swallowed[lower] || breaks[lower] || lower == "font" || lower == "embed" || lower == "nobr" || lower == "label" ||
		lower == "link" || lower == "meta" || lower == "html" || lower == "marquee" || lower == "blink"
}

// untagged returns the text of HTML. Tags that HTML does not know are taken
// for text, as in "vector<int>".
func untagged(s string) string {
	z := html.NewTokenizer(strings.NewReader(cut(s, 4*maxTitle)))
	var b strings.Builder
	skip := ""
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return b.String()
		}
		raw := z.Raw()
		switch kind {
		case html.TextToken:
			if skip == "" {
				b.Write(z.Text())
			}
			continue
		case html.CommentToken, html.DoctypeToken:
			continue
		}
		written := string(raw)
		tag, _ := z.TagName()
		name := string(tag)
		switch {
		case skip != "":
			if kind == html.EndTagToken && name == skip {
				skip = ""
			}
		case !known(name):
			b.WriteString(written)
		case kind == html.StartTagToken && (name == "script" || name == "style"):
			skip = name
		case atom.Lookup(tag) == atom.Br || elements[name].role == roleBlock || elements[name].role == roleTable:
			b.WriteByte(' ')
		}
	}
}

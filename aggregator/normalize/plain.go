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
	return line(visible(s))
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
	closed, equals := strings.LastIndexByte(s, '>'), strings.LastIndexByte(s, '=')
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '&':
			if end := strings.IndexByte(s[i:min(len(s), i+34)], ';'); end > 1 && html.UnescapeString(s[i:i+end+1]) != s[i:i+end+1] {
				return true
			}
		case '<':
			// What has neither an end nor attributes, as in "if a<b then", is no tag.
			if strings.HasPrefix(s[i:], "<!--") || tagAt(s[i:]) && (closed > i || equals > i) {
				return true
			}
		}
	}
	return false
}

// tagAt reports whether a text, which begins with "<", begins with a tag that HTML
// knows, and not with an address in brackets such as "<a@gazette.example>".
func tagAt(s string) bool {
	name := strings.TrimPrefix(s[1:min(len(s), 24)], "/")
	end := strings.IndexFunc(name, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9') })
	return end > 0 && strings.IndexByte(" \t\r\n\f/>", name[end]) >= 0 && known(name[:end])
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

// marking are the elements that lines are marked up with.
var marking = words("a abbr acronym b bdi bdo big br center cite code del div em font h1 h2 h3 h4 h5 h6 i img ins kbd mark nobr p q " +
	"rb rp rt ruby s samp script small span strike strong style sub sup time tt u var wbr")

func words(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// spoken reports whether a line speaks of a tag that it holds, and is not marked
// up by it: HTML does not know it, or a line has no use for it where it stands,
// with so many bytes of text before it and rest behind it.
func spoken(name string, bare bool, before int, rest string) bool {
	switch {
	case !known(name):
		return true
	case !bare || name == "br" || name == "wbr" || lastEnd(rest, name) >= 0:
		return false
	}
	// What is opened and never closed is markup at the head of a line that was
	// cut off, if lines are marked up with it; else as in "the <details> element".
	return before > 0 || !marking[name] || runs[name]
}

// untagged returns the text of a line of HTML. Tags that it speaks of are text,
// as in "vector<int>".
func untagged(s string) string {
	s = cut(s, 4*maxTitle)
	z := html.NewTokenizer(strings.NewReader(s))
	var b strings.Builder
	pos, skip, opened := 0, "", map[string]int{}
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			if rest := s[pos:]; skip == "" && !strings.Contains(rest, "=") && !strings.HasPrefix(rest, "</") {
				b.WriteString(html.UnescapeString(rest)) // no tag that was cut off
			}
			return b.String()
		}
		written := string(z.Raw())
		pos += len(written)
		switch kind {
		case html.TextToken:
			if skip == "" {
				b.Write(z.Text())
			}
			continue
		case html.CommentToken, html.DoctypeToken:
			continue
		}
		tag, attributes := z.TagName()
		name := string(tag)
		switch {
		case skip != "":
			if kind == html.EndTagToken && name == skip {
				skip = ""
			}
		case kind == html.EndTagToken && (opened[name] > 0 || marking[name]):
			opened[name]--
		case kind == html.EndTagToken || spoken(name, !attributes, b.Len(), s[pos:]):
			b.WriteString(written)
			if raw[name] { // its inside is a line like the rest
				z.NextIsNotRawText()
			}
			continue
		case name == "script" || name == "style":
			if kind == html.StartTagToken {
				skip = name
			}
		default:
			opened[name]++
		}
		if skip == "" && (atom.Lookup(tag) == atom.Br || elements[name].role == roleBlock || elements[name].role == roleTable) {
			b.WriteByte(' ')
		}
	}
}

package article

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"
)

// maxPage is how much of a page is read, in bytes: articles are far smaller,
// and the time that finding one takes grows with the page.
const maxPage = 4 << 20

// maxHead is within how many bytes a page may declare its charset. Browsers look for it
// in the first kilobyte, and begin anew when it comes later, such as behind scripts.
const maxHead = 128 << 10

// declarations are where a page declares its charset, what browsers heed first.
var declarations = []*regexp.Regexp{
	regexp.MustCompile(`(?i)<meta\s[^>]*?charset\s*=\s*["']?\s*([\w.:-]+)`),
	regexp.MustCompile(`(?i)^\s*<\?xml\s[^>]*?encoding\s*=\s*["']?\s*([\w.:-]+)`),
}

// A document is a parsed page.
type document struct {
	*goquery.Document
	base *url.URL // of its relative links
	page *url.URL
	size map[*html.Node]int // bytes of the text in each element
}

// open parses a page. contentType is the header's value, or empty; pageURL is
// the page's address after redirects.
func open(page []byte, contentType, pageURL string) (*document, error) {
	address, err := url.Parse(pageURL)
	if err != nil {
		return nil, fmt.Errorf("the page's address: %w", err)
	}
	page = page[:min(len(page), maxPage)]
	shifted := shiftedCharset(page)
	if shifted != "" {
		contentType = "text/html; charset=" + shifted
	}
	if shifted != "" || !isUTF8(page) { // what is so is UTF-8, whatever it says of itself
		if _, _, certain := charset.DetermineEncoding(page, contentType); !certain {
			if name := declared(page[:min(len(page), maxHead)]); name != "" {
				contentType = "text/html; charset=" + name
			}
		}
		decoded, err := charset.NewReader(bytes.NewReader(page), contentType)
		if err != nil {
			return nil, fmt.Errorf("the page's charset: %w", err)
		}
		if page, err = io.ReadAll(decoded); err != nil {
			return nil, fmt.Errorf("the page's charset: %w", err)
		}
	}
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		return nil, fmt.Errorf("the page: %w", err)
	}
	d := &document{Document: goquery.NewDocumentFromNode(root), base: near(address), page: address}
	if base, err := url.Parse(d.link(d.Find("base[href]").First().AttrOr("href", ""))); err == nil && base.Host != "" {
		d.base = near(base)
	}
	d.size = map[*html.Node]int{}
	d.measure(root)
	return d, nil
}

// declared returns the charset that a page declares of those that it may be in: where a
// declaration can be read the page is not in UTF-16, and it is not in UTF-8 either.
// Programs say so of what they write, whatever it is sent in. Empty: none.
func declared(head []byte) string {
	for _, declaration := range declarations {
		if m := declaration.FindSubmatch(head); m != nil && !bytes.HasPrefix(bytes.ToLower(m[1]), []byte("utf")) {
			return string(m[1])
		}
	}
	return ""
}

// maxBase is how long what links are relative to may be, in bytes: each of them, of one
// letter, becomes as long.
const maxBase = 512

// near returns a base of bounded length: of a long one its query goes, on which little
// depends, and then its path.
func near(base *url.URL) *url.URL {
	if len(base.String()) <= maxBase {
		return base
	}
	short := &url.URL{Scheme: base.Scheme, Host: base.Host, Path: base.Path, RawPath: base.RawPath}
	if len(short.String()) > maxBase {
		short.Path, short.RawPath = "/", ""
	}
	return short
}

// shiftedCharset returns the charset of a page whose bytes are those of ASCII and mean
// others: ISO 2022 changes between them, and UTF-16 has every second one 0; empty: none.
func shiftedCharset(page []byte) string {
	switch {
	case bytes.Contains(page, []byte("\x1b$")) && !bytes.ContainsFunc(page, func(r rune) bool { return r >= utf8.RuneSelf }):
		return "iso-2022-jp"
	case bytes.HasPrefix(page, []byte("<\x00")):
		return "utf-16le"
	case bytes.HasPrefix(page, []byte("\x00<")):
		return "utf-16be"
	}
	return ""
}

// isUTF8 reports whether a text is UTF-8, but for a last character that may have been
// cut, and for bytes that are none, where there are four times as many characters that
// take several: fewer are so by chance in a few words of another charset.
func isUTF8(text []byte) bool {
	for range utf8.UTFMax - 1 {
		if r, size := utf8.DecodeLastRune(text); r == utf8.RuneError && size == 1 {
			text = text[:len(text)-1]
		}
	}
	if utf8.Valid(text) {
		return true
	}
	if text[0] >= 0xfe { // the mark of UTF-16
		return false
	}
	stray, wide := 0, 0
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			stray++
		case size > 1:
			wide++
		}
		text = text[size:]
	}
	return 4*stray <= wide
}

// measure notes the size of the text in each element below n, once for all:
// asking each element for its text costs the page's text for every level. What is not
// shown, such as scripts, counts nothing to those around it.
func (d *document) measure(n *html.Node) int {
	if n.Type == html.TextNode {
		return len(n.Data)
	}
	size := 0
	for c := range n.ChildNodes() {
		size += d.measure(c)
	}
	d.size[n] = size
	if unseen[n.Data] {
		return 0
	}
	return size
}

// lineBreaks are what browsers take out of an address (WHATWG URL section 4.4).
var lineBreaks = strings.NewReplacer("\t", "", "\n", "", "\r", "")

// link resolves a link of the page, however it is written; empty if it is not one to
// the web. No address at all leads nowhere, not to the page that it stands on.
func (d *document) link(href string) string {
	href = lineBreaks.Replace(strings.TrimSpace(href))
	if href == "" {
		return ""
	}
	u, err := d.base.Parse(href)
	if err != nil {
		u, err = d.base.Parse(escaped(href))
	}
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	return u.String()
}

// escaped returns an address in which each "%" that begins no escape is one.
func escaped(href string) string {
	parts := strings.Split(href, "%")
	for i, part := range parts[1:] {
		if len(part) < 2 || strings.Trim(part[:2], "0123456789abcdefABCDEF") != "" {
			parts[i+1] = "25" + part
		}
	}
	return strings.Join(parts, "%")
}

// text is the text of a selection as a browser shows it, on one line.
func text(s *goquery.Selection) string {
	var b strings.Builder
	for _, n := range s.Nodes {
		show(&b, n)
	}
	return squeeze(b.String())
}

// unseen are the elements whose text is not shown among that around them, and apart
// those that stand on lines or in cells of their own: no page writes a space there.
var (
	unseen = map[string]bool{"script": true, "style": true, "noscript": true, "template": true, "svg": true}
	apart  = map[string]bool{
		"address": true, "article": true, "aside": true, "blockquote": true, "br": true, "dd": true, "div": true, "dl": true, "dt": true,
		"figcaption": true, "figure": true, "footer": true, "h1": true, "h2": true, "h3": true, "h4": true, "h5": true, "h6": true,
		"header": true, "hr": true, "li": true, "main": true, "nav": true, "ol": true, "p": true, "pre": true, "section": true,
		"table": true, "tbody": true, "td": true, "tfoot": true, "th": true, "thead": true, "tr": true, "ul": true,
	}
)

// show writes the text of a node.
func show(b *strings.Builder, n *html.Node) {
	if n.Type == html.TextNode {
		b.WriteString(n.Data)
	}
	if n.Type == html.ElementNode && unseen[n.Data] {
		return
	}
	space := ""
	if n.Type == html.ElementNode && apart[n.Data] {
		space = " "
	}
	b.WriteString(space)
	for c := range n.ChildNodes() {
		show(b, c)
	}
	b.WriteString(space)
}

// squeeze collapses white space.
func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }

// words returns the text of a node with a space between its elements, so that
// what stands in two of them is not read as one word.
func words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && !unseen[d.Parent.Data] {
			b.WriteString(d.Data)
			b.WriteByte(' ')
		}
	}
	return squeeze(b.String())
}

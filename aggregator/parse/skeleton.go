package parse

import (
	"bytes"
	"maps"
	"slices"
	"strings"
)

// A skeleton is the document that gofeed reads: well-formed, flat, with one
// prefix for each namespace whatever the publisher bound, and without what
// gofeed would lose or change and what is read here therefore: words, dates,
// links and identities.
type skeleton struct {
	body    bytes.Buffer
	spans   []span
	entries []int           // of each entry in the document, its number in the feed
	used    map[string]bool // prefixes: gofeed copies all that are bound for each element
}

// A span is where an entry stands in the skeleton's body.
type span struct{ entry, from, to int }

// forRSS are the elements that gofeed reads in RSS, under the name by which it
// knows them. Authors become creators, since of several authors gofeed keeps
// the last only.
var forRSS = map[string]string{
	"category": "category", "enclosure": "enclosure", "comments": "comments", "source": "source",
	"author": "dc:creator", "managingeditor": "managingEditor", "webmaster": "webMaster",
	"image": "image", "generator": "generator", "ttl": "ttl",
	"skiphours": "skipHours", "skipdays": "skipDays", "keywords": "itunes:keywords",
	"contributor": "atom:contributor",
	"dc:author":   "dc:creator", "enc:enclosure": "enclosure",
}

// forAtom are the same for Atom.
var forAtom = map[string]string{
	"author": "author", "contributor": "contributor", "category": "category", "source": "source",
	"generator": "generator", "icon": "icon", "logo": "logo",
}

// forBoth are the modules' elements that are read in any format.
var forBoth = map[string]bool{
	"atom:author": true, "atom:contributor": true, "atom:category": true, "atom:source": true,
	"atom:icon": true, "atom:logo": true,
	"dc:creator": true, "dc:contributor": true, "dc:publisher": true, "dc:subject": true, "dc:source": true,
	"dcterms:creator": true, "dcterms:contributor": true, "dcterms:subject": true,
	"media:content": true, "media:thumbnail": true, "media:group": true, "media:category": true,
	"media:keywords": true, "media:credit": true, "media:player": true,
	"itunes:link": true, "itunes:author": true, "itunes:owner": true, "itunes:image": true, "itunes:keywords": true,
	"itunes:category": true, "itunes:duration": true, "itunes:explicit": true,
	"googleplay:image": true, "googleplay:author": true,
	"georss:point": true, "georss:where": true, "georss:box": true, "geo:lat": true, "geo:long": true,
	"geo:point": true, "gml:point": true,
	"sy:updateperiod": true, "sy:updatefrequency": true,
	"feedburner:origenclosurelink": true, "media:peerlink": true,
}

// spaces are the namespaces that a skeleton may use, by their prefixes. The
// addresses are those that gofeed knows the prefixes by.
var spaces = map[string]string{
	"atom":       "http://www.w3.org/2005/Atom",
	"dc":         "http://purl.org/dc/elements/1.1/",
	"dcterms":    "http://purl.org/dc/terms/",
	"media":      "http://search.yahoo.com/mrss/",
	"itunes":     "http://www.itunes.com/DTDs/PodCast-1.0.dtd",
	"georss":     "http://www.georss.org/georss",
	"geo":        "http://www.w3.org/2003/01/geo/wgs84_pos#",
	"gml":        "http://www.opengis.net/gml",
	"sy":         "http://purl.org/rss/1.0/modules/syndication/",
	"googleplay": "http://www.google.com/schemas/play-podcasts/1.0",
	"feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
}

// entry adds an entry with number of the last of the feed.
func (s *skeleton) entry(d *document, t *tree) {
	from := s.body.Len()
	tag := "item"
	if d.atom {
		tag = "entry"
	}
	s.body.WriteString("<" + tag + ">")
	s.children(d, t, &t.nodes[0])
	for _, id := range t.nodes[0].children {
		if n := &t.nodes[id]; !d.atom && (n.name == "image" || n.name == "thumbnail") {
			s.picture(d, t, n)
		}
	}
	s.body.WriteString("</" + tag + ">")
	s.spans = append(s.spans, span{len(d.feed.Entries) - 1, from, s.body.Len()})
}

// picture writes a picture of an item, for which RSS has no element of its own
// and publishers have several forms, as a thumbnail.
func (s *skeleton) picture(d *document, t *tree, n *node) {
	href := first(n.attr("url"), n.attr("href"), n.attr("src"))
	if inner := t.child(n, "url"); inner != nil {
		href = first(href, d.plain(inner))
	} else if len(n.children) == 0 {
		href = first(href, d.plain(n))
	}
	if href = clipURL(href); href != "" && !strings.ContainsAny(href, "<> ") {
		s.use("media")
		s.body.WriteString(`<media:thumbnail url="` + escape(href) + `"></media:thumbnail>`)
	}
}

// children writes those children of an element that gofeed is to read.
func (s *skeleton) children(d *document, t *tree, n *node) {
	for _, id := range n.children {
		child := &t.nodes[id]
		if name, ok := forGofeed(child.name, d.atom); ok {
			s.element(d, t, child, name)
		}
	}
}

func forGofeed(name string, atom bool) (string, bool) {
	if forBoth[name] {
		return name, true
	}
	table := forRSS
	if atom {
		table = forAtom
	}
	name, ok := table[name]
	return name, ok
}

// element writes an element and all within it.
func (s *skeleton) element(d *document, t *tree, n *node, name string) {
	if prefix, _, ok := strings.Cut(name, ":"); ok {
		s.use(prefix)
	}
	s.body.WriteByte('<')
	s.body.WriteString(name)
	for i, a := range n.attrs {
		key := strings.ToLower(local(a.name))
		if n.name == "enc:enclosure" && key == "resource" {
			key = "url" // as RSS 2.0 names what RSS 1.0 has a module for
		}
		if !plainName(key) || strings.HasPrefix(a.name, "xml") || seenBefore(n.attrs[:i], key) {
			continue
		}
		s.body.WriteString(" " + key + `="`)
		s.body.WriteString(escape(strings.TrimSpace(unescape(a.value, d.entities))))
		s.body.WriteByte('"')
	}
	s.body.WriteByte('>')
	if captures[n.name] {
		s.body.WriteString(escape(clip(d.asHTML(n), maxURL)))
	} else if name == "dc:creator" && t.child(n, "name") == nil && t.child(n, "email") == nil {
		s.body.WriteString(escape(clip(d.plain(n), maxURL))) // a line, perhaps with markup in it
	} else if len(n.children) == 0 {
		s.body.WriteString(escape(clip(d.decode(n.inner), maxURL)))
	} else {
		for _, id := range n.children {
			child := &t.nodes[id]
			if name := skeletonName(child.name); name != "" {
				s.element(d, t, child, name)
			}
		}
	}
	s.body.WriteString("</" + name + ">")
}

// skeletonName returns the name under which an element within another is
// written, or nothing for one whose namespace a skeleton does not declare.
func skeletonName(name string) string {
	prefix, rest, ok := strings.Cut(name, ":")
	if !ok {
		prefix, rest = "", name
	}
	if !plainName(rest) || prefix != "" && spaces[prefix] == "" {
		return ""
	}
	return name
}

func (s *skeleton) use(prefix string) {
	if s.used == nil {
		s.used = map[string]bool{}
	}
	s.used[prefix] = true
}

func seenBefore(attrs []attr, key string) bool {
	for _, a := range attrs {
		if strings.EqualFold(local(a.name), key) {
			return true
		}
	}
	return false
}

// plainName reports whether a name can be written without further thought.
func plainName(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || i > 0 && (c >= '0' && c <= '9' || c == '-' || c == '_')) {
			return false
		}
	}
	return s != ""
}

// head returns what stands outside the entries.
func (s *skeleton) head(d *document) []byte {
	from := s.body.Len()
	for i := range d.head.nodes {
		// Of RSS 1.0 the pictures stand beside the channel.
		if n := &d.head.nodes[i]; i == 0 || n.name == "channel" {
			s.children(d, &d.head, n)
		}
	}
	return s.body.Bytes()[from:]
}

// document returns the skeleton with the entries that are not known.
func (s *skeleton) document(d *document, head []byte) []byte {
	var b bytes.Buffer
	open, end := `<rss version="2.0"`, "</channel></rss>"
	if d.atom {
		open, end = `<feed version="1.0" xmlns="`+spaces["atom"]+`"`, "</feed>"
	}
	b.WriteString(open)
	for _, prefix := range slices.Sorted(maps.Keys(s.used)) {
		b.WriteString(" xmlns:" + prefix + `="` + spaces[prefix] + `"`)
	}
	b.WriteByte('>')
	if !d.atom {
		b.WriteString("<channel>")
	}
	b.Write(head)
	for _, span := range s.spans {
		if !d.feed.Entries[span.entry].Known {
			s.entries = append(s.entries, span.entry)
			b.Write(s.body.Bytes()[span.from:span.to])
		}
	}
	b.WriteString(end)
	return b.Bytes()
}

package parse

import (
	"errors"
	"fmt"
	"strings"

	"github.com/wireroom/wireroom/aggregator/news"
)

// errDepth is the plain error that a document gets which would end the process
// if a recursive parser saw it.
var errDepth = fmt.Errorf("elements are nested more than %d deep", maxDepth)

var errNoRoot = errors.New("it has no element that begins a feed")

// A document is an XML document on its way to a feed. It is read in one pass;
// of its tree never more than one entry is held at a time.
type document struct {
	scanner
	url      string
	maxItems int
	entities *entities
	feed     *news.Feed
	skeleton skeleton

	atom bool // Atom's namespace is native
	cdf  bool

	frames   []frame
	bindings []binding
	names    map[string]string // as written → canonical, while no binding changes

	head       tree // what stands outside entries
	entry      tree // the entry that is open
	entryFrame int  // its frame; -1: none is open
	entryStart int
	captured   string // name of the element whose inside is text, as written; empty: none
	nested     int    // elements of that name that are open within it
	empty      int    // entries with nothing in them
}

// captures are the elements whose inside is read as text, markup included.
var captures = map[string]bool{
	"title": true, "description": true, "summary": true, "content": true, "content:encoded": true,
	"rights": true, "copyright": true, "subtitle": true, "tagline": true, "info": true, "abstract": true,
	"yandex:full-text": true, "body": true, "xhtml:body": true, "xhtml:div": true, "fullitem": true,
	"media:title": true, "media:description": true, "media:text": true,
	"itunes:title": true, "itunes:summary": true, "itunes:subtitle": true,
	"dc:title": true, "dc:description": true, "dc:rights": true,
	"atom:title": true, "atom:summary": true, "atom:content": true, "atom:rights": true,
	"atom:subtitle": true,
}

// readXML reads an XML document into feed and returns what gofeed is to read.
func readXML(text, url string, maxItems int, feed *news.Feed) (*document, error) {
	d := &document{
		scanner: scanner{doc: text, entries: true}, url: url, maxItems: maxItems, feed: feed,
		names: map[string]string{}, entryFrame: -1,
		bindings: []binding{{"xml", "xml"}}, entities: &entities{},
	}
	if err := d.root(); err != nil {
		return nil, err
	}
	for len(d.frames) > 0 {
		d.within = d.entryFrame >= 0
		t := d.next()
		switch t.kind {
		case tokenStart:
			if err := d.start(t); err != nil {
				return nil, err
			}
		case tokenClose:
			d.close(t)
		case tokenOther:
			if strings.HasPrefix(d.doc[t.start:t.end], cdataMark) {
				repair(feed, "unclosed", "a CDATA section was never closed", 0)
			}
		case tokenEnd:
			d.truncated()
		}
	}
	if n := d.entities.illegal; n > 0 {
		repair(feed, "control", "references to characters that XML does not allow were dropped", n)
	}
	if d.empty > 0 {
		repair(feed, "empty", "entries without id, title, link and text were dropped", d.empty)
	}
	return d, nil
}

// root finds the element that begins the feed. What stands before it, be it a
// licence, a warning of PHP or a wrapper, is passed over.
func (d *document) root() error {
	junk := 0
	for {
		t := d.next()
		switch t.kind {
		case tokenEnd:
			return errNoRoot
		case tokenOther:
			if rest, ok := cutPrefixFold(t.body, "doctype"); ok {
				d.entities = internalSubset(rest)
			}
		case tokenText, tokenCDATA:
			if strings.TrimSpace(d.doc[t.start:t.end]) != "" {
				junk++
			}
		case tokenStart:
			if d.format(t) {
				if junk > 0 {
					repair(d.feed, "prolog", "what stood before the root element was cut off", 0)
				}
				return d.start(t)
			}
			if strings.EqualFold(t.name, "html") || strings.EqualFold(t.name, "opml") {
				return fmt.Errorf("it is a document of the type %s", strings.ToLower(t.name))
			}
			junk++
		}
	}
}

// format reports whether a start tag begins a feed, and notes of which format.
func (d *document) format(t token) bool {
	prefix, local, ok := strings.Cut(strings.ToLower(t.name), ":")
	if !ok {
		prefix, local = "", prefix
	}
	uri, declared := "", false
	if prefix == "" {
		uri, declared = rawAttr(t.attrs, "xmlns")
	} else if uri, declared = rawAttr(t.attrs, "xmlns:"+t.name[:len(prefix)]); !declared {
		uri = "?" // the prefix has its usual meaning, if it has one
	}
	version := strings.TrimSpace(attrOf(t.attrs, "version"))
	short := prefixOf(prefix, uri)
	switch local {
	case "rss":
		d.feed.Format = strings.TrimSpace("RSS " + version)
	case "rdf":
		d.feed.Format = "RSS 1.0"
		for _, a := range t.attrs {
			if strings.Contains(strings.ToLower(a.value), "netscape.com/rdf/simple/0.9") {
				d.feed.Format = "RSS 0.90"
			}
		}
	case "channel":
		d.feed.Format = "RSS"
		if strings.Contains(canonicalSpace(uri), "rss1.1") {
			d.feed.Format = "RSS 1.1"
		} else if attrOf(t.attrs, "href") != "" || attrOf(t.attrs, "lastmod") != "" || version == "" && strings.ToUpper(t.name) == t.name {
			d.feed.Format, d.cdf = "CDF", true
		}
	case "feed", "entry":
		usual := short == "atom" || declared && short == "" || prefix == "" && (!declared || short == foreignPrefix)
		if !usual {
			return false
		}
		d.atom = true
		d.feed.Format = atomFormat(uri, version)
	default:
		return false
	}
	return true
}

func atomFormat(uri, version string) string {
	if version == "" {
		version = "1.0"
		if strings.Contains(uri, "purl.org/atom/ns#") {
			version = "0.3"
		}
	}
	return "Atom " + version
}

// isEntry reports whether an element of that name is an entry here.
func (d *document) isEntry(name string) bool {
	return name == "item" || name == "entry"
}

// start opens an element.
func (d *document) start(t token) error {
	if d.captured != "" {
		if t.name == d.captured && !t.empty {
			d.nested++
		}
		return nil
	}
	if len(d.frames) >= maxDepth {
		return errDepth
	}
	mark := len(d.bindings)
	d.bind(t)
	name := d.canonical(t.name)
	entry := d.isEntry(name)
	if entry && d.entryFrame >= 0 {
		// The entry before was never closed.
		d.pop(d.entryFrame, t.start)
		repair(d.feed, "unclosed", "an entry began within an entry", 0)
	}
	f := frame{raw: t.name, node: -1, from: t.end, bindings: mark}
	f.base, f.lang = d.scope(t.attrs)
	into, parent := &d.head, int32(-1)
	if entry {
		d.entryFrame, d.entryStart = len(d.frames), t.start
		d.entry.reset()
	}
	if d.entryFrame >= 0 {
		into = &d.entry
	}
	if n := len(d.frames); n > 0 && !entry {
		parent = d.frames[n-1].node
	}
	if parent >= 0 || entry || len(d.frames) == 0 {
		f.node = into.add(name, t.attrs, parent, f.base, f.lang)
	}
	d.frames = append(d.frames, f)
	switch {
	case t.empty:
		d.pop(len(d.frames)-1, t.end)
	case captures[name] && len(d.frames) > 1:
		d.captured, d.nested = t.name, 0
	}
	return nil
}

// close ends the innermost open element of that name; those within it that
// were not closed end with it. An end tag that nothing opened means nothing.
func (d *document) close(t token) {
	last := len(d.frames) - 1
	if d.captured != "" {
		switch {
		case t.name != d.captured:
			// Markup within a text, unless the text itself was never closed.
			i := d.opened(t.name, last)
			if i < 0 || i > d.entryFrame && i > 1 {
				return
			}
		case d.nested > 0:
			d.nested--
			return
		}
	}
	i := d.opened(t.name, last)
	if i != last {
		repair(d.feed, "unclosed", "elements were closed in another order than they were opened", 0)
	}
	if i >= 0 {
		d.pop(i, t.start)
	}
}

// opened returns the innermost open frame with a name as written, or -1.
func (d *document) opened(raw string, from int) int {
	for i := from; i >= 0; i-- {
		if d.frames[i].raw == raw || strings.EqualFold(d.frames[i].raw, raw) {
			return i
		}
	}
	return -1
}

// pop closes the frames from i on. end is where their inside ends.
func (d *document) pop(i, end int) {
	d.captured = ""
	for j := len(d.frames) - 1; j >= i; j-- {
		f := d.frames[j]
		into := &d.head
		if d.entryFrame >= 0 {
			into = &d.entry
		}
		if f.node >= 0 {
			into.nodes[f.node].inner = d.doc[min(f.from, end):end]
		}
		d.frames = d.frames[:j]
		if f.bindings < len(d.bindings) {
			d.bindings = d.bindings[:f.bindings]
			clear(d.names)
		}
		if j == d.entryFrame {
			d.entryFrame = -1
			d.finish(f.node, d.doc[d.entryStart:end])
		}
	}
}

// truncated closes what the end of the document left open. An entry that was
// cut off is dropped, since the next poll will bring the whole of it, unless it
// is all that there is.
func (d *document) truncated() {
	detail := "the root element was never closed"
	if d.entryFrame >= 0 && len(d.feed.Entries) > 0 {
		detail = "the document ends within an entry; the entry was dropped"
		d.captured = ""
		d.frames = d.frames[:d.entryFrame]
		d.entryFrame = -1
	}
	if len(d.frames) > 0 {
		d.pop(0, len(d.doc))
	}
	repair(d.feed, "truncated", detail, 0)
}

// finish takes an entry over into the feed.
func (d *document) finish(id int32, raw string) {
	if id < 0 {
		return
	}
	if len(d.feed.Entries) >= d.maxItems {
		d.feed.Dropped++
		return
	}
	e := d.readEntry(&d.entry)
	if bare(&e) && len(d.entry.nodes[0].children) == 0 {
		d.empty++
		return
	}
	e.Raw = rawHash(raw)
	if d.feed.Entries == nil {
		d.feed.Entries = make([]news.Entry, 0, d.likely(raw)) // as they grow they are copied, and they are large
	}
	d.feed.Entries = append(d.feed.Entries, e)
	d.skeleton.entry(d, &d.entry)
}

// likely returns how many entries the document has whose first one is written so:
// as many as there are tags that begin like its own.
func (d *document) likely(raw string) int {
	tag := raw[:strings.IndexAny(raw+">", " \t\r\n/>")]
	return min(strings.Count(d.doc[d.entryStart:], tag), d.maxItems)
}

// bare reports whether nothing is known of an entry.
func bare(e *news.Entry) bool {
	return e.GUID == "" && e.AtomID == "" && e.About == "" && len(e.Links) == 0 &&
		e.Title.Value == "" && e.Summary.Value == "" && e.Content.Value == "" && e.ContentSrc == ""
}

// repair notes what was mended; the same kind and detail are counted up.
func repair(feed *news.Feed, kind, detail string, count int) {
	for i := range feed.Repairs {
		if r := &feed.Repairs[i]; r.Kind == kind && r.Detail == detail {
			r.Count = max(r.Count, 1) + max(count, 1)
			return
		}
	}
	feed.Repairs = append(feed.Repairs, news.Repair{Kind: kind, Detail: detail, Count: count})
}

func attrOf(attrs []attr, name string) string {
	n := node{attrs: attrs}
	return n.attr(name)
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}

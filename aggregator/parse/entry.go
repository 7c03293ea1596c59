package parse

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A slot is a text of an entry or feed that several elements can fill.
type slot uint8

const (
	slotTitle slot = iota + 1
	slotSummary
	slotContent
	slotRights
	slots
)

// A place is where an element's text goes. Of several elements for the same
// slot the one with the lowest rank counts, and of those the first that is not
// empty: Movable Type and others write an empty second title.
type place struct {
	slot slot
	rank int
	kind news.TextType
}

// places are the elements that hold the words of an entry, of every format.
var places = map[string]place{
	"title":             {slotTitle, 1, news.TextGuess},
	"atom:title":        {slotTitle, 2, news.TextPlain},
	"dc:title":          {slotTitle, 3, news.TextGuess},
	"itunes:title":      {slotTitle, 4, news.TextGuess},
	"media:title":       {slotTitle, 5, news.TextGuess},
	"description":       {slotSummary, 1, news.TextGuess},
	"summary":           {slotSummary, 1, news.TextGuess},
	"abstract":          {slotSummary, 1, news.TextGuess},
	"atom:summary":      {slotSummary, 2, news.TextGuess},
	"dc:description":    {slotSummary, 3, news.TextGuess},
	"dcterms:abstract":  {slotSummary, 4, news.TextGuess},
	"itunes:summary":    {slotSummary, 5, news.TextGuess},
	"media:description": {slotSummary, 6, news.TextGuess},
	"itunes:subtitle":   {slotSummary, 7, news.TextGuess},
	"content:encoded":   {slotContent, 1, news.TextHTML},
	"content":           {slotContent, 1, news.TextGuess},
	"encoded":           {slotContent, 2, news.TextHTML},
	"fullitem":          {slotContent, 2, news.TextHTML},
	"yandex:full-text":  {slotContent, 3, news.TextGuess},
	"xhtml:body":        {slotContent, 3, news.TextXHTML},
	"body":              {slotContent, 3, news.TextXHTML},
	"xhtml:div":         {slotContent, 4, news.TextXHTML},
	"atom:content":      {slotContent, 5, news.TextGuess},
	"rights":            {slotRights, 1, news.TextGuess},
	"copyright":         {slotRights, 1, news.TextGuess},
	"dc:rights":         {slotRights, 2, news.TextGuess},
	"atom:rights":       {slotRights, 2, news.TextGuess},
}

// A moment is a date that an element states.
type moment struct {
	changed bool // of the last change, not of publication
	rank    int
}

// moments are the elements that hold dates.
var moments = map[string]moment{
	"pubdate":                {false, 1},
	"published":              {false, 1},
	"atom:published":         {false, 2},
	"issued":                 {false, 2},
	"atom:issued":            {false, 2},
	"dcterms:issued":         {false, 3},
	"dc:date":                {false, 4},
	"dcterms:date":           {false, 4},
	"prism:publicationdate":  {false, 5},
	"dcterms:available":      {false, 6},
	"created":                {false, 7},
	"atom:created":           {false, 7},
	"dcterms:created":        {false, 7},
	"date":                   {false, 8},
	"updated":                {true, 1},
	"modified":               {true, 1},
	"lastbuilddate":          {true, 1},
	"atom:updated":           {true, 2},
	"atom:modified":          {true, 2},
	"dcterms:modified":       {true, 3},
	"prism:modificationdate": {true, 4},
}

// words gathers the texts, dates and links of an entry or feed.
type words struct {
	text    [slots]news.Text
	rank    [slots]int
	dates   [2][]ranked // published, updated
	links   []news.Link
	src     string // of Atom content
	summary string // name of the element that filled the summary
}

type ranked struct {
	rank  int
	value string
}

// read takes what it knows of from an element.
func (w *words) read(d *document, n *node) {
	if p, ok := places[n.name]; ok {
		w.place(d, n, p)
		return
	}
	if m, ok := moments[n.name]; ok {
		which := 0
		if m.changed {
			which = 1
		}
		if value := d.plain(n); value != "" && len(w.dates[which]) < maxTerms {
			w.dates[which] = append(w.dates[which], ranked{m.rank, clip(value, maxDate)})
		}
		return
	}
	w.link(d, n)
}

// media reads what is said of media files, of those in a group as well.
func (w *words) media(d *document, t *tree, n *node) {
	for _, id := range n.children {
		switch child := &t.nodes[id]; child.name {
		case "media:title", "media:description":
			w.read(d, child)
		case "media:content":
			if n.name == "media:group" {
				w.media(d, t, child)
			}
		}
	}
}

// place puts an element's text into its slot.
func (w *words) place(d *document, n *node, p place) {
	if p.slot == slotContent && w.src == "" {
		w.src = clipURL(resolve(n, n.attr("src")))
	}
	if p.slot == slotSummary && p.rank == 1 && w.rank[slotSummary] == 1 && w.summary != n.name && !d.atom {
		p.slot = slotContent // a second kind of summary beside the first
	}
	if w.rank[p.slot] != 0 && w.rank[p.slot] <= p.rank {
		return
	}
	kind := p.kind
	if d.atom && n.name != "content" && n.name != "summary" {
		kind = news.TextPlain
	}
	t := d.text(n, kind)
	if t.Value == "" {
		return
	}
	if len(t.Value) > maxContent {
		t.Value = clip(t.Value, maxContent)
		repair(d.feed, "limit", "a text was cut at its limit", 0)
	}
	if p.slot == slotSummary {
		w.summary = n.name
	}
	w.text[p.slot], w.rank[p.slot] = t, p.rank
}

// link reads a link by every convention: an address as text, Atom's element
// with href, FeedBurner's original link, RSS 1.0's link module.
func (w *words) link(d *document, n *node) {
	if len(w.links) >= maxTerms {
		return
	}
	l := news.Link{Rel: n.attr("rel")}
	switch n.name {
	case "link", "atom:link", "a", "l:link":
		l.Href = n.attr("href")
		if l.Href == "" {
			l.Href = n.attr("resource")
		}
		if l.Href == "" && n.name != "atom:link" {
			l.Href = d.plain(n)
		}
		l.Type, l.Title, l.HrefLang = n.attr("type"), clip(n.attr("title"), maxTitle), n.attr("hreflang")
		l.Length, _ = strconv.ParseInt(n.attr("length"), 10, 64)
		if n.name == "atom:link" && l.Rel == "" {
			l.Rel = "alternate"
		}
	case "feedburner:origlink":
		l.Href, l.Rel = d.plain(n), relOriginal
	default:
		return
	}
	if l.Href = clipURL(resolve(n, l.Href)); l.Href != "" {
		w.links = append(w.links, l)
	}
}

// relOriginal marks the address that a proxy such as FeedBurner replaced.
const relOriginal = "original"

// resolve makes an address absolute where an xml:base is in force.
func resolve(n *node, ref string) string {
	if ref == "" || n.base == "" {
		return ref
	}
	return joinLink(n.base, ref)
}

// best returns the spellings of a date, the best first.
func best(dates []ranked) []string {
	if len(dates) == 0 {
		return nil
	}
	slices.SortStableFunc(dates, func(a, b ranked) int { return a.rank - b.rank })
	out := make([]string, len(dates))
	for i, r := range dates {
		out[i] = r.value
	}
	return out
}

// readEntry takes from an entry what gofeed would lose or change: its
// identities verbatim, its words with their types, its dates, its links.
func (d *document) readEntry(t *tree) news.Entry {
	root := &t.nodes[0]
	e := news.Entry{
		About: clip(root.attr("about"), maxURL), Base: root.base, Language: root.lang,
	}
	var w words
	if d.cdf {
		if href := root.attr("href"); href != "" {
			w.links = append(w.links, news.Link{Href: clipURL(resolve(root, href))})
		}
		if value := root.attr("lastmod"); value != "" {
			w.dates[0] = append(w.dates[0], ranked{1, value})
		}
	}
	for _, id := range root.children {
		n := &t.nodes[id]
		switch n.name {
		case "guid":
			if value := d.plain(n); value != "" && e.GUID == "" {
				e.GUID = value
				e.PermaLink = !strings.EqualFold(n.attr("ispermalink"), "false")
			}
		case "id", "atom:id":
			if value := d.plain(n); value != "" && e.AtomID == "" {
				e.AtomID = value
			}
		case "dc:language", "language":
			if value := d.plain(n); value != "" && e.Language == d.language() {
				e.Language = value
			}
		case "media:group", "media:content":
			w.media(d, t, n)
		default:
			w.read(d, n)
		}
	}
	e.Title, e.Summary, e.Content, e.Rights = w.text[slotTitle], w.text[slotSummary], w.text[slotContent], w.text[slotRights]
	e.Published, e.Updated = best(w.dates[0]), best(w.dates[1])
	e.Links, e.ContentSrc = w.links, w.src
	for _, t := range []*news.Text{&e.Title, &e.Summary, &e.Content, &e.Rights} {
		if t.Base == e.Base {
			t.Base = ""
		}
		if t.Language == e.Language {
			t.Language = ""
		}
	}
	return e
}

// language returns what the elements around an entry state.
func (d *document) language() string {
	if len(d.frames) == 0 {
		return ""
	}
	return d.frames[len(d.frames)-1].lang
}

// clip cuts s to at most n bytes, between characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}

// clipURL drops an address that is too long: cut, it would be another.
func clipURL(s string) string {
	if len(s) > maxURL {
		return ""
	}
	return s
}

// Package normalize brings the entries of a feed to normal form: identity,
// links, dates, HTML, text, language. It is pure: the same feed at the same
// instant always gives the same items, and nothing but FirstSeen, Fetched and
// the dates that were not stated depends on the instant.
package normalize

import (
	"iter"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// Limits of an item. They bound what one entry can cost every reader.
const (
	maxTitle    = 1 << 10 // bytes of a title
	maxLine     = 256     // bytes of a name, a category, a media type
	maxID       = 512     // bytes of an identity; a longer one is hashed
	excerptSize = 300     // characters of an excerpt
	titleSize   = 100     // characters of a title that is made of the text
)

// A normalizer holds what the items of one feed have in common.
type normalizer struct {
	src  news.Source
	feed *news.Feed
	at   time.Time
	zone *time.Location // of dates that state none; nil: UTC
	base string         // of relative links
	site string         // host of the feed's site
	home string         // canonical address of the feed's own page

	pages    map[string]string // address without fragment → the first address with it
	parts    map[string]bool   // pages of which several items are parts
	language string
	authors  []news.Person
}

// Items returns the entries of a feed in normal form, in the feed's order, each
// identity once, the first of those that share it. Entries that are marked as
// known take part in finding the identities of the others and are left out. at
// is the start of the poll that brought the feed: no item is published later.
func Items(src news.Source, feed news.Feed, at time.Time) []news.Item {
	items := make([]news.Item, 0, len(feed.Entries))
	return slices.AppendSeq(items, Each(src, feed, at))
}

// Each is Items, one at a time: nearly all of the work is in the single item,
// and whoever has to end can stop in between.
func Each(src news.Source, feed news.Feed, at time.Time) iter.Seq[news.Item] {
	return func(yield func(news.Item) bool) {
		n := newNormalizer(src, &feed, at)
		for _, d := range n.drafts() {
			if d.entry.Known {
				continue
			}
			it := n.item(&d)
			it.Hash = contentHash(&it, &d)
			if !yield(it) {
				return
			}
		}
	}
}

// drafts returns the entries that become items, with their identities.
func (n *normalizer) drafts() []draft {
	drafts := make([]draft, len(n.feed.Entries))
	for i := range n.feed.Entries {
		drafts[i].entry = &n.feed.Entries[i]
		drafts[i].link = n.link(drafts[i].entry)
		n.page(drafts[i].link)
	}
	for i := range drafts {
		d := &drafts[i]
		d.canonical, d.place = n.canonical(d.link)
		d.place, _ = unsigned(d.place)
		d.title = cut(plainText(d.entry.Title), maxTitle)
		d.stated = [...]string{idText(d.entry.GUID), idText(d.entry.About), idText(d.entry.AtomID)}
		d.zone = n.zone
	}
	return identify(drafts, n.home)
}

func newNormalizer(src news.Source, feed *news.Feed, at time.Time) *normalizer {
	n := &normalizer{
		src: src, feed: feed, at: at.UTC().Truncate(time.Second),
		base: feed.Base, pages: map[string]string{}, parts: map[string]bool{},
	}
	if n.base == "" {
		n.base = feed.URL
	}
	if n.base == "" {
		n.base = src.URL
	}
	site := alternate(n.base, feed.Links)
	if u, err := url.Parse(site); err == nil {
		n.site = u.Hostname()
	}
	if doc, err := url.Parse(n.base); err == nil && feed.Base == "" && n.site != "" && doc.Hostname() != n.site {
		n.base = site // the feed is served for the site by somebody else
	}
	n.base = nearby(n.base)
	_, n.home = n.canonical(site)
	if src.TimeZone != "" {
		n.zone, _ = time.LoadLocation(src.TimeZone) // config has refused what is no zone; else UTC
	}
	n.language = languageOf(feed.Language)
	n.authors = people(n.base, feed.Authors)
	return n
}

// A draft is an entry on its way to an item.
type draft struct {
	entry     *news.Entry
	id        string
	nameless  bool // the id is made of what the entry says
	aliases   []string
	stated    [3]string // its guid, rdf:about and atom:id; empty: it has none
	link      string    // absolute
	canonical string
	place     string // canonical, with the place in the page, whether others are parts of it or not, and unsigned
	title     string // plain; empty: the entry has none

	zone      *time.Location // of a date that states none; nil: UTC
	asked     bool           // what follows is known: of most entries that are nobody asks
	published stated         // as the source says, unclamped
	dated     bool           // the source says
}

// date returns when a draft's entry says that it was published, if it does; of one
// that only says when it was changed, that.
func (d *draft) date() (at stated, says bool) {
	if !d.asked {
		if d.published, d.dated = firstDate(d.entry.Published, d.zone); !d.dated {
			d.published, d.dated = firstDate(d.entry.Updated, d.zone)
		}
		d.asked = true
	}
	return d.published, d.dated
}

// baseOf returns what the relative addresses of an entry are resolved against.
func (n *normalizer) baseOf(e *news.Entry) string {
	if e.Base != "" {
		return nearby(e.Base)
	}
	return n.base
}

// item brings one entry to normal form.
func (n *normalizer) item(d *draft) news.Item {
	e := d.entry
	base := n.baseOf(e)
	it := news.Item{
		Source: n.src.Name, ID: d.id, Aliases: d.aliases, Raw: e.Raw, GUID: cut(idText(e.GUID), maxAddress), URL: d.link, Canonical: d.canonical,
		Comments: comments(base, e.Comments),
		Title:    d.title, Rights: cut(plainText(e.Rights), maxTitle),
		Authors: people(base, e.Authors), Categories: subjects(e.Categories),
		Enclosures: enclosures(base, e.Enclosures), Origin: origin(base, e.Origin), Geo: e.Geo,
		FirstSeen: n.at, Fetched: n.at, Published: n.at,
	}
	if len(it.Authors) == 0 {
		it.Authors = n.authors
	}
	n.body(&it, e, base)
	if it.Title == "" {
		it.Title = untitled(&it, e.Summary)
	}
	n.dates(&it, d)
	it.Language = n.itemLanguage(e, it.Title, it.Text)
	return it
}

// untitled returns what stands for the title that an entry has not: the head
// of its summary or text, else what its picture is said to show, else its
// address.
func untitled(it *news.Item, summary news.Text) string {
	if head := excerpt(rendered(summary, "", "").text, titleSize); head != "" {
		return head
	}
	if it.Text != "" {
		return excerpt(it.Text, titleSize)
	}
	if it.Image != nil && it.Image.Alt != "" {
		return excerpt(line(it.Image.Alt), titleSize)
	}
	return cut(it.URL, maxTitle)
}

// body makes the sanitised body and summary, the plain text and the excerpt.
func (n *normalizer) body(it *news.Item, e *news.Entry, base string) {
	page := it.Canonical
	if e.Base != n.feed.Base && isDocument(e.Base) {
		page = e.Base
	}
	main := rendered(e.Content, base, page)
	summary := rendered(e.Summary, base, page)
	if main.blank() {
		main, summary = summary, body{}
	}
	it.HTML, it.Text = main.html, main.text
	if summary.text != main.text {
		it.Summary = summary.html
	}
	if it.Text == "" {
		it.Text = summary.text
	}
	it.Excerpt = excerpt(it.Text, excerptSize)
	it.Image = picture(base, e, main.image, summary.image)
}

// rendered returns a text construct of a page as sanitised HTML.
func rendered(t news.Text, base, page string) body {
	if t.Value == "" {
		return body{}
	}
	if t.Base != "" {
		if base = t.Base; isDocument(base) {
			page = base
		}
	}
	if t.Type != news.TextPlain {
		t.Value = unmarked(t.Value)
	}
	if t.Type == news.TextPlain || t.Type == news.TextGuess && !looksLikeHTML(t.Value) {
		return cleanHTML(paragraphs(t.Value), base, page)
	}
	return cleanHTML(t.Value, base, page)
}

// isDocument reports whether a base that is stated of an entry is the address of a
// document, whose places may then be meant, and not of a folder.
func isDocument(base string) bool {
	u, err := url.Parse(base)
	return err == nil && u.Path != "" && !strings.HasSuffix(u.Path, "/")
}

// dates finds out when an item was published and changed.
func (n *normalizer) dates(it *news.Item, d *draft) {
	if at, ok := firstDate(d.entry.Updated, n.zone); ok && !at.at.After(n.at) {
		it.Updated = at.at
	}
	at, says := d.date()
	if !says {
		return
	}
	it.Dated, it.Zone, it.Published = true, at.zone, at.at
	if it.Published.After(n.at) {
		it.Published = n.at
	}
}

// earliest is the instant before which no feed was published: what states an
// earlier one means that it has no date. So does what states one that in UTC is in
// the year 10000, as the last hours of 9999 are west of Greenwich: RFC 3339 has none.
var earliest, latest = time.Date(1970, time.January, 2, 0, 0, 0, 0, time.UTC), time.Date(10000, time.January, 1, 0, 0, 0, 0, time.UTC)

// firstDate reads the first date that can be read. One without a zone is taken
// to be in this one; nil: in UTC.
func firstDate(spellings []string, zone *time.Location) (stated, bool) {
	for _, s := range spellings {
		at, ok := parseDate(s)
		if ok && at.zone == "" && zone != nil {
			t := at.at
			at = stated{time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, zone).UTC(), zone.String()}
		}
		if ok && !at.at.Before(earliest) && at.at.Before(latest) {
			return at, true
		}
	}
	return stated{}, false
}

// About returns what a feed says of itself, in normal form.
func About(feed news.Feed) news.About {
	n := newNormalizer(news.Source{}, &feed, time.Time{})
	about := news.About{
		Format: feed.Format, ID: cut(idText(feed.ID), maxAddress),
		Title: cut(plainText(feed.Title), maxTitle), Link: alternate(n.base, feed.Links),
		Language: n.language, Rights: cut(plainText(feed.Rights), maxTitle),
		Icon: webAddress(n.base, feed.Icon, false),
	}
	if about.Icon == "" {
		about.Icon = webAddress(n.base, feed.Image, false)
	}
	for _, l := range feed.Links {
		address := webAddress(n.base, l.Href, false)
		switch strings.ToLower(l.Rel) {
		case "self":
			if about.Self == "" {
				about.Self = address
			}
		case "hub":
			if address != "" && len(about.Hubs) < 8 {
				about.Hubs = append(about.Hubs, address)
			}
		}
	}
	for _, s := range [][]string{{feed.Updated}, {feed.Published}} {
		if at, ok := firstDate(s, nil); ok {
			about.Updated = at.at
			break
		}
	}
	return about
}

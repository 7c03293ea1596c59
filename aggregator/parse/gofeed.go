package parse

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/mmcdole/gofeed/atom"
	"github.com/mmcdole/gofeed/rss"

	"github.com/wireroom/wireroom/aggregator/news"
)

// fill has gofeed read the skeleton and takes over what it found: people,
// subjects, enclosures, pictures, places, origins, and what concerns the feed
// as a whole.
func (d *document) fill(known func(raw string) bool, settings string) error {
	head := d.skeleton.head(d)
	recognise(d.feed, string(head)+settings, known)
	body := bytes.NewReader(d.skeleton.document(d, head))
	if d.atom {
		f, err := (&atom.Parser{}).Parse(body)
		if err != nil {
			return fmt.Errorf("read the skeleton: %w", err)
		}
		fromAtom(d.feed, f)
		for i, entry := range f.Entries {
			atomEntry(d.feed, &d.feed.Entries[d.skeleton.entries[i]], entry)
		}
		return nil
	}
	f, err := (&rss.Parser{}).Parse(body)
	if err != nil {
		return fmt.Errorf("read the skeleton: %w", err)
	}
	fromRSS(d.feed, f)
	for i, item := range f.Items {
		rssItem(d.feed, &d.feed.Entries[d.skeleton.entries[i]], item)
	}
	return nil
}

func fromAtom(feed *news.Feed, f *atom.Feed) {
	feed.Authors = append(atomPersons(f.Authors), extensionPersons(f.Extensions)...)
	feed.Contributors = atomPersons(f.Contributors)
	feed.Categories = atomCategories(f.Categories)
	feed.Categories = append(feed.Categories, extensionCategories(f.Extensions)...)
	feed.Image, feed.Icon = f.Logo, f.Icon
	if g := f.Generator; g != nil {
		feed.Generator = strings.Join(strings.Fields(g.Value+" "+g.Version+" "+g.URI), " ")
	}
	extensions(feed, f.Extensions)
}

func atomEntry(feed *news.Feed, e *news.Entry, entry *atom.Entry) {
	e.Authors = append(atomPersons(entry.Authors), extensionPersons(entry.Extensions)...)
	e.Contributors = append(atomPersons(entry.Contributors), contributors(entry.Extensions)...)
	e.Categories = append(atomCategories(entry.Categories), extensionCategories(entry.Extensions)...)
	if s := entry.Source; s != nil {
		e.Origin = atomOrigin(s)
		if len(e.Authors) == 0 { // RFC 4287 section 4.2.1
			e.Authors = atomPersons(s.Authors)
		}
	}
	for _, l := range e.Links {
		switch {
		case l.Rel == "enclosure":
			e.Enclosures = append(e.Enclosures, news.Enclosure{URL: l.Href, Type: l.Type, Length: max(l.Length, 0), Title: l.Title})
		case l.Rel == "replies" && strings.Contains(l.Type, "html") && e.Comments == "": // RFC 4685
			e.Comments = l.Href
		}
	}
	media(e, entry.Extensions)
	bound(feed, e)
}

func atomOrigin(s *atom.Source) *news.Origin {
	origin := &news.Origin{ID: s.ID, Title: s.Title}
	for _, l := range s.Links {
		switch {
		case l.Rel == "self" && origin.URL == "":
			origin.URL = l.Href
		case l.Rel == "alternate" && origin.Link == "":
			origin.Link = l.Href
		}
	}
	if *origin == (news.Origin{}) {
		return nil
	}
	return origin
}

func fromRSS(feed *news.Feed, f *rss.Feed) {
	feed.Authors = extensionPersons(f.Extensions)
	if p, ok := person(f.ManagingEditor); ok {
		feed.Authors = append(feed.Authors, p)
	}
	if p, ok := person(f.WebMaster); ok && len(feed.Authors) == 0 {
		feed.Authors = append(feed.Authors, p)
	}
	feed.Categories = rssCategories(f.Categories)
	feed.Categories = append(feed.Categories, extensionCategories(f.Extensions)...)
	if f.Image != nil {
		feed.Image = f.Image.URL
	}
	feed.Generator = f.Generator
	feed.TTL = minutes(f.TTL)
	feed.SkipHours, feed.SkipDays = skipHours(f.SkipHours), skipDays(f.SkipDays)
	extensions(feed, f.Extensions)
}

func rssItem(feed *news.Feed, e *news.Entry, item *rss.Item) {
	e.Authors = extensionPersons(item.Extensions)
	e.Contributors = contributors(item.Extensions)
	e.Categories = append(rssCategories(item.Categories), extensionCategories(item.Extensions)...)
	e.Comments = clipURL(item.Comments)
	if s := item.Source; s != nil && (s.Title != "" || s.URL != "") {
		e.Origin = &news.Origin{Title: clip(s.Title, maxTitle), URL: clipURL(s.URL)}
	}
	for _, enc := range item.Enclosures {
		e.Enclosures = append(e.Enclosures, news.Enclosure{URL: enc.URL, Type: enc.Type, Length: size(enc.Length)})
	}
	for _, l := range e.Links {
		if l.Rel == "enclosure" {
			e.Enclosures = append(e.Enclosures, news.Enclosure{URL: l.Href, Type: l.Type, Length: max(l.Length, 0)})
		}
	}
	for _, original := range item.Extensions["feedburner"]["origenclosurelink"] {
		if len(e.Enclosures) == 1 {
			e.Enclosures[0].URL = first(original.Value, e.Enclosures[0].URL)
		}
	}
	media(e, item.Extensions)
	bound(feed, e)
}

// bound cuts the lists of an entry to what is kept.
func bound(feed *news.Feed, e *news.Entry) {
	cut := 0
	e.Authors, cut = head(e.Authors, cut)
	e.Contributors, cut = head(e.Contributors, cut)
	e.Categories, cut = head(e.Categories, cut)
	e.Enclosures, cut = head(e.Enclosures, cut)
	e.Images, cut = head(e.Images, cut)
	if cut > 0 {
		repair(feed, "limit", "people, subjects or media beyond the limit were dropped", cut)
	}
}

// head returns what of a list is kept, and adds to cut how much is not.
func head[T any](list []T, cut int) ([]T, int) {
	n := min(len(list), maxTerms)
	return list[:n], cut + len(list) - n
}

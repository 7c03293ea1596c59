package render

import (
	"encoding/xml"
	"html"
	"time"

	"github.com/gorilla/feeds"

	"github.com/wireroom/wireroom/aggregator/news"
)

// An atomFeed shadows what the embedded struct has no attributes or only one
// place for.
type atomFeed struct {
	feeds.AtomFeed
	Language  string        `xml:"xml:lang,attr,omitempty"`
	NSMedia   string        `xml:"xmlns:media,attr"`
	NSGeo     string        `xml:"xmlns:georss,attr"`
	NSHistory string        `xml:"xmlns:fh,attr,omitempty"`
	Title     *atomText     `xml:"title"`
	Author    atomPerson    `xml:"author"`
	Subtitle  *atomText     `xml:"subtitle"`
	Generator atomGenerator `xml:"generator"`
	Archive   *struct{}     `xml:"fh:archive"`
	Links     []link
	Entries   []atomEntry `xml:"entry"`
}

// An atomText is a text construct of plain text.
type atomText struct {
	Type string `xml:"type,attr"`
	plainText
}

func atomPlain(s string) *atomText { return &atomText{"text", plain(s)} }

type atomPerson struct {
	Name plainText `xml:"name"`
	URI  string    `xml:"uri,omitempty"`
}

type atomGenerator struct {
	URI     string `xml:"uri,attr"`
	Version string `xml:"version,attr,omitempty"`
	Name    string `xml:",chardata"`
}

// An atomEntry shadows what the embedded struct can hold only one of, and what
// it would write as bare text: category and source have structure in Atom.
type atomEntry struct {
	XMLName xml.Name `xml:"entry"`
	feeds.AtomEntry
	Language   string         `xml:"xml:lang,attr,omitempty"`
	Title      *atomText      `xml:"title"`
	Summary    *atomText      `xml:"summary"`
	Authors    []atomPerson   `xml:"author"`
	Categories []atomCategory `xml:"category"`
	Links      []link
	Rights     *atomText   `xml:"rights"`
	Source     *atomSource `xml:"source"`
	Media      []media     `xml:"media:content"`
	Point      string      `xml:"georss:point,omitempty"`
}

type atomCategory struct {
	Term string `xml:"term,attr"`
}

// An atomSource is the feed that the entry comes from (RFC 4287 section 4.2.11).
type atomSource struct {
	ID      string    `xml:"id"`
	Title   *atomText `xml:"title"`
	Updated string    `xml:"updated"`
	Rights  *atomText `xml:"rights"`
	Links   []link
}

// Atom renders a channel as Atom 1.0.
func Atom(site Site, ch Channel) (news.Document, error) { return lay(site, ch, nil).atom() }

func (l *layout) atom() (news.Document, error) {
	site, ch, updated := l.site, l.ch, l.modified
	if updated.IsZero() {
		updated = instant(ch.Since, begin)
	}
	feed := atomFeed{
		AtomFeed: feeds.AtomFeed{
			Xmlns:   nsAtom,
			Id:      site.feedID(ch),
			Updated: updated.Format(time.RFC3339),
		},
		Author:    atomPerson{plain(site.name()), site.url("/")},
		Language:  shortLanguage(l.language()),
		NSMedia:   nsMedia,
		NSGeo:     nsGeo,
		Title:     atomPlain(ch.title()),
		Subtitle:  atomPlain(ch.description(site)),
		Generator: atomGenerator{Homepage, site.Version, "Wireroom"},
		Links:     ch.links(site, atomFormat, "link"),
	}
	feed.Links = append(feed.Links, atomLink("alternate", ch.homeURL(site), "text/html"))
	if ch.Archive > 0 {
		feed.NSHistory, feed.Archive = nsHistory, &struct{}{}
	}
	shell, err := encode(feed)
	if err != nil {
		return news.Document{}, err
	}
	body, tag, err := l.splice(shell, "", "</feed>", func(pl *plate) (*part, error) {
		if pl.atom == nil {
			text, err := encodePart(newAtomEntry(site, &pl.entry), " ")
			if err != nil {
				return nil, err
			}
			pl.atom = newPart(text)
		}
		return pl.atom, nil
	})
	if err != nil {
		return news.Document{}, err
	}
	return ch.document(site, atomFormat, body, tag, l.modified), nil
}

func atomLink(rel, href, mediaType string) link {
	return link{XMLName: xml.Name{Local: "link"}, Rel: rel, Href: href, Type: mediaType}
}

func newAtomEntry(site Site, e *entry) atomEntry {
	a := atomEntry{
		AtomEntry: feeds.AtomEntry{
			Id:        e.id,
			Published: e.published.Format(time.RFC3339),
			Updated:   e.updated.Format(time.RFC3339),
		},
		Language: shortLanguage(e.language),
		Title:    atomPlain(e.title),
		Links:    []link{atomLink("alternate", e.url, "text/html")},
		Media:    e.media(nil),
		Point:    e.point(),
	}
	if e.html != "" {
		a.Content = &feeds.AtomContent{Type: "html", Content: e.html}
	} else {
		a.Content = &feeds.AtomContent{Type: "html", Content: html.EscapeString(e.text)}
	}
	if e.summary != "" {
		a.Summary = atomPlain(e.summary)
	}
	for _, p := range e.authors {
		a.Authors = append(a.Authors, atomPerson{plain(p.Name), p.URL})
	}
	if len(a.Authors) == 0 {
		a.Authors = []atomPerson{{plain(e.outlet.Title), e.outlet.Link}}
	}
	for _, c := range e.categories {
		a.Categories = append(a.Categories, atomCategory{c})
	}
	for _, enc := range e.enclosures {
		l := atomLink("enclosure", enc.URL, enc.Type)
		l.Length, l.Title = enc.Length, attribute(enc.Title)
		a.Links = append(a.Links, l)
	}
	if e.comments != "" {
		a.Links = append(a.Links, atomLink("replies", e.comments, "text/html"))
	}
	a.Links = append(a.Links, e.related("link")...)
	if e.rights != "" {
		a.Rights = atomPlain(e.rights)
	}
	a.Source = newAtomSource(site, e)
	return a
}

// newAtomSource names the outlet's own feed. An outlet without a feed on the
// web, such as a local file, gives none.
func newAtomSource(site Site, e *entry) *atomSource {
	o := e.outlet
	if o.Feed == "" {
		return nil
	}
	s := &atomSource{ID: site.sourceID(o), Title: atomPlain(o.Title), Updated: e.sourced.Format(time.RFC3339)}
	if o.Rights != "" {
		s.Rights = atomPlain(o.Rights)
	}
	s.Links = append(s.Links, atomLink("self", o.Feed, ""))
	if o.Link != "" {
		s.Links = append(s.Links, atomLink("alternate", o.Link, "text/html"))
	}
	return s
}

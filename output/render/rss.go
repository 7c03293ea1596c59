package render

import (
	"encoding/xml"
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/feeds"

	"github.com/wireroom/wireroom/aggregator/news"
)

// rssDocs is what the channel's docs element names. It is the address that
// also tells validators that the extensions used here are known.
const rssDocs = "https://www.rssboard.org/rss-specification"

type rssRoot struct {
	XMLName   xml.Name `xml:"rss"`
	Version   string   `xml:"version,attr"`
	NSAtom    string   `xml:"xmlns:atom,attr"`
	NSContent string   `xml:"xmlns:content,attr"`
	NSDC      string   `xml:"xmlns:dc,attr"`
	NSMedia   string   `xml:"xmlns:media,attr"`
	NSGeo     string   `xml:"xmlns:georss,attr"`
	NSItunes  string   `xml:"xmlns:itunes,attr,omitempty"`
	NSHistory string   `xml:"xmlns:fh,attr,omitempty"`
	Channel   rssChannel
}

// An rssChannel shadows the texts of the embedded struct that must be escaped
// in another way. Its items are put into the finished document.
type rssChannel struct {
	feeds.RssFeed
	Title       plainText `xml:"title"`
	Description plainText `xml:"description"`
	Archive     *struct{} `xml:"fh:archive"`
	Links       []link
}

// An rssItem shadows what the embedded struct has no attributes or only one
// place for.
type rssItem struct {
	XMLName xml.Name `xml:"item"`
	feeds.RssItem
	Title      plainText   `xml:"title"`
	Categories []plainText `xml:"category"`
	Source     *rssSource  `xml:"source"`
	Creators   []plainText `xml:"dc:creator"`
	Language   string      `xml:"dc:language,omitempty"`
	Rights     *plainText  `xml:"dc:rights"`
	Updated    string      `xml:"atom:updated,omitempty"`
	Duration   int64       `xml:"itunes:duration,omitempty"` // of the enclosure, in seconds
	Media      []media     `xml:"media:content"`
	Point      string      `xml:"georss:point,omitempty"`
	Links      []link
}

type rssSource struct {
	URL string `xml:"url,attr"`
	plainText
}

// RSS renders a channel as RSS 2.0.
func RSS(site Site, ch Channel) (news.Document, error) { return lay(site, ch, nil).rss() }

func (l *layout) rss() (news.Document, error) {
	site, ch := l.site, l.ch
	root := rssRoot{
		Version: "2.0", NSAtom: nsAtom, NSContent: nsContent, NSDC: nsDC, NSMedia: nsMedia, NSGeo: nsGeo,
		Channel: rssChannel{
			RssFeed: feeds.RssFeed{
				Link:      ch.homeURL(site),
				Language:  shortLanguage(l.language()),
				Generator: "Wireroom " + site.Version + " (" + Homepage + ")",
				Docs:      rssDocs,
				Ttl:       int(ch.maxAge().Minutes()),
			},
			Title:       plain(ch.title()),
			Description: plain(ch.description(site)),
			Links:       ch.links(site, rssFormat, "atom:link"),
		},
	}
	if ch.Archive > 0 {
		root.NSHistory, root.Channel.Archive = nsHistory, &struct{}{}
	}
	if slices.ContainsFunc(l.plates, func(pl *plate) bool { return pl.entry.lasts() > 0 }) {
		root.NSItunes = nsItunes
	}
	if !l.modified.IsZero() {
		root.Channel.LastBuildDate = l.modified.Format(time.RFC1123Z)
	}
	shell, err := encode(root)
	if err != nil {
		return news.Document{}, err
	}
	body, tag, err := l.splice(shell, "", " </channel>", func(pl *plate) (*part, error) {
		if pl.rss == nil {
			text, err := encodePart(newRSSItem(&pl.entry), "  ")
			if err != nil {
				return nil, err
			}
			pl.rss = newPart(text)
		}
		return pl.rss, nil
	})
	if err != nil {
		return news.Document{}, err
	}
	return ch.document(site, rssFormat, body, tag, l.modified), nil
}

func newRSSItem(e *entry) rssItem {
	it := rssItem{
		RssItem: feeds.RssItem{
			Link:     e.url,
			Comments: e.comments,
			Guid:     &feeds.RssGuid{Id: e.id, IsPermaLink: "false"},
			PubDate:  e.published.Format(time.RFC1123Z),
		},
		Title:    plain(e.title),
		Language: shortLanguage(e.language),
		Rights:   optional(e.rights),
		Updated:  e.updated.Format(time.RFC3339),
		Point:    e.point(),
		Links:    e.related("atom:link"),
	}
	// Readers show content:encoded where there is one, and the description in
	// their lists; one text alone is the description.
	switch {
	case e.summary != "":
		it.Description = html.EscapeString(e.summary)
		it.Content = &feeds.RssContent{Content: e.html}
	case e.html != "":
		it.Description = e.html
	default:
		it.Description = html.EscapeString(e.text)
	}
	for _, p := range e.authors {
		it.Creators = append(it.Creators, plain(p.Name))
	}
	for _, c := range e.categories {
		it.Categories = append(it.Categories, plain(c))
	}
	if e.outlet.Feed != "" {
		it.Source = &rssSource{e.outlet.Feed, plain(e.outlet.Title)}
	}
	others := e.enclosures
	if i := e.enclosed(); i >= 0 {
		enc := others[i]
		it.Enclosure = &feeds.RssEnclosure{Url: enc.URL, Type: enc.Type, Length: strconv.FormatInt(enc.Length, 10)}
		it.Duration = e.lasts()
		others = slices.Concat(others[:i], others[i+1:])
	}
	it.Media = e.media(others)
	return it
}

// enclosed is the index of the enclosure that RSS has room for, at a host with a
// dotted name: of what can be played, if there is any, since programs for podcasts
// look nowhere else. It is -1 where there is none.
func (e *entry) enclosed() int {
	dotted := func(enc news.Enclosure) bool { return dottedHost.MatchString(enc.URL) }
	i := slices.IndexFunc(e.enclosures, func(enc news.Enclosure) bool { return played(enc.Type) && dotted(enc) })
	if i < 0 {
		i = slices.IndexFunc(e.enclosures, dotted)
	}
	return i
}

// lasts is how many seconds that one takes; 0 where it is not known. RSS itself has
// no place for it, and programs for podcasts look where Apple's has it.
func (e *entry) lasts() int64 {
	if i := e.enclosed(); i >= 0 {
		return int64(e.enclosures[i].Duration.Seconds())
	}
	return 0
}

// played reports whether a file of that media type is heard or seen in time.
func played(mediaType string) bool {
	return strings.HasPrefix(mediaType, "audio/") || strings.HasPrefix(mediaType, "video/")
}

var dottedHost = regexp.MustCompile(`^https?://(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9][A-Za-z0-9-]*(?::[0-9]+)?(?:/|$)`)

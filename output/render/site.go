package render

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// Homepage is where the program is explained; feeds name it as their generator's.
const Homepage = "https://github.com/wireroom/wireroom"

// A Site is what all documents of one Wireroom have in common.
type Site struct {
	BaseURL   string      // public address without a slash at its end, such as "https://feeds.example.org"
	Title     string      // name of the whole, shown on pages
	Version   string      // of the program
	Authority string      // "example.org,2026": minted once, starts the ids of feeds, survives a change of BaseURL; empty: ids are addresses
	Images    ImagePolicy // what pages do with pictures; empty: ImagesLink
	Search    bool        // there is a search: pages show its field
}

// An ImagePolicy says what pages do with the pictures of items.
type ImagePolicy string

// The image policies. With ImagesDirect a reader's browser asks the outlets'
// servers for the pictures, which tells them who reads.
const (
	ImagesNone   ImagePolicy = "none"
	ImagesLink   ImagePolicy = "link" // a link to the picture; the default
	ImagesDirect ImagePolicy = "direct"
)

// A Channel is what is published of a topic in one document: its newest
// filings, or a page of its archive.
type Channel struct {
	Topic  news.Topic
	Filed  []news.Filed  // in the order in which they are to be shown
	MaxAge time.Duration // how long a reader may keep the document; rounded to minutes, at least one
	Since  time.Time     // when the topic began: what an empty Atom feed gives as its instant of change

	// Archive is the number of the archive page, counting from 1 for the
	// oldest; 0 is the topic's feed itself. Archives is the number of the
	// newest archive page that exists. An archive page is complete when it is
	// first published and never changes (RFC 5005 section 4).
	Archive  int
	Archives int

	query *string // it is no topic, but the answer to this query
}

// A format is one of the three forms of a topic's feed.
type format struct {
	ext, mediaType, contentType, name string
}

// The content types are the exact ones that validators ask for; JSON is UTF-8
// by definition and takes no charset.
var (
	rssFormat  = format{"rss", "application/rss+xml", "application/rss+xml; charset=utf-8", "RSS"}
	atomFormat = format{"atom", "application/atom+xml", "application/atom+xml; charset=utf-8", "Atom"}
	jsonFormat = format{"json", "application/feed+json", "application/feed+json", "JSON Feed"}
)

// archiveMaxAge is how long an archive page may be kept: it never changes.
const archiveMaxAge = 365 * 24 * time.Hour

// TopicPath returns the path of a topic's page.
func TopicPath(topic string) string { return "/topics/" + topic }

// StoryPath returns the path of a story's page.
func StoryPath(story string) string { return "/stories/" + story }

// PrivateStoryPath returns the path of a story's page for the readers of a private
// topic, who see there what that topic shows. It lies below the topic's, and is
// reached as that is: by a header, or below an address that holds the token.
func PrivateStoryPath(topic, story string) string { return TopicPath(topic) + StoryPath(story) }

// ArchivePath returns the path of page n of a topic's archive; ext is "rss",
// "atom" or "json".
func ArchivePath(topic string, n int, ext string) string {
	return fmt.Sprintf("/topics/%s/archive/%d.%s", topic, n, ext)
}

func (s Site) url(path string) string { return strings.TrimSuffix(s.BaseURL, "/") + path }

// feedID is constant for a topic, the same in every format, and never that of
// an entry, whose ids have another form.
func (s Site) feedID(ch Channel) string {
	switch {
	case s.Authority == "":
		return s.url(ch.home())
	case ch.query != nil:
		return "tag:" + s.Authority + ":search/" + url.PathEscape(*ch.query)
	}
	return "tag:" + s.Authority + ":topics/" + ch.Topic.Minted()
}

// sourceID names an outlet's feed by its own id, or its address, where that is
// a canonical URI; where neither is, by a constant one of ours.
func (s Site) sourceID(o news.Outlet) string {
	for _, id := range []string{o.FeedID, o.Feed} {
		if isCanonical(id) {
			return id
		}
	}
	if s.Authority == "" {
		return s.url("/sources#" + o.Source)
	}
	return "tag:" + s.Authority + ":sources/" + o.Source
}

// home is the path of the channel's page.
func (ch Channel) home() string {
	if ch.query != nil {
		return SearchPath + ch.search()
	}
	return TopicPath(ch.Topic.Name)
}

// homeURL is the address of the channel's page as its feeds give it: of a private
// one, which has two and neither is for everybody, that of the front page.
func (ch Channel) homeURL(site Site) string {
	if ch.private() {
		return site.url("/")
	}
	return site.url(ch.home())
}

func (ch Channel) path(f format) string {
	if ch.query != nil {
		return SearchPath + "." + f.ext + ch.search()
	}
	if ch.Archive > 0 {
		return ArchivePath(ch.Topic.Name, ch.Archive, f.ext)
	}
	return TopicPath(ch.Topic.Name) + "." + f.ext
}

// older returns the path of the archive page before this document, or "".
func (ch Channel) older(f format) string {
	n := ch.Archives
	if ch.Archive > 0 {
		n = ch.Archive - 1
	}
	if n < 1 {
		return ""
	}
	return ArchivePath(ch.Topic.Name, n, f.ext)
}

func (ch Channel) maxAge() time.Duration {
	if ch.Archive > 0 {
		return archiveMaxAge
	}
	return max(ch.MaxAge.Truncate(time.Minute), time.Minute)
}

func (ch Channel) private() bool { return ch.Topic.Token != "" }

// hub is the topic's hub. A private topic has none: a hub would spread it.
func (ch Channel) hub() string {
	if ch.private() {
		return ""
	}
	return webURL(ch.Topic.Hub)
}

// selfURL is the address that a document is served under. A private one is
// also served below an address that holds its token, and does not name either:
// a reader that followed the other would lose the feed.
func (ch Channel) selfURL(site Site, f format) string {
	if ch.private() {
		return ""
	}
	return site.url(ch.path(f))
}

func (ch Channel) title() string {
	title := cleanLine(ch.Topic.Title)
	if title == "" {
		title = ch.Topic.Name
	}
	if ch.Archive > 0 {
		title = fmt.Sprintf("%s (archive %d)", title, ch.Archive)
	}
	return title
}

func (ch Channel) description(site Site) string {
	if d := cleanLine(ch.Topic.Description); d != "" {
		return d
	}
	if site.Title == "" {
		return ch.title()
	}
	return ch.title() + ", from " + cleanLine(site.Title)
}

func (s Site) name() string {
	if t := cleanLine(s.Title); t != "" {
		return t
	}
	return "Wireroom"
}

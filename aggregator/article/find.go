package article

import (
	"cmp"
	"mime"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

// An Advert is a feed that a page speaks of.
type Advert struct {
	URL   string // absolute
	Title string // as the page names it
}

// maxAdverts is how many feeds of a page are told of, the first ones.
const maxAdverts = 100

// feedTypes are the media types by which a page advertises a feed, and whether they
// are those of feeds alone: by the others pages speak of their search index as well.
var feedTypes = map[string]bool{
	"application/rss+xml": true, "application/atom+xml": true, "application/rdf+xml": true, "application/feed+json": true,
	"application/json": false, "text/xml": false, "application/xml": false,
}

// feedNames are the last parts of addresses that feeds usually have.
var feedNames = map[string]bool{
	"feed": true, "rss": true, "atom": true, "feed.xml": true, "rss.xml": true, "atom.xml": true,
	"index.xml": true, "index.rdf": true, "feed.json": true, "feed.rss": true, "feed.atom": true, "rss2.xml": true,
}

// Feeds returns the feeds that a page advertises, in its order but those that may be
// something else behind the others, and those of comments last; where it advertises
// none, those that it links to.
func Feeds(page []byte, contentType, pageURL string) ([]Advert, error) {
	d, err := open(page, contentType, pageURL)
	if err != nil {
		return nil, err
	}
	var adverts []Advert
	add := func(s *goquery.Selection) {
		a := Advert{URL: d.link(s.AttrOr("href", "")), Title: cmp.Or(squeeze(s.AttrOr("title", "")), text(s))}
		if a.URL != "" && len(adverts) < maxAdverts && !slices.ContainsFunc(adverts, func(b Advert) bool { return a.URL == b.URL }) {
			adverts = append(adverts, a)
		}
	}
	for _, sure := range []bool{true, false} {
		d.Find("link[href]").Each(func(_ int, s *goquery.Selection) {
			rel := strings.Fields(strings.ToLower(s.AttrOr("rel", "")))
			mediaType, _, _ := mime.ParseMediaType(s.AttrOr("type", ""))
			alone, ok := feedTypes[mediaType]
			if slices.Contains(rel, "feed") && mediaType != "text/html" || slices.Contains(rel, "alternate") && ok && alone == sure && !isAPI(s.AttrOr("href", "")) {
				add(s)
			}
		})
	}
	if len(adverts) == 0 {
		d.Find("a[href]").Each(func(_ int, s *goquery.Selection) {
			if isFeedName(s.AttrOr("href", "")) {
				add(s)
			}
		})
	}
	slices.SortStableFunc(adverts, func(a, b Advert) int { return cmp.Compare(ofComments(a), ofComments(b)) })
	return adverts, nil
}

// isAPI reports whether an address is that of a content system's interface,
// which is advertised in the same manner (oEmbed, WordPress's REST).
func isAPI(href string) bool {
	return strings.Contains(href, "/wp-json/") || strings.Contains(href, "oembed")
}

// isFeedName reports whether an address ends as those of feeds do.
func isFeedName(href string) bool {
	u, err := url.Parse(strings.TrimSpace(href))
	if err != nil {
		return false
	}
	name := strings.ToLower(path.Base(u.Path))
	return feedNames[name] || strings.HasSuffix(name, ".rss") || strings.HasSuffix(name, ".atom") || strings.HasSuffix(name, ".rdf")
}

// ofComments is 1 for a feed of comments.
func ofComments(a Advert) int {
	if s := strings.ToLower(a.URL + " " + a.Title); strings.Contains(s, "/comments") || strings.Contains(s, "comments feed") {
		return 1
	}
	return 0
}

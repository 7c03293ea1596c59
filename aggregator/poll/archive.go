package poll

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// maxEarlier is how many documents of a feed's past are fetched at once.
const maxEarlier = 10

// Behind reports whether a feed's past should be fetched: at its first import,
// and where all its entries are new, so that others may have passed unseen. On
// normal polls it is left alone (RFC 5005 section 4).
func Behind(state news.State, entries, fresh int) bool {
	return state.LastBody.IsZero() || entries > 0 && fresh >= entries
}

// Earlier fetches the documents that go before a feed: its archives (RFC 5005
// section 4) or, at the first import, its further pages (section 3), newest
// first, at most ten. read makes a feed of an answer, which may have no body. It ends at the
// first document that cannot be had, that is older than since, or that was
// fetched already; nothing may be inferred from what is missing in them.
func (c *Client) Earlier(ctx context.Context, src news.Source, feed *news.Feed, since, now time.Time, read func(news.Answer) (*news.Feed, error)) []*news.Feed {
	var earlier []*news.Feed
	seen := map[string]bool{feed.URL: true}
	for len(earlier) < maxEarlier {
		link := before(feed, since.IsZero())
		if link == "" || seen[link] || !sameSite(link, feed.URL) {
			break
		}
		seen[link] = true
		older, err := read(c.Get(ctx, src, link, now))
		if err != nil || older == nil || len(older.Entries) == 0 {
			break
		}
		earlier = append(earlier, older)
		if updated, err := time.Parse(time.RFC3339, older.Updated); err == nil && updated.Before(since) {
			break
		}
		feed = older
	}
	return earlier
}

// before returns the link to the document before this one.
func before(feed *news.Feed, first bool) string {
	next := ""
	for _, link := range feed.Links {
		base, err := url.Parse(feed.URL)
		if err != nil {
			return ""
		}
		href, err := base.Parse(link.Href)
		if err != nil {
			continue
		}
		href.Fragment = ""
		switch strings.ToLower(link.Rel) {
		case "prev-archive":
			return href.String()
		case "next":
			next = href.String()
		}
	}
	if first {
		return next
	}
	return ""
}

// sameSite keeps a feed's past on the feed's own host.
func sameSite(link, feed string) bool {
	u, err := url.Parse(link)
	return err == nil && sameHost(u, feed)
}

// Package normalize brings the entries of a feed to normal form: identity,
// links, dates, HTML, text, language. It is pure.
package normalize

import (
	"crypto/sha256"
	"encoding/hex"
	"net/mail"
	"time"

	"github.com/microcosm-cc/bluemonday"

	"github.com/wireroom/wireroom/aggregator/news"
)

// Items returns the entries of a feed in normal form, in the feed's order, each
// identity once. at is the start of the poll that brought the feed.
func Items(src news.Source, feed news.Feed, at time.Time) []news.Item {
	at = at.UTC().Truncate(time.Second)
	var items []news.Item
	seen := map[string]bool{}
	for _, e := range feed.Entries {
		it := news.Item{Source: src.Name, GUID: e.GUID, ID: e.GUID, FirstSeen: at, Fetched: at, Published: at}
		if len(e.Links) > 0 {
			it.URL = e.Links[0].Href
			it.Canonical = it.URL
		}
		if it.ID == "" {
			it.ID = it.URL
		}
		if it.ID == "" || seen[it.ID] {
			continue
		}
		seen[it.ID] = true
		strict := bluemonday.StrictPolicy()
		it.Title = strict.Sanitize(e.Title.Value)
		it.HTML = bluemonday.UGCPolicy().Sanitize(e.Content.Value + e.Summary.Value)
		it.Text = strict.Sanitize(it.HTML)
		it.Excerpt = it.Text
		for _, d := range e.Published {
			if t, err := mail.ParseDate(d); err == nil {
				it.Published, it.Dated = t.UTC(), true
			} else if t, err := time.Parse(time.RFC3339, d); err == nil {
				it.Published, it.Dated = t.UTC(), true
			}
		}
		sum := sha256.Sum256([]byte(it.Title + "\x00" + it.HTML + "\x00" + it.Canonical))
		it.Hash = hex.EncodeToString(sum[:16])
		items = append(items, it)
	}
	return items
}

// About returns what a feed says of itself in normal form.
func About(feed news.Feed) news.About {
	about := news.About{Format: feed.Format, Title: feed.Title.Value, Language: feed.Language}
	if len(feed.Links) > 0 {
		about.Link = feed.Links[0].Href
	}
	return about
}

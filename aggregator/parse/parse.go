// Package parse turns the bytes of an answer into a feed: guards, repair, then
// gofeed, which is known here only.
package parse

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/mmcdole/gofeed"

	"github.com/wireroom/wireroom/aggregator/news"
)

// ErrNotFeed says that a document is no feed of any known format.
var ErrNotFeed = errors.New("not a feed")

// Parse reads the document of an answer within the source's limits.
func Parse(src news.Source, answer news.Answer) (news.Feed, error) {
	parsed, err := gofeed.NewParser().Parse(bytes.NewReader(answer.Body))
	if err != nil {
		return news.Feed{}, fmt.Errorf("parse: %w: %w", ErrNotFeed, err)
	}
	feed := news.Feed{
		Format: parsed.FeedType + " " + parsed.FeedVersion, URL: answer.URL,
		Title: news.Text{Value: parsed.Title}, Language: parsed.Language,
	}
	if parsed.Link != "" {
		feed.Links = []news.Link{{Href: parsed.Link}}
	}
	for i, it := range parsed.Items {
		if src.MaxItems > 0 && i >= src.MaxItems {
			feed.Dropped++
			continue
		}
		e := news.Entry{
			GUID: it.GUID, Title: news.Text{Value: it.Title},
			Summary: news.Text{Value: it.Description}, Content: news.Text{Value: it.Content},
			Published: []string{it.Published}, Updated: []string{it.Updated},
		}
		if it.Link != "" {
			e.Links = []news.Link{{Href: it.Link}}
		}
		feed.Entries = append(feed.Entries, e)
	}
	return feed, nil
}

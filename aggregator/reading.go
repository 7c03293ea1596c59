package aggregator

import (
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/wireroom/wireroom/aggregator/article"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/normalize"
	"github.com/wireroom/wireroom/aggregator/parse"
)

// A reading is what was made of an answer's document.
type reading struct {
	feed  *news.Feed
	about news.About
	items []news.Item // those of the document, and behind them those of its past

	current int    // how many of the items are of the document itself
	found   string // of a site: the feed that its page advertises, to be polled instead
}

// read makes items of an answer's document. Nothing that a source sends may
// end the process: a panic is that source's failure.
func (a *Aggregator) read(src news.Source, answer news.Answer) (doc reading, err error) {
	defer func() {
		if p := recover(); p != nil {
			a.logger.Error("a document made the parser panic", "source", src.Name, "panic", p, "stack", string(debug.Stack()))
			doc, err = reading{}, errors.New("the document could not be read: the parser gave up on it")
		}
	}()
	doc, err = open(src, answer)
	if err == nil && doc.found == "" {
		doc.about = normalize.About(*doc.feed)
		doc.items = normalize.Items(src, *doc.feed, answer.At)
		doc.current = len(doc.items)
	}
	return doc, err
}

// open reads a document by what the source is: a page that lists articles, a
// site that advertises its feed, or a feed.
func open(src news.Source, answer news.Answer) (reading, error) {
	if src.Page != nil {
		feed, err := article.Feed(answer.Body, answer.ContentType, answer.URL, *src.Page)
		return reading{feed: feed}, err
	}
	feed, err := parse.Parse(src, answer)
	if err == nil {
		return reading{feed: &feed}, nil
	}
	if !src.Site || !errors.Is(err, parse.ErrNotFeed) {
		return reading{}, err
	}
	adverts, err := article.Feeds(answer.Body, answer.ContentType, answer.URL)
	if err != nil {
		return reading{}, err
	}
	if len(adverts) == 0 {
		return reading{}, fmt.Errorf("the page %s advertises no feed; name the feed's address, or describe its items with the page key", answer.URL)
	}
	return reading{feed: &news.Feed{Format: "site", URL: answer.URL}, found: adverts[0].URL}, nil
}

// Package parse turns the bytes of an answer into a feed: guards, repair, then
// gofeed, which is known here only.
//
// A document goes through these steps, in this order:
//
//	guard.go     what was compressed unnoticed is unpacked, within the limit
//	charset.go   bytes become characters, whatever is declared or forgotten
//	scan.go      markup becomes tokens; nothing is too broken for that
//	document.go  tokens become entries, one after the other, each a small tree
//	entry.go     what gofeed loses is taken from the tree: ids, words, dates, links
//	skeleton.go  the rest is written anew, well-formed, for gofeed to read
//	gofeed.go    and what it read is put with the entries
//	jsonfeed.go  JSON Feed goes its own way, item by item
//
// The reasons are gofeed's: it parses recursively, gives up at the first bad
// byte, and keeps neither the type of a text nor an id as it was written.
package parse

import (
	"errors"
	"fmt"
	"strings"

	"github.com/wireroom/wireroom/aggregator/news"
)

// ErrNotFeed says that a document is no feed of any known format.
var ErrNotFeed = errors.New("not a feed")

// ErrTooLarge says that a document is larger than its source allows.
var ErrTooLarge = errors.New("the document is too large")

// Parse reads the document of an answer within the source's limits: MaxBytes
// decompressed, of its entries the first MaxItems. What was repaired is in the
// feed's Repairs. The error is ErrTooLarge or wraps ErrNotFeed.
func Parse(src news.Source, answer news.Answer) (news.Feed, error) {
	limit, items := src.MaxBytes, src.MaxItems
	if limit <= 0 {
		limit = maxBytes
	}
	if items <= 0 || items > maxItems {
		items = maxItems
	}
	feed := news.Feed{URL: answer.URL}
	body, err := unpack(answer.Body, limit, &feed)
	if err != nil {
		return news.Feed{}, fmt.Errorf("parse: %w", err)
	}
	text, charset := decodeBytes(body, answer.ContentType, func(detail string) { repair(&feed, "charset", detail, 0) })
	feed.Charset = charset
	text, dropped, moved := clean(text)
	if dropped > 0 {
		repair(&feed, "control", "characters that XML does not allow were dropped", dropped)
	}
	if moved > 0 {
		repair(&feed, "control", "control characters were read as windows-1252", moved)
	}
	if rest := strings.TrimLeft(text, "\ufeff \t\r\n"); strings.HasPrefix(rest, "{") {
		err = readJSON(rest, items, &feed)
	} else {
		err = parseXML(text, items, &feed)
	}
	if err != nil {
		return news.Feed{}, fmt.Errorf("parse: %w: %w", ErrNotFeed, err)
	}
	if feed.Language == "" {
		feed.Language = firstLanguage(answer.ContentLanguage)
	}
	return feed, nil
}

func parseXML(text string, items int, feed *news.Feed) error {
	d, err := readXML(text, feed.URL, items, feed)
	if err != nil {
		return err
	}
	d.readHead()
	if n := d.entities.illegal; n > 0 {
		repair(feed, "control", "references to characters that XML does not allow were dropped", n)
	}
	return d.fill()
}

// firstLanguage returns the language of a Content-Language header that names
// exactly one; a list says for whom a page is, not what it is written in.
func firstLanguage(header string) string {
	if strings.Contains(header, ",") {
		return ""
	}
	return strings.TrimSpace(header)
}

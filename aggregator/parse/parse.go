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
	"slices"
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
	return Changed(src, answer, nil)
}

// Changed is Parse, but entries whose Raw is known are marked and spared the
// costly part of the way. Raw depends on everything that an entry's items are
// made of: when the feed's base, language, people or site change, every entry
// has another.
func Changed(src news.Source, answer news.Answer, known func(raw string) bool) (news.Feed, error) {
	limit, items := src.MaxBytes, src.MaxItems
	if limit <= 0 {
		limit = maxBytes
	}
	if items <= 0 {
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
	if text, moved = whole(text); moved > 0 {
		repair(&feed, "control", "references to the halves of characters were read as the characters", moved)
	}
	if rest := strings.TrimLeft(text, "\ufeff \t\r\n"); strings.HasPrefix(rest, "{") {
		if err = readJSON(rest, items, &feed); err == nil {
			stateLanguage(&feed, answer)
			recognise(&feed, fmt.Sprint(feed.Authors)+src.Language, known)
		}
	} else {
		var d *document
		if d, err = readXML(text, feed.URL, items, &feed); err == nil {
			d.readHead()
			stateLanguage(&feed, answer)
			err = d.fill(known, src.Language)
		}
	}
	if err != nil {
		return news.Feed{}, fmt.Errorf("%w: %w", ErrNotFeed, err) // as whoever keeps the source is told it
	}
	return feed, nil
}

// recognise completes the hash of each entry with what it takes from its feed,
// and marks those that are known. One without a link and a title of its own is
// never known: its identity is made of all of it. Nor is one that has a name in
// common with another, or had when it was read: it may have to be called
// otherwise than it was.
func recognise(feed *news.Feed, context string, known func(raw string) bool) {
	var b strings.Builder
	for _, s := range []string{context, feed.URL, feed.Base, feed.Language} {
		b.WriteString(s)
		b.WriteByte(0)
	}
	for _, l := range feed.Links {
		if l.Rel == "" || l.Rel == "alternate" || l.Rel == relOriginal {
			b.WriteString(l.Href + "\x00" + l.Type + "\x00")
		}
	}
	shared := rawHash(b.String())
	called, count := make([][]string, len(feed.Entries)), make(map[string]int, 2*len(feed.Entries))
	for i := range feed.Entries {
		called[i] = names(&feed.Entries[i])
		for _, name := range called[i] {
			count[name]++
		}
	}
	for i := range feed.Entries {
		e := &feed.Entries[i]
		sole := !slices.ContainsFunc(called[i], func(name string) bool { return count[name] > 1 })
		if sole {
			e.Raw = rawHash(shared + e.Raw)
		} else {
			e.Raw = rawHash(shared + "not alone" + e.Raw)
		}
		linked := len(e.Links) > 0 || e.PermaLink
		e.Known = known != nil && sole && linked && e.Title.Value != "" && known(e.Raw)
	}
}

// names returns what an entry is called by its feed, each once: what it states, and
// the pages that it links to.
func names(e *news.Entry) []string {
	all := make([]string, 0, 3+len(e.Links))
	for _, id := range []string{e.GUID, e.About, e.AtomID} {
		if id = strings.TrimSpace(id); id != "" {
			all = append(all, id)
		}
	}
	for _, l := range e.Links {
		if l.Rel == "" || l.Rel == "alternate" || l.Rel == relOriginal {
			page, _, _ := strings.Cut(l.Href, "#")
			all = append(all, page)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// stateLanguage takes the language of an answer's header for a feed that states
// none.
func stateLanguage(feed *news.Feed, answer news.Answer) {
	if feed.Language == "" {
		feed.Language = firstLanguage(answer.ContentLanguage)
	}
}

// firstLanguage returns the language of a Content-Language header that names
// exactly one; a list says for whom a page is, not what it is written in.
func firstLanguage(header string) string {
	if strings.Contains(header, ",") {
		return ""
	}
	return strings.TrimSpace(header)
}

package aggregator

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/article"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/normalize"
	"github.com/wireroom/wireroom/aggregator/parse"
	"github.com/wireroom/wireroom/aggregator/poll"
)

// A reading is what was made of an answer's document.
type reading struct {
	feed  *news.Feed
	about news.About
	items []news.Item // those of the document, and behind them those of its past

	current int    // how many of the items are of the document itself
	undated int    // how many of the items have no date
	seen    string // the hashes of the entries that became items, now or before
	found   string // of a site: the feed that its page advertises, to be polled instead

	unread    bool      // the document has items whose pages the next poll is to ask for
	pageTries int       // see news.State
	refused   bool      // the source's host wants to be asked for nothing more by this poll,
	retryAt   time.Time // nor before then, if it says so
}

// entries is how many entries the document has.
func (doc *reading) entries() int {
	if doc.feed == nil {
		return 0
	}
	return len(doc.feed.Entries)
}

// inTurn reads an answer's document as soon as a processor is free for it. More
// documents at once would be read no sooner, but keep more memory, and all of
// them would have to be waited for at the end.
func (a *Aggregator) inTurn(ctx context.Context, src news.Source, state news.State, answer news.Answer, known func(raw string) bool) (reading, error) {
	select {
	case a.readers <- struct{}{}:
		defer func() { <-a.readers }()
		if ctx.Err() != nil {
			return reading{}, ctx.Err()
		}
		return a.read(ctx, src, state, answer, known)
	case <-ctx.Done():
		return reading{}, ctx.Err()
	}
}

// read makes items of an answer's document. Nothing that a source sends may
// end the process: a panic is that source's failure.
// An entry whose bytes known has is not read again. It stops when ctx is done.
func (a *Aggregator) read(ctx context.Context, src news.Source, state news.State, answer news.Answer, known func(raw string) bool) (doc reading, err error) {
	defer func() {
		if p := recover(); p != nil {
			a.logger.Error("a document made the parser panic", "source", src.Name, "panic", p, "stack", string(debug.Stack()))
			doc, err = reading{}, errors.New("the document could not be read: the parser gave up on it")
		}
	}()
	doc.feed, doc.found, err = Open(src, state, answer, known)
	if err == nil && doc.found == "" {
		doc.about = normalize.About(*doc.feed)
		for item := range normalize.Each(src, *doc.feed, answer.At) {
			if ctx.Err() != nil {
				return reading{}, ctx.Err()
			}
			doc.add(item)
		}
		doc.current = len(doc.items)
		doc.seen = seen(doc)
	}
	return doc, err
}

// add adds an item. Of those without a date what stands above others is the newer:
// readers sort by date.
func (doc *reading) add(item news.Item) {
	if !item.Dated {
		item.Published = item.Published.Add(-time.Duration(doc.undated) * time.Second)
		doc.undated++
	}
	doc.items = append(doc.items, item)
}

// mendOf says what can be done about a document that cannot be read.
func mendOf(src news.Source, err error) string {
	switch {
	case src.Page != nil:
		return "set its selectors under page anew; wireroom inspect " + src.Name + " shows what they find"
	case errors.Is(err, parse.ErrNotFeed) && src.Site:
		return "use url in place of site, with the feed's address"
	case errors.Is(err, parse.ErrNotFeed):
		return "wireroom inspect " + src.Name + " shows what it is; if it is a web page, use site in place of url, or page"
	}
	return ""
}

// Open reads a document by what its source is: a page that lists articles, a feed, or
// a site's page that advertises one. The address of that is advertised; it is to be
// polled instead. Where state has led there already the document is to be a feed: two
// pages that lead to each other would be asked for without end. Entries whose bytes
// known has are marked, and not read; nil: none is known. The errors are those of
// parse.Changed, or say what a page does not have.
func Open(src news.Source, state news.State, answer news.Answer, known func(raw string) bool) (feed *news.Feed, advertised string, err error) {
	if src.Page != nil {
		feed, err = article.Feed(answer.Body, answer.ContentType, answer.URL, *src.Page, src.MaxItems)
		return feed, "", err
	}
	parsed, err := parse.Changed(src, answer, known)
	switch {
	case err == nil:
		return &parsed, "", nil
	case src.Site && poll.Address(src, state) != src.URL:
		return nil, "", fmt.Errorf("the site advertises %s: %w", shown(answer.URL), err)
	case !src.Site || !errors.Is(err, parse.ErrNotFeed):
		return nil, "", err
	}
	adverts, err := article.Feeds(answer.Body, answer.ContentType, answer.URL)
	if err != nil {
		return nil, "", err
	}
	adverts = slices.DeleteFunc(adverts, func(a article.Advert) bool { return a.URL == answer.URL || a.URL == src.URL }) // the page itself
	if len(adverts) == 0 {
		return nil, "", fmt.Errorf("the page %s advertises no feed; name the feed's address, or describe its items with the page key", shown(answer.URL))
	}
	return &news.Feed{Format: "site", URL: answer.URL}, adverts[0].URL, nil
}

// shown returns an address as everybody may be told it who asks what is wrong.
func shown(address string) string { return news.Source{URL: address}.Told() }

// unmended returns the state after a poll, if that found where a site's feed is with
// the failures before it: that the page answers does not mend the feed. Nor does that
// a feed answers end the pause for which its host has asked when it was asked for a page.
func unmended(src news.Source, before, after news.State, doc reading) news.State {
	if doc.retryAt.After(after.RetryAt) {
		after.RetryAt = doc.retryAt
	}
	if doc.found == "" {
		return after
	}
	after.LastSuccess = before.LastSuccess
	if before.URL == src.URL {
		after.Failures, after.Blocks = before.Failures, before.Blocks
	}
	return after
}

// seen returns the hashes of the entries that became items, as a state keeps them:
// one text is read and written in a fraction of the time of a list.
func seen(doc reading) string {
	var raws []string
	for i := range doc.feed.Entries {
		if e := &doc.feed.Entries[i]; e.Known {
			raws = append(raws, e.Raw)
		}
	}
	for i := range doc.items {
		if raw := doc.items[i].Raw; raw != "" {
			raws = append(raws, raw)
		}
	}
	return strings.Join(raws, " ")
}

// seenFor is for how long entries are passed over by their bytes before a
// whole document is read again, so that the store sees what its feed still
// lists: it remembers what was purged as long as that.
const seenFor = 14 * 24 * time.Hour

// readingVersion is raised when an entry's bytes are read otherwise than
// before, so that what is known is read once more.
const readingVersion = 2

// settingsOf stands for the settings of a source that decide how its entries
// are read.
func settingsOf(src news.Source) string {
	settings := fmt.Sprint(readingVersion, src.Language, src.TimeZone, src.FullText)
	if src.Page != nil {
		settings += fmt.Sprintf("%s%+q", byPage, *src.Page)
	}
	return settings
}

// byPage stands before the selectors of a page among the settings of its source.
const byPage = " page "

// underRules returns the state of a source without what would keep its page from being
// read anew, if that was read by other selectors: "not modified" says nothing of what
// these find.
func underRules(src news.Source, state news.State) news.State {
	if pageRules(state.SeenBy) != pageRules(settingsOf(src)) {
		state.Validators, state.BodyHash = news.Validators{}, ""
	}
	return state
}

// pageRules returns the selectors among a source's settings; empty: it is no page.
func pageRules(settings string) string {
	_, rules, _ := strings.Cut(settings, byPage)
	return rules
}

// knownBy returns which entries were read already, as a source's state
// remembers them; nil: none. It is for one goroutine. What a clock has dated
// that was ahead is read once more.
func knownBy(src news.Source, state news.State, now time.Time) func(raw string) bool {
	if since := now.Sub(state.SeenAll); state.Seen == "" || state.SeenBy != settingsOf(src) || since > seenFor || since < -time.Minute {
		return nil
	}
	var known map[string]bool // made for a document: most answers have none
	seen := state.Seen
	return func(raw string) bool {
		if known == nil {
			known = sentBefore(seen)
		}
		return known[raw]
	}
}

// sentBefore returns the hashes of the entries that a source's state has seen.
func sentBefore(seen string) map[string]bool {
	raws := map[string]bool{}
	for raw := range strings.SplitSeq(seen, " ") {
		raws[raw] = true
	}
	return raws
}

// remember notes in the state that a poll leaves which entries were read, and when if
// all of them were.
func (doc *reading) remember(src news.Source, next news.State, all bool, at time.Time) news.State {
	if next.Outcome.OK() && (doc.seen != "" || doc.feed != nil && src.Page != nil) {
		next.Seen, next.SeenBy = doc.seen, settingsOf(src)
		if all {
			next.SeenAll = at
		}
	}
	return next
}

// reread marks the items of a document that was read whole whose bytes the source
// has sent before. What is otherwise about them is not its doing: readers are not
// told that it has changed them.
func (doc *reading) reread(state news.State) {
	raws := sentBefore(state.Seen)
	for i := range doc.items {
		it := &doc.items[i]
		it.Reread = it.Raw != "" && raws[it.Raw]
	}
}

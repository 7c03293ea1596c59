package aggregator

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/article"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/normalize"
)

const (
	// pagesTime bounds what one poll spends on the pages of its items, and
	// pagesMost how many it fetches. The next poll goes on with the others.
	pagesTime = time.Minute
	pagesMost = 40

	// pageTries is how many polls more, one after the other, ask for pages that
	// gave no answer. Then their items keep their summaries until they change.
	pageTries = 5
)

// complete fetches the pages of the items that are new or changed, one after
// the other, and takes the full text from them. An item whose page cannot be
// read keeps its summary; how many did, and why the last one, is recorded with
// the poll. A page that was read is not fetched again for the same revision of
// its item. A host that has had too many requests is asked for no other page by
// this poll, and the source's own host for nothing before it wants to be asked again.
// Where the pause between requests to a host is longer than a poll may spend on pages
// none is read. An error means that the log could not be read.
func (a *Aggregator) complete(ctx context.Context, src news.Source, state news.State, doc *reading, seat *seat) error {
	if a.gap(src) >= pagesTime {
		return nil
	}
	fresh, err := a.log.Fresh(ctx, src.Name, doc.items)
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	for i := range fresh {
		wanted[fresh[i].ID] = true
	}
	end := time.Now().Add(pagesTime)
	asking, stop := within(ctx, pagesTime+src.Timeout) // a page that was asked for in time is waited for
	defer stop()
	fetched, failed, silent := 0, 0, false
	tired, gave := map[string]bool{}, map[string]bool{} // hosts
	if src.URL == state.URL && time.Now().Before(state.RetryAt) || doc.refused {
		// A hub has sent the document, or its past was asked for.
		tired[hostOf(src.URL)] = true
	}
	var pages []itemPage
	var last error
	for i := range doc.items {
		it := &doc.items[i]
		if !wanted[it.ID] || it.URL == "" {
			continue
		}
		host := hostOf(it.URL)
		// The feed of one's own server may lead to those of others.
		pause := a.gap(news.Source{URL: it.URL, AllowPrivate: src.AllowPrivate})
		if pause >= pagesTime {
			continue
		}
		some := func() bool { return tired[host] && gave[host] } // it gives some at a time
		if fetched == pagesMost || tired[host] || time.Now().Add(pause).After(end) || asking.Err() != nil {
			doc.askAgain(i, gave[host] || !tired[host])
			continue
		}
		fetched++
		seat.wait(0, func() { sleep(asking, pause, nil) })
		page, answer, err := a.pageOf(asking, src, it, seat)
		if err != nil {
			failed, last = failed+1, err
		}
		if page != nil {
			pages = append(pages, itemPage{it, page, answer.URL})
			gave[host] = true
		}
		if refuses(answer) {
			tired[host] = true
			doc.heed(src, answer)
		}
		if passes(answer) {
			silent = silent || !some()
			doc.askAgain(i, some())
		}
	}
	foreign, err := a.take(ctx, src.Name, pages)
	if err != nil {
		return err
	}
	if len(foreign) > 0 {
		failed += len(foreign)
		last = fmt.Errorf("%s: it says what the page of another item says", shown(foreign[0].at))
	}
	switch {
	case silent && doc.unread:
		doc.pageTries++
	case fetched > 0:
		doc.pageTries = 0
	}
	if failed > 0 {
		doc.feed.Repairs = append(doc.feed.Repairs, news.Repair{Kind: news.RepairPage, Detail: "no full text: " + last.Error(), Count: failed})
	}
	if doc.unread {
		doc.seen = seen(*doc)
	}
	return nil
}

// askAgain leaves the page of an item to the next poll: the item is stored as
// another revision than the one with its page, and not known by its bytes. What
// has left the document does not come again, nor does it wait for ever, unless it is
// sure to have its turn.
func (doc *reading) askAgain(i int, sure bool) {
	it := &doc.items[i]
	it.Hash += news.Unpaged
	if i < doc.current && (sure || doc.pageTries < pageTries) {
		it.Raw = ""
		doc.unread = true
	}
}

// passes reports whether what went wrong with a page may be over soon.
func passes(answer news.Answer) bool {
	switch answer.Outcome {
	case news.OutcomeTimeout, news.OutcomeNetwork, news.OutcomeHTTP5xx:
		return true
	}
	return refuses(answer)
}

// refuses reports whether a server says that it is asked too often, or when it wants
// to be asked again.
func refuses(answer news.Answer) bool {
	return answer.Outcome == news.OutcomeBlocked && answer.Status != 0 || answer.Outcome == news.OutcomeHTTP5xx && !answer.RetryAt.IsZero()
}

// heed keeps the wish of the source's host to be left alone, which it has answered with
// to another question than that for the source: it is for that, too.
func (doc *reading) heed(src news.Source, answer news.Answer) {
	if refuses(answer) && hostOf(answer.URL) == hostOf(src.URL) {
		doc.refused, doc.retryAt = true, answer.RetryAt
	}
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

// pageOf returns the page of an item in normal form, nil if none is read, and the
// answer without it.
func (a *Aggregator) pageOf(ctx context.Context, src news.Source, it *news.Item, seat *seat) (page *news.Item, answer news.Answer, err error) {
	defer func() {
		answer.Body = nil
		if p := recover(); p != nil {
			a.logger.Error("a page made the reader panic", "source", src.Name, "page", it.URL, "panic", p)
			err = errors.New("the page could not be read")
		}
	}()
	seat.wait(slowAfter, func() { answer = a.client.Get(ctx, src, it.URL, time.Now()) })
	if answer.Body == nil {
		return nil, answer, fmt.Errorf("%s: %s", shown(answer.URL), answer.Error)
	}
	entry, err := article.Entry(answer.Body, answer.ContentType, answer.URL)
	if err != nil {
		return nil, answer, fmt.Errorf("%s: %w", shown(answer.URL), err)
	}
	items := normalize.Items(src, news.Feed{URL: answer.URL, Entries: []news.Entry{entry}}, it.FirstSeen)
	if len(items) == 0 {
		return nil, answer, nil
	}
	return &items[0], answer, nil
}

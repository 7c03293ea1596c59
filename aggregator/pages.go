package aggregator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wireroom/wireroom/aggregator/article"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/normalize"
)

const (
	// pagesTime bounds what one poll spends on the pages of its items, and
	// pagesMost how many it fetches. What is beyond them keeps its summary.
	pagesTime = time.Minute
	pagesMost = 40
)

// complete fetches the pages of the items that are new or changed, one after
// the other, and takes the full text from them. An item whose page cannot be
// read keeps its summary; how many did, and why the last one, is recorded with
// the poll. A page is fetched once for each revision of its item. An error
// means that the log could not be read.
func (a *Aggregator) complete(ctx context.Context, src news.Source, doc *reading, seat *seat) error {
	fresh, err := a.log.Fresh(ctx, src.Name, doc.items)
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	for i := range fresh {
		wanted[fresh[i].ID] = true
	}
	end := time.Now().Add(pagesTime)
	fetched, failed := 0, 0
	var last error
	for i := range doc.items {
		it := &doc.items[i]
		if !wanted[it.ID] || it.URL == "" {
			continue
		}
		if fetched == pagesMost || time.Now().After(end) {
			break
		}
		if fetched++; fetched > 1 {
			seat.wait(0, func() { sleep(ctx, a.gap(src), nil) })
		}
		if err := a.completeItem(ctx, src, it, seat); err != nil {
			failed++
			last = err
		}
	}
	if failed > 0 {
		doc.feed.Repairs = append(doc.feed.Repairs, news.Repair{Kind: "page", Detail: "no full text: " + last.Error(), Count: failed})
	}
	return nil
}

// completeItem takes the full text of an item from its page.
func (a *Aggregator) completeItem(ctx context.Context, src news.Source, it *news.Item, seat *seat) (err error) {
	defer func() {
		if p := recover(); p != nil {
			a.logger.Error("a page made the reader panic", "source", src.Name, "page", it.URL, "panic", p)
			err = errors.New("the page could not be read")
		}
	}()
	var answer news.Answer
	seat.wait(slowAfter, func() { answer = a.client.Get(ctx, src, it.URL, time.Now()) })
	if answer.Body == nil {
		return fmt.Errorf("%s: %s", answer.URL, answer.Error)
	}
	entry, err := article.Entry(answer.Body, answer.ContentType, answer.URL)
	if err != nil {
		return fmt.Errorf("%s: %w", answer.URL, err)
	}
	page := normalize.Items(src, news.Feed{URL: answer.URL, Entries: []news.Entry{entry}}, it.FirstSeen)
	if len(page) == 1 {
		article.Complete(it, &page[0])
	}
	return nil
}

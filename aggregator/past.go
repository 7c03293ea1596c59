package aggregator

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/normalize"
	"github.com/wireroom/wireroom/aggregator/poll"
)

// pastTime bounds what one poll spends on the past of a feed.
const pastTime = time.Minute

// catchUp adds the past of a feed to a reading, at its first import and where
// everything in it is new, so that entries may have passed unseen (RFC 5005).
// at is the start of the poll. An error means that the log could not be read.
func (a *Aggregator) catchUp(ctx context.Context, src news.Source, state news.State, at time.Time, doc *reading, seat *seat) error {
	past := func(l news.Link) bool { return l.Rel == "prev-archive" || l.Rel == "next" }
	known := func(e news.Entry) bool { return e.Known } // was read before: not all is new
	if a.gap(src) >= pastTime || !slices.ContainsFunc(doc.feed.Links, past) || slices.ContainsFunc(doc.feed.Entries, known) {
		return nil
	}
	fresh, err := a.log.Fresh(ctx, src.Name, doc.items)
	if err == nil && src.FullText { // what waits for its page is not new
		for i := range fresh {
			fresh[i].Hash += news.Unpaged
		}
		fresh, err = a.log.Fresh(ctx, src.Name, fresh)
	}
	if err != nil || !poll.Behind(state, len(doc.items), len(fresh)) {
		return err
	}
	ctx, stop := within(ctx, pastTime)
	defer stop()
	read := func(answer news.Answer) (*news.Feed, error) {
		if answer.Body == nil {
			doc.heed(src, answer)
			return nil, errors.New(answer.Error)
		}
		sleep(ctx, a.gap(src), nil)
		older, err := a.inTurn(ctx, src, state, answer, nil)
		return older.feed, err
	}
	var earlier []*news.Feed
	seat.wait(0, func() { sleep(ctx, a.gap(src), nil) })
	seat.wait(slowAfter, func() {
		earlier = a.client.Earlier(ctx, src, doc.feed, state.LastBody, time.Now(), read)
	})
	for _, older := range earlier {
		for item := range normalize.Each(src, *older, at) {
			doc.add(item)
		}
	}
	return nil
}

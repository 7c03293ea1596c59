package aggregator_test

import (
	"context"
	"net/http"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
)

// A dyingLog is a log to which no items can be appended before the program
// ends.
type dyingLog struct{ *store.DB }

// Append implements aggregator.Log.
func (l dyingLog) Append(ctx context.Context, claim news.Claim, items []news.Item, settle func(news.Appended) news.State, now time.Time, gap time.Duration) (news.Appended, error) {
	if len(items) > 0 {
		<-ctx.Done()
		return news.Appended{}, ctx.Err()
	}
	return l.DB.Append(ctx, claim, items, settle, now, gap)
}

// TestEndBetweenPollAndLog stops the program when an answer has been read and
// is not yet stored: the source is due at the next start, not when the claim
// upon it has run out.
func TestEndBetweenPollAndLog(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) { quietFeed(w, r) }}
		b := &bureau{path: filepath.Join(dir, "ending.db"), web: book}
		b.add("city", "http://city.test/", "@every 10m")
		b.wrap = func(db *store.DB) aggregator.Log { return dyingLog{db} }
		b.run(t, func(*aggregator.Aggregator, *store.DB) { time.Sleep(5 * time.Second) })
		b.wrap = nil
		b.run(t, func(_ *aggregator.Aggregator, db *store.DB) {
			time.Sleep(5 * time.Second)
			if s, _, err := db.State(t.Context(), "city"); err != nil || s.Polls != 1 {
				t.Errorf("five seconds after the next start the source has been polled %d times (%v)", s.Polls, err)
			}
		})
	})
}

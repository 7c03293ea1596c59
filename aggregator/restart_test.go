package aggregator_test

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
)

// TestTwentyRestartsInAnHour restarts the whole aggregator every three minutes
// and looks that nobody is asked who was not due: rule 13. What a server said
// before a restart is told to it after: rule 1.
func TestTwentyRestartsInAnHour(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		due := map[string]time.Time{}
		var mu sync.Mutex
		early, repeated := 0, 0
		book := &visitorsBook{answer: func(n int, w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			if time.Now().Before(due[r.Host]) {
				early++
			}
			if conditional := r.Header.Get("If-None-Match") != ""; n > 0 && !conditional && r.Host != "plain.test" {
				repeated++
			}
			switch r.Host {
			case "down.test":
				w.Header().Set("ETag", `"1"`)
				if n > 0 {
					w.WriteHeader(http.StatusBadGateway)
					return
				}
			case "busy.test":
				w.Header().Set("Retry-After", "1500")
				if n > 0 {
					w.WriteHeader(http.StatusTooManyRequests)
					return
				}
			case "plain.test":
				fmt.Fprint(w, "<rss version='2.0'><channel><title>Plain</title></channel></rss>")
				return
			}
			quietFeed(w, r)
		}}
		b := &bureau{path: filepath.Join(dir, "restart.db"), web: book, polled: func(s news.State, _ news.Appended) {
			mu.Lock()
			defer mu.Unlock()
			due[s.Source+".test"] = s.NextDue
		}}
		want := map[string]int{"auto": 2, "cron": 7, "every": 3, "fresh": 1, "down": 3, "busy": 3, "plain": 1}
		for name, schedule := range map[string]string{
			"auto": news.ScheduleAuto, "cron": "*/10 * * * *", "every": "@every 29m", "fresh": "@daily",
			"down": "@every 10m", "busy": "@every 10m", "plain": news.ScheduleAuto,
		} {
			b.add(name, "http://"+name+".test/", schedule)
		}
		for range 20 {
			b.run(t, func(*aggregator.Aggregator, *store.DB) { time.Sleep(3 * time.Minute) })
		}
		if time.Since(start).Round(time.Minute) != time.Hour {
			t.Fatalf("the hour lasted %s", time.Since(start))
		}
		if early > 0 || repeated > 0 {
			t.Errorf("%d requests were not due, %d were without the validators that were given", early, repeated)
		}
		for name, n := range want {
			if got := book.within(name+".test/", start.Add(-time.Second), time.Now()); got > n || got < 1 {
				t.Errorf("%s was asked %d times in the hour, at most %d were due", name, got, n)
			}
		}
	})
}

// A failingLog is a log that is cut off, for a while, between the items of a
// poll and the state of its source.
type failingLog struct {
	*store.DB
	until time.Time
	cuts  int
}

// Append hands the store a state that it cannot write, which it finds out with
// the items written.
func (l *failingLog) Append(ctx context.Context, claim news.Claim, items []news.Item, settle func(news.Appended) news.State, now time.Time, gap time.Duration) (news.Appended, error) {
	if !now.Before(l.until) {
		return l.DB.Append(ctx, claim, items, settle, now, gap)
	}
	l.cuts++
	return l.DB.Append(ctx, claim, items, func(n news.Appended) news.State {
		s := settle(n)
		s.RateN = math.NaN()
		return s
	}, now, gap)
}

// TestItemsAndValidatorsAreOneTransaction cuts the program off between the
// items and the validators: neither is there afterwards, which costs one more
// download and nothing else.
func TestItemsAndValidatorsAreOneTransaction(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) { quietFeed(w, r) }}
		b := &bureau{path: filepath.Join(dir, "cut.db"), web: book}
		b.add("city", "http://city.test/", "@every 10m")
		start := time.Now()
		var log *failingLog
		b.wrap = func(db *store.DB) aggregator.Log {
			log = &failingLog{DB: db, until: start.Add(time.Minute)}
			return log
		}
		state := func(db *store.DB) (news.State, int64) {
			s, _, err := db.State(t.Context(), "city")
			if err != nil {
				t.Fatal(err)
			}
			stats, err := db.Stats(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return s, stats.Items
		}
		b.run(t, func(_ *aggregator.Aggregator, db *store.DB) {
			time.Sleep(30 * time.Second)
			synctest.Wait()
			if s, items := state(db); log.cuts != 1 || s.Polls != 0 || s.Validators.ETag != "" || items != 0 {
				t.Errorf("after %d cuts: %d items, and of their source %+v", log.cuts, items, s)
			}
		})
		time.Sleep(10 * time.Minute)
		b.run(t, func(_ *aggregator.Aggregator, db *store.DB) {
			time.Sleep(25 * time.Minute)
			if s, items := state(db); s.Polls != 3 || s.Validators.ETag != `"1"` || items != 1 {
				t.Errorf("after the restart: %d items, and of their source %+v", items, s)
			}
		})
		var sent []string
		for _, h := range book.heads["city.test/"] {
			sent = append(sent, h.Get("If-None-Match"))
		}
		if got := fmt.Sprintf("%q", sent); got != `["" "" "\"1\"" "\"1\""]` {
			t.Errorf("the conditions sent: %s; want one download more than needed", got)
		}
	})
}

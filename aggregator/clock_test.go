package aggregator_test

import (
	"net/http"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
)

// TestClockSetBack fills a store under a clock that is a month ahead, and goes
// on with it under the right one: every bubble begins at the same instant.
func TestClockSetBack(t *testing.T) {
	b := &bureau{path: filepath.Join(t.TempDir(), "clock.db"), budget: 200}
	for name, schedule := range map[string]string{"auto": news.ScheduleAuto, "daily": "0 6 * * *", "every": "@every 20m", "busy": "@every 20m"} {
		b.add(name, "http://"+name+".test/", schedule)
	}
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(30 * day) // the clock is wrong
		b.web = &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
			if r.Host == "busy.test" {
				w.Header().Set("Retry-After", "7200")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			w.Header().Set("Cache-Control", "max-age=3600")
			quietFeed(w, r)
		}}
		b.run(t, func(*aggregator.Aggregator, *store.DB) { time.Sleep(time.Hour) })
	})
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) { quietFeed(w, r) }}
		b.web = book
		b.run(t, func(*aggregator.Aggregator, *store.DB) { time.Sleep(26 * time.Hour) })
		for name, want := range map[string][2]int{"auto": {8, 30}, "daily": {1, 1}, "every": {70, 79}, "busy": {60, 79}} {
			if n := book.within(name+".test/", start.Add(-time.Second), time.Now()); n < want[0] || n > want[1] {
				t.Errorf("%s was polled %d times in the 26 hours after the clock was set right, not %d to %d", name, n, want[0], want[1])
			}
		}
		if n := book.within("busy.test/", start, start.Add(2*time.Hour-time.Minute)); n > 0 {
			t.Errorf("busy was asked %d times before it wished to be", n)
		}
	})
}

// TestScheduleTakenBack configures a longer interval, and the one before it
// again before anybody was polled by the longer one.
func TestScheduleTakenBack(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) { quietFeed(w, r) }}
		b := &bureau{path: filepath.Join(dir, "back.db"), web: book}
		for _, schedule := range []string{"@every 20m", "@every 48h", "@every 20m"} {
			b.add("feed", "http://feed.test/", schedule)
			b.run(t, func(*aggregator.Aggregator, *store.DB) { time.Sleep(10 * time.Minute) })
		}
		back := time.Now()
		b.run(t, func(*aggregator.Aggregator, *store.DB) { time.Sleep(2 * time.Hour) })
		if n := book.within("feed.test/", back, time.Now()); n < 5 || n > 7 {
			t.Errorf("it was polled %d times in two hours, every 20 minutes", n)
		}
	})
}

// TestLongSleep stops the aggregator, as a suspended machine does, for a week:
// the runs that were missed are made up for by one.
func TestLongSleep(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) { quietFeed(w, r) }}
		b := &bureau{path: filepath.Join(dir, "sleep.db"), web: book}
		names := []string{"auto", "daily", "every"}
		for i, schedule := range []string{news.ScheduleAuto, "0 6 * * *", "@every 20m"} {
			b.add(names[i], "http://"+names[i]+".test/", schedule)
		}
		b.run(t, func(*aggregator.Aggregator, *store.DB) { time.Sleep(time.Hour) })
		time.Sleep(7 * day)
		woken := time.Now()
		b.run(t, func(*aggregator.Aggregator, *store.DB) { time.Sleep(10 * time.Minute) })
		for _, name := range names {
			if n := book.within(name+".test/", woken.Add(-time.Second), woken.Add(time.Minute)); n != 1 {
				t.Errorf("%s was polled %d times in the minute after a week of sleep", name, n)
			}
			if n := book.within(name+".test/", woken.Add(time.Minute), woken.Add(time.Hour)); n > 0 {
				t.Errorf("%s was polled %d times more soon after", name, n)
			}
		}
	})
}

package aggregator_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
)

// The rules of polite polling are asserted one by one in package poll. Here
// are those that more than one package must keep.

func TestRule06_NotModifiedRefreshesTheTimeToLive(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		book := &visitorsBook{answer: func(n int, w http.ResponseWriter, r *http.Request) {
			if n == 0 {
				w.Header().Set("Cache-Control", "max-age=14400") // a 304 that is silent leaves it in force
			}
			quietFeed(w, r)
		}}
		b := &bureau{path: filepath.Join(dir, "fresh.db"), web: book}
		b.add("city", "http://city.test/", news.ScheduleAuto)
		s := b.live(t, "city", 3*day)
		if s.Outcome != news.OutcomeNotModified || s.Failures != 0 || s.ItemCount != 1 || s.LastSuccess != s.LastPoll {
			t.Errorf("after answers of 304: %+v", s)
		}
		visits := book.visits["city.test/"]
		if len(visits) < 3 {
			t.Fatalf("%d polls in three days", len(visits))
		}
		for i, at := range visits[1:] {
			if gap := at.Sub(visits[i]); gap < 4*time.Hour {
				t.Errorf("polled after %s, within the four hours in which the answer is fresh", gap)
			}
		}
	})
}

func TestRule08_ABrokenDocumentLeavesNoValidators(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		const feed = "<rss version='2.0'><channel><title>City</title><item><guid>%d</guid><title>Note %[1]d</title></item></channel></rss>"
		book := &visitorsBook{answer: func(n int, w http.ResponseWriter, r *http.Request) {
			tag := fmt.Sprintf(`"%d"`, n/2)
			w.Header().Set("ETag", tag)
			switch {
			case r.Header.Get("If-None-Match") == tag:
				w.WriteHeader(http.StatusNotModified)
			case n == 2: // the second edition is broken when it is first fetched
				fmt.Fprint(w, "<!DOCTYPE html><p>We are moving to another machine.")
			default:
				fmt.Fprintf(w, feed, n)
			}
		}}
		b := &bureau{path: filepath.Join(dir, "broken.db"), web: book}
		b.add("city", "http://city.test/", "@every 20m")
		s := b.live(t, "city", 3*time.Hour)
		var sent []string
		for _, h := range book.heads["city.test/"][:5] {
			sent = append(sent, h.Get("If-None-Match"))
		}
		if got, want := fmt.Sprintf("%q", sent), `["" "\"0\"" "\"0\"" "\"0\"" "\"1\""]`; got != want {
			t.Errorf("the conditions sent: %s, not %s", got, want)
		}
		if s.ItemCount < 2 {
			t.Errorf("%d items: what was broken was never fetched again", s.ItemCount)
		}
	})
}

// The first start polls everything once, each host at its pace; from then on
// the polls of one schedule are spread.
func TestRule13_NoBurstAtTheStart(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		under, most := 0, 0
		book := &visitorsBook{}
		book.answer = func(_ int, w http.ResponseWriter, r *http.Request) {
			book.mu.Lock()
			under++
			most = max(most, under)
			book.mu.Unlock()
			time.Sleep(200 * time.Millisecond)
			quietFeed(w, r)
			book.mu.Lock()
			under--
			book.mu.Unlock()
		}
		b := &bureau{path: filepath.Join(dir, "burst.db"), web: book}
		for i := range 60 {
			b.add(fmt.Sprint("city-", i), fmt.Sprintf("http://city.test/%d", i), "@every 20m")
		}
		b.run(t, func(*aggregator.Aggregator, *store.DB) { time.Sleep(50 * time.Minute) })
		if most != 1 {
			t.Errorf("%d requests at once to one host", most)
		}
		minutes := map[int]int{}
		for i := range 60 {
			visits := book.visits[fmt.Sprintf("city.test/%d", i)]
			if len(visits) != 3 {
				t.Errorf("feed %d was polled %d times in 50 minutes", i, len(visits))
			}
			for _, at := range visits {
				minutes[int(at.Sub(start)/time.Second)]++
			}
		}
		for second, n := range minutes {
			if n > 1 {
				t.Errorf("%d requests to one host in second %d", n, second)
			}
		}
	})
}

// A move is believed late, told of, and undone when the new address fails.
func TestRule18_AMoveIsBelievedAndToldOf(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		fails := start.Add(20 * day)
		book := &visitorsBook{answer: func(n int, w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Host == "old.test" && time.Now().Before(fails):
				http.Redirect(w, r, "http://new.test/feed?key=secret", http.StatusMovedPermanently)
			case r.Host == "new.test" && time.Now().After(fails):
				w.WriteHeader(http.StatusInternalServerError)
			default:
				quietFeed(w, r)
			}
		}}
		b := &bureau{path: filepath.Join(dir, "move.db"), web: book}
		b.add("city", "http://old.test/feed", "@every 6h")
		s := b.live(t, "city", 10*day)
		if !s.Moved.Believed || len(s.Events) != 1 || s.Events[0].Kind != news.EventMoved {
			t.Errorf("after ten days of permanent redirects: %+v, %v", s.Moved, s.Events)
		} else if text := s.Events[0].Text; !strings.Contains(text, "http://new.test/feed ") {
			t.Errorf("of the move everybody is told %q", text)
		}
		if n := book.within("old.test/feed", start.Add(4*day), fails); n > 0 {
			t.Errorf("the old address was asked %d times after the move was believed", n)
		}
		if n := book.within("old.test/feed", start.Add(-time.Second), start.Add(2*day)); n < 8 {
			t.Errorf("the old address was asked %d times in two days: the move was believed at once", n)
		}
		b.live(t, "city", 12*day)
		if n := book.within("old.test/feed", fails, fails.Add(2*day)); n < 2 {
			t.Errorf("the old address was asked %d times after the new one failed", n)
		}
	})
}

package aggregator_test

import (
	"fmt"
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

// A visitorsBook is a web that notes when which address was asked for.
type visitorsBook struct {
	mu     sync.Mutex
	visits map[string][]time.Time // by host and path
	heads  map[string][]http.Header
	answer func(n int, w http.ResponseWriter, r *http.Request) // n: visits of the address before this one
}

func (v *visitorsBook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	if v.visits == nil {
		v.visits, v.heads = map[string][]time.Time{}, map[string][]http.Header{}
	}
	at := r.Host + r.URL.Path
	n := len(v.visits[at])
	v.visits[at] = append(v.visits[at], time.Now())
	v.heads[at] = append(v.heads[at], r.Header.Clone())
	v.mu.Unlock()
	v.answer(n, w, r)
}

// asked returns how often an address was asked for so far.
func (v *visitorsBook) asked(address string) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.visits[address])
}

// within returns how often an address was asked for between two instants.
func (v *visitorsBook) within(address string, from, to time.Time) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	n := 0
	for _, at := range v.visits[address] {
		if at.After(from) && at.Before(to) {
			n++
		}
	}
	return n
}

// quietFeed answers with a feed of one entry.
func quietFeed(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("ETag", `"1"`)
	if r.Header.Get("If-None-Match") == `"1"` {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	fmt.Fprintf(w, "<rss version='2.0'><channel><title>%s</title><item><guid>%[1]s</guid><title>A note of %[1]s</title></item></channel></rss>", r.Host+r.URL.Path)
}

// TestLimitScope lets one source be told to come back in three hours, and
// looks which others are left alone as long: through restarts, the redating of
// automatic schedules, and what a hub says.
func TestLimitScope(t *testing.T) {
	addresses := map[string]string{
		"limited": "a.example.com/limited", "sister": "a.example.com/sister", "auto": "a.example.com/auto",
		"cousin": "b.example.com/cousin", "stranger": "a.example.org/stranger",
	}
	for _, tc := range []struct {
		scope  news.LimitScope
		status int
		held   []string
	}{
		{news.LimitFeed, 429, nil},
		{news.LimitHost, 429, []string{"sister", "auto"}},
		{news.LimitHost, 503, []string{"sister", "auto"}},
		{news.LimitHost, 403, []string{"sister", "auto"}},
		{news.LimitDomain, 429, []string{"sister", "auto", "cousin"}},
	} {
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			refused := start.Add(time.Hour)
			book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/limited" && time.Since(refused) > 0 && time.Since(refused) < 25*time.Minute {
					w.Header().Set("Retry-After", "10800")
					w.WriteHeader(tc.status)
					return
				}
				quietFeed(w, r)
			}}
			b := &bureau{path: filepath.Join(dir, "limits.db"), web: book, budget: 200}
			for name, address := range addresses {
				src := b.add(name, "http://"+address, "@every 20m")
				src.LimitScope = tc.scope
				if name == "auto" {
					src.Schedule, src.MaxInterval = news.ScheduleAuto, 30*time.Minute
				}
				b.sources[name] = src
			}
			b.run(t, func(a *aggregator.Aggregator, _ *store.DB) {
				time.Sleep(90 * time.Minute)
				if err := a.Pushed(t.Context(), "sister", nil, ""); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Minute)
			})
			sister := b.sources["sister"]
			sister.Schedule = "@every 19m" // it is dated anew
			b.sources["sister"] = sister
			b.run(t, func(*aggregator.Aggregator, *store.DB) { time.Sleep(211 * time.Minute) })
			held := map[string]bool{"limited": true}
			for _, name := range tc.held {
				held[name] = true
			}
			from, to := refused.Add(23*time.Minute), refused.Add(3*time.Hour)
			for name, address := range addresses {
				switch n := book.within(address, from, to); {
				case held[name] && n > 0:
					t.Errorf("%s %d: %s was asked %d times while the limit held", tc.scope, tc.status, name, n)
				case !held[name] && n < 5:
					t.Errorf("%s %d: %s was asked %d times in three hours", tc.scope, tc.status, name, n)
				}
				if n := book.within(address, to, to.Add(time.Hour)); n < 2 {
					t.Errorf("%s %d: %s was asked %d times after the limit", tc.scope, tc.status, name, n)
				}
			}
		})
	}
}

// TestPushWithinALimit lets a hub send the document of a source whose server has asked
// to be left alone for three hours: that it is read does not end the three hours.
func TestPushWithinALimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "limits.db")
	synctest.Test(t, func(t *testing.T) {
		refused := time.Now().Add(30 * time.Minute)
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
			if d := time.Since(refused); d > 0 && d < 25*time.Minute {
				w.Header().Set("Retry-After", "10800")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			quietFeed(w, r)
		}}
		b := &bureau{path: path, web: book}
		b.add("limited", "http://a.example.com/limited", "@every 20m")
		b.run(t, func(a *aggregator.Aggregator, db *store.DB) {
			time.Sleep(time.Hour)
			body := "<rss version='2.0'><channel><title>Pushed</title><item><guid>pushed</guid><title>A note of the hub</title></item></channel></rss>"
			if err := a.Pushed(t.Context(), "limited", []byte(body), "application/rss+xml"); err != nil {
				t.Error(err)
			}
			time.Sleep(4 * time.Hour)
			records, err := db.Records(t.Context(), 0, 10)
			if err != nil || len(records) != 2 {
				t.Errorf("%d items are stored, %v", len(records), err)
			}
		})
		if n := book.within("a.example.com/limited", refused.Add(20*time.Minute), refused.Add(3*time.Hour)); n > 0 {
			t.Errorf("it was asked %d times while the limit held", n)
		}
		if n := book.within("a.example.com/limited", refused.Add(3*time.Hour), refused.Add(4*time.Hour)); n == 0 {
			t.Error("it was not asked after the limit")
		}
	})
}

// TestPushWhileAnotherPolls has a hub tell this process of a source that another one
// is polling: its document may be of before that, and it knows of no push, nor that
// the hub tells of the source no longer.
func TestPushWhileAnotherPolls(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.db")
	synctest.Test(t, func(t *testing.T) {
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) { quietFeed(w, r) }}
		b := &bureau{path: path, web: book}
		b.add("city", "http://city.test/feed", "@every 24h")
		b.run(t, func(a *aggregator.Aggregator, db *store.DB) {
			must := func(err error) {
				if t.Helper(); err != nil {
					t.Fatal(err)
				}
			}
			for _, c := range []struct {
				asked, told int // seconds
				silent      bool
				want        int // polls
			}{{0, 5, false, 1}, {10, 5, false, 0}, {10, 5, true, 1}} {
				time.Sleep(time.Hour)
				begin := time.Now()
				must(db.SetDue(t.Context(), map[string]time.Time{"city": begin}))
				claims, err := db.Claim(t.Context(), begin, 1, time.Minute)
				if must(err); len(claims) != 1 {
					t.Fatalf("%d claims", len(claims))
				}
				time.Sleep(time.Duration(c.told) * time.Second)
				if c.silent {
					must(a.Unleased(t.Context(), "city"))
				} else {
					must(a.Pushed(t.Context(), "city", nil, ""))
				}
				time.Sleep(15 * time.Second)
				_, err = db.Append(t.Context(), claims[0], nil, func(news.Appended) news.State {
					next := claims[0].State
					next.LastPoll, next.NextDue = begin.Add(time.Duration(c.asked)*time.Second), begin.Add(24*time.Hour)
					next.Pushes = 3
					return next
				}, time.Now(), 0)
				must(err)
				time.Sleep(3 * time.Minute)
				if n := book.within("city.test/feed", begin, time.Now()); n != c.want {
					t.Errorf("told %d s after the beginning, where the other process asked after %d s, it was asked %d times", c.told, c.asked, n)
				}
				if s, _, err := db.State(t.Context(), "city"); err != nil || c.silent && s.Pushes > 0 {
					t.Errorf("%d pushes are relied upon, %v", s.Pushes, err)
				}
			}
		})
	})
}

// TestMoveIsToldOnce: a podcast says where it has moved to, and so does what its hub
// sends. That it is polled there is told once, when it is.
func TestMoveIsToldOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "podcast.db")
	synctest.Test(t, func(t *testing.T) {
		const head = "<rss version='2.0' xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'><channel><title>Talks</title><itunes:new-feed-url>http://new.test/feed</itunes:new-feed-url>"
		b := &bureau{path: path, web: &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, head, "<item><guid>first</guid><title>The first talk</title></item></channel></rss>")
		}}}
		b.add("talks", "http://old.test/feed", "@every 30h")
		b.run(t, func(a *aggregator.Aggregator, _ *store.DB) {
			time.Sleep(74 * time.Hour)
			for i := range 3 {
				body := fmt.Sprintf("%s<item><guid>%d</guid><title>Talk %[2]d of the hub</title></item></channel></rss>", head, i)
				if err := a.Pushed(t.Context(), "talks", []byte(body), "application/rss+xml"); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Hour)
			}
			time.Sleep(72 * time.Hour)
		})
		s := b.live(t, "talks", time.Minute)
		told := 0
		for _, e := range s.Events {
			if e.Kind == news.EventMoved {
				told++
			}
		}
		if told != 1 || !s.Moved.Believed {
			t.Errorf("it is told %d times that it has moved: %+v, %+v", told, s.Moved, s.Events)
		}
	})
}

// TestMoveIsTried: what a podcast names as its new address is no feed. It is tried ever
// more seldom, and not told of; once there is a feed, it is.
func TestMoveIsTried(t *testing.T) {
	path := filepath.Join(t.TempDir(), "podcast.db")
	synctest.Test(t, func(t *testing.T) {
		there := false
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
			if r.Host == "new.test" && !there {
				fmt.Fprint(w, "<!DOCTYPE html><title>This name is for sale</title>")
				return
			}
			fmt.Fprintf(w, "<rss version='2.0' xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'><channel><title>Talks</title><itunes:new-feed-url>http://new.test/feed</itunes:new-feed-url><item><guid>%d</guid><title>The talk of the day</title></item></channel></rss>", time.Now().Unix()/86400)
		}}
		b := &bureau{path: path, web: book}
		b.add("talks", "http://old.test/feed", "@every 6h")
		s := b.live(t, "talks", 60*24*time.Hour)
		if n := len(book.visits["new.test/feed"]); n > 5 || len(s.Events) > 0 {
			t.Errorf("in 60 days the new address was tried %d times, and told: %v", n, s.Events)
		}
		there = true
		s = b.live(t, "talks", 60*24*time.Hour)
		if len(s.Events) != 1 || s.Events[0].Kind != news.EventMoved || !s.Moved.Believed {
			t.Errorf("when the feed is there: %+v, and told: %v", s.Moved, s.Events)
		}
	})
}

// TestMoveBesidePushes moves a source for good whose hub sends what is new between two
// polls: a push says nothing of where the source lives.
func TestMoveBesidePushes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "moved.db")
	synctest.Test(t, func(t *testing.T) {
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
			if r.Host == "old.test" {
				http.Redirect(w, r, "http://new.test/feed", http.StatusMovedPermanently)
				return
			}
			quietFeed(w, r)
		}}
		b := &bureau{path: path, web: book}
		b.add("city", "http://old.test/feed", "@every 6h")
		b.run(t, func(a *aggregator.Aggregator, _ *store.DB) {
			for i := range 20 {
				time.Sleep(12 * time.Hour)
				body := fmt.Sprintf("<rss version='2.0'><channel><title>Pushed</title><item><guid>%d</guid><title>Note %[1]d of the hub</title></item></channel></rss>", i)
				if err := a.Pushed(t.Context(), "city", []byte(body), "application/rss+xml"); err != nil {
					t.Error(err)
				}
			}
		})
		if s := b.live(t, "city", time.Minute); !s.Moved.Believed {
			t.Errorf("after ten days of permanent redirects: %+v", s.Moved)
		}
	})
}

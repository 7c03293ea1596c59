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

const article = "<html><article><h1>%s</h1>" +
	"<p>The ferry will not sail before noon, the harbour master of %[1]s said, and nobody knows when it will be back.</p>" +
	"<p>Whoever has to be on the island today may go by the boat of the pilots, which has room for twelve and no bicycles.</p>" +
	"<p>In %[1]s they have seen longer delays, and remember the winter in which the ferry lay in the ice until the end of March.</p>" +
	"<p>The island has flour and fuel for three weeks, its mayor said, and the doctor has stayed there over night.</p></article></html>"

// fewAnHour gives four pages an hour, and refuses all others.
func fewAnHour() func(n int, w http.ResponseWriter, path string) {
	given := map[int]int{}
	return func(_ int, w http.ResponseWriter, path string) {
		if given[time.Now().Hour()]++; given[time.Now().Hour()] > 4 {
			w.WriteHeader(429)
			return
		}
		fmt.Fprintf(w, article, path)
	}
}

// TestPagesAgain: a page that gave no answer is asked for again, as long as that
// may help, and so are those that one poll had no time for; a page that was read,
// or that is missing, is not.
func TestPagesAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		entries int
		page    func(n int, w http.ResponseWriter, path string)
		full    int // items with the text of their page in the end
		asked   int // for the pages, in all
		plain   int // requests for the feed without validators
	}{
		"well":     {3, func(_ int, w http.ResponseWriter, path string) { fmt.Fprintf(w, article, path) }, 3, 3, 1},
		"missing":  {3, func(_ int, w http.ResponseWriter, _ string) { w.WriteHeader(404) }, 0, 3, 1},
		"no text":  {3, func(_ int, w http.ResponseWriter, _ string) { fmt.Fprint(w, "<p>Subscribe") }, 0, 3, 1},
		"for good": {3, func(_ int, w http.ResponseWriter, _ string) { w.WriteHeader(502) }, 0, 18, 6},
		"for two polls": {3, func(n int, w http.ResponseWriter, path string) {
			if n < 2 {
				w.WriteHeader(503)
				return
			}
			fmt.Fprintf(w, article, path)
		}, 3, 9, 3},
		"refused":         {30, func(_ int, w http.ResponseWriter, _ string) { w.WriteHeader(429) }, 0, 6, 6},
		"a few at a time": {30, fewAnHour(), 30, 37, 8},
		"many":            {90, func(_ int, w http.ResponseWriter, path string) { fmt.Fprintf(w, article, path) }, 90, 90, 3},
	} {
		path := filepath.Join(t.TempDir(), "pages.db")
		synctest.Test(t, func(t *testing.T) {
			feed := &strings.Builder{}
			feed.WriteString("<rss version='2.0'><channel><title>Harbour</title>")
			for i := range tc.entries {
				fmt.Fprintf(feed, "<item><guid>%d</guid><title>Note %[1]d</title><link>http://harbour.test/%[1]d</link><description>The ferry waits.</description></item>", i)
			}
			feed.WriteString("</channel></rss>")
			book := &visitorsBook{answer: func(n int, w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/" {
					w.Header().Set("Content-Type", "text/html")
					tc.page(n, w, r.URL.Path)
					return
				}
				w.Header().Set("ETag", `"1"`)
				if r.Header.Get("If-None-Match") == `"1"` {
					w.WriteHeader(http.StatusNotModified)
					return
				}
				fmt.Fprint(w, feed)
			}}
			b := &bureau{path: path, web: book}
			src := b.add("harbour", "http://harbour.test/", "@every 1h")
			src.FullText = true
			b.sources["harbour"] = src
			full := 0
			b.run(t, func(_ *aggregator.Aggregator, db *store.DB) {
				time.Sleep(20 * time.Hour)
				records, err := db.Records(t.Context(), 0, 1000)
				if err != nil {
					t.Fatal(err)
				}
				whole := map[string]bool{}
				for _, r := range records {
					if r.Item.FullText && !whole[r.Item.ID] {
						whole[r.Item.ID] = true
						full++
					}
				}
			})
			asked, plain := 0, 0
			for at, visits := range book.visits {
				if at != "harbour.test/" {
					asked += len(visits)
				}
			}
			for _, h := range book.heads["harbour.test/"] {
				if h.Get("If-None-Match") == "" {
					plain++
				}
			}
			if full != tc.full || asked != tc.asked || plain != tc.plain {
				t.Errorf("%s: %d items have the text of their page, pages were asked for %d times, and the feed %d times anew; want %d, %d, %d", name, full, asked, plain, tc.full, tc.asked, tc.plain)
			}
		})
	}
}

// TestPagesOfOneThatRefuses: a server that never gives the page of an item is not asked
// for it again and again because others, to which the source leads too, give theirs. Of
// one that gives some at a time all are read nevertheless.
func TestPagesOfOneThatRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pages.db")
	synctest.Test(t, func(t *testing.T) {
		began, hour := time.Now(), -1
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			switch {
			case r.Host == "walled.test":
				w.WriteHeader(http.StatusTooManyRequests)
			case r.Host == "slow.test" && hour == time.Now().Hour():
				w.WriteHeader(http.StatusTooManyRequests)
			case r.Host == "slow.test":
				hour = time.Now().Hour()
				fmt.Fprintf(w, article, r.Host+r.URL.Path)
			case r.URL.Path != "/":
				fmt.Fprintf(w, article, r.Host+r.URL.Path)
			default:
				fmt.Fprint(w, "<rss version='2.0'><channel><title>Finds</title><item><guid>w</guid><title>Walls</title><link>http://walled.test/w</link></item>")
				for n := range 12 {
					fmt.Fprintf(w, "<item><guid>s%d</guid><title>Slow %[1]d</title><link>http://slow.test/%[1]d</link></item>", n)
				}
				for n := range int(time.Since(began)/time.Hour) + 1 { // one more each hour
					fmt.Fprintf(w, "<item><guid>%d</guid><title>Note %[1]d</title><link>http://harbour.test/%[1]d</link></item>", n)
				}
				fmt.Fprint(w, "</channel></rss>")
			}
		}}
		b := &bureau{path: path, web: book}
		src := b.add("finds", "http://finds.test/", "@every 1h")
		src.FullText = true
		b.sources["finds"] = src
		full := 0
		b.run(t, func(_ *aggregator.Aggregator, db *store.DB) {
			time.Sleep(20 * time.Hour)
			records, err := db.Records(t.Context(), 0, 1000)
			if err != nil {
				t.Error(err)
			}
			for _, r := range records {
				if r.Item.FullText && strings.HasPrefix(r.Item.GUID, "s") {
					full++
				}
			}
		})
		if n := len(book.visits["walled.test/w"]); n != 6 || full != 12 {
			t.Errorf("it was asked %d times, and %d pages of the slow one were read", n, full)
		}
	})
}

// TestPagesWhoseRobotsAreAway: where robots.txt could not be read the pages of items are
// asked for when it can, and not given up.
func TestPagesWhoseRobotsAreAway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pages.db")
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			switch {
			case r.URL.Path == "/robots.txt" && r.Host == "harbour.test" && time.Since(began) < 30*time.Minute:
				w.WriteHeader(http.StatusBadGateway)
			case r.URL.Path == "/robots.txt":
				fmt.Fprint(w, "User-agent: *\nDisallow: /closed")
			case r.Host == "harbour.test":
				fmt.Fprintf(w, article, r.URL.Path)
			default:
				fmt.Fprint(w, "<rss version='2.0'><channel><title>Finds</title><item><guid>1</guid><title>One</title><link>http://harbour.test/1</link></item>"+
					"<item><guid>2</guid><title>Two</title><link>http://harbour.test/closed/2</link></item></channel></rss>")
			}
		}}
		b := &bureau{path: path, web: book}
		src := b.add("finds", "http://finds.test/", "@every 1h")
		src.FullText, src.Robots = true, true
		b.sources["finds"] = src
		b.run(t, func(*aggregator.Aggregator, *store.DB) { time.Sleep(9 * time.Hour) })
		if open, closed := len(book.visits["harbour.test/1"]), len(book.visits["harbour.test/closed/2"]); open != 1 || closed != 0 {
			t.Errorf("what may be read was asked for %d times, what may not %d times", open, closed)
		}
	})
}

// TestPageIsNamedWithoutItsKey: the page of sources says which page of an item could not
// be read, or that of a site has no feed, and not the key that its address may hold.
func TestPageIsNamedWithoutItsKey(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b := &bureau{path: filepath.Join(dir, "pages.db"), web: &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/":
				fmt.Fprint(w, "<rss version='2.0'><channel><title>Members</title><item><guid>1</guid><title>A note</title><link>http://members.test/1?key=sesame</link></item></channel></rss>")
			case "/site":
				http.Redirect(w, r, "/enter?key=sesame", http.StatusFound)
			case "/enter", "/hunter2/site":
				fmt.Fprint(w, "<!DOCTYPE html><title>Who are you?</title>")
			default:
				w.WriteHeader(http.StatusForbidden)
			}
		}}}
		for name, says := range map[string]string{"members": "http://members.test/1: ", "site": "http://members.test/enter ", "secret": "the page … advertises no feed"} {
			src := b.add(name, map[string]string{"members": "http://members.test/", "site": "http://members.test/site", "secret": "http://members.test/hunter2/site"}[name], "@every 1h")
			src.FullText, src.Site, src.Unlisted = true, name != "members", name == "secret"
			b.sources[name] = src
			s := b.live(t, name, 2*time.Minute)
			if told := fmt.Sprint(s.Repairs, s.Error); !strings.Contains(told, says) || strings.Contains(told, "sesame") || strings.Contains(told, "hunter2") {
				t.Errorf("of %s is told: %s", name, told)
			}
		}
	})
}

// TestPagesBehindSilentOnes: pages for which no time is left, because others have taken
// it all and gave no answer, have their turn once those are given up.
func TestPagesBehindSilentOnes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pages.db")
	synctest.Test(t, func(t *testing.T) {
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			switch {
			case r.Host == "dead.test":
				<-r.Context().Done()
			case r.URL.Path != "/":
				fmt.Fprintf(w, article, r.URL.Path)
			default:
				w.Header().Set("ETag", `"1"`)
				if r.Header.Get("If-None-Match") == `"1"` {
					w.WriteHeader(http.StatusNotModified)
					return
				}
				fmt.Fprint(w, "<rss version='2.0'><channel><title>Finds</title>")
				for n := range 10 {
					host := "dead"
					if n > 3 {
						host = "harbour"
					}
					fmt.Fprintf(w, "<item><guid>%d</guid><title>Note %[1]d</title><link>http://%s.test/%[1]d</link></item>", n, host)
				}
				fmt.Fprint(w, "</channel></rss>")
			}
		}}
		b := &bureau{path: path, web: book}
		src := b.add("finds", "http://finds.test/", "@every 1h")
		src.FullText = true
		b.sources["finds"] = src
		b.run(t, func(*aggregator.Aggregator, *store.DB) { time.Sleep(20 * time.Hour) })
		for at, times := range map[string]int{"dead.test/0": 6, "dead.test/1": 6, "dead.test/2": 1, "harbour.test/4": 1, "harbour.test/9": 1} {
			if n := len(book.visits[at]); n != times {
				t.Errorf("%s was asked for %d times, and not %d times", at, n, times)
			}
		}
		plain := 0
		for _, h := range book.heads["finds.test/"] {
			if h.Get("If-None-Match") == "" {
				plain++
			}
		}
		if plain != 8 {
			t.Errorf("the feed was asked for %d times anew", plain)
		}
	})
}

// TestPagesAfterOneGivenUp: a page that gives no answer at once is asked for again, too,
// when another one was given up before.
func TestPagesAfterOneGivenUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pages.db")
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		book := &visitorsBook{answer: func(n int, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			switch {
			case r.URL.Path == "/1" || r.URL.Path == "/2" && n == 0:
				w.WriteHeader(http.StatusServiceUnavailable)
			case r.URL.Path != "/":
				fmt.Fprintf(w, article, r.URL.Path)
			default:
				fmt.Fprint(w, "<rss version='2.0'><channel><title>Finds</title>")
				for n := range int(time.Since(began)/(10*time.Hour)) + 1 { // one more each ten hours
					fmt.Fprintf(w, "<item><guid>%d</guid><title>Note %[1]d</title><link>http://harbour.test/%[1]d</link></item>", n+1)
				}
				fmt.Fprint(w, "</channel></rss>")
			}
		}}
		b := &bureau{path: path, web: book}
		src := b.add("finds", "http://finds.test/", "@every 1h")
		src.FullText = true
		b.sources["finds"] = src
		b.run(t, func(*aggregator.Aggregator, *store.DB) { time.Sleep(19 * time.Hour) })
		if first, second := len(book.visits["harbour.test/1"]), len(book.visits["harbour.test/2"]); first != 6 || second != 2 {
			t.Errorf("what never answers was asked for %d times, what answers the second time %d times", first, second)
		}
	})
}

// TestPagesOfALongGap: what a feed brings is stored, however long the pause is that the
// pages of its items would have to wait for, and the host has that pause.
func TestPagesOfALongGap(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pages.db")
	synctest.Test(t, func(t *testing.T) {
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/" {
				w.Header().Set("Content-Type", "text/html")
				fmt.Fprintf(w, article, r.URL.Path)
				return
			}
			fmt.Fprint(w, "<rss version='2.0'><channel><title>Harbour</title>")
			for n := range 3 {
				fmt.Fprintf(w, "<item><guid>%d</guid><title>Note %[1]d</title><link>http://harbour.test/%[1]d</link><description>The ferry waits.</description></item>", n)
			}
			fmt.Fprint(w, "</channel></rss>")
		}}
		b := &bureau{path: path, web: book, gap: 10 * time.Minute}
		src := b.add("harbour", "http://harbour.test/", "@every 1h")
		src.FullText = true
		b.sources["harbour"] = src
		b.run(t, func(_ *aggregator.Aggregator, db *store.DB) {
			time.Sleep(30 * time.Minute)
			records, err := db.Records(t.Context(), 0, 100)
			if asked := len(book.visits["harbour.test/"]); err != nil || len(records) != 3 || asked != 1 {
				t.Errorf("%d items are stored, the feed was asked for %d times: %v", len(records), asked, err)
			}
		})
	})
}

// TestPagesKeepTheGap: a host has its pause before each of what a feed leads to there,
// the first one too.
func TestPagesKeepTheGap(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pages.db")
	synctest.Test(t, func(t *testing.T) {
		var free time.Time
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
			if time.Now().Before(free) {
				t.Errorf("%s is asked for %s too early", r.URL.Path, time.Until(free))
			}
			time.Sleep(100 * time.Millisecond)
			free = time.Now().Add(time.Second)
			switch r.URL.Path {
			case "/", "/older":
				fmt.Fprintf(w, `<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:harbour</id><title>Harbour</title><updated>2000-01-01T00:00:00Z</updated>
<link rel="prev-archive" href="http://harbour.test/older"/>
<entry><id>urn:note:%[1]s</id><title>Note %[1]s</title><updated>2000-01-01T00:00:00Z</updated><link href="http://harbour.test/page%[1]s"/></entry></feed>`, r.URL.Path)
			default:
				w.Header().Set("Content-Type", "text/html")
				fmt.Fprintf(w, article, r.URL.Path)
			}
		}}
		b := &bureau{path: path, web: book}
		src := b.add("harbour", "http://harbour.test/", "@every 1h")
		src.FullText = true
		b.sources["harbour"] = src
		b.run(t, func(_ *aggregator.Aggregator, _ *store.DB) { time.Sleep(30 * time.Minute) })
		if len(book.visits) != 4 {
			t.Errorf("asked for %v", book.visits)
		}
	})
}

// TestPageThatIsMissingAfterAll: an item whose page gave no answer at first, and is
// missing then, is as it was: readers are told of no change.
func TestPageThatIsMissingAfterAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pages.db")
	synctest.Test(t, func(t *testing.T) {
		book := &visitorsBook{answer: func(n int, w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path == "/":
				fmt.Fprint(w, "<rss version='2.0'><channel><title>Harbour</title><item><guid>1</guid><title>A note</title><link>http://harbour.test/1</link><description>The ferry waits.</description></item></channel></rss>")
			case n == 0:
				w.WriteHeader(http.StatusServiceUnavailable)
			default:
				w.WriteHeader(http.StatusNotFound)
			}
		}}
		b := &bureau{path: path, web: book, topics: []news.Topic{{Name: "all", Limit: 10}}}
		src := b.add("harbour", "http://harbour.test/", "@every 1h")
		src.FullText = true
		b.sources["harbour"] = src
		b.run(t, func(_ *aggregator.Aggregator, db *store.DB) {
			var updated []time.Time
			for range 2 {
				time.Sleep(40 * time.Minute)
				filed, err := db.Latest(t.Context(), "all", news.SortPublished, 10)
				if err != nil || len(filed) != 1 {
					t.Fatalf("%d filings: %v", len(filed), err)
				}
				updated = append(updated, filed[0].Updated)
			}
			if !updated[0].Equal(updated[1]) || len(book.visits["harbour.test/1"]) != 2 {
				t.Errorf("the page was asked for %d times; the item was updated %s, then %s", len(book.visits["harbour.test/1"]), updated[0], updated[1])
			}
		})
	})
}

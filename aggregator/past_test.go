package aggregator_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
)

// TestPastOfWhatIsRead: the archive of a feed is fetched at its first import, and where
// all that is in it is new; not where one entry is, and the others were read before.
func TestPastOfWhatIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "past.db")
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		newest := func() int { // one entry an hour, and at once six that nobody has seen
			n := 10 + int(time.Since(began)/time.Hour)
			if time.Since(began) >= 10*time.Hour {
				n += 6
			}
			return n
		}
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
			link, last := `<link rel="prev-archive" href="/past"/>`, newest()
			if r.URL.Path == "/past" {
				link, last = "", 5
			}
			fmt.Fprintf(w, `<feed xmlns="http://www.w3.org/2005/Atom"><title>Harbour</title>%s`, link)
			for n := last; n > last-5; n-- {
				fmt.Fprintf(w, `<entry><id>urn:note:%d</id><title>Note %[1]d</title><link href="/%[1]d"/></entry>`, n)
			}
			fmt.Fprint(w, "</feed>")
		}}
		b := &bureau{path: path, web: book}
		b.add("harbour", "http://harbour.test/", "@every 1h")
		b.run(t, func(*aggregator.Aggregator, *store.DB) { time.Sleep(9*time.Hour + 30*time.Minute) })
		if n := book.asked("harbour.test/past"); n != 1 {
			t.Errorf("while it had an entry more each hour its archive was fetched %d times", n)
		}
		b.run(t, func(*aggregator.Aggregator, *store.DB) { time.Sleep(3 * time.Hour) })
		if n := book.asked("harbour.test/past"); n != 2 {
			t.Errorf("after a gap its archive had been fetched %d times", n)
		}
	})
}

// TestPastWithoutDates: what stands on the further pages of a feed without dates is not
// newer than what stands on its first.
func TestPastWithoutDates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "past.db")
	synctest.Test(t, func(t *testing.T) {
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
			page, next := 1, ""
			fmt.Sscan(strings.TrimPrefix(r.URL.Path, "/"), &page)
			if page < 3 {
				next = fmt.Sprintf(`"next_url": "http://harbour.test/%d",`, page+1)
			}
			fmt.Fprintf(w, `{"version": "https://jsonfeed.org/version/1.1", "title": "Harbour", %s "items": [`, next)
			fmt.Fprintf(w, `{"id": "%d", "title": "Note", "content_text": "The %[1]dth"}, {"id": "%d", "title": "Note", "content_text": "The %[2]dth"}]}`, 2*page, 2*page+1)
		}}
		b := &bureau{path: path, web: book}
		b.add("harbour", "http://harbour.test/", "@every 1h")
		b.run(t, func(_ *aggregator.Aggregator, db *store.DB) {
			time.Sleep(30 * time.Minute)
			records, err := db.Records(t.Context(), 0, 100)
			if err != nil || len(records) != 6 {
				t.Fatalf("%d items, %v", len(records), err)
			}
			slices.SortFunc(records, func(a, b news.Record) int { return b.Item.Published.Compare(a.Item.Published) })
			for i, r := range records {
				if want := fmt.Sprint(i + 2); r.Item.ID != want {
					t.Errorf("item %s was published as the %dth newest", r.Item.ID, i+1)
				}
			}
		})
	})
}

// TestPastWithinALimit: a server that answers to the question for an archive when it wants
// to be asked again is asked for nothing before.
func TestPastWithinALimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "past.db")
	synctest.Test(t, func(t *testing.T) {
		var until time.Time
		inside := 0
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
			if time.Now().Before(until) {
				inside++
			}
			if r.URL.Path == "/past" {
				until = time.Now().Add(6 * time.Hour)
				w.Header().Set("Retry-After", fmt.Sprint(6*3600))
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			fmt.Fprint(w, `<feed xmlns="http://www.w3.org/2005/Atom"><title>Harbour</title><link rel="prev-archive" href="/past"/>`+
				`<entry><id>urn:note</id><title>The ferry</title><link href="/note"/><summary>It waits.</summary></entry></feed>`)
		}}
		b := &bureau{path: path, web: book}
		src := b.add("harbour", "http://harbour.test/", "@every 1h")
		src.FullText = true
		b.sources["harbour"] = src
		b.run(t, func(*aggregator.Aggregator, *store.DB) { time.Sleep(9 * time.Hour) })
		if inside > 0 || book.asked("harbour.test/") < 2 {
			t.Errorf("within six hours it was asked %d times, for its feed %d times in nine", inside, book.asked("harbour.test/"))
		}
	})
}

// TestPastRefused: a server that refuses the archive as one thing too many, and does not
// say for how long, is asked for no page by that poll.
func TestPastRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "past.db")
	synctest.Test(t, func(t *testing.T) {
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/past":
				w.WriteHeader(http.StatusTooManyRequests)
			case "/":
				fmt.Fprint(w, `<feed xmlns="http://www.w3.org/2005/Atom"><title>Harbour</title><link rel="prev-archive" href="/past"/>`+
					`<entry><id>urn:note</id><title>The ferry</title><link href="/note"/><summary>It waits.</summary></entry></feed>`)
			default:
				w.Header().Set("Content-Type", "text/html")
				fmt.Fprintf(w, article, r.URL.Path)
			}
		}}
		b := &bureau{path: path, web: book}
		src := b.add("harbour", "http://harbour.test/", "@every 1h")
		src.FullText = true
		b.sources["harbour"] = src
		b.run(t, func(*aggregator.Aggregator, *store.DB) {
			time.Sleep(30 * time.Minute)
			if n := book.asked("harbour.test/note"); n != 0 {
				t.Errorf("after it had refused the archive it was asked for a page %d times", n)
			}
			time.Sleep(time.Hour)
		})
		if n := book.asked("harbour.test/note"); n != 1 {
			t.Errorf("by the next poll the page was asked for %d times", n)
		}
	})
}

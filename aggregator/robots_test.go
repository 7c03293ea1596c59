package aggregator_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/store"
)

// TestRobotsAtAnInterval: between the questions for the robots.txt of a host and for what
// that allows the host is left alone as between any others, whether a feed, a page or the
// end of a redirect is asked for.
func TestRobotsAtAnInterval(t *testing.T) {
	path := filepath.Join(t.TempDir(), "robots.db")
	synctest.Test(t, func(t *testing.T) {
		last, short := map[string]time.Time{}, []string{}
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
			if at := last[r.Host]; !at.IsZero() && time.Since(at) < 10*time.Second {
				short = append(short, fmt.Sprint(r.Host, r.URL.Path, " after ", time.Since(at)))
			}
			last[r.Host] = time.Now()
			switch r.Host + r.URL.Path {
			case "harbour.test/":
				http.Redirect(w, r, "http://feeds.test/", http.StatusFound)
			case "feeds.test/":
				fmt.Fprint(w, "<rss version='2.0'><channel><title>Harbour</title><item><guid>1</guid><title>Ferry</title><link>http://pages.test/1</link></item></channel></rss>")
			case "pages.test/1":
				w.Header().Set("Content-Type", "text/html")
				fmt.Fprintf(w, article, r.URL.Path)
			default:
				w.WriteHeader(http.StatusNotFound)
			}
		}}
		b := &bureau{path: path, web: book, gap: 10 * time.Second}
		src := b.add("harbour", "http://harbour.test/", "@every 1h")
		src.Robots, src.FullText = true, true
		b.sources["harbour"] = src
		b.run(t, func(*aggregator.Aggregator, *store.DB) { time.Sleep(30 * time.Minute) })
		if len(short) > 0 || len(book.visits["pages.test/1"]) != 1 || len(book.visits["pages.test/robots.txt"]) != 1 {
			t.Errorf("asked too soon: %v; for the page %d times", short, len(book.visits["pages.test/1"]))
		}
	})
}

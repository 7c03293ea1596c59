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

// TestPagesWithinALimit: a server that answers to the page of an item when it wants to
// be asked again is asked for nothing before, neither for the feed nor, when its hub
// sends more of that, for pages.
func TestPagesWithinALimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pages.db")
	synctest.Test(t, func(t *testing.T) {
		var until time.Time
		inside, full := 0, 0
		document := func(notes ...int) []byte {
			b := []byte("<rss version='2.0'><channel><title>Harbour</title>")
			for _, n := range notes {
				b = fmt.Appendf(b, "<item><guid>%d</guid><title>Note %[1]d</title><link>http://harbour.test/%[1]d</link><description>The ferry waits.</description></item>", n)
			}
			return append(b, "</channel></rss>"...)
		}
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
			if time.Now().Before(until) {
				inside++
			}
			switch {
			case r.URL.Path == "/":
				w.Write(document(1, 2, 3))
			case until.IsZero():
				until = time.Now().Add(6 * time.Hour)
				w.Header().Set("Retry-After", fmt.Sprint(6*3600))
				w.WriteHeader(http.StatusTooManyRequests)
			default:
				w.Header().Set("Content-Type", "text/html")
				fmt.Fprintf(w, article, r.URL.Path)
			}
		}}
		b := &bureau{path: path, web: book}
		src := b.add("harbour", "http://harbour.test/", "@every 1h")
		src.FullText = true
		b.sources["harbour"] = src
		b.run(t, func(a *aggregator.Aggregator, db *store.DB) {
			time.Sleep(3 * time.Hour)
			if err := a.Pushed(t.Context(), "harbour", document(4), "application/rss+xml"); err != nil {
				t.Error(err)
			}
			time.Sleep(6 * time.Hour)
			records, err := db.Records(t.Context(), 0, 100)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range records {
				if r.Item.FullText {
					full++
				}
			}
		})
		if inside > 0 || full != 3 {
			t.Errorf("within six hours it was asked %d times; %d items have the texts of their pages", inside, full)
		}
	})
}

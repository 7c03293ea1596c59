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

// TestSlowAllTheWay: what a server gives that takes its time for the feed, for its archive
// and for the pages of its items is stored, though all together takes longer than a source
// is claimed for. The other pages are read by later polls.
func TestSlowAllTheWay(t *testing.T) {
	for _, timeout := range []time.Duration{30 * time.Second, 2 * time.Minute} {
		path := filepath.Join(t.TempDir(), "slow.db")
		synctest.Test(t, func(t *testing.T) {
			book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
				time.Sleep(timeout - timeout/12)
				n := 0
				switch fmt.Sscanf(r.URL.Path, "/past/%d", &n); {
				case r.URL.Path == "/" || n > 0:
					fmt.Fprintf(w, `<feed xmlns="http://www.w3.org/2005/Atom"><title>Harbour</title><link rel="prev-archive" href="/past/%d"/>`, n+1)
					for i := range 3 {
						fmt.Fprintf(w, `<entry><id>urn:%d:%d</id><title>Note %[1]d of %d</title><link href="/note/%[1]d/%[2]d"/><summary>It waits.</summary></entry>`, n, i)
					}
					fmt.Fprint(w, "</feed>")
				default:
					w.Header().Set("Content-Type", "text/html")
					fmt.Fprintf(w, article, r.URL.Path)
				}
			}}
			b := &bureau{path: path, web: book}
			src := b.add("harbour", "http://harbour.test/", "@every 1h")
			src.FullText, src.Timeout = true, timeout
			b.sources["harbour"] = src
			b.run(t, func(_ *aggregator.Aggregator, db *store.DB) {
				time.Sleep(50 * time.Minute)
				if n := book.asked("harbour.test/"); n != 1 {
					t.Errorf("timeout %s: the feed was asked for %d times", timeout, n)
				}
				time.Sleep(6 * time.Hour)
				records, err := db.Records(t.Context(), 0, 100)
				if err != nil {
					t.Fatal(err)
				}
				full := map[string]bool{}
				for _, r := range records {
					if r.Item.FullText {
						full[r.Item.ID] = true
					}
				}
				for _, id := range []string{"urn:0:0", "urn:0:1", "urn:0:2"} {
					if !full[id] {
						t.Errorf("timeout %s: of %d items the text of the page is missing from %s", timeout, len(records), id)
					}
				}
			})
			time.Sleep(timeout) // the server writes what nobody waits for
		})
	}
}

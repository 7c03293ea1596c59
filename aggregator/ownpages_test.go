package aggregator_test

import (
	"crypto/rand"
	"errors"
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

// TestPagesOfOthers: what the page of one item says as well as that of another is the
// text of neither, whether both come at once or one after the other; but an item may be
// listed twice, or be given another title.
func TestPagesOfOthers(t *testing.T) {
	entry := func(guid int, title, path string) string {
		return fmt.Sprintf("<item><guid>%d</guid><title>%s</title><link>http://harbour.test/%s</link><description>Ferries.</description></item>", guid, title, path)
	}
	pages := servers()
	for name, tc := range map[string]struct {
		page  func(w http.ResponseWriter, r *http.Request)
		lists []string // what the feed lists, an hour later each
		want  int      // items that have the text of their page in the end
	}{
		"own":          {pages["own"], []string{entry(1, "Tugs", "a") + entry(2, "Cranes", "b")}, 2},
		"at once":      {pages["moved"], []string{entry(1, "Tugs", "a") + entry(2, "Cranes", "b")}, 0},
		"in its place": {pages["asked"], []string{entry(1, "Tugs", "a") + entry(2, "Cranes", "b")}, 0},
		"one by one":   {pages["moved"], []string{entry(1, "Tugs", "a"), entry(2, "Cranes", "b"), entry(3, "Buoys", "c")}, 1},
		"of one page":  {pages["own"], []string{entry(1, "Tugs", "a#1") + entry(2, "Cranes", "a#2")}, 0},
		"front page":   {pages["front"], []string{entry(1, "Tugs", "a") + entry(2, "Cranes", "b")}, 0},
		"misnamed":     {pages["misnamed"], []string{entry(1, "Tugs", "a") + entry(2, "Cranes", "b"), entry(3, "Buoys", "c")}, 3},
		"listed twice": {pages["own"], []string{entry(1, "Tugs", "a") + entry(2, "Tugs", "a")}, 2},
		"anew":         {pages["elsewhere"], []string{entry(1, "Tugs", "a"), entry(2, "Tugs and cranes", "a?utm_source=feed")}, 1},
		"renamed":      {pages["own"], []string{entry(1, "Tugs", "a"), entry(1, "Tugs and cranes", "a")}, 1},
	} {
		path := filepath.Join(t.TempDir(), "pages.db")
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			b := &bureau{path: path, web: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/" {
					n := min(int(time.Since(began)/time.Hour), len(tc.lists)-1)
					fmt.Fprint(w, "<rss version='2.0'><channel><title>Harbour</title>"+tc.lists[n]+"</channel></rss>")
					return
				}
				w.Header().Set("Content-Type", "text/html")
				tc.page(w, r)
			})}
			src := b.add("harbour", "http://harbour.test/", "@every 1h")
			src.FullText = true
			b.sources["harbour"] = src
			b.run(t, func(_ *aggregator.Aggregator, db *store.DB) {
				time.Sleep(5 * time.Hour)
				records, failed := db.Records(t.Context(), 0, 100)
				got := 0
				for i, r := range records { // the latest revision of each
					if r.Item.FullText && !slices.ContainsFunc(records[i+1:], func(o news.Record) bool { return o.Item.ID == r.Item.ID }) {
						got++
					}
					if name == "misnamed" && r.Item.Canonical != r.Item.URL {
						t.Errorf("%s is known by %s", r.Item.URL, r.Item.Canonical)
					}
				}
				state, _, err := db.State(t.Context(), "harbour")
				if err = errors.Join(err, failed); got != tc.want || err != nil || tc.want == 0 && (len(state.Repairs) == 0 || !strings.Contains(state.Repairs[0].Detail, "another item")) {
					t.Errorf("%s: %d items have the text of their page, want %d; repairs %v (%v)", name, got, tc.want, state.Repairs, err)
				}
			})
		})
	}
}

// servers are the ways in which a site answers whoever asks for the page of an item.
func servers() map[string]func(w http.ResponseWriter, r *http.Request) {
	const consent = "Before you continue, let us and our partners store on your device what tells it from all others."
	article := func(w http.ResponseWriter, text string) {
		fmt.Fprint(w, "<article><h1>News</h1>"+strings.Repeat("<p>"+text+"</p>", 4)+"</article>")
	}
	moved := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/consent" {
			http.Redirect(w, r, "/consent", http.StatusFound)
			return
		}
		article(w, consent)
	}
	asked := func(w http.ResponseWriter, _ *http.Request) { article(w, consent) }
	own := func(w http.ResponseWriter, r *http.Request) {
		article(w, "The harbour master said of "+r.URL.Path+" that it will be there by noon, whatever the wind.")
	}
	elsewhere := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/a" {
			http.Redirect(w, r, "/there/a", http.StatusFound)
			return
		}
		own(w, r)
	}
	misnamed := func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "<link rel=canonical href=/news>")
		own(w, r)
	}
	front := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/front" {
			http.Redirect(w, r, "/front", http.StatusFound)
			return
		}
		article(w, "At "+rand.Text()+" the ferries sail, and the harbour master wishes all a calm sea and no delay.")
	}
	return map[string]func(w http.ResponseWriter, r *http.Request){
		"own": own, "moved": moved, "asked": asked, "misnamed": misnamed, "front": front, "elsewhere": elsewhere,
	}
}

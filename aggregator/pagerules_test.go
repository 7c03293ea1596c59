package aggregator_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
)

// TestOtherRulesForThePage: what other selectors find on a page is seen at the next poll,
// though the page has not changed, and so is the feed that it advertises; then the page
// is asked for with its validators again.
func TestOtherRulesForThePage(t *testing.T) {
	for name, tc := range map[string]struct {
		etag   string
		change func(src *news.Source)
		want   string // title of the first item
	}{
		"selectors, 304":  {`"1"`, func(src *news.Source) { src.Page = &news.PageRules{Item: "li"} }, "Tugs for hire"},
		"selectors, 200":  {"", func(src *news.Source) { src.Page = &news.PageRules{Item: "li"} }, "Tugs for hire"},
		"a site":          {`"1"`, func(src *news.Source) { src.Page, src.Site = nil, true }, "In the feed"},
		"another feature": {`"1"`, func(src *news.Source) { src.Priority = 7 }, "More"},
	} {
		path := filepath.Join(t.TempDir(), "page.db")
		synctest.Test(t, func(t *testing.T) {
			whole := 0
			b := &bureau{path: path, web: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/feed" {
					fmt.Fprint(w, "<rss version='2.0'><channel><item><guid>1</guid><title>In the feed</title></item></channel></rss>")
					return
				}
				if w.Header().Set("ETag", tc.etag); tc.etag != "" && r.Header.Get("If-None-Match") == tc.etag {
					w.WriteHeader(http.StatusNotModified)
					return
				}
				whole++
				fmt.Fprint(w, `<!DOCTYPE html><link rel=alternate type=application/rss+xml href=/feed><ul><li><a href=/1>Tugs for hire</a><b>More</b></ul>`)
			})}
			src := b.add("page", "http://harbour.test/", "@every 1h")
			src.Page = &news.PageRules{Item: "li", Title: "b"}
			title := func() (title string) {
				b.sources["page"] = src
				b.run(t, func(_ *aggregator.Aggregator, db *store.DB) {
					time.Sleep(3 * time.Hour)
					records, err := db.Records(t.Context(), 0, 100)
					if err != nil || len(records) == 0 {
						t.Fatal(len(records), err)
					}
					title = records[len(records)-1].Item.Title
				})
				return title
			}
			if got := title(); got != "More" {
				t.Errorf("%s: the item is called %q", name, got)
			}
			tc.change(&src)
			if got := title(); got != tc.want {
				t.Errorf("%s: the item is called %q, want %q", name, got, tc.want)
			}
			if tc.etag != "" && whole > 2 {
				t.Errorf("%s: the whole page was sent %d times", name, whole)
			}
		})
	}
}

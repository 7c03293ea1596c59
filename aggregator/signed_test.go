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

// TestSignedAnew: a feed that signs the addresses of its pictures anew at each request is
// stored as often as pictures need it, and not at each poll. Readers are not told of a
// change, and no page or archive is asked for again.
func TestSignedAnew(t *testing.T) {
	for _, full := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "signed.db")
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/" {
					w.Header().Set("Content-Type", "text/html")
					fmt.Fprintf(w, article, r.URL.Path)
					return
				}
				corrected := ""
				if time.Since(start) > 24*time.Hour+30*time.Minute {
					corrected = " till noon"
				}
				fmt.Fprint(w, `<feed xmlns="http://www.w3.org/2005/Atom"><title>Harbour</title><link rel="prev-archive" href="/past"/>`)
				for i := range 3 {
					fmt.Fprintf(w, `<entry><id>urn:%d</id><title>Notice %[1]d</title><link href="/%[1]d"/><published>%s</published><content type="html">`+
						`Berth %[1]d is closed%[3]s. &lt;img src="/b.jpg?X-Amz-Date=%[4]s&amp;amp;X-Amz-Signature=%[4]sff"></content></entry>`,
						i, start.Add(-time.Hour).Format(time.RFC3339), strings.Repeat(corrected, i/2), time.Now().Format("20060102T150405Z"))
				}
				fmt.Fprint(w, "</feed>")
			}}
			b := &bureau{path: path, web: book, topics: []news.Topic{{Name: "port", Title: "Port", Limit: 10}}}
			src := b.add("harbour", "http://harbour.test/", "@every 1h")
			src.FullText = full
			b.sources["harbour"] = src
			b.run(t, func(_ *aggregator.Aggregator, db *store.DB) {
				look := func(want int) (html string, updated time.Time) {
					t.Helper()
					records, err := db.Records(t.Context(), 0, 1000)
					if err != nil || len(records) != want {
						t.Errorf("full text %v: after %s there are %d records, want %d, %v", full, time.Since(start), len(records), want, err)
					}
					filed, err := db.Latest(t.Context(), "port", news.SortPublished, 10)
					if err != nil || len(filed) != 3 {
						t.Fatal(len(filed), err)
					}
					for _, f := range filed {
						if it := f.Members[0].Record.Item; it.ID == "urn:2" {
							html, updated = it.HTML, f.Filing.Updated
						}
					}
					return html, updated
				}
				time.Sleep(24*time.Hour + 30*time.Minute)
				want, asked := 15, 0
				if full {
					want, asked = 3, 1
				}
				html, since := look(want)
				if now := time.Now().UTC().Format("20060102"); !full && !strings.Contains(html, "X-Amz-Date="+now) {
					t.Errorf("what is published has ended: %s", html)
				}
				if at := since.Sub(start); at > time.Minute {
					t.Errorf("full text %v: an entry is told to be as it is since %s", full, at)
				}
				time.Sleep(time.Hour)
				if _, since := look(want + 1); time.Since(since) > time.Hour {
					t.Errorf("full text %v: what its source has changed is told to be as it is since %s", full, time.Since(since))
				}
				pages := book.asked("harbour.test/0")
				if past := book.asked("harbour.test/past"); past != 1 || pages != asked {
					t.Errorf("full text %v: the archive was asked for %d times, a page %d times", full, past, pages)
				}
			})
		})
	}
}

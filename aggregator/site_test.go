package aggregator_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
)

// TestSiteLeadsNowhere: what a site's page advertises is no feed, but a page again, and
// another one each time that it is asked for. Nobody is asked for such pages without
// end, and the source's status says what is wrong.
func TestSiteLeadsNowhere(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ advertised, says string }{
		"itself":               {"http://site.test/", "advertises no feed"},
		"another":              {"http://other.test/", "http://other.test/"},
		"a page for any path":  {"http://site.test/feed", "http://site.test/feed"},
		"itself, with a place": {"http://site.test/#feed", "http://site.test/"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var asked atomic.Int64
				b := &bureau{path: filepath.Join(dir, strings.ReplaceAll(name, " ", "")), web: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					asked.Add(1)
					to := c.advertised
					if r.Host == "other.test" {
						to = "http://site.test/"
					}
					fmt.Fprintf(w, "<!DOCTYPE html><title>%s</title><link rel=alternate type=application/rss+xml href=%q>", time.Now(), to)
				})}
				src := b.add("site", "http://site.test/", "@every 1h")
				src.Site = true
				b.sources["site"] = src
				b.run(t, func(_ *aggregator.Aggregator, db *store.DB) {
					time.Sleep(50 * time.Minute)
					if n := asked.Load(); n > 2 {
						t.Errorf("in 50 minutes it was asked %d times", n)
					}
					s, _, err := db.State(t.Context(), "site")
					if err != nil || s.Failures == 0 || !strings.Contains(s.Error, c.says) {
						t.Errorf("its status is %s, %q (%v)", s.Outcome, s.Error, err)
					}
				})
			})
		})
	}
}

// TestSiteOfADeadFeed: that the page of a site answers says nothing of the feed that it
// advertises: while that fails the source fails, is asked more and more seldom and is
// said to be broken, and it has recovered when the feed is there again.
func TestSiteOfADeadFeed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "site")
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path == "/":
				fmt.Fprint(w, "<!DOCTYPE html><link rel=alternate type=application/rss+xml href=/feed>")
			case time.Since(began) < 24*time.Hour:
				http.NotFound(w, r)
			default:
				fmt.Fprint(w, "<rss version='2.0'><channel><item><guid>1</guid><title>Tugs</title></item></channel></rss>")
			}
		}}
		b := &bureau{path: path, web: book}
		src := b.add("site", "http://site.test/", "@every 1h")
		src.Site = true
		b.sources["site"] = src
		b.run(t, func(_ *aggregator.Aggregator, db *store.DB) {
			events := func() (kinds string, s news.State) {
				s, _, err := db.State(t.Context(), "site")
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range s.Events {
					kinds += string(e.Kind) + " "
				}
				return kinds, s
			}
			time.Sleep(23 * time.Hour)
			kinds, s := events()
			if n := book.within("site.test/feed", began, time.Now()); s.Failures != n || n > 8 || kinds != "broken " || !s.LastSuccess.IsZero() {
				t.Errorf("after 23 hours it was asked %d times, has failed %d times, last answered %v: %s", n, s.Failures, s.LastSuccess, kinds)
			}
			time.Sleep(30 * time.Hour)
			if kinds, s := events(); s.Failures != 0 || kinds != "broken recovered " || s.ItemCount != 1 {
				t.Errorf("with its feed it has failed %d times and brought %d items: %s", s.Failures, s.ItemCount, kinds)
			}
		})
	})
}

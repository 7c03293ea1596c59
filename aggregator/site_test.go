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

package aggregator_test

import (
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/aggregator/topic"
)

// A source that is added while nobody is due, or while there is no other, is
// polled at once, and so is one that is due by its new schedule.
func TestReplacedSourcesArePolledAtOnce(t *testing.T) {
	for name, first := range map[string]string{"beside none": "", "beside one": "@every 24h"} {
		dir := t.TempDir()
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) { quietFeed(w, r) }}
				b := &bureau{path: filepath.Join(dir, "replace.db"), web: book}
				if first != "" {
					b.add("old", "http://old.test/", first)
				}
				b.run(t, func(a *aggregator.Aggregator, db *store.DB) {
					replace := func(name, schedule string) {
						b.sources = maps.Clone(b.sources)
						b.add(name, fmt.Sprintf("http://%s.test/", name), schedule)
						rules, err := topic.Compile(nil)
						if err != nil {
							t.Fatal(err)
						}
						if err := db.SetSources(t.Context(), slices.Collect(maps.Values(b.sources)), time.Now()); err != nil {
							t.Fatal(err)
						}
						a.Replace(&aggregator.Plan{Sources: b.sources, Rules: rules, HostGap: time.Second, Authority: "test.example"})
					}
					time.Sleep(10*time.Minute + time.Second)
					replace("new", "@every 24h")
					time.Sleep(5 * time.Second)
					if n := book.within("new.test/", time.Now().Add(-6*time.Second), time.Now()); n != 1 {
						t.Errorf("the new source was asked %d times", n)
					}
					time.Sleep(10*time.Minute + time.Second)
					replace("new", "@every 5m")
					time.Sleep(5 * time.Second)
					if n := book.within("new.test/", time.Now().Add(-6*time.Second), time.Now()); n != 1 {
						t.Errorf("the source with a new schedule was asked %d times", n)
					}
				})
			})
		})
	}
}

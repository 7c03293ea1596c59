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

const day = 24 * time.Hour

// TestAYearOfFailure breaks sources in every way for a year. None is given up,
// none is asked more often than once a week in the end, and all recover at
// the first poll that finds them well.
func TestAYearOfFailure(t *testing.T) {
	faults := map[string]struct {
		outcome news.Outcome
		web     func(w http.ResponseWriter)
	}{
		"missing": {news.OutcomeHTTP4xx, func(w http.ResponseWriter) { w.WriteHeader(404) }},
		"locked":  {news.OutcomeHTTP4xx, func(w http.ResponseWriter) { w.WriteHeader(403) }},
		"busy":    {news.OutcomeBlocked, func(w http.ResponseWriter) { w.WriteHeader(429) }},
		"down":    {news.OutcomeHTTP5xx, func(w http.ResponseWriter) { w.WriteHeader(502) }},
		"page":    {news.OutcomeParse, func(w http.ResponseWriter) { fmt.Fprint(w, "<!DOCTYPE html><p>For sale") }},
		"silent":  {news.OutcomeTimeout, func(http.ResponseWriter) { time.Sleep(time.Hour) }},
		"cut":     {news.OutcomeNetwork, func(http.ResponseWriter) { panic(http.ErrAbortHandler) }},
		"large": {news.OutcomeTooLarge, func(w http.ResponseWriter) {
			for range 20 {
				if _, err := w.Write(make([]byte, 100<<10)); err != nil {
					return
				}
			}
		}},
	}
	for name, fault := range faults {
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			fails, heals := start.Add(3*day), start.Add(368*day)
			book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) {
				if now := time.Now(); now.After(fails) && now.Before(heals) {
					fault.web(w)
					return
				}
				quietFeed(w, r)
			}}
			b := &bureau{path: filepath.Join(dir, "year.db"), web: book}
			b.add(name, "http://"+name+".test/", "@every 12h")
			sick := b.live(t, name, 360*day)
			if sick.Outcome != fault.outcome || sick.Error == "" || sick.Validators.ETag != `"1"` {
				t.Errorf("%s: after a year: %s, %q, validators %v", name, sick.Outcome, sick.Error, sick.Validators)
			}
			if n := len(sick.Events); n == 0 || sick.Events[n-1].Kind != news.EventBroken {
				t.Errorf("%s: nobody is told: %v", name, sick.Events)
			}
			well := b.live(t, name, 30*day)
			if !well.Outcome.OK() || well.Failures != 0 || well.Events[len(well.Events)-1].Kind != news.EventRecovered {
				t.Errorf("%s: healed, it is %s after %d failures: %v", name, well.Outcome, well.Failures, well.Events)
			}
			address := name + ".test/"
			if n := book.within(address, fails.Add(60*day), heals); n < 40 || n > 46 {
				t.Errorf("%s: asked %d times in ten months of failure, not weekly", name, n)
			}
			if n := book.within(address, fails, fails.Add(60*day)); n > 30 {
				t.Errorf("%s: asked %d times in the first two months of failure", name, n)
			}
			if n := book.within(address, heals.Add(8*day), heals.Add(18*day)); n < 15 {
				t.Errorf("%s: asked %d times in ten days after it healed", name, n)
			}
		})
	}
}

// TestGoneIsNotAskedAgain: 410 alone ends polling; the items stay, and another
// address begins anew.
func TestGoneIsNotAskedAgain(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		book := &visitorsBook{answer: func(n int, w http.ResponseWriter, r *http.Request) {
			if n > 0 && r.Host == "old.test" {
				w.WriteHeader(http.StatusGone)
				return
			}
			quietFeed(w, r)
		}}
		b := &bureau{path: filepath.Join(dir, "gone.db"), web: book}
		b.add("city", "http://old.test/", "@hourly")
		if s := b.live(t, "city", 365*day); s.Outcome != news.OutcomeGone || s.ItemCount != 1 {
			t.Errorf("it is %s and has %d items", s.Outcome, s.ItemCount)
		}
		if n := len(book.visits["old.test/"]); n != 2 {
			t.Errorf("asked %d times", n)
		}
		b.add("city", "http://new.test/", "@hourly")
		b.run(t, func(_ *aggregator.Aggregator, db *store.DB) {
			time.Sleep(2 * time.Hour)
			if s, _, err := db.State(t.Context(), "city"); err != nil || !s.Outcome.OK() {
				t.Errorf("at its new address it is %s: %v", s.Outcome, err)
			}
		})
		if n := len(book.visits["new.test/"]); n < 2 || len(book.visits["old.test/"]) != 2 {
			t.Errorf("the new address was asked %d times", n)
		}
	})
}

package store

import (
	"log/slog"
	"path/filepath"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// TestByClock sets every instant of a state, and expects each by the other
// clock, but for what the feed says of itself.
func TestByClock(t *testing.T) {
	was := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := news.State{Events: make([]news.Event, 2)}
	var instants func(v reflect.Value, visit func(*time.Time))
	instants = func(v reflect.Value, visit func(*time.Time)) {
		switch at, ok := v.Addr().Interface().(*time.Time); {
		case ok:
			visit(at)
		case v.Kind() == reflect.Struct:
			for i := range v.NumField() {
				instants(v.Field(i), visit)
			}
		case v.Kind() == reflect.Slice:
			for i := range v.Len() {
				instants(v.Index(i), visit)
			}
		}
	}
	instants(reflect.ValueOf(&s).Elem(), func(at *time.Time) { *at = was })
	got := byClock(s, func(at time.Time) time.Time { return at.Add(time.Hour) })
	if s.Events[0].At != was || got.About.Updated != was {
		t.Error("what is not to be changed was")
	}
	got.About.Updated = was.Add(time.Hour)
	instants(reflect.ValueOf(&got).Elem(), func(at *time.Time) {
		if *at != was.Add(time.Hour) {
			t.Errorf("an instant of %+v is left as it was", got)
		}
	})
}

// TestWhoKeepsASeatWaitsForNobody ends polls with an item, new and known, and one with
// nothing: that alone waits for others.
func TestWhoKeepsASeatWaitsForNobody(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	synctest.Test(t, func(t *testing.T) {
		db, err := Open(t.Context(), path, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := db.SetSources(t.Context(), []news.Source{{Name: "a", URL: "https://a.example/"}}, time.Now()); err != nil {
			t.Fatal(err)
		}
		item := news.Item{Source: "a", ID: "1", GUID: "1", Title: "Ferry", Published: time.Now(), FirstSeen: time.Now(), Hash: "1"}
		for _, c := range []struct {
			what  string
			items []news.Item
			waits bool
		}{{"new", []news.Item{item}, false}, {"known", []news.Item{item}, false}, {"nothing", nil, true}} {
			begin := time.Now()
			claims, err := db.Claim(t.Context(), begin, 1, time.Minute)
			if err != nil || len(claims) != 1 {
				t.Fatal(claims, err)
			}
			begin = time.Now()
			if _, err := db.Append(t.Context(), claims[0], c.items, func(news.Appended) news.State { return news.State{} }, begin, 0); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(begin); took > 0 != c.waits {
				t.Errorf("what is %s was stored after %s", c.what, took)
			}
			time.Sleep(time.Hour)
		}
	})
}

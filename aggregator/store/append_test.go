package store

import (
	"reflect"
	"testing"
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

package story

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// past makes records as sources show them that are asked for the first time: most
// entries are older than the window, up to two months. Some have a text, a link or a
// headline of one before.
func past(rng *rand.Rand, n int) []news.Record {
	babble := newBabble(rng.Uint64())
	now := time.Date(2026, time.March, 1, 0, 0, 0, 0, time.UTC)
	list := make([]news.Record, 0, n)
	for i := range n {
		now = now.Add(time.Duration(rng.IntN(300)) * time.Second)
		it := news.Item{
			Source: fmt.Sprint("s", rng.IntN(30)), ID: fmt.Sprint("item ", i), Title: babble.text(9), Text: babble.text(40 + rng.IntN(160)),
			Canonical: fmt.Sprint("https://a.example/", i), Language: "en", Published: now, Fetched: now,
		}
		if rng.IntN(3) > 0 {
			it.Published = now.Add(-time.Duration(rng.IntN(60*24)) * time.Hour)
		}
		if i > 0 {
			switch o := &list[rng.IntN(i)].Item; rng.IntN(40) {
			case 0:
				it.Canonical = o.Canonical
			case 1, 2:
				it.Text = o.Text + " " + babble.text(20)
			case 3:
				it.Title, it.Text = o.Title, o.Text+" "+babble.text(5)
			case 4:
				it.Title, it.Text = o.Title, ""
			}
		}
		list = append(list, record(int64(i+1), it))
	}
	return list
}

// TestPastIsDecidedAlike holds decisions upon old items, of which not all is looked
// at, against those upon items that a user has named, of which it always is.
func TestPastIsDecidedAlike(t *testing.T) {
	for _, window := range []time.Duration{DefaultWindow, 36 * time.Hour} {
		records := past(rand.New(rand.NewPCG(uint64(window), 1)), 1500)
		opts := Options{Window: window}
		for _, rec := range records {
			opts.Overrides = append(opts.Overrides, Override{ActionSplit, "nobody's", rec.Item.Key().Slug()})
		}
		some, whole := New(Options{Window: window}), New(opts)
		old := map[news.Kind]int{}
		for _, rec := range records {
			d, want := some.Add(rec, news.Outlet{}), whole.Add(rec, news.Outlet{})
			if !reflect.DeepEqual(d, want) {
				t.Fatalf("with a window of %s, upon %s of %s at %s: %+v, and looked at as a whole %+v", window, d.Key, rec.Item.Published, rec.Item.Fetched, d, want)
			}
			if d.Sketch == nil {
				old[d.Kind]++
			}
		}
		if old[news.KindNew] < 500 || old[news.KindSame] == 0 || old[news.KindCopy] == 0 {
			t.Errorf("with a window of %s old items are %v: too little was shown", window, old)
		}
	}
}

package story

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/internal/race"
)

// invented makes a stream of items that copy, trim, retell and revise each
// other over some weeks, in an invented vocabulary.
func invented(rng *rand.Rand, n int) []news.Record {
	word := func(topic int) string {
		if rng.IntN(3) == 0 {
			return fmt.Sprintf("w%d", rng.IntN(60))
		}
		return fmt.Sprintf("t%dx%d", topic, rng.IntN(25))
	}
	sentence := func(topic, words int) string {
		list := make([]string, words)
		for i := range list {
			list[i] = word(topic)
			if rng.IntN(8) == 0 {
				list[i] = fmt.Sprintf("Name%d", rng.IntN(9)+10*topic)
			}
			if rng.IntN(12) == 0 {
				list[i] = fmt.Sprint(rng.IntN(50))
			}
		}
		return strings.Join(list, " ")
	}
	var records []news.Record
	for i := range n {
		topic := rng.IntN(6) + i/40
		it := news.Item{
			Source: fmt.Sprintf("s%d", rng.IntN(5)), ID: fmt.Sprint(i), Language: "en",
			Title: sentence(topic, 6), Text: sentence(topic, 5+rng.IntN(90)),
			Published: day.Add(time.Duration(i)*2*time.Hour - time.Duration(rng.IntN(100))*time.Hour),
		}
		it.Canonical = fmt.Sprintf("https://%s.example/%d", it.Source, i)
		if i > 0 {
			old := records[rng.IntN(i)].Item
			switch rng.IntN(6) {
			case 0: // a copy, at times trimmed
				it.Text = old.Text[:len(old.Text)/(1+rng.IntN(2))]
				it.Published = old.Published.Add(time.Hour)
			case 1:
				it.Canonical = old.Canonical
			case 2: // a later revision
				it.Source, it.ID, it.Published = old.Source, old.ID, old.Published.Add(time.Duration(rng.IntN(3))*time.Hour)
			}
		}
		records = append(records, news.Record{Seq: int64(i + 1), Revision: 1, Item: it})
	}
	return records
}

type stored struct {
	news.Decision
	published time.Time
}

// store keeps decisions as the store does: one an item, the latest revision's
// place in the log, and the members of absorbed stories moved.
func store(list []stored, d news.Decision, published time.Time) []stored {
	list = slices.DeleteFunc(list, func(s stored) bool { return s.Key == d.Key })
	for i := range list {
		if slices.Contains(d.Absorbs, list[i].Story) {
			list[i].Story = d.Story
		}
	}
	return append(list, stored{d, published})
}

// restored makes an index of what the store gives for its window.
func restored(opts Options, kept []stored, newest time.Time) *Index {
	x := New(opts)
	for _, s := range kept {
		if !s.published.Before(newest.Add(-x.Window())) {
			x.Restore(s.Decision)
		}
	}
	return x
}

// TestRestart stops and restores an index at arbitrary places of arbitrary
// streams: it must decide as one that never stopped.
func TestRestart(t *testing.T) {
	window := Options{Window: 5 * 24 * time.Hour}
	t.Run("a revision is moved to before what was restored", func(t *testing.T) { restart(t, window, 0x38654, 42) })
	t.Run("a story loses its last item to the one that joins it", func(t *testing.T) { restart(t, Options{Window: window.Window, Most: 15}, 0x6df21, 32) })
	if race.Enabled { // nothing runs beside it: a tenth of the streams
		if err := flag.Set("rapid.checks", "10"); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		opts := window
		opts.Most = rapid.SampledFrom([]int{0, 15, 40}).Draw(t, "most")
		restart(t, opts, rapid.Uint64().Draw(t, "seed"), rapid.IntRange(8, 60).Draw(t, "every"))
	})
}

func restart(t interface{ Fatalf(string, ...any) }, opts Options, seed uint64, every int) {
	one, other := New(opts), New(opts)
	var kept []stored
	var newest time.Time
	for i, rec := range invented(rand.New(rand.NewPCG(seed, 1)), 90) {
		if i%every == every-1 {
			other = restored(opts, kept, newest)
		}
		want := one.Add(rec, news.Outlet{})
		got := other.Add(rec, news.Outlet{})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("record %d after a restart (-without, +with):\n%s", i, diff)
		}
		if rec.Item.Published.After(newest) {
			newest = rec.Item.Published
		}
		kept = store(kept, got, rec.Item.Published)
	}
}

// TestMost floods an index with items of one hour: it holds the latest of them,
// and nothing of the others.
func TestMost(t *testing.T) {
	x := New(Options{Most: 20})
	stories := map[string]bool{}
	records := invented(rand.New(rand.NewPCG(1, 2)), 200)
	for i := range records {
		records[i].Item.ID, records[i].Item.Source, records[i].Revision = fmt.Sprint(i), "flood", 1
		records[i].Item.Published = day
		stories[x.Add(records[i], news.Outlet{}).Story] = true
	}
	for i, rec := range records {
		if got, want := x.Knows(rec.Item.Key()), i >= len(records)-20; got != want {
			t.Errorf("item %d of %d is known: %v", i, len(records), got)
		}
	}
	maps.DeleteFunc(stories, func(id string, _ bool) bool { return x.live(id) == nil })
	if x.roll.count != 20 || len(stories) > 20 {
		t.Errorf("%d items and %d stories are held", x.roll.count, len(stories))
	}
}

package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
)

const day = 24 * time.Hour

func purgeStories(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	f.append("a", noon, numbered("old", 500, noon)...)
	records := f.fileAll(noon)
	at := noon.Add(10 * day)
	f.append("a", at, append(numbered("new", 3, at), numbered("old", 4, at)...)...)
	// One of the new items joins the first old story: it stays as a whole.
	fresh, err := f.Unfiled(f.ctx, 9)
	f.must(err)
	b := batchOf(fresh, at)
	b.Decisions[0].Story = records[0].Item.Key().Slug()
	b.Filings[0].Story = b.Decisions[0].Story
	f.must(f.File(f.ctx, b))
	// An old item's revision keeps it, too.
	later := at.Add(2 * time.Hour)
	revised := item("old-0001", later)
	revised.Hash = "revised"
	f.append("a", later, revised)
	f.fileAll(later)

	n, err := f.Purge(f.ctx, at, later)
	f.must(err)
	f.same("purged", n.Items, 498)
	stats, err := f.Stats(f.ctx)
	f.must(err)
	f.same("items left", stats.Items, int64(5))
	f.same("records left", len(f.records()), 6)
	f.same("filings left", len(f.latest(1000)), 5)
	decisions := 0
	f.must(f.Decided(f.ctx, time.Time{}, func(news.Decision, time.Time) bool { decisions++; return true }))
	f.same("decisions left", decisions, 5)
	n, err = f.Purge(f.ctx, at, later)
	f.must(err)
	f.same("purged again", n.Items, 0)

	n, err = f.Purge(f.ctx, later.Add(day), later.Add(day))
	f.must(err)
	f.same("purged with its revisions", n.Items, 5)
	f.same("log", len(f.records()), 0)
	f.same("filings", len(f.latest(1000)), 0)
	f.same("is damaged", f.Check(f.ctx), nil)
	// Numbers are never given twice.
	last := fresh[2].Seq
	f.append("a", later.Add(2*day), item("newest", later.Add(2*day)))
	f.same("numbering goes on", f.records()[0].Seq > last, true)
}

func tombstones(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	one := item("1", noon)
	one.Aliases = []string{"link"}
	f.append("a", noon, one, item("2", noon))
	f.fileAll(noon)
	at := noon.Add(10 * day)
	_, err := f.Purge(f.ctx, at, at)
	f.must(err)
	renamed := item("3", at)
	renamed.Aliases = []string{"link"}
	f.same("purged items come back", f.append("a", at, one, renamed), news.Appended{})
	members, err := f.Find(f.ctx, "1")
	f.must(err)
	f.same("found", len(members), 0)

	// Item 1 is listed all the time; item 2 is not. A year on, 2 is forgotten.
	poll := func(at time.Time, brought int) {
		items := append([]news.Item{one}, numbered(at.String(), brought, at)...)
		_, err := f.Append(f.ctx, f.claim("a", at), items, func(news.Appended) news.State {
			return news.State{NextDue: at.Add(time.Hour), LastNew: at}
		}, at, 0)
		f.must(err)
	}
	for range 12 {
		at = at.Add(31 * day)
		poll(at, 1)
	}
	n, err := f.Purge(f.ctx, noon, at)
	f.must(err)
	f.same("tombstones forgotten", n.Tombstones, 2) // item 2 and the link of item 1
	at = at.Add(time.Hour)
	f.same("after a year", f.append("a", at, one, item("2", at)), news.Appended{New: 1})
}

// tombstonesRenamed purges an item that its feed goes on listing under another
// identity, by a link that it had before.
func tombstonesRenamed(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	one := item("1", noon)
	one.Aliases = []string{"link"}
	f.append("a", noon, one)
	f.fileAll(noon)
	at := noon.Add(10 * day)
	_, err := f.Purge(f.ctx, at, at)
	f.must(err)
	one.ID, one.GUID = "1 by another name", "1 by another name"
	for range 12 {
		at = at.Add(31 * day)
		n, err := f.Append(f.ctx, f.claim("a", at), []news.Item{one, item(at.String(), at)}, func(news.Appended) news.State {
			return news.State{NextDue: at.Add(time.Hour), LastNew: at}
		}, at, 0)
		f.must(err)
		f.same("new after "+at.Sub(noon).String(), n, news.Appended{New: 1})
		_, err = f.Purge(f.ctx, noon, at)
		f.must(err)
	}
}

func purgeUnfiled(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	f.append("a", noon, numbered("n", 3, noon)...)
	n, err := f.Purge(f.ctx, noon.Add(day), noon.Add(day))
	f.must(err)
	f.same("purged", n.Items, 0)
	f.same("log", len(f.records()), 3)
}

// purgeOutOfOrder purges a log of whose records most were written while the
// clock was set back by a year. Those may stay, where an engine looks for the end of
// what is old by halves, until the others are as old; what is not old never goes.
func purgeOutOfOrder(t *testing.T, open Opener) {
	f := setup(t, open, "a", "b")
	f.append("a", noon, numbered("right", 3, noon)...)
	back := noon.Add(-365 * day)
	f.must(f.SetSources(f.ctx, []news.Source{{Name: "a", URL: "https://a.example/feed"}, {Name: "b", URL: "https://b.example/feed"}, {Name: "c", URL: "https://c.example/feed"}}, back))
	f.append("c", back, numbered("back", 20, back)...)
	f.fileAll(noon)
	right := func() (n int) {
		for _, r := range f.records() {
			if r.Item.Source == "a" {
				n++
			}
		}
		return n
	}
	_, err := f.Purge(f.ctx, noon.Add(-30*day), noon)
	f.must(err)
	f.same("what is not old", right(), 3)
	_, err = f.Purge(f.ctx, noon.Add(time.Second), noon)
	f.must(err)
	f.same("what is left of all", len(f.records()), 0)
}

func sketchesDropped(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	// More than one transaction's worth, many of one instant, and some older than
	// what is before 1970.
	f.append("a", noon, append(numbered("old", 450, noon), numbered("new", 3, noon.Add(day))...)...)
	ancient := item("ancient", time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC))
	f.append("a", noon.Add(2*time.Hour), ancient)
	records, err := f.Unfiled(f.ctx, 1000)
	f.must(err)
	file := func(records []news.Record) {
		f.t.Helper()
		b := batchOf(records, noon)
		for i := range b.Decisions {
			b.Decisions[i].Sketch = []byte{1, 2, 3}
		}
		f.must(f.File(f.ctx, b))
	}
	sketches := func() (n int) {
		f.t.Helper()
		f.must(f.Decided(f.ctx, time.Time{}, func(d news.Decision, _ time.Time) bool {
			if d.Sketch != nil {
				n++
			}
			return true
		}))
		return n
	}
	drop := func(before time.Time) int {
		f.t.Helper()
		n, err := f.DropSketches(f.ctx, before)
		f.must(err)
		return n
	}
	file(records)
	f.same("sketches", sketches(), 454)
	f.same("dropped", drop(noon), 451)
	f.same("sketches of the new", sketches(), 3)
	f.same("dropped again", drop(noon), 0)
	f.same("dropped before then", drop(noon.Add(-day)), 0)
	got, ok, err := f.Decision(f.ctx, records[0].Item.Key())
	f.must(err)
	f.same("the rest of a decision", ok, true)
	f.same("the rest of a decision", got, decisionOn(records[0], records[0].Item.Key().Slug()))

	// A log that is filed anew brings none back; what is newer is dropped later.
	f.must(f.Rewind(f.ctx))
	file(records)
	f.same("sketches after a rewind", sketches(), 3)
	f.same("dropped later", drop(noon.Add(2*day)), 3)
	f.same("sketches in the end", sketches(), 0)
}

func oneLeader(t *testing.T, open Opener) {
	f := setup(t, open, "a")
	f.append("a", noon, item("1", noon), item("2", noon))
	other := open(t, "main")
	lead := func(who string, want bool) {
		t.Helper()
		db := f.DB
		if who == "other" {
			db = other
		}
		got, err := db.Lead(f.ctx, who, time.Minute)
		f.must(err)
		f.same(who+" leads", got, want)
	}
	lead("one", true)
	lead("other", false)
	lead("one", true)
	records, err := f.Unfiled(f.ctx, 1)
	f.must(err)
	f.must(f.File(f.ctx, batchOf(records, noon)))
	lead("other", false)
	if err := other.File(f.ctx, batchOf(records, noon)); !errors.Is(err, store.ErrNotLeader) {
		t.Fatalf("filing by one that does not lead: %v", err)
	}
	if err := other.Rewind(f.ctx); !errors.Is(err, store.ErrNotLeader) {
		t.Fatalf("rewinding by one that does not lead: %v", err)
	}
}

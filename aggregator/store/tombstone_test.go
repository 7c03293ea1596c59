package store_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// TestTombstoneUnderAnotherName lists a purged item for a year under another
// identity than it had: by its link it is known to be gone.
func TestTombstoneUnderAnotherName(t *testing.T) {
	const month = 31 * 24 * time.Hour
	db, now := open(t, filepath.Join(t.TempDir(), "wireroom.db")), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	if err := db.SetSources(t.Context(), []news.Source{{Name: "a", URL: "https://a.example"}}, now); err != nil {
		t.Fatal(err)
	}
	item := func(id string) news.Item {
		return news.Item{Source: "a", ID: id, Title: id, Hash: id, Published: now, FirstSeen: now, Fetched: now}
	}
	poll := func(items ...news.Item) news.Appended {
		claims, err := db.Claim(t.Context(), now, 1, time.Minute)
		if err != nil || len(claims) != 1 {
			t.Fatal(claims, err)
		}
		n, err := db.Append(t.Context(), claims[0], items, func(news.Appended) news.State { return news.State{NextDue: now, LastNew: now} }, now, 0)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	first, renamed := item("first"), item("renamed")
	first.Aliases, renamed.Aliases = []string{"link"}, []string{"link"}
	poll(first)
	records, err := db.Unfiled(t.Context(), 9)
	if err == nil {
		d := news.Decision{Seq: records[0].Seq, Key: first.Key(), Story: first.Key().Slug()}
		err = db.File(t.Context(), news.Batch{At: now, UpTo: d.Seq, Decisions: []news.Decision{d}})
	}
	if err != nil {
		t.Fatal(err)
	}
	for n := range 12 {
		now = now.Add(month)
		if _, err := db.Purge(t.Context(), now, now); err != nil {
			t.Fatal(err)
		}
		if got := poll(renamed, item(now.String())); got.New != 1 {
			t.Errorf("after %d months: %+v", n+1, got)
		}
	}
}

// TestPurgeLeavesWhatItemsAreKnownBy purges a story that an item has left: what that
// was filed under in it is not minted a second time when it is filed so again.
func TestPurgeLeavesWhatItemsAreKnownBy(t *testing.T) {
	db, now := open(t, filepath.Join(t.TempDir(), "wireroom.db")), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	item := func(id string) news.Item {
		return news.Item{Source: "a", ID: id, Title: id, Hash: id, Published: now, FirstSeen: now, Fetched: now}
	}
	stays, leaves := item("stays"), item("leaves")
	poll(t, db, now, stays)
	poll(t, db, now.Add(24*time.Hour), leaves)
	records, err := db.Unfiled(t.Context(), 9)
	if err != nil || len(records) != 2 {
		t.Fatal(records, err)
	}
	file := func(story, id string, withdrawn bool) {
		decisions := []news.Decision{{Seq: records[0].Seq, Key: stays.Key(), Story: "first"}, {Seq: records[1].Seq, Key: leaves.Key(), Story: story}}
		f := news.Filing{Topic: "t", Key: "first", Story: "first", ID: id, Published: now, Lead: leaves.Key(), Members: []news.Key{leaves.Key()}, Withdrawn: withdrawn}
		if err := db.File(t.Context(), news.Batch{At: now, UpTo: records[1].Seq, Decisions: decisions, Filings: []news.Filing{f}}); err != nil {
			t.Fatal(err)
		}
	}
	file("first", "minted once", false)
	file("second", "", true)
	purged, err := db.Purge(t.Context(), now.Add(time.Hour), now.Add(48*time.Hour))
	if err != nil || purged.Items != 1 {
		t.Fatal(purged, err)
	}
	file("second", "minted again", false)
	filed, err := db.Latest(t.Context(), "t", news.SortPublished, 9)
	if err != nil || len(filed) != 1 || filed[0].ID != "minted once" {
		t.Errorf("%+v, %v", filed, err)
	}
}

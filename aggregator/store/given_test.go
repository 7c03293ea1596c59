package store

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// TestRecordsGiven files records, one that is given with its decision and one that
// is not: what was given is not read again, then or when it is published, and what
// is read without being filed pushes nothing out of the memory.
func TestRecordsGiven(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "wireroom.db"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.SetSources(t.Context(), []news.Source{{Name: "a", URL: "https://example.org/feed"}}, now); err != nil {
		t.Fatal(err)
	}
	claims, err := db.Claim(t.Context(), now, 1, time.Minute)
	if err != nil || len(claims) != 1 {
		t.Fatal(claims, err)
	}
	items := []news.Item{{ID: "1", Title: "stored", Hash: "1", Published: now}, {ID: "2", Title: "stored", Hash: "2", Published: now}}
	_, err = db.Append(t.Context(), claims[0], items, func(news.Appended) news.State { return claims[0].State }, now, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Records(t.Context(), 0, 9); err != nil {
		t.Fatal(err)
	}
	records, err := db.Unfiled(t.Context(), 9)
	if err != nil || len(records) != 2 {
		t.Fatal(records, err)
	}
	remembered := func(want ...bool) {
		t.Helper()
		for i, r := range records {
			if _, ok := db.recent.get(r.Seq); ok != want[i] {
				t.Errorf("record %d is remembered: %v", i+1, ok)
			}
		}
	}
	remembered(false, false)
	batch := news.Batch{UpTo: records[1].Seq, At: now}
	for _, r := range records {
		key := r.Item.Key()
		batch.Decisions = append(batch.Decisions, news.Decision{Seq: r.Seq, Key: key, Story: key.Slug(), Copies: key.Slug(), Kind: news.KindNew})
		batch.Filings = append(batch.Filings, news.Filing{Topic: "t", Key: key.Slug(), Story: key.Slug(), ID: "tag:" + key.ID,
			Published: now, Updated: now, FirstFiled: now, Hash: r.Item.Hash, Lead: key, Members: []news.Key{key}, Families: 1})
	}
	given := records[0]
	given.Item.Title = "given"
	batch.Records = []news.Record{given}
	if err := db.File(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	remembered(true, false)
	for query, want := range map[string]string{"given": "1", "stored": "2"} {
		found, err := db.Search(t.Context(), []string{"t"}, query, 9)
		if err != nil || len(found) != 1 || found[0].Lead.ID != want {
			t.Errorf("%q finds %+v, %v; want item %s", query, found, err, want)
		}
	}
}

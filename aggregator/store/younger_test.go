package store_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/aggregator/store/storetest"
)

// TestYoungerServer has processes go on when their database has been restored into
// another server, whose transactions have smaller numbers than those of the log: what
// they store is filed, behind all that was stored before.
func TestYoungerServer(t *testing.T) {
	dsn := storetest.Postgres(t).DSN(t)
	processes := []*store.DB{open(t, dsn), open(t, dsn), open(t, dsn)}
	var sources []news.Source
	for i := range 8 {
		sources = append(sources, news.Source{Name: fmt.Sprint("office-", i), URL: fmt.Sprintf("https://office-%d.example/feed", i)})
	}
	now := time.Now()
	if err := processes[0].SetSources(t.Context(), sources, now); err != nil {
		t.Fatal(err)
	}
	store := func(db *store.DB, claim news.Claim, id string) {
		items := []news.Item{{ID: id, Title: "Note " + id, Hash: id, Published: now, FirstSeen: now, Fetched: now}}
		if _, err := db.Append(t.Context(), claim, items, func(news.Appended) news.State {
			claim.State.NextDue = now
			return claim.State
		}, now, 0); err != nil {
			t.Error(err)
		}
	}
	var last int64
	for round := range 3 {
		claims, err := processes[0].Claim(t.Context(), time.Now(), len(sources), time.Minute)
		if err != nil || len(claims) != len(sources) {
			t.Fatalf("%d claims, %v", len(claims), err)
		}
		var all sync.WaitGroup
		for i, claim := range claims {
			all.Go(func() { store(processes[i%len(processes)], claim, fmt.Sprint(round, "-", claim.State.Source)) })
		}
		all.Wait()
		records, err := processes[0].Unfiled(t.Context(), 100)
		if err != nil || len(records) != len(sources) {
			t.Fatalf("round %d: of %d items %d are to be filed, %v", round, len(sources), len(records), err)
		}
		for _, r := range records {
			if r.Seq <= last {
				t.Errorf("round %d: %d is filed after %d", round, r.Seq, last)
			}
			last = r.Seq
		}
		if err := processes[0].File(t.Context(), news.Batch{UpTo: last, At: now}); err != nil {
			t.Fatal(err)
		}
		if _, err := directly(t, dsn).ExecContext(t.Context(), "UPDATE filer SET base = base - 100000"); err != nil {
			t.Fatal(err)
		}
	}
}

package scale

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
)

// itemsAPoll is how many items a poll of the race brings.
const itemsAPoll = 20

// items lets all replicas store the same polls. Each item must be there once.
func items(t *testing.T, b *bench) {
	polls := max(10, min(2000, *sources/100))
	run := func(dsn string, replicas int, g func() *gauge) (*gauge, int, int) {
		dbs := handles(t, dsn, replicas, polls, time.Now())
		attempts, stored := 0, 0
		var m *gauge
		var all gauge
		for round := range 2 {
			now := time.Now().Add(time.Duration(round) * 4 * time.Minute) // beyond the gaps and the interval
			for {
				claims, err := dbs[0].Claim(t.Context(), now, claimBatch, time.Minute)
				if err != nil {
					t.Fatal(err)
				}
				if len(claims) == 0 {
					break
				}
				m = g()
				n := race(t, dbs, claims, round, now)
				m.stop()
				all.took, all.ours, all.them = all.took+m.took, all.ours+m.ours, all.them+m.them
				attempts += len(claims) * itemsAPoll * replicas
				stored += n
				now = now.Add(2 * time.Second)
			}
		}
		records := everything(t, dbs[0])
		seen := map[news.Key]int{}
		for _, key := range records {
			seen[key]++
		}
		if len(records) != stored || len(seen) != stored {
			t.Errorf("%d items stored, %d records of %d items", stored, len(records), len(seen))
		}
		return &all, attempts, stored
	}
	g, attempts, stored := run(b.cluster.DSN(t), *replicas, b.gauge)
	one, _, alone := run(b.cluster.DSN(t), 1, b.gauge)
	lite, _, liteStored := run(sqlitePath(t), 1, b.gauge)
	b.units.append = each(one.ours+one.them, alone)
	b.add(t, row{"E", fmt.Sprintf("items stored by %d racing replicas", *replicas), "each exactly once; ≥ 10k attempted items/s",
		fmt.Sprintf("each once; %.0f attempted items/s on a shared machine, %.0f by processor time", g.rate(attempts), g.full(attempts)),
		fmt.Sprintf("one replica alone: %.0f items/s, %.0f µs an item; SQLite: %.0f items/s, %.0f µs", one.rate(alone), each(one.ours+one.them, alone),
			lite.rate(liteStored), each(lite.ours, liteStored)),
		fmt.Sprintf("%d attempts, %d items", attempts, stored)})
}

// race lets every replica store the same polls, and returns how many items they
// say that they stored.
func race(t *testing.T, dbs []*store.DB, claims []news.Claim, round int, now time.Time) int {
	var n atomic.Int64
	var wg sync.WaitGroup
	for _, db := range dbs {
		for _, c := range claims {
			wg.Go(func() {
				got := make([]news.Item, itemsAPoll)
				for i := range got {
					got[i] = text(c.State.Source, round*itemsAPoll+i, now)
				}
				told, err := db.Append(t.Context(), c, got, func(news.Appended) news.State { return unmodified(c.State, now, 3*time.Minute) }, now, hostGap)
				switch {
				case errors.Is(err, news.ErrLostClaim):
				case err != nil:
					t.Error(err)
				default:
					n.Add(int64(told.New))
				}
			})
		}
	}
	wg.Wait()
	return int(n.Load())
}

// everything returns the items of the log, in its order.
func everything(t *testing.T, db *store.DB) []news.Key {
	t.Helper()
	var keys []news.Key
	for after := int64(0); ; {
		records, err := db.Records(t.Context(), after, 2000)
		if err != nil {
			t.Fatal(err)
		}
		if len(records) == 0 {
			return keys
		}
		for _, r := range records {
			keys = append(keys, r.Item.Key())
			after = r.Seq
		}
	}
}

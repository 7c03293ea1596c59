package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/aggregator/store/storetest"
)

// heldSnapshot polls many sources that were due within one second while somebody
// holds a snapshot, as a backup does: the entries of those that were polled cannot
// be removed from the index of what is due, and no claim walks over them again.
func heldSnapshot(t *testing.T, cluster *storetest.Cluster) {
	const n, batch = 2000, 50
	dsn := cluster.DSN(t)
	db, err := store.Open(t.Context(), dsn, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	var sources []news.Source
	for i := range n {
		sources = append(sources, news.Source{Name: fmt.Sprint("s", i), URL: fmt.Sprintf("https://h%d.example/", i)})
	}
	begin := time.Now()
	if err := db.SetSources(t.Context(), sources, begin); err != nil {
		t.Fatal(err)
	}
	pool := directly(t, dsn)
	if _, err := pool.ExecContext(t.Context(), "UPDATE host_sched SET next = next + host * 500"); err != nil {
		t.Fatal(err)
	}
	snapshot, err := pool.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer snapshot.Rollback()
	var walked, after int64
	if err := snapshot.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM host_sched").Scan(&walked); err != nil {
		t.Fatal(err)
	}

	for i := range n / batch {
		now := begin.Add(2*time.Second + time.Duration(i)*100*time.Millisecond)
		claims, err := db.Claim(t.Context(), now, batch, time.Minute)
		if err != nil || len(claims) != batch {
			t.Fatalf("%d claims: %v", len(claims), err)
		}
		var wg sync.WaitGroup
		for _, c := range claims {
			wg.Go(func() {
				if _, err := db.Append(t.Context(), c, nil, func(news.Appended) news.State { return unmodified(c, now.Add(time.Hour)) }, now, 0); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	db.Close() // its connections tell what they have counted when they end
	const entries = "SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'host_sched_next' AND schemaname = current_schema()"
	for begun := time.Now(); time.Since(begun) < 10*time.Second && after == 0; time.Sleep(50 * time.Millisecond) {
		var last int64
		if err := pool.QueryRowContext(t.Context(), entries).Scan(&last); err != nil {
			t.Fatal(err)
		}
		if last == walked { // nobody has anything more to tell
			after = last
		}
		walked = last
	}
	if most := int64(20 * n); after > most {
		t.Errorf("for %d polls %d entries were looked at, at most %d are well", n, after, most)
	}
}

// lateIsFound has another process set a host free for an instant that the floor has
// passed already: it is claimed within two seconds.
func lateIsFound(t *testing.T, cluster *storetest.Cluster) {
	dsn := cluster.DSN(t)
	db := open(t, dsn)
	begin := time.Now()
	sources := []news.Source{{Name: "late", URL: "https://late.example/feed"}, {Name: "other", URL: "https://other.example/feed"}}
	if err := db.SetSources(t.Context(), sources, begin); err != nil {
		t.Fatal(err)
	}
	pool := directly(t, dsn)
	set := func(next time.Time) {
		t.Helper()
		if _, err := pool.ExecContext(t.Context(), `UPDATE host_sched SET next = $1 WHERE host = (
			SELECT k.host FROM source_sched k JOIN source s ON s.id = k.source WHERE s.name = 'late')`, next.UnixMicro()); err != nil {
			t.Fatal(err)
		}
	}
	set(begin.Add(time.Hour))
	found := time.Duration(0)
	for after := 1000 * time.Millisecond; after <= 9*time.Second && found == 0; after += 500 * time.Millisecond {
		now := begin.Add(after)
		claims, err := db.Claim(t.Context(), now, 10, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range claims {
			if c.State.Source == "late" {
				found = after
			}
			if _, err := db.Append(t.Context(), c, nil, func(news.Appended) news.State { return unmodified(c, now.Add(-time.Second)) }, now, 0); err != nil {
				t.Fatal(err)
			}
		}
		if after == 6*time.Second { // a second after all of it was looked at
			set(now.Add(-700 * time.Millisecond))
		}
	}
	if found == 0 || found > 7500*time.Millisecond {
		t.Errorf("what was set free 0.7 s late, at 6 s, is claimed after %s", found)
	}
}

// changedBeside ends a poll while somebody else, who is not through yet, makes
// another source of the host due earlier: the host is due when that one is.
func changedBeside(t *testing.T, cluster *storetest.Cluster) {
	dsn := cluster.DSN(t)
	db := open(t, dsn)
	now := time.Now()
	sources := []news.Source{{Name: "a", URL: "https://h.example/1"}, {Name: "b", URL: "https://h.example/2"}}
	if err := db.SetSources(t.Context(), sources, now); err != nil {
		t.Fatal(err)
	}
	if err := db.SetDue(t.Context(), map[string]time.Time{"b": now.Add(5 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	claims, err := db.Claim(t.Context(), now, 1, time.Minute)
	if err != nil || len(claims) != 1 || claims[0].State.Source != "a" {
		t.Fatal(claims, err)
	}

	pool := directly(t, dsn)
	other, err := pool.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Rollback()
	const ofB = "(SELECT id FROM source WHERE name = 'b')"
	for _, query := range []string{
		"SELECT FROM host_sched FOR UPDATE",
		fmt.Sprintf("UPDATE source_sched SET due = %d WHERE source = %s", now.Add(time.Hour).UnixMicro(), ofB),
		"UPDATE host_sched SET next = next",
	} {
		if _, err := other.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	ended := make(chan error)
	go func() {
		_, err := db.Append(t.Context(), claims[0], nil, func(news.Appended) news.State { return unmodified(claims[0], now.Add(9*time.Hour)) }, now, 0)
		ended <- err
	}()
	for waits := false; !waits; time.Sleep(10 * time.Millisecond) {
		if err := pool.QueryRowContext(t.Context(), "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted").Scan(&waits); err != nil {
			t.Fatal(err)
		}
	}
	if err := other.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if next, err := db.Next(t.Context(), now); err != nil || !next.Equal(now.Add(time.Hour).Truncate(time.Microsecond)) {
		t.Errorf("the host is due at %s, not after an hour: %v", next, err)
	}
}

// endsMeet ends the same polls through several stores at once, as where a claim was
// taken for over: each ends once, and nobody waits for one who waits for him, which
// the server would notice after a second. Rows are found by index, as in tables that
// are large: who reads a small table as a whole locks its rows as they happen to lie.
func endsMeet(t *testing.T, cluster *storetest.Cluster) {
	const n, replicas, rounds = 200, 3, 6
	dsn := cluster.DSN(t)
	dsn += "&enable_hashjoin=off&enable_mergejoin=off&enable_seqscan=off"
	var dbs []*store.DB
	for range replicas {
		db, err := store.Open(t.Context(), dsn, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		dbs = append(dbs, db)
	}
	var sources []news.Source
	for i := range n {
		sources = append(sources, news.Source{Name: fmt.Sprint("s", i), URL: fmt.Sprintf("https://h%d.example/", i)})
	}
	now := time.Now()
	if err := dbs[0].SetSources(t.Context(), sources, now); err != nil {
		t.Fatal(err)
	}
	pool := directly(t, dsn)
	const deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
	var before, after int
	if err := pool.QueryRowContext(t.Context(), deadlocks).Scan(&before); err != nil {
		t.Fatal(err)
	}
	for range rounds {
		now = now.Add(time.Minute)
		claims, err := dbs[0].Claim(t.Context(), now, n, time.Minute)
		if err != nil || len(claims) != n {
			t.Fatalf("%d claims: %v", len(claims), err)
		}
		var ended atomic.Int64
		var wg sync.WaitGroup
		for r, db := range dbs {
			for i := range claims {
				c := claims[(i*(2*r+1)+50*r)%n] // each in an order of its own
				wg.Go(func() {
					_, err := db.Append(t.Context(), c, nil, func(news.Appended) news.State { return unmodified(c, now) }, now, 0)
					switch {
					case err == nil:
						ended.Add(1)
					case !errors.Is(err, news.ErrLostClaim):
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		if ended.Load() != n {
			t.Errorf("%d polls ended %d times", n, ended.Load())
		}
	}
	for _, db := range dbs {
		db.Close() // its connections tell what they have counted when they end
	}
	time.Sleep(100 * time.Millisecond)
	if err := pool.QueryRowContext(t.Context(), deadlocks).Scan(&after); err != nil {
		t.Fatal(err)
	}
	if after > before {
		t.Errorf("%d times transactions waited for each other", after-before)
	}
}

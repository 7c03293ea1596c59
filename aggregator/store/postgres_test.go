package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/aggregator/store/storetest"
)

func TestPostgres(t *testing.T) {
	cluster := storetest.Postgres(t)
	t.Run("suite", func(t *testing.T) {
		dsn := map[string]string{}
		storetest.Run(t, func(t *testing.T, database string) *store.DB {
			name := t.Name() + "/" + database
			if dsn[name] == "" {
				dsn[name] = cluster.DSN(t)
			}
			return open(t, dsn[name])
		})
	})
	for name, test := range map[string]func(*testing.T, *storetest.Cluster){
		"many open a new database":       openAtOnce,
		"what was locked is found":       lockedIsFound,
		"what is late is found":          lateIsFound,
		"a snapshot is held":             heldSnapshot,
		"another changes the host":       changedBeside,
		"several end the same":           endsMeet,
		"leader is replaced":             leaderIsReplaced,
		"stopped within a transaction":   stoppedWithin,
		"numbers go on elsewhere":        numbersGoOn,
		"an open transaction hides none": openTransaction,
		"server restarts":                serverRestarts,
		"address has no secrets":         addressWithoutSecrets,
		"encodings are refused":          encodingsRefused,
		"statements are not prepared":    unprepared,
		"writers are killed":             writersAreKilled,
		"a poll takes few turns":         fewTurns,
		"a search takes few turns":       fewTurnsOfSearch,
	} {
		t.Run(name, func(t *testing.T) { test(t, cluster) })
	}
}

// directly returns connections to a database that do not go through a store.
func directly(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	pool, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return pool
}

// openAtOnce has several processes make the tables at the same time.
func openAtOnce(t *testing.T, cluster *storetest.Cluster) {
	dsn := cluster.DSN(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			db, err := store.Open(t.Context(), dsn, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Error(err)
				return
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// stoppedWithin lets a process stop in the middle of a transaction, as one does
// that is cut off: what it has locked is soon free, and what it did undone.
func stoppedWithin(t *testing.T, cluster *storetest.Cluster) {
	dsn := cluster.DSN(t)
	one, two := open(t, dsn), open(t, dsn)
	writes := func(text string) func(string) (string, error) {
		return func(string) (string, error) { return text, nil }
	}
	if err := one.Amend(t.Context(), "note", writes("nobody")); err != nil {
		t.Fatal(err)
	}
	began, goOn, ended := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		ended <- one.Amend(t.Context(), "note", func(string) (string, error) {
			close(began)
			<-goOn
			return "one", nil
		})
	}()
	<-began
	if err := two.Amend(t.Context(), "note", writes("two")); err != nil {
		t.Error(err)
	}
	close(goOn)
	if err := <-ended; err == nil {
		t.Error("a transaction that the server has ended was committed")
	}
	if text, err := one.Noted(t.Context(), "note"); err != nil || text != "two" {
		t.Errorf("the note is %q, %v", text, err)
	}
}

// lockedIsFound has a process claim and poll beside one that has locked a host for
// long, and fails: what it had locked is polled as soon as it is free.
func lockedIsFound(t *testing.T, cluster *storetest.Cluster) {
	dsn := cluster.DSN(t)
	db := open(t, dsn)
	begin := time.Now()
	list := []news.Source{{Name: "held", URL: "https://held.example/feed"}, {Name: "other", URL: "https://other.example/feed"}}
	if err := db.SetSources(t.Context(), list, begin); err != nil {
		t.Fatal(err)
	}
	pool := directly(t, dsn)
	slow, err := pool.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Rollback()
	if _, err := slow.ExecContext(t.Context(), `SELECT FROM host_sched WHERE host = (
		SELECT k.host FROM source_sched k JOIN source s ON s.id = k.source WHERE s.name = 'held') FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	claimed := func(after time.Duration) (names []string) {
		t.Helper()
		now := begin.Add(after)
		claims, err := db.Claim(t.Context(), now, 10, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range claims {
			names = append(names, c.State.Source)
			if _, err := db.Append(t.Context(), c, nil, func(news.Appended) news.State { return unmodified(c, now) }, now, 0); err != nil {
				t.Fatal(err)
			}
		}
		return names
	}
	if names := claimed(-time.Hour); len(names) > 0 {
		t.Fatalf("before anything is due %q are claimed", names)
	}
	if next, err := db.Next(t.Context(), begin); err != nil || next.IsZero() {
		t.Fatalf("the next is due at %s: %v", next, err)
	}
	for after := time.Second; after <= 9*time.Second; after += 2 * time.Second {
		if names := claimed(after); !slices.Equal(names, []string{"other"}) {
			t.Fatalf("beside the lock %q are claimed", names)
		}
	}
	if err := slow.Rollback(); err != nil {
		t.Fatal(err)
	}
	if names := claimed(10 * time.Second); !slices.Contains(names, "held") {
		t.Errorf("without the lock %q are claimed", names)
	}
	for after := 12 * time.Second; after <= 20*time.Second; after += 2 * time.Second {
		claimed(after)
	}
	// Another process ends a poll of long ago.
	if _, err := pool.ExecContext(t.Context(), `UPDATE host_sched SET next = $1 WHERE host = (
		SELECT k.host FROM source_sched k JOIN source s ON s.id = k.source WHERE s.name = 'held')`, begin.Add(time.Second).UnixMicro()); err != nil {
		t.Fatal(err)
	}
	found := false
	for after := 21 * time.Second; after <= 25*time.Second; after += time.Second {
		found = found || slices.Contains(claimed(after), "held")
	}
	if !found {
		t.Error("what was set free late is not claimed within five seconds")
	}
}

// unmodified is the state after a poll that brought nothing, of a source that is
// due again a second later.
func unmodified(c news.Claim, at time.Time) news.State {
	s := c.State
	s.LastPoll, s.NextDue, s.Outcome = at, at.Add(time.Second), news.OutcomeNotModified
	return s
}

// leaderIsReplaced lets a leader sleep beyond its lease, as a stopped process
// does: another leads, and the first can write no more and is told so.
func leaderIsReplaced(t *testing.T, cluster *storetest.Cluster) {
	dsn := cluster.DSN(t)
	one, two := open(t, dsn), open(t, dsn)
	lead := func(db *store.DB, owner string, ttl time.Duration, want bool) {
		t.Helper()
		got, err := db.Lead(t.Context(), owner, ttl)
		if err != nil || got != want {
			t.Fatalf("%s leads: %v, %v; want %v", owner, got, err, want)
		}
	}
	// A lease lasts for longer than any machine takes, or has ended when sleep is
	// over.
	leads := func(db *store.DB, owner string, want bool) { t.Helper(); lead(db, owner, time.Hour, want) }
	sleep := func(db *store.DB, owner string) {
		t.Helper()
		lead(db, owner, time.Millisecond, true)
		time.Sleep(50 * time.Millisecond)
	}
	leads(one, "one", true)
	leads(two, "two", false)
	leads(one, "one", true)
	if err := two.File(t.Context(), news.Batch{UpTo: 1}); !errors.Is(err, store.ErrNotLeader) {
		t.Fatalf("filing beside a leader: %v", err)
	}
	sleep(one, "one")
	if err := one.File(t.Context(), news.Batch{UpTo: 1}); err != nil {
		t.Fatalf("filing with a lease that has ended but nobody took: %v", err)
	}
	leads(two, "two", true)
	if err := one.File(t.Context(), news.Batch{UpTo: 1}); !errors.Is(err, store.ErrNotLeader) {
		t.Fatalf("filing behind an older fence: %v", err)
	}
	sleep(two, "two")
	if err := one.File(t.Context(), news.Batch{UpTo: 1}); !errors.Is(err, store.ErrNotLeader) {
		t.Fatalf("filing behind an older fence when the lease has ended that came after it: %v", err)
	}
	if err := open(t, dsn).File(t.Context(), news.Batch{UpTo: 1}); err != nil {
		t.Fatalf("filing by one that never asked to lead, while nobody leads: %v", err)
	}
	leads(one, "one", false) // one is told that another has led meanwhile
	leads(one, "one", true)
	sleep(one, "one")
	leads(two, "two", false) // so is two
	leads(two, "two", true)
	leads(one, "one", false)

	sleep(two, "two")
	leads(one, "one", true)
	sleep(one, "one")
	if err := two.SaveDocuments(t.Context(), []news.Document{{Path: "/a"}}); !errors.Is(err, store.ErrNotLeader) {
		t.Fatalf("publishing behind an older fence: %v", err)
	}
	leads(two, "two", false) // what publishes was told, and the filer has to be too
	leads(two, "two", true)
}

// numbersGoOn moves the tables to where transactions have lower numbers, as a
// restored dump is.
func numbersGoOn(t *testing.T, cluster *storetest.Cluster) {
	dsn := cluster.DSN(t)
	db := open(t, dsn)
	now := time.Now()
	poll(t, db, now, victimItem("a", 1))
	pool := directly(t, dsn)
	for _, query := range []string{
		"UPDATE log SET seq = seq + (1000000000::bigint << 14)", "UPDATE item SET seq = seq + (1000000000::bigint << 14)",
	} {
		if _, err := pool.Exec(query); err != nil {
			t.Fatal(err)
		}
	}
	restored := open(t, dsn)
	poll(t, restored, now.Add(time.Minute), victimItem("a", 2))
	records, err := restored.Unfiled(t.Context(), 9)
	if err != nil || len(records) != 2 || records[1].Item.ID != victimItem("a", 2).ID {
		t.Fatalf("the log is %v, %v", records, err)
	}
}

// poll stores items of source a.
func poll(t *testing.T, db *store.DB, now time.Time, items ...news.Item) {
	t.Helper()
	if err := db.SetSources(t.Context(), []news.Source{{Name: "a", URL: "https://a.example"}}, now); err != nil {
		t.Fatal(err)
	}
	claims, err := db.Claim(t.Context(), now, 1, time.Minute)
	if err != nil || len(claims) != 1 {
		t.Fatal(claims, err)
	}
	_, err = db.Append(t.Context(), claims[0], items, func(news.Appended) news.State { return news.State{} }, now, 0)
	if err != nil {
		t.Fatal(err)
	}
}

// openTransaction keeps a transaction open that began before an append: what
// was appended is not read before it has ended, since it might yet have stored
// a record with a lower number.
func openTransaction(t *testing.T, cluster *storetest.Cluster) {
	dsn := cluster.DSN(t)
	db := open(t, dsn)
	pool := directly(t, dsn)
	tx, err := pool.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.Exec("SELECT pg_current_xact_id()"); err != nil {
		t.Fatal(err)
	}
	poll(t, db, time.Now(), victimItem("a", 1))
	for _, want := range []int{0, 1} {
		records, err := db.Unfiled(t.Context(), 9)
		if err != nil || len(records) != want {
			t.Fatalf("%d records, %v; want %d", len(records), err, want)
		}
		if want == 0 {
			if err := tx.Rollback(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// serverRestarts ends the server under an open store, which must go on when it
// is back.
func serverRestarts(t *testing.T, cluster *storetest.Cluster) {
	db := open(t, cluster.DSN(t))
	poll(t, db, time.Now(), victimItem("a", 1))
	cluster.Stop()
	if err := db.Ping(t.Context()); err == nil {
		t.Fatal("a server that has ended answers")
	}
	cluster.Start(t)
	poll(t, db, time.Now().Add(time.Minute), victimItem("a", 2))
	records, err := db.Records(t.Context(), 0, 9)
	if err != nil || len(records) != 2 {
		t.Fatal(len(records), err)
	}
}

func addressWithoutSecrets(t *testing.T, cluster *storetest.Cluster) {
	for _, dsn := range []string{
		"postgres://user:canary@127.0.0.1:1/name?connect_timeout=1", "postgres://user:canary@[::1/name",
		"postgres://user:canary@127.0.0.1:x/name", cluster.DSN(t) + "&password=canary&search_path=%00",
	} {
		_, err := store.Open(t.Context(), dsn, slog.New(slog.DiscardHandler))
		if err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("error is %v", err)
		}
		// Only of a database that does not answer more than an error may come.
		if passing := strings.Contains(dsn, "timeout"); store.Passing(err) != passing {
			t.Errorf("that it may pass by itself is said to be %v: %v", !passing, err)
		}
	}
}

// encodingsRefused opens databases that are not in UTF-8.
func encodingsRefused(t *testing.T, cluster *storetest.Cluster) {
	address := cluster.DSN(t)
	pool := directly(t, address)
	for encoding, taken := range map[string]bool{"UTF8": true, "SQL_ASCII": true, "LATIN1": false, "EUC_JP": false} {
		name := "in_" + strings.ToLower(encoding)
		if _, err := pool.Exec(fmt.Sprintf("CREATE DATABASE %s ENCODING '%s' LOCALE 'C' TEMPLATE template0", name, encoding)); err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		q.Del("search_path")
		u.Path, u.RawQuery = "/"+name, q.Encode()
		db, err := store.Open(t.Context(), u.String(), slog.New(slog.DiscardHandler))
		if err == nil {
			if err := db.Note(t.Context(), "Zürich 東京", "Київ"); err != nil {
				t.Errorf("%s: %v", encoding, err)
			}
			db.Close()
		}
		switch {
		case taken != (err == nil):
			t.Errorf("%s: %v", encoding, err)
		case !taken && (!strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "its encoding is "+encoding) || store.Passing(err)):
			t.Errorf("%s: %v", encoding, err)
		}
		if !taken && cluster.Ask(t, u.String(), "SELECT COUNT(*)::text FROM pg_tables WHERE schemaname = 'public'") != "0" {
			t.Errorf("%s: tables were made", encoding)
		}
	}
}

// writersAreKilled is TestKill with processes that share a database.
func writersAreKilled(t *testing.T, cluster *storetest.Cluster) {
	dsn := cluster.DSN(t)
	for i := range max(1, *kills/4) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		said := map[string]int64{}
		for n := range 3 {
			wg.Go(func() {
				one := killOne(t, dsn, time.Duration(20*(n+1)+i)*time.Millisecond)
				mu.Lock()
				defer mu.Unlock()
				for name, n := range one {
					said[name] = max(said[name], n)
				}
			})
		}
		wg.Wait()
		if t.Failed() {
			t.Fatal(fmt.Sprint("round ", i))
		}
		settle(t, dsn)
		checkVictim(t, dsn, said)
	}
}

// settle waits until the server has noticed that its clients are dead, and
// ended their transactions.
func settle(t *testing.T, dsn string) {
	t.Helper()
	pool := directly(t, dsn)
	for range 6000 {
		var n int
		if err := pool.QueryRow("SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'wireroom'").Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("the server has clients that are dead")
}

// unprepared writes and reads through connections that prepare no statements, as some
// pools between us and the server want it.
func unprepared(t *testing.T, cluster *storetest.Cluster) {
	for _, mode := range []string{"exec", "simple_protocol"} {
		db := open(t, cluster.DSN(t)+"&default_query_exec_mode="+mode)
		source := news.Source{Name: `a "quoted" {name}, \` + mode, URL: "https://example.org/feed"}
		if err := db.SetSources(t.Context(), []news.Source{source, {Name: "other", URL: "https://example.com/"}}, time.Unix(0, 0)); err != nil {
			t.Fatal(err)
		}
		states, err := db.States(t.Context())
		if err != nil || len(states) != 2 || states[0].Source != source.Name {
			t.Errorf("%s: %+v %v", mode, states, err)
		}
	}
}

package scale

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // to hold a snapshot

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
)

const (
	claimBatch = 250
	claimLease = 5 * time.Second
	hostGap    = time.Second
	dropped    = 100 // of so many batches one is dropped, as at a kill
)

// A watch sees to it that no host is asked too soon.
type watch struct {
	mu         sync.Mutex
	free       map[string]time.Time // host → when it may be asked
	violations int
	again      int // claims after a lease that ended
	lost       int
	hosts      map[string]string // source → host
	ids        map[int64]string  // the same by number, where states were copied
}

func (w *watch) host(c news.Claim) string {
	if host, ok := w.ids[c.ID]; ok {
		return host
	}
	return w.hosts[c.State.Source]
}

func newWatch(list []news.Source) *watch {
	w := &watch{free: map[string]time.Time{}, hosts: map[string]string{}}
	for _, src := range list {
		u, _ := url.Parse(src.URL)
		w.hosts[src.Name] = u.Host
	}
	return w
}

// claimed notes that a source was claimed at an instant. The store knows instants by
// the microsecond.
func (w *watch) claimed(claims []news.Claim, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range claims {
		host := w.host(c)
		if w.free[host].Sub(at) >= time.Microsecond {
			w.violations++
		}
		w.free[host] = at.Add(claimLease)
	}
}

func (w *watch) ended(c news.Claim, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.free[w.host(c)] = at.Add(hostGap)
}

// pollFor lets replicas claim and end polls that bring nothing, for a while, and
// returns how many. One batch of a hundred is dropped.
func pollFor(t *testing.T, dbs []*store.DB, w *watch, during time.Duration) int {
	t.Helper()
	var n atomic.Int64
	var wg sync.WaitGroup
	end := time.Now().Add(during)
	for r, db := range dbs {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(r), 7))
			for time.Now().Before(end) {
				now := time.Now()
				claims, err := db.Claim(t.Context(), now, claimBatch, claimLease)
				if err != nil {
					t.Error(err)
					return
				}
				w.claimed(claims, now)
				if len(claims) == 0 {
					time.Sleep(10 * time.Millisecond)
					continue
				}
				// Who is told of a claim when it is nearly over asks nobody, as in the program.
				if late := time.Since(now) > claimLease-2*hostGap; late || rng.IntN(dropped) == 0 {
					w.mu.Lock()
					w.again += len(claims)
					w.mu.Unlock()
					continue
				}
				n.Add(int64(endPolls(t, db, w, claims, rng)))
			}
		})
	}
	wg.Wait()
	return int(n.Load())
}

// endPolls ends the polls of a batch, all at once, as workers do.
func endPolls(t *testing.T, db *store.DB, w *watch, claims []news.Claim, rng *rand.Rand) int {
	var wg sync.WaitGroup
	var n atomic.Int64
	for _, c := range claims {
		wait := time.Duration(float64(again()) * (0.6 + 0.8*rng.Float64()))
		wg.Go(func() {
			at := time.Now()
			w.ended(c, at) // before it is stored: what comes later is later still
			_, err := db.Append(t.Context(), c, nil, func(news.Appended) news.State { return unmodified(c.State, at, wait) }, at, hostGap)
			switch {
			case errors.Is(err, news.ErrLostClaim):
				w.mu.Lock()
				w.lost++
				w.mu.Unlock()
			case err != nil:
				t.Error(err)
			default:
				n.Add(1)
			}
		})
	}
	wg.Wait()
	return int(n.Load())
}

// again is after how long a source is due again: as often as so many sources
// can be polled at forty thousand a second. Where fewer are due than can be polled
// the rate would be theirs, and claims would take a few of them each.
func again() time.Duration { return max(time.Second, time.Duration(*sources)*time.Second/40_000) }

// unmodified is the state of a source that answered "not modified".
func unmodified(s news.State, at time.Time, wait time.Duration) news.State {
	s.URL = "https://host.example/feed"
	s.Validators = news.Validators{URL: s.URL, ETag: `"0123456789abcdef"`, LastModified: "Sun, 01 Mar 2026 12:00:00 GMT"}
	s.LastPoll, s.LastSuccess, s.NextDue = at, at, at.Add(wait)
	s.Outcome, s.Status, s.RateN, s.RateT = news.OutcomeNotModified, 304, 3.25, 1.5
	s.Polls++
	s.NotModified++
	s.About = news.About{Format: "RSS 2.0", Title: "A title of a feed", Link: "https://host.example/"}
	s.Schedule = news.ScheduleAuto
	return s
}

// claims measures claims and ends of polls that bring nothing, without and with
// a snapshot that is held meanwhile.
func claims(t *testing.T, b *bench) {
	dsn := b.cluster.DSN(t)
	pool, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	dbs := populated(t, dsn, pool)
	w := newWatch(nil)
	w.ids = hostsByNumber(t, pool)
	pollFor(t, dbs, w, *period/4) // warms up
	g := b.gauge()
	n := pollFor(t, dbs, w, *period)
	g.stop()

	snapshot, err := pool.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	var count int
	if err := snapshot.QueryRow("SELECT COUNT(*) FROM source").Scan(&count); err != nil || count != *sources {
		t.Fatal(count, err)
	}
	h := b.gauge()
	held := pollFor(t, dbs, w, *period)
	h.stop()
	if err := snapshot.Rollback(); err != nil {
		t.Fatal(err)
	}
	lite := b.claimsOnSQLite(t)
	size := fmt.Sprintf("%d sources, %d polls in %s", *sources, n, *period)
	b.units.claim = each(g.them, n)
	b.units.client = each(g.ours, n)
	b.add(t, row{"A", fmt.Sprintf("claims, %d replicas, per-host gaps", *replicas), "≥ 10k polls/s",
		fmt.Sprintf("%.0f polls/s on a shared machine; its processor time allows for %.0f", g.rate(n), g.full(n)), "SQLite: " + lite, size})
	b.add(t, row{"B", "database CPU a poll", "≤ 100 µs", fmt.Sprintf("%.0f µs, and %.0f µs in the replica", each(g.them, n), each(g.ours, n)), "", size})
	b.add(t, row{"C", "gaps, 1 % of batches dropped", "0 violations", fmt.Sprintf("%d violations, %d claims dropped, %d lost", w.violations, w.again, w.lost), "", size})
	cost := each(g.them+g.ours, n) / each(h.them+h.ours, held)
	b.add(t, row{"D", "the same with a held snapshot", "≥ 80 % of the rate", fmt.Sprintf("%.0f %% by the clock, %.0f %% by processor time", 100*h.rate(held)/g.rate(n), 100*cost),
		"", fmt.Sprintf("%d polls in %s under it", held, *period)})
	if w.violations > 0 {
		t.Errorf("%d times a host was asked too soon", w.violations)
	}
	if *harsh && (each(g.them, n) > 100 || cost < 0.8) {
		t.Error("the figures are not reached")
	}
}

// populated opens a database with sources that were polled before and are due,
// in an order that is none. They are written by the database itself: a million
// of them in a minute.
func populated(t *testing.T, dsn string, pool *sql.DB) []*store.DB {
	t.Helper()
	dbs := handles(t, dsn, *replicas, 1, time.Now())
	claims, err := dbs[0].Claim(t.Context(), time.Now(), 1, claimLease)
	if err != nil || len(claims) != 1 {
		t.Fatal(claims, err)
	}
	endPolls(t, dbs[0], newWatch(configured(1)), claims, rand.New(rand.NewPCG(1, 1)))
	shared := max(1, *sources/200)
	for _, query := range []string{
		fmt.Sprintf(`INSERT INTO source (name, host, configured, outlet)
			SELECT 'source-' || lpad(i::text, 7, '0'),
				CASE WHEN i %% 10 >= 7 THEN 'shared' || lpad((i / 10 %% %d)::text, 5, '0') ELSE 'host' || lpad(i::text, 7, '0') END || '.example', 1, s.outlet
			FROM generate_series(1, %d) AS i, source s WHERE s.name = 'source-0000000'`, shared, *sources-1),
		"INSERT INTO host (name) SELECT DISTINCT host FROM source ON CONFLICT DO NOTHING",
		"INSERT INTO host_sched (host, ready) SELECT id, 0 FROM host ON CONFLICT DO NOTHING",
		fmt.Sprintf(`INSERT INTO source_sched (source, host, configured, due, state)
			SELECT s.id, h.id, 1, %d - (random() * 60e6)::bigint, k.state
			FROM source s JOIN host h ON h.name = s.host, source_sched k WHERE k.source = 1 AND s.id > 1`, time.Now().UnixMicro()),
		"UPDATE host_sched SET next = n.due FROM (SELECT host, MIN(due) AS due FROM source_sched GROUP BY host) n WHERE n.host = host_sched.host",
		"VACUUM (FULL, ANALYZE) host_sched", "VACUUM (FULL, ANALYZE) source_sched", "VACUUM ANALYZE",
	} {
		if _, err := pool.Exec(query); err != nil {
			t.Fatal(err)
		}
	}
	return dbs
}

// hostsByNumber returns the host of every source.
func hostsByNumber(t *testing.T, pool *sql.DB) map[int64]string {
	t.Helper()
	hosts := map[int64]string{}
	rows, err := pool.Query("SELECT id, host FROM source")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var host string
		if err := rows.Scan(&id, &host); err != nil {
			t.Fatal(err)
		}
		hosts[id] = host
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return hosts
}

// claimsOnSQLite is the same work on SQLite, by one process.
func (b *bench) claimsOnSQLite(t *testing.T) string {
	n := min(*sources, 20_000)
	dbs := handles(t, sqlitePath(t), 1, n, time.Now())
	w := newWatch(configured(n))
	g := b.gauge()
	polls := pollFor(t, dbs, w, *period/2)
	g.stop()
	if w.violations > 0 {
		t.Errorf("SQLite: %d times a host was asked too soon", w.violations)
	}
	b.units.sqlite = each(g.ours, polls)
	return fmt.Sprintf("%.0f polls/s, %.0f µs a poll in all (%d sources)", g.rate(polls), each(g.ours, polls), n)
}

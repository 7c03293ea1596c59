package store

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// An office is a store that some processes have open.
type office struct {
	t    *testing.T
	path string
	now  time.Time
}

func (o *office) open() *DB {
	o.t.Helper()
	db, err := Open(o.t.Context(), o.path, slog.New(slog.DiscardHandler))
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { db.Close() })
	return db
}

// kill takes the lock from a process, as the system does when it is killed.
func (o *office) kill(db *DB) {
	o.t.Helper()
	e := db.engine.(*sqliteEngine)
	if err := e.lock.release(); err != nil {
		o.t.Fatal(err)
	}
	e.lock = nil
}

// claim claims all that is due after a time, for a minute, and wants it to be these.
func (o *office) claim(db *DB, after time.Duration, want string) map[string]news.Claim {
	o.t.Helper()
	claims, err := db.Claim(o.t.Context(), o.now.Add(after), 9, time.Minute)
	if err != nil {
		o.t.Fatal(err)
	}
	byName := map[string]news.Claim{}
	var got []string
	for _, c := range claims {
		got = append(got, c.State.Source)
		byName[c.State.Source] = c
	}
	if strings.Join(got, " ") != want {
		o.t.Fatalf("after %s %q are claimed, not %q", after, got, want)
	}
	return byName
}

func (o *office) end(db *DB, c news.Claim, after time.Duration, gap time.Duration) error {
	o.t.Helper()
	_, err := db.Append(o.t.Context(), c, nil, func(news.Appended) news.State {
		return news.State{NextDue: o.now.Add(after + time.Hour)}
	}, o.now.Add(after), gap)
	return err
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func newOffice(t *testing.T) (*office, *DB) {
	o := &office{t, filepath.Join(t.TempDir(), "wireroom.db"), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	db := o.open()
	var sources []news.Source
	for _, host := range []string{"a", "b", "c"} {
		for _, n := range []string{"1", "2"} {
			sources = append(sources, news.Source{Name: host + n, URL: "https://" + host + ".example/" + n})
		}
	}
	o.must(db.SetSources(t.Context(), sources, o.now))
	return o, db
}

// TestKilledWhilePolling kills a process that asks a and b, of which b has answered:
// the next one does not ask a's host as long as the claim upon it lasts, nor b's
// within the gap, and what the first says of a after another has it is not stored.
func TestKilledWhilePolling(t *testing.T) {
	o, first := newOffice(t)
	asked := o.claim(first, 0, "a1 b1 c1")
	o.must(o.end(first, asked["b1"], time.Second, 5*time.Second))
	o.must(o.end(first, asked["c1"], time.Second, 0))
	o.kill(first)

	next := o.open()
	o.must(o.end(next, o.claim(next, 2*time.Second, "c2")["c2"], 2*time.Second, 0))
	o.claim(next, 6*time.Second-time.Microsecond, "")
	o.must(o.end(next, o.claim(next, 6*time.Second, "b2")["b2"], 6*time.Second, 0))
	o.claim(next, time.Minute-time.Microsecond, "")
	again := o.claim(next, time.Minute, "a1")
	if err := o.end(first, asked["a1"], time.Minute, 0); !errors.Is(err, news.ErrLostClaim) {
		t.Errorf("the answer to a claim that is lost is stored: %v", err)
	}
	o.must(o.end(next, again["a1"], time.Minute, 0))
}

// TestStandsBy: beside the process that polls another one is given nothing, but what
// it changes is seen by the first; and it polls when that one is gone.
func TestStandsBy(t *testing.T) {
	o, first := newOffice(t)
	for _, c := range o.claim(first, 0, "a1 b1 c1") {
		o.must(o.end(first, c, 0, 0))
	}
	for _, c := range o.claim(first, 0, "a2 b2 c2") {
		o.must(o.end(first, c, 0, 0))
	}
	second := o.open()
	o.claim(second, 2*time.Hour, "")
	o.must(second.SetDue(t.Context(), map[string]time.Time{"b2": o.now.Add(time.Minute)}))
	for _, at := range []struct {
		after time.Duration
		due   int
		next  time.Duration
	}{{0, 0, time.Minute}, {2 * time.Minute, 1, 2*time.Minute + standBy}} {
		n, err := second.Due(t.Context(), o.now.Add(at.after))
		o.must(err)
		next, err := second.Next(t.Context(), o.now.Add(at.after))
		o.must(err)
		if n != at.due || !next.Equal(o.now.Add(at.next)) {
			t.Errorf("after %s %d are due, want %d, and one may be claimed at %s, want after %s", at.after, n, at.due, next, at.next)
		}
	}
	o.claim(first, time.Minute-time.Microsecond, "")
	o.must(o.end(first, o.claim(first, time.Minute, "b2")["b2"], time.Minute, 0))
	o.must(second.SetSources(t.Context(), []news.Source{{Name: "d", URL: "https://d.example/"}}, o.now))
	o.must(o.end(first, o.claim(first, time.Minute, "d")["d"], time.Minute, 0))
	o.kill(first)
	o.claim(second, 2*time.Hour, "d")
}

// TestClaimIsGivenBack lets the disk refuse a claim: what it would have claimed can be
// claimed at once.
func TestClaimIsGivenBack(t *testing.T) {
	o, db := newOffice(t)
	direct(t, db, "CREATE TRIGGER refuse BEFORE INSERT ON claimed BEGIN SELECT RAISE(FAIL, 'no'); END")
	if claims, err := db.Claim(t.Context(), o.now, 9, time.Minute); err == nil {
		t.Fatalf("%v are claimed, and nothing is written of it", claims)
	}
	direct(t, db, "DROP TRIGGER refuse")
	o.claim(db, 0, "a1 b1 c1")
}

// TestClockSetBack sets the clock back by a day: neither a claim nor a gap by the old
// one is kept to once the sources are set by the new.
func TestClockSetBack(t *testing.T) {
	o, db := newOffice(t)
	day := 24 * time.Hour
	o.must(o.end(db, o.claim(db, day, "a1 b1 c1")["b1"], day, time.Second))
	o.now = o.now.Add(time.Second)
	o.claim(db, 0, "")
	var sources []news.Source
	for _, name := range []string{"a2", "b2"} {
		sources = append(sources, news.Source{Name: name, URL: "https://" + name[:1] + ".example/2"})
	}
	o.must(db.SetSources(t.Context(), sources, o.now))
	o.claim(db, 0, "a2 b2")
}

// TestReadInVain lets a claim share its transaction with a write that changes tokens
// and with one that fails, so that all is undone: the claims are good all the same.
func TestReadInVain(t *testing.T) {
	o, db := newOffice(t)
	e := db.engine.(*sqliteEngine)
	begun, hold := make(chan bool), make(chan bool)
	var all sync.WaitGroup
	all.Go(func() {
		_ = e.jot(t.Context(), func(context.Context, session) error { close(begun); <-hold; return nil })
	})
	<-begun
	behind := func(n int, fn func()) {
		all.Go(fn)
		for waiting := 0; waiting < n; time.Sleep(time.Millisecond) {
			e.writer.mu.Lock()
			waiting = len(e.writer.queue)
			e.writer.mu.Unlock()
		}
	}
	again := false
	behind(1, func() {
		_ = e.jot(t.Context(), func(ctx context.Context, tx session) error {
			if again {
				return errors.New("not again")
			}
			again = true
			_, err := tx.exec(ctx, "UPDATE state SET token = token + 7")
			return err
		})
	})
	var claims []news.Claim
	var err error
	behind(2, func() { claims, err = db.Claim(t.Context(), o.now, 9, time.Minute) })
	behind(3, func() {
		_ = e.jot(t.Context(), func(context.Context, session) error { return errors.New("a mistake") })
	})
	close(hold)
	all.Wait()
	if len(claims) != 3 || err != nil || !again {
		t.Fatal(claims, err)
	}
	for _, c := range claims {
		o.must(o.end(db, c, 0, 0))
	}
}

// TestHostOfThousands: what is set for each source of a host takes no longer for their
// number. Nobody claims and no poll ends meanwhile.
func TestHostOfThousands(t *testing.T) {
	const n = 30_000
	host := &door{place: -1}
	a := &agenda{sources: make([]dated, n), byID: map[int64]*dated{}}
	dates := make([]date, n)
	for i := range a.sources {
		s := &a.sources[i]
		*s = dated{id: int64(i), name: "source", host: host, configured: true}
		a.byID[s.id], host.sources, dates[i] = s, append(host.sources, s), date{source: s.id, due: int64(n - i)}
	}
	begin := time.Now()
	a.set(dates)
	if took := time.Since(begin); took > time.Second {
		t.Errorf("it takes %s for %d sources", took, n)
	}
	if host.next != 1 || len(a.queue) != 1 {
		t.Errorf("the first of them is due at %d, in a queue of %d", host.next, len(a.queue))
	}
}

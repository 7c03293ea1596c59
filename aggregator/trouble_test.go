package aggregator_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
)

const outage = 2 * time.Hour

// A fullLog is a log on a disk that is full until then: nothing can be filed.
type fullLog struct {
	*store.DB
	until time.Time
	tries *atomic.Int64
}

// File implements aggregator.Log.
func (l fullLog) File(ctx context.Context, batch news.Batch) error {
	if time.Now().Before(l.until) {
		l.tries.Add(1)
		return errors.New("the disk is full")
	}
	return l.DB.File(ctx, batch)
}

// A tally counts what is logged from a level on.
type tally struct {
	slog.Handler
	least slog.Level
	mu    sync.Mutex
	said  []string
}

// sofar is what was logged until now.
func (t *tally) sofar() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.said)
}

func (t *tally) Enabled(context.Context, slog.Level) bool { return true }

func (t *tally) Handle(_ context.Context, r slog.Record) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.Level >= t.least {
		t.said = append(t.said, r.Message)
	}
	return nil
}

// An awayLog is a log whose database is away until then: it gives no work.
type awayLog struct {
	*store.DB
	until time.Time
}

// Claim implements aggregator.Log.
func (l awayLog) Claim(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]news.Claim, error) {
	if time.Now().Before(l.until) {
		return nil, errors.New("the database is away")
	}
	return l.DB.Claim(ctx, now, limit, lease)
}

// troubled runs a source beside a log that fails for two hours, and says what of that
// the program's log has told by then.
func troubled(t *testing.T, fails func(*store.DB, time.Time) aggregator.Log, during func(t *testing.T, db *store.DB, book *visitorsBook, until time.Time)) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) { quietFeed(w, r) }}
		log := &tally{Handler: slog.DiscardHandler, least: slog.LevelError}
		b := &bureau{path: filepath.Join(dir, "trouble.db"), web: book, topics: []news.Topic{{Name: "all"}}, handler: log}
		b.add("city", "http://city.test/", "@every 24h")
		until := time.Now().Add(outage)
		b.wrap = func(db *store.DB) aggregator.Log { return fails(db, until) }
		b.run(t, func(_ *aggregator.Aggregator, db *store.DB) {
			time.Sleep(outage)
			if said := log.sofar(); len(said) < 5 || len(said) > 20 {
				t.Errorf("in two hours %d errors were logged: %q", len(said), said[:min(len(said), 5)])
			}
			during(t, db, book, until)
		})
	})
}

// TestFullDiskIsSaidAtGrowingDistances keeps a disk full for two hours: the log is not
// flooded, the index of stories is not made anew every second, and filing goes on
// soon after there is room.
func TestFullDiskIsSaidAtGrowingDistances(t *testing.T) {
	var tries atomic.Int64
	full := func(db *store.DB, until time.Time) aggregator.Log { return fullLog{db, until, &tries} }
	troubled(t, full, func(t *testing.T, db *store.DB, _ *visitorsBook, _ time.Time) {
		if n := tries.Load(); n > 1000 {
			t.Errorf("in two hours it was tried %d times", n)
		}
		time.Sleep(15 * time.Second)
		if stats, err := db.Stats(t.Context()); err != nil || stats.Unfiled > 0 {
			t.Errorf("15 seconds after there was room %d records are not filed (%v)", stats.Unfiled, err)
		}
	})
}

// TestDatabaseAwayIsSaidAtGrowingDistances keeps the database away for two hours: the log
// is not flooded, and polling goes on at once when it is back.
func TestDatabaseAwayIsSaidAtGrowingDistances(t *testing.T) {
	away := func(db *store.DB, until time.Time) aggregator.Log { return awayLog{db, until} }
	troubled(t, away, func(t *testing.T, _ *store.DB, book *visitorsBook, until time.Time) {
		time.Sleep(5 * time.Second)
		if n := book.within("city.test/", until.Add(-time.Second), time.Now()); n != 1 {
			t.Errorf("five seconds after the database was back the source was asked %d times", n)
		}
	})
}

// A standbyLog is the log of a process that another one files beside, with a database
// that is away for one of every so many minutes.
type standbyLog struct {
	*store.DB
	every int
}

// Lead implements aggregator.Log.
func (l standbyLog) Lead(context.Context, string, time.Duration) (bool, error) {
	if time.Now().Minute()%l.every == l.every-2 {
		return false, errors.New("the database is away")
	}
	return false, nil
}

// TestTroubleOfStandby: a process that does not file tells of every outage, and of
// each end.
func TestTroubleOfStandby(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		log := &tally{Handler: slog.DiscardHandler, least: slog.LevelInfo}
		b := &bureau{path: filepath.Join(dir, "standby.db"), handler: log}
		b.wrap = func(db *store.DB) aggregator.Log { return standbyLog{db, 10} }
		a, _, shut := b.open(t)
		defer shut()
		ctx, stop := context.WithCancel(t.Context())
		var filer sync.WaitGroup
		filer.Go(func() { a.File(ctx) })
		defer filer.Wait()
		defer stop()
		told := 0
		for i := range 4 {
			before := len(log.sofar())
			time.Sleep(10 * time.Minute)
			said := log.sofar()[before:]
			if !slices.Contains(said, "the store does not say who files") || !slices.Contains(said, "the store says who files again") {
				t.Errorf("of outage %d was told: %q", i, said)
			}
			if told = max(told, len(said)); len(said) != told {
				t.Errorf("of outage %d was told %d times, not %d", i, len(said), told)
			}
		}
	})
}

// A pickyLog is a log that takes nothing of a source.
type pickyLog struct {
	*store.DB
	source string
}

// Append implements aggregator.Log.
func (l pickyLog) Append(ctx context.Context, claim news.Claim, items []news.Item, settle func(news.Appended) news.State, now time.Time, gap time.Duration) (news.Appended, error) {
	if claim.State.Source == l.source {
		return news.Appended{}, errors.New("the disk is full")
	}
	return l.DB.Append(ctx, claim, items, settle, now, gap)
}

// TestOnceEndsThoughAnAnswerIsLost polls once what is due, of which one answer cannot be
// stored: the others are polled, that one is asked no more than once, and it is told.
func TestOnceEndsThoughAnAnswerIsLost(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		book := &visitorsBook{answer: func(_ int, w http.ResponseWriter, r *http.Request) { quietFeed(w, r) }}
		b := &bureau{path: filepath.Join(dir, "once.db"), web: book, workers: 1}
		for _, name := range []string{"city", "port", "lost"} {
			b.add(name, "http://"+name+".test/", "@every 24h")
		}
		b.wrap = func(db *store.DB) aggregator.Log { return pickyLog{db, "lost"} }
		a, db, shut := b.open(t)
		defer shut()
		start := time.Now()
		err := a.CollectOnce(t.Context())
		if err == nil || !strings.Contains(err.Error(), "the disk is full") {
			t.Errorf("it ends with %v", err)
		}
		if took := time.Since(start); took > time.Minute {
			t.Errorf("it ends after %s", took)
		}
		for name, polls := range map[string]int64{"city": 1, "port": 1, "lost": 0} {
			if s, _, err := db.State(t.Context(), name); err != nil || s.Polls != polls || len(book.visits[name+".test/"]) != 1 {
				t.Errorf("%s was asked %d times, and %d answers are stored (%v)", name, len(book.visits[name+".test/"]), s.Polls, err)
			}
		}
	})
}

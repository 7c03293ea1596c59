package aggregator

import (
	"context"
	"sync"
	"time"
)

// progressEvery is how often the first round says how far it has come.
const progressEvery = 2 * time.Second

// A round is the sources that were due at the start. It tells how many of them
// have been polled, now and then, and once when all have.
type round struct {
	a     *Aggregator
	mu    sync.Mutex
	total int
	seen  map[string]bool
	said  time.Time
	start time.Time
}

func (a *Aggregator) firstRound(ctx context.Context) *round {
	now := time.Now()
	n, err := a.log.Due(ctx, now)
	r := &round{a: a, total: n, seen: map[string]bool{}, said: now, start: now}
	all := len(a.plan.Load().Sources)
	switch {
	case err != nil:
	case n > 0:
		a.logger.Info("first round", "due", n, "sources", all)
	default:
		if next, err := a.log.Next(ctx, now); err == nil && !next.IsZero() {
			a.logger.Info("no source is due", "sources", all, "next", next.UTC().Format(time.RFC3339))
		}
	}
	return r
}

// done counts a source that has been polled.
func (r *round) done(source string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.total == 0 || len(r.seen) >= r.total || r.seen[source] {
		return
	}
	r.seen[source] = true
	now := time.Now()
	switch n := len(r.seen); {
	case n == r.total:
		r.a.logger.Info("first round done", "polled", n, "of", r.total, "took", now.Sub(r.start).Round(time.Millisecond))
	case now.Sub(r.said) >= progressEvery:
		r.said = now
		r.a.logger.Info("first round", "polled", n, "of", r.total)
	}
}

package store

import (
	"context"
	"database/sql"
	"math"
	"sync/atomic"
	"time"
)

const (
	// floorSlack is how late what is set free may be committed, and how often a
	// claim looks for it below the last batch. One looks at all of it every floorFor,
	// so that what a slow process set free late is polled within the time in which
	// that of a dead one is; or that many times less often than a look takes, which
	// may have to pass by much, but at least once in floorLast.
	floorSlack = time.Second
	floorFor   = 4 * time.Second
	floorShare = 50
	floorLast  = 30 * time.Second
)

// A floor bounds a claim from below. The entries of the index of what is due
// that were moved on are dead, but as long as anybody holds an old snapshot, as
// a backup does, PostgreSQL cannot remove them, and every claim would walk over
// all of them. So it looks for the first that is due from where that stood at the
// claim before, be it locked: by a process that is slow, or cut off, whose transaction
// may fail. Nothing is set free for an instant that has long passed: what stands below
// the floor all the same came late, or by a clock that is not ours, and is found by
// a look at the last two seconds; or was made due by hand, or set free by a
// transaction that took long, and is found when one looks at all of it. A second of
// instants is no small stretch: where a million wait, ten thousand stand in it, and
// who begins so far below walks over as many for every batch.
type floor struct{ at, back, until atomic.Int64 }

// look returns where a claim at now looks for the first host that is due, and whether
// that is further below than where the last one was.
func (f *floor) look(now time.Time) (from int64, deep bool) {
	const slack, last = int64(floorSlack / time.Microsecond), int64(floorLast / time.Microsecond)
	at := micros(now)
	if until := f.until.Load(); at >= until || at < until-last {
		f.until.Store(at + int64(floorFor/time.Microsecond))
		deep = f.lower(noInstant)
	} else if back := f.back.Load(); at >= back || at < back-slack {
		f.back.Store(at + slack)
		deep = f.lower(at - 2*slack)
	}
	return f.at.Load(), deep
}

// looked puts off the next look at all, where the one at now took long.
func (f *floor) looked(now time.Time, took time.Duration) {
	f.until.Store(micros(now) + int64(min(max(floorFor, floorShare*took), floorLast)/time.Microsecond))
}

// raise moves the floor from where a claim saw it to the oldest that stood there.
func (f *floor) raise(from, oldest int64) {
	if oldest > from {
		f.at.CompareAndSwap(from, oldest)
	}
}

// lower makes sure that what is due at an instant is found, and says whether the
// floor was above that.
func (f *floor) lower(to int64) bool {
	for at := f.at.Load(); at > to; at = f.at.Load() {
		if f.at.CompareAndSwap(at, to) {
			return true
		}
	}
	return false
}

// begins returns where a claim at now begins: where the first host stands that is due,
// or later than now if none is. It is asked for by itself, so that what is dead below
// that is passed by once, and not a second time by the claim.
func (e *postgresEngine) begins(ctx context.Context, now time.Time) (int64, error) {
	from, deep := e.floor.look(now)
	began, first := time.Now(), sql.NullInt64{}
	if _, err := e.read.one(ctx, "SELECT MIN(next) FROM host_sched WHERE next >= ?1", []any{from}, &first); err != nil {
		return 0, err
	}
	if from == noInstant {
		e.floor.looked(now, time.Since(began))
	}
	if !first.Valid {
		return math.MaxInt64, nil
	}
	if deep || first.Int64 <= micros(now) { // and not each time that nothing is due: somebody may be a little late
		e.floor.raise(from, min(first.Int64, micros(now))) // what is set free meanwhile is due later than now
	}
	return first.Int64, nil
}

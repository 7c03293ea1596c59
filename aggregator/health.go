package aggregator

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// filerPatience is how long the filer may be silent before it counts as dead:
// some rounds of renewing its leadership, or one large batch.
const filerPatience = 2 * time.Minute

// comesAlong notes that the filer works: it has reached the end of the log, or has
// come further on its way there, which may be long.
func (a *Aggregator) comesAlong() { a.alive.Store(time.Now().Unix()) }

// readsOn notes it of a filer that reads what was filed before, unless that is for
// another try at what has failed: it would be well for ever without filing anything.
func (a *Aggregator) readsOn() {
	if a.filing.times == 0 {
		a.comesAlong()
	}
}

// Alive returns nil if the filer works, or another process's does; otherwise a
// sentence that says since when it does not.
func (a *Aggregator) Alive(now time.Time) error {
	last := a.alive.Load()
	if last == 0 {
		if now.Sub(a.started) > filerPatience {
			return errors.New("the filer has come no further since the start")
		}
		return nil
	}
	if silent := now.Sub(time.Unix(last, 0)); silent > filerPatience {
		return fmt.Errorf("the filer has been silent for %s", silent.Round(time.Second))
	}
	return nil
}

// Polled returns nil once a source has been polled since the start, or if none
// is due.
func (a *Aggregator) Polled(ctx context.Context, now time.Time) error {
	if a.polled.Load() > 0 {
		return nil
	}
	n, err := a.log.Due(ctx, now)
	if err != nil {
		return fmt.Errorf("the store does not say what is due: %w", err)
	}
	if n > 0 {
		return fmt.Errorf("no source has been polled yet; due: %d", n)
	}
	return nil
}

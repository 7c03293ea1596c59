package store

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

const (
	// writeBatch is how many writes share one transaction at most.
	writeBatch = 256

	// patientFor is for how long a write that nobody waits for may wait for others,
	// if no other is run before.
	patientFor = 25 * time.Millisecond
)

// A writer runs writes upon the one connection that writes. Writes that wait
// for their turn are run in one transaction, so that they share the cost of
// making it durable. There is no goroutine: whoever's turn it is runs the
// writes of all that wait, and tells one of those who came meanwhile that it is
// its turn. Each waits for its own word, so that hundreds may wait at once
// without being in each other's way. A patient write takes no turn by itself, but
// goes along with the next that does.
type writer struct {
	run   func(context.Context, []*write) // one transaction
	most  int                             // writes that share one
	turns int                             // transactions that may run at once

	mu      sync.Mutex
	queue   []*write
	running int  // turns that are taken
	timed   bool // a patient write waits, and patientFor is running
	late    bool // it is over, or a patient write is to wait no longer
	closed  bool
	ended   *sync.Cond // a turn has ended
}

// errUnfinished is what becomes of a write that shared its transaction with one
// that panicked, or that comes when the store is closed.
var errUnfinished = errors.New("the transaction was given up")

// A write is one caller's part of a transaction. It may be run more than once
// before it is stored.
type write struct {
	fn      func(context.Context, session) error
	poll    *poll // in the place of fn: to be stored with others
	durable bool  // against a power cut
	patient bool  // it may wait for others
	err     error

	turn bool      // it was told that it is its turn
	told chan bool // true: it is its turn; false: it was run, see err
}

func newWriter(run func(context.Context, []*write)) *writer {
	return newWriters(run, writeBatch, 1)
}

func newWriters(run func(context.Context, []*write), most, turns int) *writer {
	w := &writer{run: run, most: most, turns: turns}
	w.ended = sync.NewCond(&w.mu)
	return w
}

// do runs fn in a transaction and returns when it is committed. A write that
// has begun is not cut off by the end of ctx.
func (w *writer) do(ctx context.Context, durable bool, fn func(context.Context, session) error) error {
	return w.wait(ctx, &write{fn: fn, durable: durable})
}

func (w *writer) wait(ctx context.Context, job *write) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	job.told = make(chan bool, 2)
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return errUnfinished
	}
	w.queue = append(w.queue, job)
	if job.patient && !w.timed {
		w.timed = true
		time.AfterFunc(patientFor, w.hurry)
	} else if !job.patient {
		w.begin()
	}
	w.mu.Unlock()
	cancelled := ctx.Done()
	for {
		select {
		case turn := <-job.told:
			if !turn {
				return job.err
			}
			w.serve(ctx, job)
		case <-cancelled:
			cancelled = nil
			if job.patient && ctx.Err() == context.Canceled {
				w.hurry() // it would be run by now, had it not waited
			} else if w.withdraw(job) {
				return ctx.Err()
			}
		}
	}
}

// hurry lets no patient write wait any longer.
func (w *writer) hurry() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timed, w.late = false, len(w.queue) > 0
	w.begin()
}

// begin gives a turn to the first write that has none, if one is to be had.
func (w *writer) begin() {
	if w.closed || w.running == w.turns {
		return
	}
	for _, job := range w.queue {
		if !job.turn {
			w.running++
			job.turn = true
			job.told <- true
			return
		}
	}
}

// serve runs what waits, once, and passes the turn on. A write that panics ends
// the process, which waits for others to end first: they must not wait for it.
func (w *writer) serve(ctx context.Context, by *write) {
	defer w.passOn(by)
	w.mu.Lock()
	n := min(len(w.queue), w.most)
	batch := slices.Clone(w.queue[:n])
	w.queue = slices.Delete(w.queue, 0, n)
	w.late = w.late && len(w.queue) > 0
	w.mu.Unlock()
	if n == 0 {
		return
	}
	defer func() {
		for _, job := range batch {
			job.told <- false
		}
	}()
	for _, job := range batch {
		job.err = errUnfinished
	}
	w.run(context.WithoutCancel(ctx), batch)
}

// passOn gives a turn to the first of those that wait and do not have one, if any of
// them is not to wait longer.
func (w *writer) passOn(by *write) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running--
	by.turn = false // so many may have come before it that it must have another
	if w.late || slices.ContainsFunc(w.queue, func(job *write) bool { return !job.patient }) {
		w.begin()
	}
	w.ended.Broadcast()
}

// close waits until the writes under way have ended. No other is run any more, and
// those that wait are told so.
func (w *writer) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for w.running > 0 {
		w.ended.Wait()
	}
	for _, job := range w.queue {
		job.err = errUnfinished
		job.told <- false
	}
	w.queue = nil
}

// withdraw takes a write back that is not run yet; false: it is, or was.
func (w *writer) withdraw(job *write) bool {
	w.mu.Lock()
	i := slices.Index(w.queue, job)
	if i >= 0 {
		w.queue = slices.Delete(w.queue, i, i+1)
	}
	w.mu.Unlock()
	if i >= 0 {
		select {
		case <-job.told: // the turn is another's
			w.passOn(job)
		default:
		}
	}
	return i >= 0
}

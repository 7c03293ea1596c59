package store

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// writeBatch is how many writes share one transaction at most.
const writeBatch = 64

// A writer runs writes upon the one connection that writes. Writes that wait
// for their turn are run in one transaction, so that they share the cost of
// making it durable. There is no goroutine: whoever's turn it is runs the
// writes of all that wait, and tells one of those who came meanwhile that it is
// its turn. Each waits for its own word, so that hundreds may wait at once
// without being in each other's way.
type writer struct {
	run   func(context.Context, []*write) // one transaction
	most  int                             // writes that share one
	turns int                             // transactions that may run at once

	mu      sync.Mutex
	queue   []*write
	running int // turns that are taken
	closed  bool
	ended   *sync.Cond // a turn has ended
}

// errUnfinished is what becomes of a write that shared its transaction with one
// that panicked.
var errUnfinished = errors.New("the transaction was given up")

// A write is one caller's part of a transaction. It may be run more than once
// before it is stored.
type write struct {
	fn      func(context.Context, session) error
	poll    *poll // in the place of fn: to be stored with others
	durable bool  // against a power cut
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
	w.queue = append(w.queue, job)
	if w.running < w.turns {
		w.running++
		job.turn = true
		job.told <- true
	}
	w.mu.Unlock()
	cancelled := ctx.Done()
	for {
		select {
		case turn := <-job.told:
			if !turn {
				return job.err
			}
			w.serve(ctx)
		case <-cancelled:
			if w.withdraw(job) {
				return ctx.Err()
			}
			cancelled = nil // it is run
		}
	}
}

// serve runs what waits, once, and passes the turn on. A write that panics ends
// the process, which waits for others to end first: they must not wait for it.
func (w *writer) serve(ctx context.Context) {
	defer w.passOn()
	w.mu.Lock()
	n := min(len(w.queue), w.most)
	batch := slices.Clone(w.queue[:n])
	w.queue = slices.Delete(w.queue, 0, n)
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

// passOn gives a turn to the first of those that wait and do not have one.
func (w *writer) passOn() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		for _, job := range w.queue {
			if !job.turn {
				job.turn = true
				job.told <- true
				return
			}
		}
	}
	w.running--
	w.ended.Broadcast()
}

// close waits until the writes under way have ended. No other is run any more.
func (w *writer) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for w.running > 0 {
		w.ended.Wait()
	}
	w.running = w.turns
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
			w.passOn()
		default:
		}
	}
	return i >= 0
}

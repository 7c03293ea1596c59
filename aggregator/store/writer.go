package store

import (
	"context"
	"slices"
	"sync"
)

// writeBatch is how many writes share one transaction at most.
const writeBatch = 64

// A writer runs writes upon the one connection that writes. Writes that wait
// for their turn are run in one transaction, so that they share the cost of
// making it durable. There is no goroutine: whoever's turn it is runs the
// writes of all that wait.
type writer struct {
	run  func(context.Context, []*write) // one transaction
	turn chan struct{}

	mu    sync.Mutex
	queue []*write
}

// A write is one caller's part of a transaction. It may be run more than once
// before it is stored.
type write struct {
	fn      func(context.Context, session) error
	durable bool // against a power cut
	done    chan struct{}
	err     error
}

func newWriter(run func(context.Context, []*write)) *writer {
	return &writer{run: run, turn: make(chan struct{}, 1)}
}

// do runs fn in a transaction and returns when it is committed. A write that
// has begun is not cut off by the end of ctx.
func (w *writer) do(ctx context.Context, durable bool, fn func(context.Context, session) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	job := &write{fn: fn, durable: durable, done: make(chan struct{})}
	w.mu.Lock()
	w.queue = append(w.queue, job)
	w.mu.Unlock()
	for {
		select {
		case <-job.done:
			return job.err
		case w.turn <- struct{}{}:
			w.serve(ctx)
			<-w.turn
		case <-ctx.Done():
			if w.withdraw(job) {
				return ctx.Err()
			}
			<-job.done
			return job.err
		}
	}
}

// serve runs what waits, once.
func (w *writer) serve(ctx context.Context) {
	w.mu.Lock()
	n := min(len(w.queue), writeBatch)
	batch := slices.Clone(w.queue[:n])
	w.queue = slices.Delete(w.queue, 0, n)
	w.mu.Unlock()
	if n == 0 {
		return
	}
	w.run(context.WithoutCancel(ctx), batch)
	for _, job := range batch {
		close(job.done)
	}
}

func (w *writer) withdraw(job *write) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.Index(w.queue, job)
	if i >= 0 {
		w.queue = slices.Delete(w.queue, i, i+1)
	}
	return i >= 0
}

package store

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestPanicHoldsNobody lets a write panic while another waits for its turn, and
// one shares its transaction.
func TestPanicHoldsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriter(func(ctx context.Context, batch []*write) {
			for _, job := range batch {
				job.err = job.fn(ctx, session{})
			}
		})
		fine := func(context.Context, session) error { return nil }
		var beside, after error
		hold := make(chan struct{})
		go func() {
			_ = w.do(t.Context(), true, func(context.Context, session) error { <-hold; return nil })
		}()
		synctest.Wait()
		panicked := make(chan any)
		go func() {
			defer func() { panicked <- recover() }()
			_ = w.do(t.Context(), true, func(context.Context, session) error {
				go func() { after = w.do(t.Context(), true, fine) }()
				synctest.Wait()
				panic("a mistake")
			})
		}()
		synctest.Wait()
		go func() { beside = w.do(t.Context(), true, fine) }()
		synctest.Wait()
		close(hold)
		got := <-panicked
		synctest.Wait()
		if got == nil || beside == nil || after != nil {
			t.Errorf("panic %v; the write beside: %v, the one after: %v", got, beside, after)
		}
	})
}

// TestWritersTakeTurns lets many write at once, some of whom give up while they
// wait: each write is run once or never, and the turn is never lost.
func TestWritersTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, turns := range []int{1, 2} {
			var mu sync.Mutex
			running, most, ran := 0, 0, map[int]int{}
			w := newWriters(func(ctx context.Context, batch []*write) {
				mu.Lock()
				running++
				most = max(most, running)
				mu.Unlock()
				time.Sleep(time.Second)
				for _, job := range batch {
					job.err = job.fn(ctx, session{})
				}
				mu.Lock()
				running--
				mu.Unlock()
			}, 4, turns)
			var all sync.WaitGroup
			for i := range 100 {
				all.Go(func() {
					ctx, stop := context.WithTimeout(t.Context(), time.Duration(1+i%7*3)*time.Second)
					defer stop()
					if i%7 == 6 {
						ctx = t.Context()
					}
					time.Sleep(time.Duration(i%5) * time.Second / 2)
					err := w.do(ctx, false, func(context.Context, session) error {
						mu.Lock()
						defer mu.Unlock()
						ran[i]++
						return nil
					})
					mu.Lock()
					defer mu.Unlock()
					if want := map[bool]int{true: 1, false: 0}[err == nil]; ran[i] != want {
						t.Errorf("%d was run %d times, and is told %v", i, ran[i], err)
					}
				})
			}
			all.Wait()
			w.close()
			if most != turns || len(ran) < 100/7 || len(ran) == 100 {
				t.Errorf("%d at once of %d; %d were run", most, turns, len(ran))
			}
		}
	})
}

// TestPatientWrites lets writes come that may wait for others: they share a
// transaction when the first of them has waited for long, or with one that does not
// wait. They are stored too when their callers are told to end, and told when the
// store is closed.
func TestPatientWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var batches []int
		w := newWriters(func(_ context.Context, batch []*write) {
			batches = append(batches, len(batch))
			for _, job := range batch {
				job.err = nil
			}
		}, 16, 1)
		var all sync.WaitGroup
		give := func(ctx context.Context, n int, want error) {
			for range n {
				all.Go(func() {
					if err := w.wait(ctx, &write{patient: true}); err != want {
						t.Errorf("a patient write is told %v, want %v", err, want)
					}
				})
			}
			synctest.Wait()
		}
		check := func(what string, took time.Duration, want ...int) {
			start := time.Now()
			all.Wait()
			if !slices.Equal(batches, want) || time.Since(start) != took {
				t.Errorf("%s: transactions of %d writes after %s; want %d after %s", what, batches, time.Since(start), want, took)
			}
			batches = nil
			time.Sleep(time.Minute)
		}

		give(t.Context(), 5, nil)
		time.Sleep(patientFor - time.Millisecond)
		give(t.Context(), 5, nil)
		check("among themselves", time.Millisecond, 10)

		give(t.Context(), 16, nil) // which leave no room in the transaction of the one behind them
		if err := w.do(t.Context(), true, nil); err != nil {
			t.Error(err)
		}
		check("with another", 0, 16, 1)

		ctx, stop := context.WithCancel(t.Context())
		give(ctx, 3, nil)
		stop()
		check("at the end", 0, 3)

		give(t.Context(), 2, errUnfinished)
		w.close()
		give(t.Context(), 1, errUnfinished)
		check("of a closed store", 0)
	})
}

// TestPatientWritesHaveAnEnd lets patient writes wait behind a transaction that lasts,
// as where another process has the file locked: whoever has time until an instant is
// not held beyond it.
func TestPatientWritesHaveAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWriter(func(context.Context, []*write) { time.Sleep(5 * time.Second) })
		go func() { _ = w.do(t.Context(), false, nil) }()
		synctest.Wait()
		start := time.Now()
		ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
		defer stop()
		err := w.wait(ctx, &write{patient: true})
		if took := time.Since(start); err != context.DeadlineExceeded || took != 2*time.Second {
			t.Errorf("after %s: %v", took, err)
		}
		time.Sleep(time.Minute)
	})
}

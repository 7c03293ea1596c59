package store

import (
	"context"
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

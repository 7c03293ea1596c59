package store

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

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

package race

import (
	"sync/atomic"
	"testing"
	"time"
)

// tick is how long a Clock sleeps between two looks.
const tick = 20 * time.Millisecond

// Clock returns a clock that goes while the machine has time for the test's
// process, and stands while others have it. What is to be done within a time is
// held against it.
func Clock(tb testing.TB) func() time.Duration {
	tb.Helper()
	var ticks atomic.Int64
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-end:
				return
			case <-time.After(tick):
				ticks.Add(1)
			}
		}
	}()
	tb.Cleanup(func() {
		close(end)
		<-ended
	})
	return func() time.Duration { return time.Duration(ticks.Load()) * tick }
}

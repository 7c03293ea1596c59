package aggregator

import (
	"context"
	"log/slog"
	"time"
)

// longestPause is the longest pause after which what the store refuses is tried
// again: each time the index of stories is made anew.
const longestPause = 10 * time.Second

// A trouble is what hinders a loop, such as a disk that is full. Its zero value is
// none. It is for one goroutine.
type trouble struct{ times int } // in a row

// met logs an error of the store, unless the program is ending, and returns how
// long to wait. What stays the same is said at growing distances only.
func (t *trouble) met(ctx context.Context, logger *slog.Logger, what string, err error) time.Duration {
	if ctx.Err() != nil {
		return 0
	}
	t.times++
	if t.times&(t.times-1) == 0 { // 1, 2, 4, 8
		logger.Error(what, "error", err, "times", t.times)
	}
	return min(storePause<<min(t.times-1, 10), longestPause)
}

// over says that it is over, if there was any.
func (t *trouble) over(logger *slog.Logger, what string) {
	if t.times > 0 {
		logger.Info(what, "failures", t.times)
	}
	t.times = 0
}

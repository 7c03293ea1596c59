package main

import (
	"context"
	"log/slog"
	"time"
)

// youngest is an instant that no clock that was set can be before: this program
// is no older.
var youngest = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// awaitClock waits until the clock of the machine has been set, as that of one
// without a battery is some time after it has started: what was polled before
// would bear dates of 1970 for good. It fails if ctx is done before.
func awaitClock(ctx context.Context, logger *slog.Logger) error {
	if !time.Now().Before(youngest) {
		return ctx.Err()
	}
	logger.Warn("the clock of this machine was not set; nothing is polled until it is", "clock", time.Now().UTC().Format(time.DateTime))
	tick := time.NewTicker(time.Second / 2)
	defer tick.Stop()
	for time.Now().Before(youngest) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	logger.Info("the clock was set", "clock", time.Now().UTC().Format(time.DateTime))
	return nil
}

package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Tests with a clock of their own begin in the year 2000.
func init() { youngest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

// TestClockNotSet waits for a clock that is set after a while, and for one that
// is not set before the program is told to stop.
func TestClockNotSet(t *testing.T) {
	defer func(was time.Time) { youngest = was }(youngest)
	youngest = time.Date(2000, 1, 1, 1, 0, 0, 0, time.UTC)
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, nil))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := awaitClock(ctx, logger); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("told to stop: %v", err)
		}
		if err := awaitClock(t.Context(), logger); err != nil || time.Now().Before(youngest) {
			t.Errorf("at %s: %v", time.Now(), err)
		}
		if err := awaitClock(t.Context(), logger); err != nil || strings.Count(log.String(), "\n") != 3 {
			t.Errorf("%v; the log says\n%s", err, log.String())
		}
	})
}

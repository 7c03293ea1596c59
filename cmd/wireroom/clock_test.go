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

// TestClockSetForward tidies under a clock that is a century ahead for some
// hours: nothing is dropped that a right one would keep. After a stop of two
// years what is older than the retention goes, though not at once; nor does one that
// is decades behind at each start keep it for good.
func TestClockSetForward(t *testing.T) {
	dir := t.TempDir()
	visit := func(ahead time.Duration, hours int) (items int64) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(ahead)
			office := &pressOffice{notes: 3}
			p, shut := office.open(t, dir)
			defer shut()
			p.aggregator.CollectOnce(t.Context())
			if err := p.aggregator.FileOnce(t.Context()); err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithTimeout(t.Context(), time.Duration(hours)*houseEvery)
			defer stop()
			p.keepHouse(ctx)
			stats, err := p.db.Stats(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			items = stats.Items
		})
		return items
	}
	const year = 365 * 24 * time.Hour
	const today = 30 * year // after the instant at which the clocks of tests start
	for _, v := range []struct {
		what  string
		ahead time.Duration
		hours int
		want  int64
	}{
		{"at first", 0, 2, 3},
		{"a century ahead", 100 * year, 5, 3},
		{"set right", time.Hour, 2, 3},
		{"decades behind, at the start", -today, 1, 3},
		{"after two years, in the first hours", 2 * year, 3, 3},
		{"after two years, some weeks on", 2 * year, 24 * 20, 0},
	} {
		if got := visit(today+v.ahead, v.hours); got != v.want {
			t.Errorf("%s: %d items, want %d", v.what, got, v.want)
		}
	}
}

// TestOnceAWeek runs once every week, as cron does: what is older than the retention
// goes as soon as it would under a program that runs on, and what has stayed behind
// under an older version goes in the end.
func TestOnceAWeek(t *testing.T) {
	dir := t.TempDir()
	const week = 7 * 24 * time.Hour
	visit := func(ahead time.Duration, note string) (items int64) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(30*365*24*time.Hour + ahead)
			office := &pressOffice{notes: 3}
			p, shut := office.open(t, dir)
			defer shut()
			p.aggregator.CollectOnce(t.Context())
			if err := p.aggregator.FileOnce(t.Context()); err != nil {
				t.Fatal(err)
			}
			if note != "" {
				if err := p.db.Note(t.Context(), "tidied", note); err != nil {
					t.Fatal(err)
				}
			}
			p.tidy(t.Context())
			stats, err := p.db.Stats(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			items = stats.Items
		})
		return items
	}
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(30 * 365 * 24 * time.Hour)
	visit(0, start.Format(time.RFC3339)) // as an older version has noted it
	for n := range 40 {
		if got := visit(time.Duration(n+1)*week, ""); got != 3 {
			t.Fatalf("after %d weeks there are %d items", n+1, got)
		}
	}
	// An older version has come as far as 40 days.
	visit(41*week, start.Add(40*24*time.Hour).Format(time.RFC3339))
	for n := 42; n <= 90; n++ {
		got := visit(time.Duration(n)*week, "")
		if n <= 52 && got != 3 {
			t.Fatalf("after %d weeks there are %d items", n, got)
		}
		if got == 0 {
			return
		}
	}
	t.Error("what is older than the retention stays")
}

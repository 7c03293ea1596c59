package main

import (
	"context"
	"strings"
	"time"
)

const (
	// houseEvery is how often what outlived its use is dropped.
	houseEvery = time.Hour

	// houseStep is by how much more is dropped than the last time, unless that is
	// long ago: see houseTime.
	houseStep = 24 * time.Hour

	// housePause is the longest time between two runs of once that is taken for one.
	housePause = 31 * 24 * time.Hour
)

// keepHouse drops, now and then, what is older than the retention, and what
// nothing looks back at.
func (p *program) keepHouse(ctx context.Context) {
	tick := time.NewTicker(houseEvery)
	defer tick.Stop()
	for {
		p.tidy(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// tidy does it once.
func (p *program) tidy(ctx context.Context) {
	if !p.db.Leads() {
		return
	}
	now, err := p.houseTime(ctx, time.Now())
	if err != nil || now.IsZero() {
		if err != nil && ctx.Err() == nil {
			p.logger.Error("it is not known what is old", "error", err)
		}
		return
	}
	if retention := p.setup.Load().cfg.Retention; retention > 0 {
		p.purge(ctx, retention, now)
	}
	if _, err := p.db.DropSketches(ctx, now.Add(-p.aggregator.LooksBack())); err != nil && ctx.Err() == nil {
		p.logger.Error("the sketches of old items could not be dropped", "error", err)
	}
}

// noteHouse is the note that keeps the instant by which was last tidied, and what the
// clock said then.
const noteHouse = "tidied"

// houseTime returns the instant by which is tidied: now, but at most houseStep
// after the last time, or twice what has passed since by the clock, if that is no
// longer than a pause between two runs of once may be. A clock that is wrong by years
// for an hour, as where a battery is empty, must not cost what is kept for years; after
// a long stop all comes to its end some hours, or some runs, later. One that was behind,
// as at the start of a machine without a battery, is forgotten. It is zero the first time.
func (p *program) houseTime(ctx context.Context, now time.Time) (time.Time, error) {
	kept, err := p.db.Noted(ctx, noteHouse)
	if err != nil {
		return time.Time{}, err
	}
	by, at, _ := strings.Cut(kept, " ")
	last, err := time.Parse(time.RFC3339, by)
	known := err == nil
	if known && now.Before(last) {
		return now, nil
	}
	step := houseStep
	asked, err := time.Parse(time.RFC3339, at) // an older version has not noted it
	if pause := now.Sub(asked); err == nil && pause <= housePause {
		step = max(step, 2*pause)
	}
	tidied := now
	if end := last.Add(step); known && now.After(end) {
		tidied = end
	}
	text := tidied.UTC().Format(time.RFC3339) + " " + now.UTC().Format(time.RFC3339)
	if err := p.db.Note(ctx, noteHouse, text); err != nil || !known {
		return time.Time{}, err
	}
	return tidied, nil
}

func (p *program) purge(ctx context.Context, retention time.Duration, now time.Time) {
	purged, err := p.db.Purge(ctx, now.Add(-retention), now)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		p.logger.Error("old items could not be dropped", "error", err)
	case purged.Items > 0:
		p.logger.Info("dropped old items", "items", purged.Items, "retention", retention)
	}
}

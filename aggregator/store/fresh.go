package store

import (
	"context"
	"fmt"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// Fresh returns those items of a source that are new or that it has changed; see
// aggregator.Log.
func (db *DB) Fresh(ctx context.Context, source string, items []news.Item) ([]news.Item, error) {
	id, err := db.sources.id(ctx, db.read, "source", source)
	if err != nil {
		return nil, fmt.Errorf("store: fresh: %w", err)
	}
	fates, _, err := db.match(ctx, id, source, items, time.Time{})
	if err != nil {
		return nil, fmt.Errorf("store: fresh: %w", err)
	}
	var fresh []news.Item
	for _, f := range fates {
		if !f.skip && (f.known == 0 || !f.same && !f.item.Reread) {
			fresh = append(fresh, *f.item)
		}
	}
	return fresh, nil
}

// SetDue sets when sources are next due; see aggregator.Log.
func (db *DB) SetDue(ctx context.Context, due map[string]time.Time) error {
	if err := db.engine.setDue(ctx, due); err != nil {
		return fmt.Errorf("store: set due: %w", err)
	}
	return nil
}

func (e *sqliteEngine) setDue(ctx context.Context, due map[string]time.Time) error {
	var dates []date
	err := e.jot(ctx, func(ctx context.Context, tx session) error {
		dates = nil
		for name, at := range due {
			var id int64
			found, err := tx.one(ctx, "SELECT id FROM source WHERE name = ?1", []any{name}, &id)
			if err != nil {
				return err
			}
			if !found || e.agenda.holds(id) {
				continue
			}
			d := date{source: id, due: micros(at)}
			if _, err := tx.one(ctx, "UPDATE state SET due = ?1 WHERE source = ?2 RETURNING token", []any{d.due, id}, &d.token); err != nil {
				return err
			}
			dates = append(dates, d)
		}
		return nil
	})
	if err == nil {
		e.agenda.set(dates)
	}
	return err
}

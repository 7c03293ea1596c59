package store

import (
	"context"
	"fmt"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// Fresh returns those items of a source that Append would store; see
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
		if !f.skip && (f.known == 0 || !f.same) {
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
	return e.jot(ctx, func(ctx context.Context, tx session) error {
		for name, at := range due {
			if err := setDue(ctx, tx, name, at); err != nil {
				return err
			}
		}
		return nil
	})
}

func setDue(ctx context.Context, tx session, name string, due time.Time) error {
	var host string
	var ready int64
	found, err := tx.one(ctx, `SELECT name, ready FROM host
		WHERE name = (SELECT host FROM source WHERE name = ?1)`, []any{name}, &host, &ready)
	if err != nil || !found {
		return err
	}
	if _, err := tx.exec(ctx, `UPDATE source SET due = ?1 WHERE name = ?2
		AND id <> (SELECT holder FROM host WHERE name = ?3)`, micros(due), name, host); err != nil {
		return err
	}
	_, err = tx.exec(ctx, `UPDATE host SET next = (
		SELECT CASE WHEN MIN(s.due) IS NULL THEN NULL WHEN MIN(s.due) > ?1 THEN MIN(s.due) ELSE ?1 END
		FROM source s WHERE s.host = ?2 AND s.configured = 1) WHERE name = ?2`, ready, host)
	return err
}

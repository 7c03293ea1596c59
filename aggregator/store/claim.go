package store

import (
	"context"
	"fmt"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// Hosts are claimed, not sources: a host has at most one request at a time, and
// it is known when its earliest source may be polled. So a claim looks at no
// source that it does not take, however many wait for one host.
//
// The claims of a process that was killed end by themselves, also where no other
// could have them: what killed it may be what a source sends, which then is not
// asked for again as often as the process is started, and the others are first.

// Claim hands out the sources that are due; see aggregator.Log.
func (db *DB) Claim(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]news.Claim, error) {
	if limit <= 0 {
		return nil, nil
	}
	claims, err := db.engine.claim(ctx, now, limit, lease)
	if err != nil {
		return nil, fmt.Errorf("store: claim: %w", err)
	}
	return claims, nil
}

// Due counts the sources that are due; see aggregator.Log.
func (db *DB) Due(ctx context.Context, now time.Time) (int, error) {
	n, err := db.engine.due(ctx, now)
	if err != nil {
		return 0, fmt.Errorf("store: due: %w", err)
	}
	return n, nil
}

// Next says when to claim again; see aggregator.Log.
func (db *DB) Next(ctx context.Context, now time.Time) (time.Time, error) {
	next, err := db.engine.next(ctx, now)
	if err != nil {
		return time.Time{}, fmt.Errorf("store: next: %w", err)
	}
	return next, nil
}

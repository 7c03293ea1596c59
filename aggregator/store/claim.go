package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// Hosts are claimed, not sources: a host has at most one request at a time, and
// a row that says when its earliest source may be polled. So a claim looks at
// no row that it does not take, however many sources wait for one host.
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

func (e *sqliteEngine) claim(ctx context.Context, now time.Time, limit int, lease time.Duration) (claims []news.Claim, err error) {
	err = e.jot(ctx, func(ctx context.Context, tx session) (err error) {
		claims, err = claim(ctx, tx, now, limit, lease)
		return err
	})
	return claims, err
}

func claim(ctx context.Context, tx session, now time.Time, limit int, lease time.Duration) ([]news.Claim, error) {
	var hosts []string
	err := tx.each(ctx, "SELECT name FROM host WHERE next <= ?1 ORDER BY next, name LIMIT ?2",
		[]any{micros(now), limit}, func(rows *sql.Rows) error {
			var host string
			err := rows.Scan(&host)
			hosts = append(hosts, host)
			return err
		})
	if err != nil || len(hosts) == 0 {
		return nil, err
	}
	holders := map[string]int64{}
	err = eachIn(ctx, tx, `UPDATE host SET ready = ?1, next = ?1, holder = COALESCE((SELECT s.id FROM source s
			WHERE s.host = host.name AND s.configured = 1 AND s.due <= ?2 ORDER BY s.due, s.name LIMIT 1), 0)
		WHERE name IN LIST RETURNING name, holder`, []any{micros(now.Add(lease)), micros(now)}, hosts,
		func(rows *sql.Rows) error {
			var host string
			var holder int64
			err := rows.Scan(&host, &holder)
			holders[host] = holder
			return err
		})
	if err != nil {
		return nil, err
	}
	var order []int64
	for _, host := range hosts {
		if holders[host] != 0 {
			order = append(order, holders[host])
		}
	}
	return claimed(ctx, tx, order)
}

// claimed raises the tokens of sources and returns their claims, in order.
func claimed(ctx context.Context, tx session, order []int64) ([]news.Claim, error) {
	byID := make(map[int64]news.Claim, len(order))
	err := eachIn(ctx, tx, "UPDATE source SET token = token + 1 WHERE id IN LIST RETURNING id, name, token", nil, order,
		func(rows *sql.Rows) error {
			var id int64
			var c news.Claim
			err := rows.Scan(&id, &c.State.Source, &c.Token)
			c.ID = id
			byID[id] = c
			return err
		})
	if err != nil {
		return nil, err
	}
	err = eachIn(ctx, tx, "SELECT source, state FROM state WHERE source IN LIST", nil, order, func(rows *sql.Rows) error {
		var id int64
		var text []byte
		if err := rows.Scan(&id, &text); err != nil {
			return err
		}
		c := byID[id]
		if err := unsealState(text, &c.State); err != nil {
			return fmt.Errorf("the state of %s: %w", c.State.Source, err)
		}
		byID[id] = c
		return nil
	})
	if err != nil {
		return nil, err
	}
	claims := make([]news.Claim, len(order))
	for i, id := range order {
		claims[i] = byID[id]
	}
	return claims, nil
}

// Due counts the sources that are due and says when to claim again; see
// aggregator.Log.
func (db *DB) Due(ctx context.Context, now time.Time) (n int, next time.Time, err error) {
	if n, next, err = db.engine.due(ctx, now); err != nil {
		return 0, time.Time{}, fmt.Errorf("store: due: %w", err)
	}
	return n, next, nil
}

func (e *sqliteEngine) due(ctx context.Context, now time.Time) (n int, next time.Time, err error) {
	var earliest sql.NullInt64
	_, err = e.read.one(ctx, `SELECT (SELECT COUNT(*) FROM source WHERE configured = 1 AND due <= ?1),
		(SELECT MIN(next) FROM host WHERE next IS NOT NULL)`, []any{micros(now)}, &n, &earliest)
	if earliest.Valid {
		next = instant(earliest.Int64)
	}
	return n, next, err
}

// endClaim ends the claim upon a source within the transaction that stores its
// poll. The error is news.ErrLostClaim if somebody else has claimed the source
// meanwhile.
func endClaim(ctx context.Context, tx session, source int64, c news.Claim, due, ready time.Time) error {
	var host string
	var free, holder int64
	found, err := tx.one(ctx, `SELECT name, ready, holder FROM host
		WHERE name = (SELECT host FROM source WHERE id = ?1)`, []any{source}, &host, &free, &holder)
	if err != nil {
		return err
	}
	n, err := tx.exec(ctx, "UPDATE source SET token = token + 1, due = ?1 WHERE id = ?2 AND token = ?3",
		micros(due), source, c.Token)
	if err != nil {
		return err
	}
	if n == 0 {
		return news.ErrLostClaim
	}
	if !found {
		return nil
	}
	if holder == source {
		free, holder = micros(ready), 0
	} else {
		free = max(free, micros(ready)) // another source of the host is being polled
	}
	_, err = tx.exec(ctx, `UPDATE host SET ready = ?1, holder = ?2, next = (
		SELECT CASE WHEN MIN(s.due) IS NULL THEN NULL WHEN MIN(s.due) > ?1 THEN MIN(s.due) ELSE ?1 END
		FROM source s WHERE s.host = ?3 AND s.configured = 1) WHERE name = ?3`, free, holder, host)
	return err
}

package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strconv"
	"time"
)

// noteSketches keeps before which publication, in seconds since 1970, no
// decision has a sketch.
const noteSketches = "sketches"

// DropSketches drops the sketches of decisions upon items published before then,
// of which no index of stories is made any more: they are the greater part of
// what an old item takes. None is stored again. It says how many there were.
func (db *DB) DropSketches(ctx context.Context, before time.Time) (dropped int, err error) {
	at := sketched{seq: -1} // before all of its publication
	if at.published, err = noSketchesBefore(ctx, db.read); err != nil {
		return 0, fmt.Errorf("store: drop sketches: %w", err)
	}
	for more := at.published < before.Unix(); more; {
		var found []sketched
		err := db.read.each(ctx, `SELECT item, seq, published FROM decision
			WHERE (published, seq) > (?1, ?2) AND published < ?3 AND LENGTH(sketch) > ?4 ORDER BY published, seq LIMIT ?5`,
			[]any{at.published, at.seq, before.Unix(), len(seal(nil)), purgeAtOnce}, func(rows *sql.Rows) error {
				var p sketched
				err := rows.Scan(&p.item, &p.seq, &p.published)
				found = append(found, p)
				return err
			})
		if err != nil {
			return dropped, fmt.Errorf("store: drop sketches: %w", err)
		}
		more = len(found) == purgeAtOnce
		err = db.engine.write(ctx, func(ctx context.Context, tx session) error {
			if err := db.engine.fence(ctx, tx); err != nil {
				return err
			}
			for _, p := range found {
				_, err := tx.exec(ctx, "UPDATE decision SET sketch = ?1 WHERE item = ?2 AND seq = ?3 AND published = ?4",
					seal(nil, p.seq, p.published), p.item, p.seq, p.published)
				if err != nil {
					return err
				}
			}
			if more {
				return nil
			}
			return note(ctx, tx, noteSketches, strconv.FormatInt(before.Unix(), 10))
		})
		if err != nil {
			return dropped, fmt.Errorf("store: drop sketches: %w", err)
		}
		if dropped += len(found); more {
			at = found[len(found)-1]
		}
	}
	return dropped, nil
}

// A sketched decision is known by its place among all, by publication.
type sketched struct{ item, seq, published int64 }

// noSketchesBefore is what noteSketches keeps.
func noSketchesBefore(ctx context.Context, s session) (int64, error) {
	var sealed []byte
	found, err := s.one(ctx, "SELECT text FROM note WHERE name = ?1", []any{noteSketches}, &sealed)
	if err != nil || !found {
		return math.MinInt64, err
	}
	text, err := unseal(sealed)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(string(text), 10, 64)
}

package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A detail is what is stored of a decision beside the columns that are searched
// by.
type detail struct {
	Copies   string        `json:"copies,omitempty"`
	Kind     news.Kind     `json:"kind"`
	Of       news.Key      `json:"of,omitzero"`
	Score    float64       `json:"score,omitempty"`
	Family   string        `json:"family,omitempty"`
	Agency   string        `json:"agency,omitempty"`
	Evidence news.Evidence `json:"evidence,omitzero"`
	Nearest  *news.Near    `json:"nearest,omitempty"`
	Absorbs  []string      `json:"absorbs,omitempty"`
}

func (db *DB) packDecision(d *news.Decision) ([]byte, error) {
	return db.codec.packBrief(detail{d.Copies, d.Kind, d.Of, d.Score, d.Family, d.Agency, d.Evidence, d.Nearest, d.Absorbs})
}

// unpackDecision completes a decision whose Seq and Story are set.
func (db *DB) unpackDecision(sketch, packed []byte, published int64, d *news.Decision) error {
	bare, err := unseal(sketch, d.Seq, published)
	if err != nil {
		return fmt.Errorf("decision upon record %d: %w", d.Seq, err)
	}
	if len(bare) > 0 {
		d.Sketch = slices.Clone(bare)
	}
	var t detail
	if err := db.codec.unpackJSON(packed, &t); err != nil {
		return fmt.Errorf("decision upon record %d: %w", d.Seq, err)
	}
	d.Copies, d.Kind, d.Of, d.Score, d.Family, d.Agency = t.Copies, t.Kind, t.Of, t.Score, t.Family, t.Agency
	d.Evidence, d.Nearest, d.Absorbs = t.Evidence, t.Nearest, t.Absorbs
	return nil
}

// Lead makes the caller the one filer of this store for ttl, or keeps it so;
// false if another process is.
func (db *DB) Lead(ctx context.Context, owner string, ttl time.Duration) (bool, error) {
	leads, err := db.engine.lead(ctx, owner, ttl)
	if err != nil {
		return false, fmt.Errorf("store: lead: %w", err)
	}
	return leads, nil
}

// Resign ends what Lead began, where that is not left to the end of the
// process: another process may lead at once.
func (db *DB) Resign(ctx context.Context) error {
	if err := db.engine.resign(ctx); err != nil {
		return fmt.Errorf("store: resign: %w", err)
	}
	return nil
}

// File stores decisions and filings and moves the cursor; see aggregator.Log.
// The error is ErrNotLeader if this process led the store and no longer does.
func (db *DB) File(ctx context.Context, batch news.Batch) error {
	decisions := make([][]byte, len(batch.Decisions))
	for i := range batch.Decisions {
		var err error
		if decisions[i], err = db.packDecision(&batch.Decisions[i]); err != nil {
			return fmt.Errorf("store: file: %w", err)
		}
	}
	err := db.engine.write(ctx, func(ctx context.Context, tx session) error {
		if err := db.engine.fence(ctx, tx); err != nil {
			return err
		}
		items, err := db.standings(ctx, tx, batch.Decisions)
		if err != nil {
			return err
		}
		if err := db.decide(ctx, tx, batch, decisions, items); err != nil {
			return err
		}
		if err := db.fileAll(ctx, tx, batch, items); err != nil {
			return err
		}
		for name, text := range batch.Notes {
			if err := note(ctx, tx, name, text); err != nil {
				return err
			}
		}
		if batch.UpTo == 0 {
			return nil
		}
		return setCursor(ctx, tx, batch.UpTo)
	})
	if err != nil {
		return fmt.Errorf("store: file: %w", err)
	}
	for _, r := range batch.Records { // each by itself: one that is kept for long keeps no other
		db.recent.put(&r) // they are read again when they are published, and with the next of their stories
	}
	return nil
}

// Rewind moves the filer's cursor back to the start of the log, so that all of
// it is filed again. Filings keep their ids and dates.
func (db *DB) Rewind(ctx context.Context) error {
	err := db.engine.write(ctx, func(ctx context.Context, tx session) error {
		if err := db.engine.fence(ctx, tx); err != nil {
			return err
		}
		return setCursor(ctx, tx, 0)
	})
	if err != nil {
		return fmt.Errorf("store: rewind: %w", err)
	}
	return nil
}

func setCursor(ctx context.Context, tx session, seq int64) error {
	_, err := tx.exec(ctx, "UPDATE filer SET cursor = ?1, seal = ?2 WHERE id = 1", seq, seal(nil, seq))
	return err
}

// A standing is how an item stands that is decided upon.
type standing struct {
	id, published int64
	decided       sql.NullInt64 // seq of the record that was decided upon
}

// standings returns how the items of decisions stand; one that the store does not
// have is left out. What the store calls an item is the number of its first record,
// so that most are found by their decisions' numbers, without their identities.
func (db *DB) standings(ctx context.Context, tx session, decisions []news.Decision) (map[news.Key]standing, error) {
	found := make(map[news.Key]standing, len(decisions))
	keys := map[int64]news.Key{}
	for _, d := range decisions {
		keys[d.Seq] = d.Key
	}
	err := stand(ctx, tx, slices.Sorted(maps.Keys(keys)), func(s standing, source int64, ident string) error {
		key := keys[s.id]
		id, err := db.sources.id(ctx, db.read, "source", key.Source)
		if id == source && ident == key.ID {
			found[key] = s
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var revised []news.Key
	for _, d := range decisions {
		if _, ok := found[d.Key]; !ok {
			revised = append(revised, d.Key)
		}
	}
	ids, err := db.itemIDs(ctx, tx, revised)
	if err != nil {
		return nil, err
	}
	byID := make(map[int64]standing, len(ids))
	err = stand(ctx, tx, slices.Collect(maps.Values(ids)), func(s standing, _ int64, _ string) error {
		byID[s.id] = s
		return nil
	})
	for key, id := range ids {
		if s, ok := byID[id]; ok {
			found[key] = s
		}
	}
	return found, err
}

// stand tells how the items of these ids stand, with their source and identity.
func stand(ctx context.Context, tx session, ids []int64, yield func(s standing, source int64, ident string) error) error {
	return eachIn(ctx, tx, "SELECT i.id, i.source, i.ident, i.published, d.seq FROM item i LEFT JOIN decision d ON d.item = i.id WHERE i.id IN LIST",
		nil, ids, func(rows *sql.Rows) error {
			var s standing
			var source int64
			var ident string
			if err := rows.Scan(&s.id, &source, &ident, &s.published, &s.decided); err != nil {
				return err
			}
			return yield(s, source, ident)
		})
}

// decide stores decisions, the later upon an item in place of the earlier.
func (db *DB) decide(ctx context.Context, tx session, batch news.Batch, packed [][]byte, items map[news.Key]standing) error {
	decisions := batch.Decisions
	last := map[int64]int{} // of several decisions upon an item the last counts
	for i, d := range decisions {
		last[items[d.Key].id] = i
	}
	bare, err := noSketchesBefore(ctx, tx)
	if err != nil {
		return err
	}
	var rows [][]any
	var unindexed []indexed
	for i, d := range decisions {
		item, ok := items[d.Key]
		if !ok || last[item.id] != i {
			continue // purged meanwhile, or decided upon again
		}
		if !item.decided.Valid || item.decided.Int64 != d.Seq {
			unindexed = append(unindexed, indexed{item: item.id, seq: d.Seq})
		}
		sketch := d.Sketch
		if item.published < bare {
			sketch = nil
		}
		rows = append(rows, []any{item.id, d.Seq, item.published, d.Story, seal(sketch, d.Seq, item.published), packed[i]})
	}
	if err := db.index(ctx, tx, unindexed, batch.Records); err != nil {
		return err
	}
	err = insert(ctx, tx, `INSERT INTO decision (item, seq, published, story, sketch, detail) VALUES ROWS
		ON CONFLICT (item) DO UPDATE SET seq = excluded.seq, published = excluded.published, story = excluded.story,
			sketch = excluded.sketch, detail = excluded.detail`, rows)
	if err != nil {
		return err
	}
	for _, d := range decisions {
		for _, absorbed := range d.Absorbs {
			if absorbed == d.Story {
				continue
			}
			if _, err := tx.exec(ctx, "UPDATE decision SET story = ?1 WHERE story = ?2", d.Story, absorbed); err != nil {
				return err
			}
		}
	}
	return nil
}

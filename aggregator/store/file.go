package store

import (
	"context"
	"database/sql"
	"fmt"
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
	return db.codec.packJSON(detail{d.Copies, d.Kind, d.Of, d.Score, d.Family, d.Agency, d.Evidence, d.Nearest, d.Absorbs})
}

func (db *DB) unpackDecision(packed []byte, d *news.Decision) error {
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
		if err := db.decide(ctx, tx, batch.Decisions, decisions); err != nil {
			return err
		}
		if err := db.fileAll(ctx, tx, batch); err != nil {
			return err
		}
		if batch.UpTo == 0 {
			return nil
		}
		_, err := tx.exec(ctx, "UPDATE filer SET cursor = ?1 WHERE id = 1", batch.UpTo)
		return err
	})
	if err != nil {
		return fmt.Errorf("store: file: %w", err)
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
		_, err := tx.exec(ctx, "UPDATE filer SET cursor = 0 WHERE id = 1")
		return err
	})
	if err != nil {
		return fmt.Errorf("store: rewind: %w", err)
	}
	return nil
}

// decide stores decisions, the later upon an item in place of the earlier.
func (db *DB) decide(ctx context.Context, tx session, decisions []news.Decision, packed [][]byte) error {
	keys := make([]news.Key, len(decisions))
	for i, d := range decisions {
		keys[i] = d.Key
	}
	ids, err := db.itemIDs(ctx, tx, keys)
	if err != nil {
		return err
	}
	for i, d := range decisions {
		id, ok := ids[d.Key]
		if !ok {
			continue // purged meanwhile
		}
		if _, err := tx.exec(ctx, `INSERT INTO decision (item, seq, published, story, sketch, detail)
			VALUES (?1, ?2, (SELECT published FROM item WHERE id = ?1), ?3, ?4, ?5)
			ON CONFLICT (item) DO UPDATE SET seq = excluded.seq, published = excluded.published, story = excluded.story,
				sketch = excluded.sketch, detail = excluded.detail`,
			id, d.Seq, d.Story, d.Sketch, packed[i]); err != nil {
			return err
		}
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

// fileAll stores the filings of a batch, and withdraws those of a topic filed
// anew that are not in it.
func (db *DB) fileAll(ctx context.Context, tx session, batch news.Batch) error {
	var keys []news.Key
	for _, f := range batch.Filings {
		keys = append(keys, f.Lead)
		keys = append(keys, f.Members...)
	}
	items, err := db.itemIDs(ctx, tx, keys)
	if err != nil {
		return err
	}
	given := map[string]map[string]bool{}
	for _, topic := range batch.Refiled {
		given[topic] = map[string]bool{}
	}
	for i := range batch.Filings {
		f := &batch.Filings[i]
		topic, err := db.topicID(ctx, tx, f.Topic)
		if err != nil {
			return err
		}
		if given[f.Topic] != nil {
			given[f.Topic][f.Key] = true
		}
		if f.Withdrawn {
			err = withdraw(ctx, tx, topic, f.Key, f.Why)
		} else {
			err = file(ctx, tx, topic, f, items)
		}
		if err != nil {
			return err
		}
	}
	for topic, keep := range given {
		if err := db.withdrawRest(ctx, tx, topic, keep); err != nil {
			return err
		}
	}
	return nil
}

// file stores one filing. What was written once stays.
func file(ctx context.Context, tx session, topic int64, f *news.Filing, items map[news.Key]int64) error {
	var members []int64
	for _, key := range append([]news.Key{f.Lead}, f.Members...) {
		if id, ok := items[key]; ok && !slices.Contains(members, id) {
			members = append(members, id)
		}
	}
	if len(members) == 0 {
		return nil // purged meanwhile
	}
	_, err := tx.exec(ctx, `INSERT INTO filing
		(topic, key, id, story, published, updated, first_filed, hash, members, families, withdrawn, why)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11)
		ON CONFLICT (topic, key) DO UPDATE SET story = excluded.story, hash = excluded.hash,
			updated = CASE WHEN filing.hash = excluded.hash THEN filing.updated ELSE excluded.updated END,
			members = excluded.members, families = excluded.families, withdrawn = 0, why = excluded.why`,
		topic, f.Key, f.ID, f.Story, micros(f.Published), micros(f.Updated), micros(f.FirstFiled), f.Hash,
		packMembers(members), f.Families, f.Why)
	return err
}

// withdraw takes a filing out of its topic; one that is not known is passed
// over.
func withdraw(ctx context.Context, tx session, topic int64, key, why string) error {
	_, err := tx.exec(ctx, "UPDATE filing SET withdrawn = 1, why = ?1 WHERE topic = ?2 AND key = ?3", why, topic, key)
	return err
}

// withdrawRest withdraws the filings of a topic that are not to be kept.
func (db *DB) withdrawRest(ctx context.Context, tx session, name string, keep map[string]bool) error {
	topic, err := db.topicID(ctx, tx, name)
	if err != nil {
		return err
	}
	var gone []string
	err = tx.each(ctx, "SELECT key FROM filing WHERE topic = ?1 AND withdrawn = 0", []any{topic}, func(rows *sql.Rows) error {
		var key string
		err := rows.Scan(&key)
		if !keep[key] {
			gone = append(gone, key)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, key := range gone {
		if err := withdraw(ctx, tx, topic, key, "the topic's rule has changed"); err != nil {
			return err
		}
	}
	return nil
}

// topicID returns the id of a topic's name, which it gets here if it has none.
// An id is only remembered once it has been read outside of the transaction
// that made it, which may yet fail.
func (db *DB) topicID(ctx context.Context, tx session, name string) (int64, error) {
	id, err := db.topics.id(ctx, db.read, "topic", name)
	if err != nil || id != 0 {
		return id, err
	}
	if _, err := tx.exec(ctx, "INSERT INTO topic (name) VALUES (?1) ON CONFLICT DO NOTHING", name); err != nil {
		return 0, err
	}
	_, err = tx.one(ctx, "SELECT id FROM topic WHERE name = ?1", []any{name}, &id)
	return id, err
}

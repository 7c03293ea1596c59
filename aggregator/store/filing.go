package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

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
	for _, f := range inOrder(batch.Filings) {
		topic, err := db.topicID(ctx, tx, f.Topic)
		if err != nil {
			return err
		}
		if given[f.Topic] != nil {
			given[f.Topic][f.Key] = true
		}
		if f.Withdrawn {
			err = withdraw(ctx, tx, topic, f.Key, f.Story, f.Why)
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

// inOrder returns filings in the order of their publication, so that those that
// are first filed together are archived in it. Filings of one story in one topic
// stay in the order in which they are given.
func inOrder(filings []news.Filing) []*news.Filing {
	type name struct{ topic, key string }
	first := map[name]time.Time{}
	ordered := make([]*news.Filing, len(filings))
	for i := range filings {
		f := &filings[i]
		ordered[i] = f
		if _, ok := first[name{f.Topic, f.Key}]; !ok {
			first[name{f.Topic, f.Key}] = f.Published
		}
	}
	slices.SortStableFunc(ordered, func(a, b *news.Filing) int {
		return first[name{a.Topic, a.Key}].Compare(first[name{b.Topic, b.Key}])
	})
	return ordered
}

// storedFiling returns what is stored of a filing.
func storedFiling(ctx context.Context, tx session, topic int64, key string) (doc filedDoc, found bool, err error) {
	err = tx.each(ctx, "SELECT key, story, published, updated, doc FROM filing WHERE topic = ?1 AND key = ?2 FOR UPDATE",
		[]any{topic, key}, func(rows *sql.Rows) error {
			found = true
			_, doc, err = scanFiling(rows)
			return err
		})
	return doc, found, err
}

// scanFiling reads the columns key, story, published, updated and doc of a
// filing, and what is behind them.
func scanFiling(rows *sql.Rows, more ...any) (f news.Filing, doc filedDoc, err error) {
	var sealed sql.RawBytes
	var published, updated int64
	if err := rows.Scan(append([]any{&f.Key, &f.Story, &published, &updated, &sealed}, more...)...); err != nil {
		return f, doc, err
	}
	if doc, err = unpackFiled(sealed, f.Key, published, updated); err != nil {
		return f, doc, fmt.Errorf("filing %s: %w", f.Key, err)
	}
	f.ID, f.Hash, f.Families, f.Why = doc.ID, doc.Hash, doc.Families, doc.Why
	f.Published, f.Updated, f.FirstFiled = instant(doc.Published), instant(doc.Updated), instant(doc.FirstFiled)
	return f, doc, nil
}

// file stores one filing. What was written once stays.
func file(ctx context.Context, tx session, topic int64, f *news.Filing, items map[news.Key]int64) error {
	doc := filedDoc{
		ID: f.ID, Published: micros(f.Published), Updated: micros(f.Updated), FirstFiled: micros(f.FirstFiled),
		Hash: f.Hash, Families: f.Families, Why: f.Why,
	}
	for _, key := range append([]news.Key{f.Lead}, f.Members...) {
		if id, ok := items[key]; ok && !slices.Contains(doc.Members, id) {
			doc.Members = append(doc.Members, id)
		}
	}
	if len(doc.Members) == 0 {
		return nil // purged meanwhile
	}
	was, found, err := storedFiling(ctx, tx, topic, f.Key)
	if err != nil {
		return err
	}
	if found {
		doc.ID, doc.Published, doc.FirstFiled = was.ID, was.Published, was.FirstFiled
		if doc.Hash == was.Hash {
			doc.Updated = was.Updated
		}
	}
	return putFiling(ctx, tx, topic, f.Key, f.Story, 0, doc)
}

func putFiling(ctx context.Context, tx session, topic int64, key, story string, withdrawn int, doc filedDoc) error {
	_, err := tx.exec(ctx, `INSERT INTO filing (topic, key, story, published, updated, withdrawn, doc)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
		ON CONFLICT (topic, key) DO UPDATE SET story = excluded.story, updated = excluded.updated,
			withdrawn = excluded.withdrawn, doc = excluded.doc`,
		topic, key, story, doc.Published, doc.Updated, withdrawn, doc.pack(key))
	return err
}

// withdraw takes a filing out of its topic; one that is not known is passed
// over.
func withdraw(ctx context.Context, tx session, topic int64, key, story, why string) error {
	doc, found, err := storedFiling(ctx, tx, topic, key)
	if err != nil || !found {
		return err
	}
	doc.Why = why
	return putFiling(ctx, tx, topic, key, story, 1, doc)
}

// withdrawRest withdraws the filings of a topic that are not to be kept.
func (db *DB) withdrawRest(ctx context.Context, tx session, name string, keep map[string]bool) error {
	topic, err := db.topicID(ctx, tx, name)
	if err != nil {
		return err
	}
	gone := map[string]string{}
	err = tx.each(ctx, "SELECT key, story FROM filing WHERE topic = ?1 AND withdrawn = 0", []any{topic}, func(rows *sql.Rows) error {
		var key, story string
		err := rows.Scan(&key, &story)
		if !keep[key] {
			gone[key] = story
		}
		return err
	})
	if err != nil {
		return err
	}
	for key, story := range gone {
		if err := withdraw(ctx, tx, topic, key, story, "the topic's rule has changed"); err != nil {
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

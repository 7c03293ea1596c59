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

// fileAll stores the filings of a batch, and withdraws those of a topic filed
// anew that are not in it. What was written once of a filing stays. Of some members
// it is known how they stand.
func (db *DB) fileAll(ctx context.Context, tx session, batch news.Batch, known map[news.Key]standing) error {
	var keys []news.Key
	for _, f := range batch.Filings {
		for _, key := range append([]news.Key{f.Lead}, f.Members...) {
			if _, ok := known[key]; !ok {
				keys = append(keys, key)
			}
		}
	}
	items, err := db.itemIDs(ctx, tx, keys)
	if err != nil {
		return err
	}
	for key, s := range known {
		items[key] = s.id
	}
	filings := inOrder(batch.Filings)
	for _, topic := range batch.Refiled {
		gone, err := db.notAmong(ctx, tx, topic, batch.Filings)
		if err != nil {
			return err
		}
		filings = append(filings, gone...)
	}
	topics := map[string]int64{}
	for _, f := range filings {
		if topics[f.Topic] != 0 {
			continue
		}
		if topics[f.Topic], err = db.topicID(ctx, tx, f.Topic); err != nil {
			return err
		}
	}
	all := maps.Clone(topics) // with those that only are looked at
	for name := range topics {
		for _, former := range batch.Former[name] {
			if id, err := db.topics.id(ctx, db.read, "topic", former); err != nil {
				return err
			} else if id != 0 {
				all[former] = id
			}
		}
	}
	was, live, err := storedFilings(ctx, tx, all, filings)
	if err != nil {
		return err
	}
	for _, f := range filings {
		p := place{f.Topic, f.Key}
		for _, former := range slices.Backward(batch.Former[f.Topic]) {
			doc, ok := was[place{former, f.Key}]
			if _, known := was[p]; ok && !known && !f.Withdrawn {
				was[p] = doc
			}
		}
	}
	inherit(filings, was, live)
	return putFilings(ctx, tx, topics, amended(filings, was, items))
}

// inherit hands what was written once of a filing that leaves its topic for
// another over to that one, if that is not in the topic yet: to readers it is the
// entry that they have. It gets the other's in return, lest two have the same id
// when it comes back.
func inherit(filings []*news.Filing, was map[place]filedDoc, live map[place]bool) {
	for _, f := range filings {
		p, to := place{f.Topic, f.Key}, place{f.Topic, f.Heir}
		if f.Heir == "" || !live[p] || live[to] {
			continue
		}
		i := slices.IndexFunc(filings, func(g *news.Filing) bool { return g.Topic == to.topic && g.Key == to.key && !g.Withdrawn })
		if i < 0 {
			continue
		}
		other, known := was[to]
		if heir := filings[i]; !known {
			other = filedDoc{
				ID: heir.ID, Published: micros(heir.Published), Updated: micros(heir.Updated), FirstFiled: micros(heir.FirstFiled),
				Members: was[p].Members,
			}
		}
		was[p], was[to] = other, was[p]
		live[to] = true // of several that leave for it the first one counts
	}
}

// A place is where a filing is kept.
type place struct{ topic, key string }

// An amendedFiling is one as it is to be stored.
type amendedFiling struct {
	place
	story     string
	withdrawn bool
	doc       filedDoc
}

// storedFilings returns what is stored of filings, and which of them are not
// withdrawn. Those of one key stand side by side, whatever their topics.
func storedFilings(ctx context.Context, tx session, topics map[string]int64, filings []*news.Filing) (was map[place]filedDoc, live map[place]bool, err error) {
	var keys []string
	for _, f := range filings {
		keys = append(keys, f.Key)
	}
	slices.Sort(keys)
	names := make(map[int64]string, len(topics))
	for name, id := range topics {
		names[id] = name
	}
	was, live = make(map[place]filedDoc, len(filings)), map[place]bool{}
	err = eachIn(ctx, tx, "SELECT key, story, published, updated, doc, topic, withdrawn FROM filing WHERE key IN LIST FOR UPDATE",
		nil, slices.Compact(keys), func(rows *sql.Rows) error {
			var topic, withdrawn int64
			f, doc, err := scanFiling(rows, &topic, &withdrawn)
			p := place{names[topic], f.Key}
			was[p], live[p] = doc, withdrawn == 0
			return err
		})
	return was, live, err
}

// amended returns filings as they are to be stored, each place once, in the
// order in which they first come. One that would be without members, or that is
// to be withdrawn and is not known, is left out.
func amended(filings []*news.Filing, was map[place]filedDoc, items map[news.Key]int64) []*amendedFiling {
	var list []*amendedFiling
	at := map[place]*amendedFiling{}
	for _, f := range filings {
		p := place{f.Topic, f.Key}
		before, known := was[p]
		doc := before
		if f.Withdrawn {
			doc.Why = f.Why
		} else {
			doc = revised(before, known, f, items)
		}
		if f.Withdrawn && !known || !f.Withdrawn && len(doc.Members) == 0 {
			continue
		}
		was[p] = doc
		if at[p] == nil {
			at[p] = &amendedFiling{place: p}
			list = append(list, at[p])
		}
		at[p].story, at[p].withdrawn, at[p].doc = f.Story, f.Withdrawn, doc
	}
	return list
}

// revised returns what is to be stored of a filing in place of what was.
func revised(was filedDoc, known bool, f *news.Filing, items map[news.Key]int64) filedDoc {
	doc := filedDoc{
		ID: f.ID, Published: micros(f.Published), Updated: micros(f.Updated), FirstFiled: micros(f.FirstFiled),
		Hash: f.Hash, Families: f.Families, Why: f.Why,
	}
	for _, key := range append([]news.Key{f.Lead}, f.Members...) {
		if id, ok := items[key]; ok && !slices.Contains(doc.Members, id) { // else: purged meanwhile
			doc.Members = append(doc.Members, id)
		}
	}
	if known {
		doc.ID, doc.Published, doc.FirstFiled = was.ID, was.Published, was.FirstFiled
		if doc.Hash == was.Hash {
			doc.Updated = was.Updated
		}
		doc.Updated = max(doc.Updated, was.Updated, doc.Published) // what had changed it last may have left it
	}
	return doc
}

func putFilings(ctx context.Context, tx session, topics map[string]int64, filings []*amendedFiling) error {
	rows := make([][]any, len(filings))
	for i, f := range filings {
		withdrawn := int64(0)
		if f.withdrawn {
			withdrawn = 1
		}
		rows[i] = []any{topics[f.topic], f.key, f.story, f.doc.Published, f.doc.Updated, withdrawn, f.doc.pack(f.key)}
	}
	return insert(ctx, tx, `INSERT INTO filing (topic, key, story, published, updated, withdrawn, doc) VALUES ROWS
		ON CONFLICT (topic, key) DO UPDATE SET story = excluded.story, published = excluded.published, updated = excluded.updated,
			withdrawn = excluded.withdrawn, doc = excluded.doc`, rows)
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

// notAmong returns withdrawals of a topic's filings that are not given.
func (db *DB) notAmong(ctx context.Context, tx session, name string, given []news.Filing) ([]*news.Filing, error) {
	keep := map[string]bool{}
	for _, f := range given {
		keep[f.Key] = keep[f.Key] || f.Topic == name
	}
	topic, err := db.topicID(ctx, tx, name)
	if err != nil {
		return nil, err
	}
	var gone []*news.Filing
	err = tx.each(ctx, "SELECT key, story FROM filing WHERE topic = ?1 AND withdrawn = 0", []any{topic}, func(rows *sql.Rows) error {
		f := &news.Filing{Topic: name, Withdrawn: true, Why: "the topic's rule has changed"}
		err := rows.Scan(&f.Key, &f.Story)
		if !keep[f.Key] {
			gone = append(gone, f)
		}
		return err
	})
	return gone, err
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

package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// Unfiled returns the records behind the filer's cursor; see aggregator.Log.
func (db *DB) Unfiled(ctx context.Context, limit int) ([]news.Record, error) {
	records, err := db.records(ctx, "(SELECT cursor FROM filer)", limit)
	if err != nil {
		return nil, fmt.Errorf("store: unfiled: %w", err)
	}
	return records, nil
}

// Records returns the records behind after, in order, at most limit: a replay
// of the log.
func (db *DB) Records(ctx context.Context, after int64, limit int) ([]news.Record, error) {
	records, err := db.records(ctx, "?2", limit, after)
	if err != nil {
		return nil, fmt.Errorf("store: records: %w", err)
	}
	return records, nil
}

func (db *DB) records(ctx context.Context, after string, limit int, args ...any) ([]news.Record, error) {
	var records []news.Record
	err := db.read.each(ctx, "SELECT seq, revision, doc FROM log WHERE seq > "+after+" AND "+db.engine.settled()+" ORDER BY seq LIMIT ?1",
		append([]any{limit}, args...), func(rows *sql.Rows) error {
			var r news.Record
			var doc sql.RawBytes
			if err := rows.Scan(&r.Seq, &r.Revision, &doc); err != nil {
				return err
			}
			if err := db.codec.unpackJSON(doc, &r.Item); err != nil {
				return fmt.Errorf("record %d: %w", r.Seq, err)
			}
			records = append(records, r)
			return nil
		})
	return records, err
}

// storiesAtOnce bounds how many stories are held while each is yielded.
const storiesAtOnce = 64

// Stories returns the stories with these ids; see aggregator.Log.
func (db *DB) Stories(ctx context.Context, ids []string) ([]news.Story, error) {
	stories, err := db.stories(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("store: stories: %w", err)
	}
	return stories, nil
}

// EachStory calls yield for the stories with a member published since then; see
// aggregator.Log.
func (db *DB) EachStory(ctx context.Context, since time.Time, yield func(news.Story) bool) error {
	var ids []string
	err := db.read.each(ctx, `SELECT story FROM decision WHERE story IN (SELECT story FROM decision WHERE published >= ?1)
		GROUP BY story ORDER BY MIN(item)`, []any{since.Unix()}, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("store: each story: %w", err)
	}
	for chunk := range slices.Chunk(ids, storiesAtOnce) {
		stories, err := db.stories(ctx, chunk)
		if err != nil {
			return fmt.Errorf("store: each story: %w", err)
		}
		for _, s := range stories {
			if !yield(s) {
				return nil
			}
		}
	}
	return nil
}

// stories returns the stories with these ids in the order of the ids.
func (db *DB) stories(ctx context.Context, ids []string) ([]news.Story, error) {
	members, err := membersIn(ctx, db, "d.story", ids)
	if err != nil {
		return nil, err
	}
	byID := map[string][]news.Member{}
	for _, m := range members {
		byID[m.Decision.Story] = append(byID[m.Decision.Story], m.Member)
	}
	var stories []news.Story
	for _, id := range ids {
		if len(byID[id]) > 0 {
			stories = append(stories, news.Story{ID: id, Members: byID[id]})
			delete(byID, id)
		}
	}
	return stories, nil
}

// A storedMember is a member with what the store calls it.
type storedMember struct {
	news.Member
	item, source int64
}

// membersIn returns the decided items of which a column is in keys, in the order
// of their first records.
func membersIn[K any](ctx context.Context, db *DB, column string, keys []K) ([]storedMember, error) {
	var all []storedMember
	err := eachIn(ctx, db.read, `SELECT i.id, i.source, i.ident, i.revision, i.seq, l.doc, d.seq, d.story, d.sketch, d.detail
		FROM decision d JOIN item i ON i.id = d.item JOIN log l ON l.seq = i.seq WHERE `+column+` IN LIST`, nil, keys,
		func(rows *sql.Rows) error {
			var m storedMember
			var doc, sketch, detail sql.RawBytes
			var ident string
			d := &m.Decision
			if err := rows.Scan(&m.item, &m.source, &ident, &m.Record.Revision, &m.Record.Seq, &doc,
				&d.Seq, &d.Story, &sketch, &detail); err != nil {
				return err
			}
			if err := db.codec.unpackJSON(doc, &m.Record.Item); err != nil {
				return fmt.Errorf("record %d: %w", m.Record.Seq, err)
			}
			d.Key = m.Record.Item.Key()
			d.Sketch = slices.Clone(sketch)
			if err := db.unpackDecision(detail, d); err != nil {
				return err
			}
			all = append(all, m)
			return nil
		})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b storedMember) int { return cmp.Compare(a.item, b.item) })
	all = slices.CompactFunc(all, func(a, b storedMember) bool { return a.item == b.item })
	return all, db.addOutlets(ctx, all)
}

// addOutlets completes members with their outlets.
func (db *DB) addOutlets(ctx context.Context, members []storedMember) error {
	outlets := map[int64]news.Outlet{}
	var ids []int64
	for _, m := range members {
		if _, ok := outlets[m.source]; !ok {
			outlets[m.source] = news.Outlet{}
			ids = append(ids, m.source)
		}
	}
	err := eachIn(ctx, db.read, "SELECT id, outlet, state FROM source LEFT JOIN state ON state.source = source.id WHERE id IN LIST",
		nil, ids, func(rows *sql.Rows) error {
			var id int64
			var text, state sql.RawBytes
			if err := rows.Scan(&id, &text, &state); err != nil {
				return err
			}
			o, err := outlet(text, state)
			outlets[id] = o
			return err
		})
	for i := range members {
		members[i].Outlet = outlets[members[i].source]
	}
	return err
}

// decisionsAtOnce bounds how many decisions are held while each is yielded.
const decisionsAtOnce = 256

// Decided calls yield for every decision upon items published since then; see
// aggregator.Log.
func (db *DB) Decided(ctx context.Context, since time.Time, yield func(d news.Decision, published time.Time) bool) error {
	if err := db.decided(ctx, since, yield); err != nil {
		return fmt.Errorf("store: decided: %w", err)
	}
	return nil
}

func (db *DB) decided(ctx context.Context, since time.Time, yield func(d news.Decision, published time.Time) bool) error {
	// The index holds both numbers, and sorting them here is cheaper than
	// carrying every sketch through a sort.
	type made struct{ seq, item int64 }
	var order []made
	err := db.read.each(ctx, "SELECT seq, item FROM decision WHERE published >= ?1", []any{since.Unix()}, func(rows *sql.Rows) error {
		var m made
		err := rows.Scan(&m.seq, &m.item)
		order = append(order, m)
		return err
	})
	if err != nil {
		return err
	}
	slices.SortFunc(order, func(a, b made) int { return cmp.Compare(a.seq, b.seq) })
	items := make([]int64, 0, decisionsAtOnce)
	for chunk := range slices.Chunk(order, decisionsAtOnce) {
		items = items[:0]
		for _, m := range chunk {
			items = append(items, m.item)
		}
		decisions, err := db.decisions(ctx, items)
		if err != nil {
			return err
		}
		for _, d := range decisions {
			if !yield(d.Decision, d.published) {
				return nil
			}
		}
	}
	return nil
}

type storedDecision struct {
	news.Decision
	published time.Time
}

// decisions returns the decisions upon items, in the order in which they were
// made.
func (db *DB) decisions(ctx context.Context, items []int64) ([]storedDecision, error) {
	all := make([]storedDecision, 0, len(items))
	err := eachIn(ctx, db.read, `SELECT d.seq, s.name, i.ident, d.published, d.story, d.sketch, d.detail
		FROM decision d JOIN item i ON i.id = d.item JOIN source s ON s.id = i.source WHERE d.item IN LIST`, nil, items,
		func(rows *sql.Rows) error {
			var d storedDecision
			var published int64
			var sketch, detail sql.RawBytes
			if err := rows.Scan(&d.Seq, &d.Key.Source, &d.Key.ID, &published, &d.Story, &sketch, &detail); err != nil {
				return err
			}
			d.published = time.Unix(published, 0).UTC()
			d.Sketch = slices.Clone(sketch)
			if err := db.unpackDecision(detail, &d.Decision); err != nil {
				return err
			}
			all = append(all, d)
			return nil
		})
	slices.SortFunc(all, func(a, b storedDecision) int { return cmp.Compare(a.Seq, b.Seq) })
	return slices.CompactFunc(all, func(a, b storedDecision) bool { return a.Seq == b.Seq }), err
}

// Decision returns the decision upon an item; see aggregator.Log.
func (db *DB) Decision(ctx context.Context, key news.Key) (news.Decision, bool, error) {
	items, err := db.itemIDs(ctx, db.read, []news.Key{key})
	if err != nil {
		return news.Decision{}, false, fmt.Errorf("store: decision: %w", err)
	}
	found, err := db.decisions(ctx, []int64{items[key]})
	if err != nil || len(found) == 0 {
		return news.Decision{}, false, err
	}
	return found[0].Decision, true, nil
}

// itemIDs returns what the store calls the items with these keys; one that it
// does not have is left out.
func (db *DB) itemIDs(ctx context.Context, s session, keys []news.Key) (map[news.Key]int64, error) {
	bySource := map[string][][]byte{}
	byIdent := map[string]news.Key{}
	for _, k := range keys {
		ident := identOf(k.Source, k.ID)
		if _, ok := byIdent[string(ident)]; !ok {
			byIdent[string(ident)] = k
			bySource[k.Source] = append(bySource[k.Source], ident)
		}
	}
	ids := make(map[news.Key]int64, len(byIdent))
	for name, idents := range bySource {
		source, err := db.sources.id(ctx, db.read, "source", name)
		if err != nil {
			return nil, err
		}
		err = eachIn(ctx, s, "SELECT ident, item FROM ident WHERE source = ?1 AND ident IN LIST AND item > 0", []any{source}, idents,
			func(rows *sql.Rows) error {
				var ident sql.RawBytes
				var id int64
				err := rows.Scan(&ident, &id)
				ids[byIdent[string(ident)]] = id
				return err
			})
		if err != nil {
			return nil, err
		}
	}
	return ids, nil
}

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
	var records []news.Record
	cursor, err := cursor(ctx, db.read)
	if err == nil {
		records, err = db.records(ctx, cursor, limit, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("store: unfiled: %w", err)
	}
	return records, nil
}

// Records returns the records behind after; see aggregator.Log.
func (db *DB) Records(ctx context.Context, after int64, limit int) ([]news.Record, error) {
	records, err := db.records(ctx, after, limit, min(limit, readAtOnce))
	if err != nil {
		return nil, fmt.Errorf("store: records: %w", err)
	}
	return records, nil
}

// cursor returns the seq of the last record that was filed.
func cursor(ctx context.Context, s session) (int64, error) {
	var n int64
	var sealed []byte
	if _, err := s.one(ctx, "SELECT cursor, seal FROM filer WHERE id = 1", nil, &n, &sealed); err != nil {
		return 0, err
	}
	_, err := unseal(sealed, n)
	return n, err
}

// readAtOnce bounds for how many records room is made before any is read.
const readAtOnce = 500

// records returns the records behind after, with room made for so many: whoever goes
// on reading most often gets as many as before.
func (db *DB) records(ctx context.Context, after int64, limit, room int) ([]news.Record, error) {
	records := make([]news.Record, 0, room)
	err := db.read.each(ctx, "SELECT seq, doc FROM log WHERE seq > ?1 AND "+db.engine.settled()+" ORDER BY seq LIMIT ?2",
		[]any{after, limit}, func(rows *sql.Rows) error {
			r, err := db.scanRecord(rows)
			records = append(records, r)
			return err
		})
	return records, err
}

// eachRecord yields the records with these numbers, without those that were purged.
func (db *DB) eachRecord(ctx context.Context, s session, seqs []int64, yield func(news.Record)) error {
	return eachIn(ctx, s, "SELECT seq, doc FROM log WHERE seq IN LIST", nil, seqs, func(rows *sql.Rows) error {
		r, err := db.scanRecord(rows)
		if err == nil {
			yield(r)
		}
		return err
	})
}

// scanRecord reads a record from its number and its document.
func (db *DB) scanRecord(rows *sql.Rows) (r news.Record, err error) {
	var doc sql.RawBytes
	if err := rows.Scan(&r.Seq, &doc); err != nil {
		return r, err
	}
	packed := record{Item: &r.Item}
	if err := db.codec.unpackRecord(doc, &packed); err != nil {
		return r, fmt.Errorf("record %d: %w", r.Seq, err)
	}
	r.Revision = packed.Revision
	return r, nil
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
	ident        string
}

// membersIn returns the items of which a column is in keys, in the order of
// their first records.
func membersIn[K any](ctx context.Context, db *DB, column string, keys []K) ([]storedMember, error) {
	var all []storedMember
	err := eachIn(ctx, db.read, `SELECT i.id, i.source, i.ident, i.seq, d.seq, d.published, d.story, d.sketch, d.detail
		FROM item i LEFT JOIN decision d ON d.item = i.id WHERE `+column+` IN LIST`, nil, keys,
		func(rows *sql.Rows) error {
			m, err := db.scanMember(rows)
			all = append(all, m)
			return err
		})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b storedMember) int { return cmp.Compare(a.item, b.item) })
	all = slices.CompactFunc(all, func(a, b storedMember) bool { return a.item == b.item })
	if all, err = db.addRecords(ctx, all); err != nil {
		return nil, err
	}
	return all, db.addOutlets(ctx, all)
}

func (db *DB) scanMember(rows *sql.Rows) (m storedMember, err error) {
	var sketch, detail sql.RawBytes
	var seq, published sql.NullInt64
	var story sql.NullString
	err = rows.Scan(&m.item, &m.source, &m.ident, &m.Record.Seq, &seq, &published, &story, &sketch, &detail)
	if err != nil || !seq.Valid {
		return m, err // none: it is not filed yet
	}
	m.Decision.Seq, m.Decision.Story = seq.Int64, story.String
	return m, db.unpackDecision(sketch, detail, published.Int64, &m.Decision)
}

// addRecords completes members with their latest records. Their texts are shared
// with others who read them, and must not be written to.
func (db *DB) addRecords(ctx context.Context, members []storedMember) ([]storedMember, error) {
	found := make(map[int64]news.Record, len(members))
	var missing []int64
	for _, m := range members {
		if r, ok := db.recent.get(m.Record.Seq); ok {
			found[r.Seq] = r
		} else {
			missing = append(missing, m.Record.Seq)
		}
	}
	err := db.eachRecord(ctx, db.read, missing, func(r news.Record) {
		db.recent.put(&r)
		found[r.Seq] = r
	})
	if err != nil {
		return nil, err
	}
	kept := members[:0]
	for _, m := range members {
		r, ok := found[m.Record.Seq]
		if !ok || r.Item.ID != m.ident {
			var id int64
			still, err := db.read.one(ctx, "SELECT id FROM item WHERE id = ?1 AND seq = ?2", []any{m.item, m.Record.Seq}, &id)
			if err != nil {
				return nil, err
			}
			if still {
				return nil, fmt.Errorf("%w: record %d of item %q is missing", ErrDamaged, m.Record.Seq, m.ident)
			}
			continue // purged this moment
		}
		m.First, m.Record, m.Decision.Key = m.item, r, r.Item.Key()
		kept = append(kept, m)
	}
	return kept, nil
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
	if err != nil {
		return err
	}
	for i := range members {
		m := &members[i]
		m.Outlet = outlets[m.source]
		if m.Outlet.Source != m.Record.Item.Source {
			return fmt.Errorf("%w: record %d is not of source %q", ErrDamaged, m.Record.Seq, m.Outlet.Source)
		}
	}
	return nil
}

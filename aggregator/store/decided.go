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
			if err := db.unpackDecision(sketch, detail, published, &d.Decision); err != nil {
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

package store

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A fate is what becomes of one item of a poll.
type fate struct {
	item  *news.Item
	ident []byte // of its identity
	hash  int64  // of its content

	known  int64 // the stored item that it is; 0: a new one
	own    int64 // 1: by the item's own identity
	skip   bool  // a tombstone, or a second entry with the same identity
	same   bool  // stands in the log as it is
	rename bool  // its identity must be noted as one of the stored item
	prev   int64 // its latest record
	rev    int   // the revision that this is, 0 for a new item or the same
}

// An identity is a row of ident.
type identity struct {
	item, hash int64
	own        int64
}

// tombstoneFresh is for how long a tombstone that was seen again needs no new
// date.
const tombstoneFresh = 30 * 24 * time.Hour

// match finds out which items of a poll are new, changed or known. It runs
// outside of the transaction that stores them: as long as the claim holds,
// nobody else stores items of this source.
func (db *DB) match(ctx context.Context, source int64, name string, items []news.Item, now time.Time) (fates []fate, seen [][]byte, err error) {
	fates = make([]fate, len(items))
	idents := make([][]byte, len(items))
	for i := range items {
		it := &items[i]
		fates[i] = fate{item: it, ident: identOf(name, it.ID), hash: hashOf(it.Hash)}
		idents[i] = fates[i].ident
	}
	known, err := db.identities(ctx, source, idents)
	if err != nil {
		return nil, nil, err
	}
	taken, seen := firstLook(fates, known, now)
	var aliases [][]byte
	for _, f := range fates {
		if !f.skip && (f.known == 0 || f.doubtful()) {
			for _, alias := range f.item.Aliases {
				aliases = append(aliases, identOf(name, alias))
			}
		}
	}
	byAlias, err := db.identities(ctx, source, aliases)
	if err != nil {
		return nil, nil, err
	}
	for i := range fates {
		if f := &fates[i]; f.doubtful() {
			f.reconsider(name, byAlias, taken)
		}
	}
	for i := range fates {
		if f := &fates[i]; !f.skip && f.known == 0 {
			if alias := f.recognise(name, byAlias, taken); alias != nil && now.Unix()-byAlias[string(alias)].hash > int64(tombstoneFresh/time.Second) {
				seen = append(seen, alias)
			}
		}
	}
	if err := db.compare(ctx, fates); err != nil {
		return nil, nil, err
	}
	return fates, seen, db.unsign(ctx, fates, now)
}

// firstLook recognises items by their identities. It returns the stored items
// that have been recognised, and the tombstones that were seen again and need a
// new date.
func firstLook(fates []fate, known map[string]identity, now time.Time) (taken map[int64]bool, seen [][]byte) {
	taken = map[int64]bool{}
	once := map[string]bool{}
	for i := range fates {
		f := &fates[i]
		row, ok := known[string(f.ident)]
		switch {
		case once[string(f.ident)]:
			f.skip = true
		case ok && row.item == 0:
			f.skip = true
			if now.Unix()-row.hash > int64(tombstoneFresh/time.Second) {
				seen = append(seen, f.ident)
			}
		case ok && row.own == 1:
			f.take(row)
			taken[row.item] = true
		}
		once[string(f.ident)] = true
	}
	// Only then by what is not their own: a stored item is one entry at most.
	for i := range fates {
		f := &fates[i]
		if row, ok := known[string(f.ident)]; ok && !f.skip && row.own == 0 && !taken[row.item] {
			f.take(row)
			taken[row.item] = true
		}
	}
	return taken, seen
}

func (f *fate) take(row identity) {
	f.known, f.own = row.item, row.own
	f.same = row.hash == f.hash
	f.rename = !f.same
}

// doubtful reports whether an item that is recognised by its identity may yet be
// another one: its content is, and its identity is no more than one of its aliases.
func (f *fate) doubtful() bool {
	return f.known != 0 && !f.same && f.item.ID != f.item.GUID && slices.Contains(f.item.Aliases, f.item.ID)
}

// reconsider takes a doubtful item for the stored one that has what tells more of it
// than its identity, if nothing of that is the other's. The link of a page, or a
// headline, names the one item that there is, and then the one that is left of several.
func (f *fate) reconsider(source string, known map[string]identity, taken map[int64]bool) {
	var other int64
	for _, alias := range f.item.Aliases[slices.Index(f.item.Aliases, f.item.ID)+1:] {
		row := known[string(identOf(source, alias))]
		if row.item == f.known {
			return
		}
		if row.item != 0 && !taken[row.item] && other == 0 {
			other = row.item
		}
	}
	if other != 0 {
		delete(taken, f.known)
		f.known, f.own, f.rename = other, 0, true
		taken[other] = true
	}
}

// recognise takes an item with an unknown identity for the stored one that has
// its best known alias, unless another entry of the document is that one. If that
// alias is a tombstone it is returned.
func (f *fate) recognise(source string, known map[string]identity, taken map[int64]bool) (tombstone []byte) {
	for _, alias := range f.item.Aliases {
		ident := identOf(source, alias)
		row, ok := known[string(ident)]
		if !ok || taken[row.item] {
			continue
		}
		if row.item == 0 {
			f.skip = true
			return ident
		}
		f.known, f.rename = row.item, true
		taken[row.item] = true
		return nil
	}
	return nil
}

// compare looks at the stored content of those items whose identity row did not
// tell that they are the same.
func (db *DB) compare(ctx context.Context, fates []fate) error {
	var ids []int64
	at := map[int64]*fate{}
	for i := range fates {
		if f := &fates[i]; f.known != 0 && !f.same {
			ids = append(ids, f.known)
			at[f.known] = f
		}
	}
	return eachIn(ctx, db.read, "SELECT id, hash, seq FROM item WHERE id IN LIST", nil, ids, func(rows *sql.Rows) error {
		var id, hash, prev int64
		if err := rows.Scan(&id, &hash, &prev); err != nil {
			return err
		}
		f := at[id]
		f.same, f.prev = hash == f.hash, prev
		return nil
	})
}

// resignAfter is the age of what is stored from which an item is stored once more if
// nothing of it has changed but the signatures of its addresses. Most last a day or a week.
const resignAfter = 6 * time.Hour

// unsign marks the items of which nothing has changed but the signatures of their addresses.
func (db *DB) unsign(ctx context.Context, fates []fate, now time.Time) error {
	var ids []int64
	at := map[int64]*fate{}
	for i := range fates {
		if f := &fates[i]; f.known != 0 && !f.same && !f.skip && strings.Contains(f.item.Hash, news.Signed) {
			ids = append(ids, f.known)
			at[f.known] = f
		}
	}
	return eachIn(ctx, db.read, "SELECT item.id, log.at, doc FROM item JOIN log ON log.seq = item.seq WHERE item.id IN LIST", nil, ids,
		func(rows *sql.Rows) error {
			var id, stored int64
			var doc []byte
			var was news.Item
			if err := rows.Scan(&id, &stored, &doc); err != nil {
				return err
			}
			if err := db.codec.unpackRecord(doc, &record{Item: &was}); err != nil {
				return err
			}
			if f := at[id]; f.item.Unsigned() == was.Unsigned() {
				it := *f.item
				it.Reread = true
				f.item, f.same = &it, now.Sub(time.Unix(stored, 0)) < resignAfter
				f.rename = f.rename && f.own == 0
			}
			return nil
		})
}

// identities returns the rows of identities, by identity.
func (db *DB) identities(ctx context.Context, source int64, idents [][]byte) (map[string]identity, error) {
	rowsOf := make(map[string]identity, len(idents))
	err := eachIn(ctx, db.read, "SELECT ident, item, hash, own FROM ident WHERE source = ?1 AND ident IN LIST", []any{source}, idents,
		func(rows *sql.Rows) error {
			var ident sql.RawBytes
			var row identity
			err := rows.Scan(&ident, &row.item, &row.hash, &row.own)
			rowsOf[string(ident)] = row
			return err
		})
	return rowsOf, err
}

// revise makes a changed item a revision of the stored one: it keeps the
// identity, the instant when it was first seen and, unless it states another,
// the instant of its publication. One that is only read otherwise than before
// keeps the instant at which its source changed it, too.
func (db *DB) revise(ctx context.Context, fates []fate) error {
	var ids []int64
	at := map[int64]*fate{}
	for i := range fates {
		if f := &fates[i]; f.known != 0 && !f.same && !f.skip {
			ids = append(ids, f.known)
			at[f.known] = f
		}
	}
	return eachIn(ctx, db.read, "SELECT item.id, doc FROM item JOIN log ON log.seq = item.seq WHERE item.id IN LIST", nil, ids,
		func(rows *sql.Rows) error {
			var id int64
			var doc []byte
			var was news.Item
			r := record{Item: &was}
			if err := rows.Scan(&id, &doc); err != nil {
				return err
			}
			if err := db.codec.unpackRecord(doc, &r); err != nil {
				return err
			}
			it := *at[id].item
			if it.Reread && was.FullText && !it.FullText {
				at[id].same = true // its text is that of its page, which nobody has asked for again
				return nil
			}
			it.ID, it.FirstSeen = was.ID, was.FirstSeen
			if it.Reread {
				it.Fetched = was.Fetched
			}
			if !it.Dated {
				it.Published = was.Published
			}
			if it.Published.After(it.FirstSeen) {
				it.Published = it.FirstSeen
			}
			it.Aliases = slices.Clone(it.Aliases)
			at[id].item, at[id].rev = &it, r.Revision
			return nil
		})
}

package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"
)

const (
	// purgeAtOnce bounds the items of one transaction of a purge, so that a
	// poll never waits long for it.
	purgeAtOnce = 200

	// tombstoneKept is for how long a purged item that its feed no longer
	// holds is remembered.
	tombstoneKept = 180 * 24 * time.Hour
)

// Purged says what a purge has removed.
type Purged struct {
	Items      int // with their records, decisions and filings
	Tombstones int // that nothing needs any more
}

// Purge removes the stories to which nothing was added since before, whole,
// with their filings. Of every item a tombstone is kept, so that it does not
// come back as long as its feed goes on listing it. What is not filed yet is
// not removed. Pages of archives from before then are removed too.
func (db *DB) Purge(ctx context.Context, before, now time.Time) (Purged, error) {
	var p Purged
	end, err := db.seqAt(ctx, before)
	if err != nil {
		return p, fmt.Errorf("store: purge: %w", err)
	}
	for last, more := int64(0), true; more; {
		var stories []string
		if stories, last, more, err = db.oldStories(ctx, last, end); err != nil {
			return p, fmt.Errorf("store: purge: %w", err)
		}
		n := 0
		err := db.engine.write(ctx, func(ctx context.Context, tx session) (err error) {
			if err := db.engine.fence(ctx, tx); err != nil {
				return err
			}
			n, err = purge(ctx, tx, stories, end, before, now)
			return err
		})
		if err != nil {
			return p, fmt.Errorf("store: purge: %w", err)
		}
		p.Items += n
	}
	if p.Tombstones, err = db.forget(ctx, now); err == nil {
		err = db.dropArchives(ctx, before)
	}
	if err != nil {
		return p, fmt.Errorf("store: purge: %w", err)
	}
	return p, nil
}

// seqAt returns the first seq of the log that was written at t or later or is
// not filed yet. The log is in the order of time but for jumps of the clock.
func (db *DB) seqAt(ctx context.Context, t time.Time) (int64, error) {
	var cursor int64
	if _, err := db.read.one(ctx, "SELECT cursor FROM filer", nil, &cursor); err != nil {
		return 0, err
	}
	low, high := int64(1), cursor+1
	for low < high {
		mid := low + (high-low)/2
		var seq, at int64
		found, err := db.read.one(ctx, "SELECT seq, at FROM log WHERE seq >= ?1 ORDER BY seq LIMIT 1", []any{mid}, &seq, &at)
		if err != nil {
			return 0, err
		}
		switch {
		case !found || at >= t.Unix():
			high = mid
		default:
			low = min(seq+1, high)
		}
	}
	return low, nil
}

// oldStories returns the stories of the next items behind last that were first
// seen before end, and the last of the items.
func (db *DB) oldStories(ctx context.Context, last, end int64) (stories []string, next int64, more bool, err error) {
	err = db.read.each(ctx, "SELECT item, story FROM decision WHERE item > ?1 AND item < ?2 ORDER BY item LIMIT ?3",
		[]any{last, end, purgeAtOnce}, func(rows *sql.Rows) error {
			var story string
			err := rows.Scan(&next, &story)
			stories = append(stories, story)
			return err
		})
	more = len(stories) == purgeAtOnce
	slices.Sort(stories)
	return slices.Compact(stories), next, more, err
}

// A purgeable item is one of a story that may go.
type purgeable struct {
	item, source, seq int64
	story             string
}

// purgeables returns the items of those stories that have no record from end
// on, and none that was written at before or later: where the clock has jumped,
// the log is not in the order of time.
func purgeables(ctx context.Context, tx session, stories []string, end int64, before time.Time) ([]purgeable, error) {
	kept := map[string]bool{}
	var members []purgeable
	err := eachIn(ctx, tx, `SELECT d.item, i.source, i.seq, d.story, COALESCE(l.at, 0) FROM decision d JOIN item i ON i.id = d.item
		LEFT JOIN log l ON l.seq = i.seq WHERE d.story IN LIST`, nil, stories, func(rows *sql.Rows) error {
		var m purgeable
		var at int64
		err := rows.Scan(&m.item, &m.source, &m.seq, &m.story, &at)
		if m.seq >= end || at >= before.Unix() {
			kept[m.story] = true
		}
		members = append(members, m)
		return err
	})
	return slices.DeleteFunc(members, func(m purgeable) bool { return kept[m.story] }), err
}

// purge removes those of the stories that may go, and says how many items they
// had.
func purge(ctx context.Context, tx session, stories []string, end int64, before, now time.Time) (int, error) {
	all, err := purgeables(ctx, tx, stories, end, before)
	if err != nil || len(all) == 0 {
		return 0, err
	}
	gone := map[string]bool{}
	var items, latest []int64
	bySource := map[int64][]int64{}
	for _, m := range all {
		gone[m.story] = true
		items, latest = append(items, m.item), append(latest, m.seq)
		bySource[m.source] = append(bySource[m.source], m.item)
	}
	for source, items := range bySource {
		err := eachIn(ctx, tx, "UPDATE ident SET item = 0, hash = ?1 WHERE source = ?2 AND item IN LIST",
			[]any{now.Unix(), source}, items, none)
		if err != nil {
			return 0, err
		}
	}
	for _, query := range []string{
		"DELETE FROM decision WHERE item IN LIST", "DELETE FROM item WHERE id IN LIST", "DELETE FROM words WHERE rowid IN LIST",
	} {
		if err := eachIn(ctx, tx, query, nil, items, none); err != nil {
			return 0, err
		}
	}
	err = deleteFilings(ctx, tx, func() error {
		for _, of := range ofStories {
			// A withdrawn one may be what an item is known by that is in another story now: see forget.
			if err := eachIn(ctx, tx, "DELETE FROM filing WHERE withdrawn = 0 AND "+of, nil, slices.Collect(maps.Keys(gone)), none); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return len(all), deleteRecords(ctx, tx, latest)
}

// deleteFilings runs fn, which deletes filings. SQLite numbers the next one from the
// greatest number that is left, and an archive goes on behind its last: where that is
// gone, such as after a quiet time, what comes next would stand before it.
func deleteFilings(ctx context.Context, tx session, fn func() error) error {
	greatest := func() (id int64, err error) {
		_, err = tx.one(ctx, "SELECT COALESCE(MAX(id), 0) FROM filing", nil, &id)
		return id, err
	}
	was, err := greatest()
	if err != nil {
		return err
	}
	if err := fn(); err != nil {
		return err
	}
	left, err := greatest()
	if err == nil && left < was {
		_, err = tx.exec(ctx, "UPDATE archive SET last = ?1 WHERE last > ?1", left)
	}
	return err
}

func none(*sql.Rows) error { return nil }

// deleteRecords deletes records and those before them of the same items.
func deleteRecords(ctx context.Context, tx session, seqs []int64) error {
	for len(seqs) > 0 {
		var before []int64
		err := eachIn(ctx, tx, "DELETE FROM log WHERE seq IN LIST RETURNING prev", nil, seqs, func(rows *sql.Rows) error {
			var prev int64
			err := rows.Scan(&prev)
			if prev != 0 {
				before = append(before, prev)
			}
			return err
		})
		if err != nil {
			return err
		}
		seqs = before
	}
	return nil
}

// forget removes the tombstones of what feeds no longer hold, and the withdrawn
// filings that nothing can come back to.
func (db *DB) forget(ctx context.Context, now time.Time) (n int, err error) {
	states, err := db.states(ctx, "1 = 1")
	if err != nil {
		return 0, err
	}
	for _, s := range states {
		source, err := db.sources.id(ctx, db.read, "source", s.Source)
		if err != nil {
			return n, err
		}
		// A document that brought something new was seen whole, and would have
		// dated the tombstones of what it still held.
		limit := min(now.Add(-tombstoneKept).Unix(), s.LastNew.Add(-2*tombstoneFresh).Unix())
		var found int
		if _, err := db.read.one(ctx, "SELECT COUNT(*) FROM ident WHERE source = ?1 AND item = 0 AND hash < ?2",
			[]any{source, limit}, &found); err != nil {
			return n, err
		}
		if found == 0 {
			continue
		}
		err = db.engine.write(ctx, func(ctx context.Context, tx session) error {
			_, err := tx.exec(ctx, "DELETE FROM ident WHERE source = ?1 AND item = 0 AND hash < ?2", source, limit)
			return err
		})
		if err != nil {
			return n, err
		}
		n += found
	}
	return n, db.forgetWithdrawn(ctx)
}

// forgetWithdrawn removes the withdrawn filings of stories that are no more, unless
// there still are items of theirs, which have joined another story: when they are
// parted from it, what readers knew them by must not be another's as well. Those stay
// as long as their items, and may be very many: they are looked at while others write.
func (db *DB) forgetWithdrawn(ctx context.Context) error {
	const noStory = "withdrawn = 1 AND NOT EXISTS (SELECT 1 FROM decision d WHERE d.story = filing.story)"
	for last, more := int64(0), true; more; {
		filings := map[int64][]int64{} // → their items
		var items []int64
		err := db.read.each(ctx, "SELECT key, story, published, updated, doc, id FROM filing WHERE id > ?1 AND "+noStory+" ORDER BY id LIMIT ?2", []any{last, forgetAtOnce}, func(rows *sql.Rows) error {
			_, doc, err := scanFiling(rows, &last)
			filings[last] = doc.Members
			items = append(items, doc.Members...)
			return err
		})
		if err != nil {
			return err
		}
		more = len(filings) == forgetAtOnce
		there := map[int64]bool{}
		err = eachIn(ctx, db.read, "SELECT id FROM item WHERE id IN LIST", nil, items, func(rows *sql.Rows) error {
			var id int64
			err := rows.Scan(&id)
			there[id] = true
			return err
		})
		if err != nil {
			return err
		}
		maps.DeleteFunc(filings, func(_ int64, items []int64) bool {
			return slices.ContainsFunc(items, func(id int64) bool { return there[id] })
		})
		if len(filings) == 0 {
			continue
		}
		err = db.engine.write(ctx, func(ctx context.Context, tx session) error {
			if err := db.engine.fence(ctx, tx); err != nil { // nobody archives meanwhile
				return err
			}
			return deleteFilings(ctx, tx, func() error {
				return eachIn(ctx, tx, "DELETE FROM filing WHERE id IN LIST AND "+noStory, nil, slices.Collect(maps.Keys(filings)), none)
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// forgetAtOnce is how many withdrawn filings are looked at together.
const forgetAtOnce = 1000

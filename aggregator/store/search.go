package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wireroom/wireroom/aggregator/news"
)

// The bounds of a search. A query whose items few of the topics show is looked
// after no further than this: no query costs more than a fraction of a second. An
// engine begins anew with each part that is asked for, so each is larger than the last.
const (
	foundAtOnce = 256
	foundGrowth = 8
	maxFound    = 40 * foundAtOnce
)

// Search returns the filings of topics that show an item which a query means,
// with their members, the newest publication first, at most limit and one of
// each story. For what a query means see parseQuery: words of any script, each
// of which must stand in the title or near the beginning of the text. Only
// items that a filing lists count: what a topic does not show is not found
// through it.
func (db *DB) Search(ctx context.Context, topics []string, query string, limit int) ([]news.Filed, error) {
	select {
	case db.searches <- struct{}{}:
		defer func() { <-db.searches }()
	case <-ctx.Done():
		return nil, fmt.Errorf("store: search: %w", ctx.Err())
	}
	filed, err := db.search(ctx, topics, parseQuery(query), limit)
	if err != nil {
		return nil, fmt.Errorf("store: search: %w", err)
	}
	return filed, nil
}

func (db *DB) search(ctx context.Context, topics []string, query []clause, limit int) ([]news.Filed, error) {
	if query == nil {
		return nil, nil
	}
	open, err := db.topics.all(ctx, db.read, "topic", topics)
	if err != nil {
		return nil, err
	}
	condition, parameter := db.engine.matching(query)
	best := map[string]storedFiled{} // by story
	atOnce := foundAtOnce
	for before, n := int64(1<<63-1), 0; len(best) < limit && n < maxFound; {
		found := map[string][]int64{} // story → items
		matches := 0
		err := db.read.each(ctx, `SELECT words.rowid, d.story FROM words CROSS JOIN decision d
			WHERE d.item = words.rowid AND `+condition+` AND words.rowid < ?2 ORDER BY words.rowid DESC LIMIT ?3`,
			[]any{parameter, before, atOnce}, func(rows *sql.Rows) error {
				var story string
				err := rows.Scan(&before, &story)
				found[story] = append(found[story], before)
				matches++
				return err
			})
		if err != nil {
			return nil, err
		}
		if err := db.addShown(ctx, best, found, open); err != nil {
			return nil, err
		}
		if matches < atOnce {
			break
		}
		n += atOnce
		atOnce = min(atOnce*foundGrowth, maxFound-n)
	}
	list := make([]storedFiled, 0, len(best))
	for _, f := range best {
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b storedFiled) int {
		return cmp.Or(b.Published.Compare(a.Published), cmp.Compare(a.Story, b.Story))
	})
	return db.withMembers(ctx, list[:min(len(list), limit)])
}

// searchesAtOnce leaves connections to who polls, files and publishes.
const searchesAtOnce = readers / 2

// ofStories are the conditions for the filings of stories: each holds for those
// that one index finds.
var ofStories = []string{"key IN LIST AND story = key", "story IN LIST AND story <> key"}

// addShown looks for the filings of open topics that list a found item, and
// keeps of each story the one with the most members; of several the first by topic
// and key.
func (db *DB) addShown(ctx context.Context, best map[string]storedFiled, found map[string][]int64, open map[int64]string) error {
	type shown struct {
		topic int64
		storedFiled
	}
	var all []shown
	stories := slices.Collect(maps.Keys(found))
	for _, of := range ofStories {
		err := eachIn(ctx, db.read, "SELECT key, story, published, updated, doc, topic FROM filing WHERE withdrawn = 0 AND "+of, nil, stories,
			func(rows *sql.Rows) error {
				var topic int64
				f, doc, err := scanFiling(rows, &topic)
				if err != nil {
					return err
				}
				shows := slices.ContainsFunc(found[f.Story], func(item int64) bool { return slices.Contains(doc.Members, item) })
				if f.Topic = open[topic]; f.Topic != "" && shows {
					all = append(all, shown{topic, storedFiled{news.Filed{Filing: f}, doc.Members}})
				}
				return nil
			})
		if err != nil {
			return err
		}
	}
	slices.SortFunc(all, func(a, b shown) int { return cmp.Or(cmp.Compare(a.topic, b.topic), cmp.Compare(a.Key, b.Key)) })
	for _, f := range all {
		if was, ok := best[f.Story]; !ok || len(f.items) > len(was.items) {
			best[f.Story] = f.storedFiled
		}
	}
	return nil
}

// An indexed item is found by its words.
type indexed struct {
	item, seq int64
	words     string // with a space between them, for no word has one
}

// index keeps the words of records as those by which their items are found. Some
// records are given; the others are read.
func (db *DB) index(ctx context.Context, tx session, items []indexed, given []news.Record) error {
	var list []string // of the words of one after another
	joined := func(it *news.Item) string {
		list = words(list, it)
		return strings.Join(list, " ")
	}
	records := make(map[int64]*news.Item, len(given))
	for i := range given {
		records[given[i].Seq] = &given[i].Item
	}
	known := make([]indexed, 0, len(items))
	missing := map[int64]int64{} // seq → item
	for _, i := range items {
		if it := records[i.seq]; it != nil {
			known = append(known, indexed{i.item, i.seq, joined(it)})
		} else {
			missing[i.seq] = i.item
		}
	}
	err := db.eachRecord(ctx, tx, slices.Sorted(maps.Keys(missing)), func(r news.Record) {
		if item, ok := missing[r.Seq]; ok { // else told twice
			known = append(known, indexed{item, r.Seq, joined(&r.Item)})
			delete(missing, r.Seq)
		}
	})
	if err != nil {
		return err
	}
	return db.engine.index(ctx, tx, known) // without those that were purged meanwhile
}

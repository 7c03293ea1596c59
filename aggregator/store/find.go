package store

import (
	"context"
	"database/sql"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"

	"github.com/wireroom/wireroom/aggregator/news"
)

var slugEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Find returns the items that a person may mean by a word: an identity, an
// alias such as a link, the slug of an item or the id of a story, of which it
// returns all members. An item that is not filed yet has no decision but its
// key.
func (db *DB) Find(ctx context.Context, word string) ([]news.Member, error) {
	ids, err := db.find(ctx, word)
	if err != nil {
		return nil, fmt.Errorf("store: find %q: %w", word, err)
	}
	slices.Sort(ids)
	found, err := membersIn(ctx, db, "i.id", slices.Compact(ids))
	if err != nil {
		return nil, fmt.Errorf("store: find %q: %w", word, err)
	}
	members := make([]news.Member, len(found))
	for i, m := range found {
		members[i] = m.Member
	}
	return members, nil
}

func (db *DB) find(ctx context.Context, word string) ([]int64, error) {
	var ids []int64
	add := func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}
	if slug, err := slugEncoding.DecodeString(strings.ToLower(word)); err == nil && len(slug) == 10 {
		err := db.read.each(ctx, "SELECT item FROM decision WHERE story = ?1", []any{strings.ToLower(word)}, add)
		if err != nil || len(ids) > 0 {
			return ids, err
		}
		low := append(slices.Clone(slug), make([]byte, 6)...)
		high := append(slices.Clone(slug), 255, 255, 255, 255, 255, 255)
		err = db.read.each(ctx, `SELECT i.item FROM source s JOIN ident i ON i.source = s.id AND i.ident >= ?1 AND i.ident <= ?2
			WHERE i.item > 0`, []any{low, high}, add)
		if err != nil || len(ids) > 0 {
			return ids, err
		}
	}
	// An identity is known within its source only: ask each.
	type named struct {
		id   int64
		name string
	}
	var sources []named
	err := db.read.each(ctx, "SELECT id, name FROM source", nil, func(rows *sql.Rows) error {
		var s named
		err := rows.Scan(&s.id, &s.name)
		sources = append(sources, s)
		return err
	})
	for _, s := range sources {
		if err == nil {
			err = db.read.each(ctx, "SELECT item FROM ident WHERE source = ?1 AND ident = ?2 AND item > 0",
				[]any{s.id, identOf(s.name, word)}, add)
		}
	}
	return ids, err
}

// StoryOf returns the id of the story that the item is in which began a story that was
// published, by the id of that; "" if it is not known. It is what an absorbed story is
// part of now, however often that was absorbed in its turn: a filing is kept under the
// slug of the item that began it, if only withdrawn, as long as that is there.
func (db *DB) StoryOf(ctx context.Context, began string) (story string, err error) {
	var items []int64
	err = db.read.each(ctx, "SELECT key, story, published, updated, doc FROM filing WHERE key = ?1", []any{began}, func(rows *sql.Rows) error {
		_, doc, err := scanFiling(rows)
		items = append(items, doc.Members...)
		return err
	})
	if err == nil {
		slices.Sort(items)
		err = eachIn(ctx, db.read, `SELECT s.name, i.ident, d.story FROM item i JOIN source s ON s.id = i.source JOIN decision d ON d.item = i.id
			WHERE i.id IN LIST`, nil, slices.Compact(items), func(rows *sql.Rows) error {
			var key news.Key
			var in string
			err := rows.Scan(&key.Source, &key.ID, &in)
			if key.Slug() == began {
				story = in
			}
			return err
		})
	}
	if err != nil {
		return "", fmt.Errorf("store: story of %s: %w", began, err)
	}
	return story, nil
}

// Stats is what the store holds.
type Stats struct {
	Items   int64 // items, each counted once whatever its revisions
	Unfiled int64 // records that the filer has not read yet
	Bytes   int64 // size of the store on its disk
}

// Stats counts what the store holds. It takes a few hundredths of a second for
// a million items.
func (db *DB) Stats(ctx context.Context) (Stats, error) {
	var s Stats
	_, err := db.read.one(ctx, `SELECT (SELECT COUNT(*) FROM item),
		(SELECT COUNT(*) FROM log WHERE seq > (SELECT cursor FROM filer))`, nil, &s.Items, &s.Unfiled)
	if err == nil {
		s.Bytes, err = db.engine.size(ctx)
	}
	if err != nil {
		return Stats{}, fmt.Errorf("store: stats: %w", err)
	}
	return s, nil
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// Archived returns the number of the newest page of a topic's archive and when
// it was written; 0 if it has none.
func (db *DB) Archived(ctx context.Context, topic string) (page int, at time.Time, err error) {
	id, err := db.topics.id(ctx, db.read, "topic", topic)
	var seconds int64
	found := false
	if err == nil && id != 0 {
		found, err = db.read.one(ctx, "SELECT page, at FROM archive WHERE topic = ?1 ORDER BY page DESC LIMIT 1", []any{id}, &page, &seconds)
	}
	if err != nil {
		return 0, at, fmt.Errorf("store: archive of %s: %w", topic, err)
	}
	if found {
		at = time.Unix(seconds, 0).UTC()
	}
	return page, at, nil
}

// Unarchived returns the filings of a topic that come behind its archive and
// are not withdrawn, with their members, in the order in which they were first
// filed: at most most, and none unless there are least.
func (db *DB) Unarchived(ctx context.Context, topic string, least, most int) ([]news.Filed, error) {
	filed, err := db.unarchived(ctx, topic, least, most)
	if err != nil {
		return nil, fmt.Errorf("store: archive of %s: %w", topic, err)
	}
	return filed, nil
}

func (db *DB) unarchived(ctx context.Context, topic string, least, most int) ([]news.Filed, error) {
	id, err := db.topics.id(ctx, db.read, "topic", topic)
	if err != nil || id == 0 {
		return nil, err
	}
	var last, nth int64
	if _, err := db.read.one(ctx, "SELECT last FROM archive WHERE topic = ?1 ORDER BY page DESC LIMIT 1", []any{id}, &last); err != nil {
		return nil, err
	}
	enough, err := db.read.one(ctx, "SELECT id FROM filing WHERE topic = ?1 AND withdrawn = 0 AND id > ?2 ORDER BY id LIMIT 1 OFFSET ?3",
		[]any{id, last, least - 1}, &nth)
	if err != nil || !enough {
		return nil, err
	}
	return db.filed(ctx, topic, "topic = ?1 AND withdrawn = 0 AND id > ?2 ORDER BY id LIMIT ?3", id, last, most)
}

// SaveArchive keeps a page of a topic's archive, in all its formats, for ever:
// of those who save the same page the first one does, and the others do nothing.
// The page must be the one after Archived; last is the key of the last filing in
// it.
func (db *DB) SaveArchive(ctx context.Context, topic string, page int, last string, docs []news.Document, now time.Time) error {
	id, err := db.topics.id(ctx, db.read, "topic", topic)
	if err == nil {
		err = db.engine.write(ctx, func(ctx context.Context, tx session) error {
			return db.saveArchive(ctx, tx, id, page, last, docs, now)
		})
	}
	if err != nil {
		return fmt.Errorf("store: archive of %s: %w", topic, err)
	}
	return nil
}

func (db *DB) saveArchive(ctx context.Context, tx session, topic int64, page int, last string, docs []news.Document, now time.Time) error {
	var newest int
	if _, err := tx.one(ctx, "SELECT COALESCE(MAX(page), 0) FROM archive WHERE topic = ?1", []any{topic}, &newest); err != nil {
		return err
	}
	switch {
	case page <= newest:
		return nil
	case page > newest+1:
		return fmt.Errorf("page %d cannot follow page %d", page, newest)
	}
	if err := db.engine.fence(ctx, tx); err != nil {
		return err
	}
	var end int64
	if found, err := tx.one(ctx, "SELECT id FROM filing WHERE topic = ?1 AND key = ?2", []any{topic, last}, &end); err != nil || !found {
		return err // not found: purged meanwhile
	}
	for _, d := range docs {
		body := db.codec.pack(d.Body)
		d.Body = nil
		head, err := sealJSON(d)
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `INSERT INTO archive (path, topic, page, last, at, head, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
			ON CONFLICT DO NOTHING`, d.Path, topic, page, end, now.Unix(), head, body); err != nil {
			return err
		}
	}
	return nil
}

// ArchivePage returns the document of an archive that lies at a path; false if
// there is none.
func (db *DB) ArchivePage(ctx context.Context, path string) (doc news.Document, found bool, err error) {
	for doc, err := range db.archive(ctx, "path = ?1", path) {
		return doc, err == nil, err
	}
	return doc, false, nil
}

// ArchivedOn returns the number of the page of a topic's archive that lies at a
// path, and what is stored of the filings on it, but for those that are withdrawn.
func (db *DB) ArchivedOn(ctx context.Context, topic, path string) (page int, filed []news.Filed, err error) {
	var id, last, before int64
	found, err := db.read.one(ctx, "SELECT topic, page, last FROM archive WHERE path = ?1", []any{path}, &id, &page, &last)
	if err == nil && found {
		_, err = db.read.one(ctx, "SELECT last FROM archive WHERE topic = ?1 AND page < ?2 ORDER BY page DESC LIMIT 1", []any{id, page}, &before)
	}
	if err == nil && found {
		filed, err = db.filed(ctx, topic, "topic = ?1 AND withdrawn = 0 AND id > ?2 AND id <= ?3 ORDER BY id", id, before, last)
	}
	if err != nil {
		return 0, nil, fmt.Errorf("store: archive of %s: %w", topic, err)
	}
	return page, filed, nil
}

// ArchivePages yields the documents of a topic's archive, the oldest first.
func (db *DB) ArchivePages(ctx context.Context, topic string) iter.Seq2[news.Document, error] {
	return db.archive(ctx, "topic = (SELECT id FROM topic WHERE name = ?1) ORDER BY page, path", topic)
}

// errEnough ends a query whose reader has seen enough.
var errEnough = errors.New("enough")

// archive yields the documents of archives that a condition holds for, until
// the first error.
func (db *DB) archive(ctx context.Context, condition string, args ...any) iter.Seq2[news.Document, error] {
	return func(yield func(news.Document, error) bool) {
		err := db.read.each(ctx, "SELECT path, head, body FROM archive WHERE "+condition, args, func(rows *sql.Rows) error {
			doc, err := db.scanDocument(rows)
			if err == nil && !yield(doc, nil) {
				err = errEnough
			}
			return err
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(news.Document{}, fmt.Errorf("store: archive: %w", err))
		}
	}
}

// dropArchives removes the pages that were written before an instant, but for
// the newest of each topic, by which the next one is counted.
func (db *DB) dropArchives(ctx context.Context, before time.Time) error {
	return db.engine.write(ctx, func(ctx context.Context, tx session) error {
		_, err := tx.exec(ctx, `DELETE FROM archive WHERE at < ?1
			AND page < (SELECT MAX(page) FROM archive other WHERE other.topic = archive.topic)`, before.Unix())
		return err
	})
}

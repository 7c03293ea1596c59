package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/wireroom/wireroom/aggregator/news"
)

// Latest returns the filings of a topic that are not withdrawn, with their
// members; see output.Shelf. Those of one instant are in the order of their
// keys. Members that were purged are left out.
func (db *DB) Latest(ctx context.Context, topic string, sort news.Sort, limit int) ([]news.Filed, error) {
	filed, err := db.latest(ctx, topic, sort, limit)
	if err != nil {
		return nil, fmt.Errorf("store: latest of %s: %w", topic, err)
	}
	return filed, nil
}

func (db *DB) latest(ctx context.Context, topic string, sort news.Sort, limit int) ([]news.Filed, error) {
	id, err := db.topics.id(ctx, db.read, "topic", topic)
	if err != nil || id == 0 {
		return nil, err
	}
	column := "published"
	if sort == news.SortUpdated {
		column = "updated"
	}
	return db.filed(ctx, topic, "topic = ?1 AND withdrawn = 0 ORDER BY "+column+" DESC, key LIMIT ?2", id, limit)
}

// A storedFiled is a filing with what the store calls its members.
type storedFiled struct {
	news.Filed
	items []int64
}

// filed returns the filings of a topic that a condition holds for.
func (db *DB) filed(ctx context.Context, topic, condition string, args ...any) ([]news.Filed, error) {
	var list []storedFiled
	err := db.read.each(ctx, "SELECT key, story, published, updated, doc FROM filing WHERE "+condition, args, func(rows *sql.Rows) error {
		f, doc, err := scanFiling(rows)
		f.Topic = topic
		list = append(list, storedFiled{news.Filed{Filing: f}, doc.Members})
		return err
	})
	if err != nil {
		return nil, err
	}
	return db.withMembers(ctx, list)
}

// withMembers completes filings, and leaves out those without any member.
func (db *DB) withMembers(ctx context.Context, list []storedFiled) ([]news.Filed, error) {
	var items []int64
	for _, f := range list {
		items = append(items, f.items...)
	}
	slices.Sort(items)
	all, err := membersIn(ctx, db, "d.item", slices.Compact(items))
	if err != nil {
		return nil, err
	}
	byItem := make(map[int64]news.Member, len(all))
	for _, m := range all {
		byItem[m.item] = m.Member
	}
	var filed []news.Filed
	for _, f := range list {
		if setMembers(&f.Filed, f.items, byItem); len(f.Members) > 0 {
			filed = append(filed, f.Filed)
		}
	}
	return filed, nil
}

// setMembers gives a filing its members: the lead first, then in the order of
// publication.
func setMembers(f *news.Filed, ids []int64, byItem map[int64]news.Member) {
	for _, id := range ids {
		if m, ok := byItem[id]; ok {
			f.Members = append(f.Members, m)
			f.Filing.Members = append(f.Filing.Members, m.Record.Item.Key())
		}
	}
	if len(f.Members) == 0 {
		return
	}
	f.Lead = f.Filing.Members[0]
	slices.SortStableFunc(f.Members[1:], func(a, b news.Member) int {
		return cmp.Or(a.Record.Item.Published.Compare(b.Record.Item.Published), cmp.Compare(a.Record.Seq, b.Record.Seq))
	})
}

// Documents returns the documents that were last saved, by path.
func (db *DB) Documents(ctx context.Context) ([]news.Document, error) {
	var docs []news.Document
	err := db.read.each(ctx, "SELECT path, head, body FROM document ORDER BY path", nil, func(rows *sql.Rows) error {
		d, err := db.scanDocument(rows)
		docs = append(docs, d)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store: documents: %w", err)
	}
	return docs, nil
}

// scanDocument reads the columns path, head and body.
func (db *DB) scanDocument(rows *sql.Rows) (d news.Document, err error) {
	var path string
	var head, body sql.RawBytes
	if err := rows.Scan(&path, &head, &body); err != nil {
		return d, err
	}
	err = unsealJSON(head, &d)
	if err == nil && d.Path != path {
		err = ErrDamaged
	}
	if err == nil {
		d.Body, err = db.codec.unpack(body)
	}
	if err != nil {
		return d, fmt.Errorf("document %s: %w", path, err)
	}
	return d, nil
}

// SaveDocuments keeps documents for the next start and for other replicas.
func (db *DB) SaveDocuments(ctx context.Context, docs []news.Document) error {
	rows := make([][]any, len(docs))
	for i, d := range docs {
		body := db.codec.pack(d.Body)
		d.Body = nil
		head, err := sealJSON(d)
		if err != nil {
			return fmt.Errorf("store: save %s: %w", d.Path, err)
		}
		rows[i] = []any{d.Path, head, body}
	}
	err := db.engine.write(ctx, func(ctx context.Context, tx session) error {
		return insert(ctx, tx, `INSERT INTO document (path, head, body) VALUES ROWS
			ON CONFLICT (path) DO UPDATE SET head = excluded.head, body = excluded.body`, rows)
	})
	if err != nil {
		return fmt.Errorf("store: save documents: %w", err)
	}
	return nil
}

// Note keeps a small text by name; see aggregator.Log.
func (db *DB) Note(ctx context.Context, name, text string) error {
	err := db.engine.write(ctx, func(ctx context.Context, tx session) error {
		_, err := tx.exec(ctx, `INSERT INTO note (name, text) VALUES (?1, ?2)
			ON CONFLICT (name) DO UPDATE SET text = excluded.text`, name, seal([]byte(text)))
		return err
	})
	if err != nil {
		return fmt.Errorf("store: note %s: %w", name, err)
	}
	return nil
}

// Noted returns the text that was kept by a name, or "".
func (db *DB) Noted(ctx context.Context, name string) (string, error) {
	var sealed, text []byte
	found, err := db.read.one(ctx, "SELECT text FROM note WHERE name = ?1", []any{name}, &sealed)
	if err == nil && found {
		text, err = unseal(sealed)
	}
	if err != nil {
		return "", fmt.Errorf("store: noted %s: %w", name, err)
	}
	return string(text), nil
}

package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/wireroom/wireroom/aggregator/news"
)

// Pick returns those of a topic's filings that choose takes; see output.Picker. Those
// of one instant are in the order of their keys. Members that were purged are left
// out.
func (db *DB) Pick(ctx context.Context, topic string, sort news.Sort, limit int, choose func(heads []news.Filed) []news.Filed) (filed []news.Filed, more bool, err error) {
	list, err := db.latest(ctx, topic, sort, limit)
	more = len(list) == limit
	if err == nil && choose != nil {
		list, err = db.picked(ctx, list, choose)
	}
	if err == nil {
		filed, err = db.withMembers(ctx, list)
	}
	if err != nil {
		return nil, false, fmt.Errorf("store: pick of %s: %w", topic, err)
	}
	return filed, more, nil
}

// Latest returns the filings of a topic that are not withdrawn, with their members, in
// an order, at most limit. It is Pick of all.
func (db *DB) Latest(ctx context.Context, topic string, sort news.Sort, limit int) ([]news.Filed, error) {
	filed, _, err := db.Pick(ctx, topic, sort, limit, nil)
	return filed, err
}

func (db *DB) latest(ctx context.Context, topic string, sort news.Sort, limit int) ([]storedFiled, error) {
	id, err := db.topics.id(ctx, db.read, "topic", topic)
	if err != nil || id == 0 {
		return nil, err
	}
	condition := "topic = ?1 AND withdrawn = 0 ORDER BY published DESC, key LIMIT ?2"
	if sort == news.SortUpdated {
		condition = latestUpdated
	}
	return db.heads(ctx, topic, condition, id, limit)
}

// picked returns the filings that choose takes, of those that have members.
func (db *DB) picked(ctx context.Context, list []storedFiled, choose func(heads []news.Filed) []news.Filed) ([]storedFiled, error) {
	var items []int64
	for _, f := range list {
		items = append(items, f.items...)
	}
	slices.Sort(items)
	keys := map[int64]news.Key{}
	err := eachIn(ctx, db.read, "SELECT item.id, source.name, item.ident FROM item JOIN source ON source.id = item.source WHERE item.id IN LIST",
		nil, slices.Compact(items), func(rows *sql.Rows) error {
			var id int64
			var key news.Key
			err := rows.Scan(&id, &key.Source, &key.ID)
			keys[id] = key
			return err
		})
	if err != nil {
		return nil, err
	}
	var heads []news.Filed
	byKey := make(map[string]storedFiled, len(list))
	for _, f := range list {
		lead := slices.IndexFunc(f.items, func(id int64) bool { return keys[id] != news.Key{} })
		if lead < 0 {
			continue
		}
		f.Lead = keys[f.items[lead]]
		heads = append(heads, f.Filed)
		byKey[f.Key] = f
	}
	var taken []storedFiled
	for _, f := range choose(heads) {
		taken = append(taken, byKey[f.Key])
	}
	return taken, nil
}

// latestUpdated finds the filings that were updated last. None was so before it was
// published: what is among them is among those that were updated since, or among
// the last that were published. The index holds the former only, which are few.
const latestUpdated = `id IN (
	SELECT id FROM (SELECT id FROM filing WHERE topic = ?1 AND withdrawn = 0 AND updated <> published ORDER BY updated DESC, key LIMIT ?2) amended
	UNION
	SELECT id FROM (SELECT id FROM filing WHERE topic = ?1 AND withdrawn = 0 ORDER BY published DESC, key LIMIT ?2) published
) ORDER BY updated DESC, key LIMIT ?2`

// A storedFiled is a filing with what the store calls its members.
type storedFiled struct {
	news.Filed
	items []int64
}

// filed returns the filings of a topic that a condition holds for.
func (db *DB) filed(ctx context.Context, topic, condition string, args ...any) ([]news.Filed, error) {
	list, err := db.heads(ctx, topic, condition, args...)
	if err != nil {
		return nil, err
	}
	return db.withMembers(ctx, list)
}

// heads returns the same without their members.
func (db *DB) heads(ctx context.Context, topic, condition string, args ...any) (list []storedFiled, err error) {
	err = db.read.each(ctx, "SELECT key, story, published, updated, doc FROM filing WHERE "+condition, args, func(rows *sql.Rows) error {
		f, doc, err := scanFiling(rows)
		f.Topic = topic
		list = append(list, storedFiled{news.Filed{Filing: f}, doc.Members})
		return err
	})
	return list, err
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
		return cmp.Or(a.Record.Item.Published.Compare(b.Record.Item.Published), cmp.Compare(a.Since(), b.Since()))
	})
}

// Documents returns the documents that were last saved, by path. All of them can
// be made anew: one that is damaged comes without its body, or not at all, and
// is told of in the log.
func (db *DB) Documents(ctx context.Context) ([]news.Document, error) {
	docs, err := db.documents(ctx, "TRUE")
	if err != nil {
		return nil, fmt.Errorf("store: documents: %w", err)
	}
	return docs, nil
}

// DocumentsSince returns the documents that other processes have saved since
// rev, and the rev to ask with next; see output.Shelf.
func (db *DB) DocumentsSince(ctx context.Context, rev int64) ([]news.Document, int64, error) {
	newest, err := db.engine.newest(ctx)
	if err != nil || newest == rev {
		return nil, rev, err
	}
	if newest < rev {
		rev = 0 // of a database that stands where it stood before
	}
	docs, err := db.documents(ctx, db.engine.newer(), rev)
	if err != nil {
		return nil, rev, fmt.Errorf("store: documents: %w", err)
	}
	return docs, newest, nil
}

// documents returns the documents that a condition holds for; see Documents.
func (db *DB) documents(ctx context.Context, condition string, args ...any) (docs []news.Document, err error) {
	var damaged []string
	err = db.read.each(ctx, "SELECT path, head, body FROM document WHERE "+condition+" ORDER BY path", args, func(rows *sql.Rows) error {
		d, err := db.scanDocument(rows)
		if errors.Is(err, ErrDamaged) {
			damaged = append(damaged, err.Error())
			if d.Body = nil; d.ETag == "" {
				return nil
			}
			err = nil
		}
		docs = append(docs, d)
		return err
	})
	if len(damaged) > 0 {
		db.log.Warn("published documents are damaged in the store; they are made anew", "documents", len(damaged), "first", damaged[0])
	}
	return docs, err
}

// Leads reports whether this process is the one that files and publishes, as
// far as it knows.
func (db *DB) Leads() bool { return db.engine.leads() }

// ShareDocuments keeps documents that are made anew at every start, if there
// are other processes that serve them.
func (db *DB) ShareDocuments(ctx context.Context, docs []news.Document) error {
	if !db.engine.shared() {
		return nil
	}
	return db.SaveDocuments(ctx, docs)
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
		d, err = news.Document{}, ErrDamaged
	}
	if err == nil {
		d.Body, err = db.codec.unpack(body)
	}
	if err != nil {
		return d, fmt.Errorf("document %s: %w", path, err)
	}
	return d, nil
}

// SaveDocuments keeps documents for the next start and for other replicas. The
// error is ErrNotLeader if another process publishes.
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
		if err := db.engine.fence(ctx, tx); err != nil {
			return err
		}
		return db.engine.saveDocuments(ctx, tx, rows)
	})
	if err != nil {
		return fmt.Errorf("store: save documents: %w", err)
	}
	return nil
}

// Note keeps a small text by name; see aggregator.Log.
func (db *DB) Note(ctx context.Context, name, text string) error {
	err := db.engine.write(ctx, func(ctx context.Context, tx session) error {
		return note(ctx, tx, name, text)
	})
	if err != nil {
		return fmt.Errorf("store: note %s: %w", name, err)
	}
	return nil
}

func note(ctx context.Context, tx session, name, text string) error {
	_, err := tx.exec(ctx, `INSERT INTO note (name, text) VALUES (?1, ?2)
		ON CONFLICT (name) DO UPDATE SET text = excluded.text`, name, seal([]byte(text)))
	return err
}

// Amend keeps, by a name, what change makes of the text that is kept by it;
// nobody else's change comes in between. An error of change is returned, and
// nothing is written. It may be called more than once.
func (db *DB) Amend(ctx context.Context, name string, change func(text string) (string, error)) error {
	err := db.engine.write(ctx, func(ctx context.Context, tx session) error { return amend(ctx, tx, name, change) })
	if err != nil {
		return fmt.Errorf("store: amend %s: %w", name, err)
	}
	return nil
}

func amend(ctx context.Context, tx session, name string, change func(text string) (string, error)) error {
	if _, err := tx.exec(ctx, "INSERT INTO note (name, text) VALUES (?1, ?2) ON CONFLICT DO NOTHING", name, seal(nil)); err != nil {
		return err
	}
	var sealed []byte
	if _, err := tx.one(ctx, "SELECT text FROM note WHERE name = ?1 FOR UPDATE", []any{name}, &sealed); err != nil {
		return err
	}
	was, err := unseal(sealed)
	if err != nil {
		return err
	}
	text, err := change(string(was))
	if err != nil {
		return err
	}
	return note(ctx, tx, name, text)
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

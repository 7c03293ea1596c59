package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ErrNotEmpty is returned by Move where the store that is to be filled has
// something in it.
var ErrNotEmpty = errors.New("the store is not empty")

// moveAtOnce is how many rows are held while a store is moved.
const moveAtOnce = 500

// A movable is a table that is moved row by row: both engines have the same
// columns, sealed and packed alike.
type movable struct {
	table, columns string
	keys           []string // the first of the columns, by which the rows are in order
}

var movables = []movable{
	{"ident", "source, ident, item, hash, own", []string{"source", "ident"}},
	{"item", "id, source, ident, seq, hash, published", []string{"id"}},
	{"log", "seq, prev, at, doc", []string{"seq"}},
	{"decision", "item, seq, published, story, sketch, detail", []string{"item"}},
	{"topic", "id, name", []string{"id"}},
	{"filing", "id, topic, key, story, published, updated, withdrawn, doc", []string{"id"}},
	{"document", "path, head, body", []string{"path"}},
	{"archive", "path, topic, page, last, at, head, body", []string{"path"}},
	{"note", "name, text", []string{"name"}},
}

// Move copies everything of a store that is not in use to another, which must
// be empty: with all ids, states, numbers and dates, so that what is published
// stays the same to the byte. It happens as a whole or, whenever the process
// ends before, not at all. progress is told how many rows of a table were
// copied.
func Move(ctx context.Context, from, to string, log *slog.Logger, progress func(table string, rows int64)) error {
	if err := move(ctx, from, to, log, progress); err != nil {
		return fmt.Errorf("store: move: %w", err)
	}
	return nil
}

func move(ctx context.Context, from, to string, log *slog.Logger, progress func(string, int64)) (err error) {
	source, err := OpenReader(ctx, from, log)
	if errors.Is(err, ErrMissing) {
		return fmt.Errorf("%w at %s; name the one to copy from", ErrMissing, from)
	}
	if err != nil {
		return err
	}
	defer source.Close()
	if err := source.engine.alone(ctx); err != nil {
		return err
	}
	if !IsFile(to) {
		return fill(ctx, source, to, log, progress)
	}
	// A file gets its name when it is whole.
	path, err := located(to)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%w: %s is there already; name a new file", ErrNotEmpty, path)
	}
	part := path + ".moving"
	for _, suffix := range []string{"", "-wal", "-shm", "-filer"} { // of a move that was cut short
		os.Remove(part + suffix)
		defer os.Remove(part + suffix)
	}
	if err := fill(ctx, source, part, log, progress); err != nil {
		return err
	}
	if err := alike(part, path); err != nil {
		return unwritable(path, err)
	}
	if err := os.Link(part, path); errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %s has come to be there meanwhile", ErrNotEmpty, path)
	} else if err != nil { // not every file system has hard links
		if err := os.Rename(part, path); err != nil {
			return unwritable(path, err)
		}
	}
	return syncFolder(filepath.Dir(path))
}

// fill copies a store into an empty one.
func fill(ctx context.Context, source *DB, to string, log *slog.Logger, progress func(string, int64)) (err error) {
	target, err := Open(ctx, to, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	if err := target.engine.alone(ctx); err != nil {
		return err
	}
	return target.engine.write(ctx, func(ctx context.Context, tx session) error {
		for _, table := range []string{"source", "log", "note", "document"} {
			var n int64
			if _, err := tx.one(ctx, "SELECT COUNT(*) FROM "+table, nil, &n); err != nil {
				return err
			}
			if n > 0 {
				return fmt.Errorf("%w: it has %d rows of %s", ErrNotEmpty, n, table)
			}
		}
		var n int64
		if err := rowsOf(ctx, source.read, source.engine.scheduled(), func(rows [][]any) error {
			n += int64(len(rows))
			progress("source", n)
			return target.engine.putSources(ctx, tx, rows)
		}); err != nil {
			return fmt.Errorf("source: %w", err)
		}
		for _, m := range movables {
			var n int64
			if err := rowsOf(ctx, source.read, m, func(rows [][]any) error {
				n += int64(len(rows))
				progress(m.table, n)
				return insert(ctx, tx, "INSERT INTO "+m.table+" ("+m.columns+") VALUES ROWS", rows)
			}); err != nil {
				return fmt.Errorf("%s: %w", m.table, err)
			}
		}
		if err := target.indexAll(ctx, tx, source.read, progress); err != nil {
			return fmt.Errorf("words: %w", err)
		}
		filed, err := cursor(ctx, source.read)
		if err != nil {
			return err
		}
		if err := setCursor(ctx, tx, filed); err != nil {
			return err
		}
		return target.engine.moved(ctx, tx)
	})
}

// rowsOf yields the rows of a table in the order of its keys, some at a time.
func rowsOf(ctx context.Context, s session, m movable, yield func(rows [][]any) error) error {
	columns := strings.Split(m.columns, ", ")
	var after []any
	for {
		condition, args := "1 = 1", []any{moveAtOnce}
		if after != nil {
			args = append(args, after...)
			behind := make([]string, len(after))
			for i := range behind {
				behind[i] = fmt.Sprintf("?%d", 2+i)
			}
			condition = "(" + strings.Join(m.keys, ", ") + ") > (" + strings.Join(behind, ", ") + ")"
		}
		var rows [][]any
		err := s.each(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE %s ORDER BY %s LIMIT ?1", m.columns, m.table, condition, strings.Join(m.keys, ", ")),
			args, func(r *sql.Rows) error {
				row, dest := make([]any, len(columns)), make([]any, len(columns))
				for i := range row {
					dest[i] = &row[i]
				}
				err := r.Scan(dest...)
				rows = append(rows, row)
				return err
			})
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1][:len(m.keys)]
		if err := yield(rows); err != nil {
			return err
		}
	}
}

// indexAll makes the words anew by which items are found: SQLite keeps them in
// a form that cannot be read back.
func (db *DB) indexAll(ctx context.Context, tx, from session, progress func(string, int64)) error {
	var n int64
	return rowsOf(ctx, from, movable{"decision", "item, seq", []string{"item"}}, func(rows [][]any) error {
		items := make([]indexed, len(rows))
		for i, row := range rows {
			items[i].item, _ = row[0].(int64)
			items[i].seq, _ = row[1].(int64)
		}
		if err := db.index(ctx, tx, items, nil); err != nil {
			return err
		}
		n += int64(len(rows))
		progress("words", n)
		return nil
	})
}

// scheduled are the sources with their schedules and states.
func (e *sqliteEngine) scheduled() movable {
	return movable{"source LEFT JOIN state ON state.source = source.id", "id, name, host, configured, outlet, due, CASE WHEN state <> x'' THEN state END", []string{"id"}}
}

func (e *sqliteEngine) putSources(ctx context.Context, tx session, rows [][]any) error {
	var sources, states [][]any
	for _, row := range rows {
		sources = append(sources, row[:5])
		state, _ := row[6].([]byte)
		states = append(states, []any{row[0], row[5], 0, 0, append([]byte{}, state...)})
	}
	return insertAll(ctx, tx,
		rowsFor{"INSERT INTO source (id, name, host, configured, outlet) VALUES ROWS", sources},
		rowsFor{"INSERT INTO state (source, due, ready, token, state) VALUES ROWS", states})
}

func (e *sqliteEngine) moved(ctx context.Context, tx session) error {
	_, err := tx.exec(ctx, "UPDATE filer SET last = MAX(cursor, COALESCE((SELECT MAX(seq) FROM log), 0))")
	return err
}

// alone fails if another process has the store.
func (e *sqliteEngine) alone(ctx context.Context) error {
	free, err := e.lead(ctx, "", 0)
	if err == nil && !free {
		err = fmt.Errorf("%w: stop the wireroom that runs on %s first", ErrInUse, e.path)
	}
	return err
}

// ending is how long a process that was told to stop may take.
const ending = 10 * time.Second

// awaitAlone is alone, but for another process that may be about to end.
func (e *sqliteEngine) awaitAlone(ctx context.Context, log *slog.Logger) error {
	err := e.alone(ctx)
	if errors.Is(err, ErrInUse) {
		log.Warn("another wireroom has the store; it may be about to end", "store", e.path, "waiting", ending)
	}
	for end := time.Now().Add(ending); errors.Is(err, ErrInUse) && time.Now().Before(end) && pause(ctx); {
		err = e.alone(ctx)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Alone makes this process the one that works on the store, until it is closed. The
// error is ErrInUse if another one does, and does not end within some seconds. A
// PostgreSQL database is for any number of them.
func (db *DB) Alone(ctx context.Context) error {
	e, ok := db.engine.(*sqliteEngine)
	if !ok {
		return nil
	}
	if err := e.awaitAlone(ctx, db.log); err != nil {
		return fmt.Errorf("store: %w, or give this one a store of its own; only a PostgreSQL database is shared", err)
	}
	return nil
}

func (e *postgresEngine) scheduled() movable {
	return movable{"source JOIN source_sched s ON s.source = source.id", "id, name, source.host, s.configured, outlet, due, state", []string{"id"}}
}

func (e *postgresEngine) putSources(ctx context.Context, tx session, rows [][]any) error {
	var sources, hosts, scheds [][]any
	for _, row := range rows {
		sources = append(sources, row[:5])
		hosts = append(hosts, row[2:3])
		scheds = append(scheds, []any{row[0], row[3], row[5], row[6]})
	}
	return insertAll(ctx, tx,
		rowsFor{"INSERT INTO source (id, name, host, configured, outlet) VALUES ROWS", sources},
		rowsFor{"INSERT INTO host (name) VALUES ROWS ON CONFLICT DO NOTHING", hosts},
		rowsFor{"INSERT INTO source_sched (source, host, configured, due, state) VALUES ROWS", withHost(scheds)})
}

// withHost leaves room for a host, which moved fills in.
func withHost(rows [][]any) [][]any {
	for i, row := range rows {
		rows[i] = []any{row[0], int64(0), row[1], row[2], row[3]}
	}
	return rows
}

func (e *postgresEngine) moved(ctx context.Context, tx session) error {
	for _, query := range []string{
		"UPDATE source_sched s SET host = host.id FROM source JOIN host ON host.name = source.host WHERE source.id = s.source",
		"INSERT INTO host_sched (host, ready) SELECT id, 0 FROM host",
		`UPDATE host_sched SET next = (SELECT MIN(s.due) FROM source_sched s WHERE s.host = host_sched.host AND s.configured = 1)`,
		"UPDATE document SET rev = nextval('revisions')",
		"SELECT setval(pg_get_serial_sequence('source', 'id'), (SELECT COALESCE(MAX(id), 0) + 1 FROM source), false)",
		"SELECT setval(pg_get_serial_sequence('topic', 'id'), (SELECT COALESCE(MAX(id), 0) + 1 FROM topic), false)",
		"SELECT setval(pg_get_serial_sequence('filing', 'id'), (SELECT COALESCE(MAX(id), 0) + 1 FROM filing), false)",
		raiseBase,
	} {
		if _, err := tx.exec(ctx, query); err != nil {
			return err
		}
	}
	return nil
}

func (e *postgresEngine) alone(ctx context.Context) error {
	// Of a process that was killed the server knows a little later.
	for range 20 {
		var n int
		if _, err := e.read.one(ctx, `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
			AND application_name = current_setting('application_name')`, nil, &n); err != nil {
			return err
		}
		if n <= e.pool.Stats().OpenConnections-1 {
			e.begin = "BEGIN" // nobody waits for what it locks, however long that takes
			return nil
		}
		select {
		case <-time.After(250 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return fmt.Errorf("%w: stop every wireroom that runs on it first", ErrInUse)
}

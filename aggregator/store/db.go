package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A DB is a store. Its methods are safe for concurrent use. Instants are given
// by the caller and kept in UTC.
type DB struct {
	engine engine
	read   session
	codec  *codec
	log    *slog.Logger

	sources names // ids of sources
	topics  names // ids of topics
	recent  cache // records that were read of late

	searches chan struct{} // has one for each search under way
}

// newDB returns a store that has no engine yet.
func newDB(log *slog.Logger) (*DB, error) {
	c, err := newCodec()
	return &DB{codec: c, log: log, searches: make(chan struct{}, searchesAtOnce)}, err
}

// An engine is what SQLite and PostgreSQL do in ways of their own.
type engine interface {
	// write runs fn in a transaction, perhaps more than once, and returns when
	// what it wrote is durable.
	write(ctx context.Context, fn func(context.Context, session) error) error

	// jot is write for what a power cut may undo, though not the end of the
	// process: all that is lost is that a source was polled and had nothing.
	jot(ctx context.Context, fn func(context.Context, session) error) error

	// claim, due, next, setSources and setDue are those of DB, and end stores a poll
	// and ends its claim: see there.
	claim(ctx context.Context, now time.Time, limit int, lease time.Duration) ([]news.Claim, error)
	due(ctx context.Context, now time.Time) (int, error)
	next(ctx context.Context, now time.Time) (time.Time, error)
	setSources(ctx context.Context, sources []news.Source, now time.Time, first func(context.Context, session) error) error
	setDue(ctx context.Context, due map[string]time.Time) error
	end(ctx context.Context, p *poll) error

	// numbers reserves the next n numbers of the log within a transaction; n
	// is at least 1.
	numbers(ctx context.Context, tx session, n int) (first int64, err error)

	// settled is a condition that holds for a seq of the log if no record with
	// a lower one can appear any more.
	settled() string

	// lead makes the caller the filer for ttl; see DB.Lead.
	lead(ctx context.Context, owner string, ttl time.Duration) (bool, error)

	// shared reports whether several processes may use the store.
	shared() bool

	// resign makes this process no longer the filer.
	resign(ctx context.Context) error

	// scheduled are the sources with their schedules and states, putSources
	// writes such rows, moved completes a store that was filled from another,
	// and alone fails if another process has it; see Move.
	scheduled() movable
	putSources(ctx context.Context, tx session, rows [][]any) error
	moved(ctx context.Context, tx session) error
	alone(ctx context.Context) error

	// clock returns an instant of this machine's clock by the one that all
	// processes share, and local is the way back. What is stored goes by the
	// clock of all.
	clock(t time.Time) time.Time
	local(t time.Time) time.Time

	// leads reports whether this process is the filer, as far as it knows.
	leads() bool

	// fence returns an error unless this process may write as the filer.
	fence(ctx context.Context, tx session) error

	// saveDocuments writes rows of documents: path, head and body. The
	// documents that were saved behind rev are those for which newer holds, if
	// rev is its one parameter; newest is the rev of the last.
	saveDocuments(ctx context.Context, tx session, rows [][]any) error
	newer() string
	newest(ctx context.Context) (int64, error)

	// index keeps the words by which items, each once, are found, in the place
	// of those that were kept of them.
	index(ctx context.Context, tx session, items []indexed) error

	// matching is a condition that holds for the rows of words that a query
	// means, if its first parameter is the query as it is returned.
	matching(query []clause) (condition, parameter string)

	check(ctx context.Context) error
	backup(ctx context.Context, path string) error
	size(ctx context.Context) (int64, error)
	ping(ctx context.Context) error
	close() error
}

// Open opens the store that dsn names: the path of a SQLite file, which is made
// with its folder if it does not exist, or the URL of a PostgreSQL database
// (postgres://…). Tables are made, and brought up to date. The errors are those
// of this package, wrapped with a sentence that says what to do.
func Open(ctx context.Context, dsn string, log *slog.Logger) (*DB, error) {
	db, err := newDB(log)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if !IsFile(dsn) {
		e, err := openPostgres(ctx, dsn)
		if err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		db.engine, db.read = e, e.read
		return db, nil
	}
	e, err := openSQLite(ctx, dsn, log)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	db.engine, db.read = e, e.read
	return db, nil
}

// Close ends the use of the store. A SQLite file is left in one piece, without
// a journal beside it.
func (db *DB) Close() error {
	if err := db.engine.close(); err != nil {
		return fmt.Errorf("store: close: %w", err)
	}
	return nil
}

// Shared reports whether other processes may serve from this store too.
func (db *DB) Shared() bool { return db.engine.shared() }

// Now is the time by the clock that all processes share.
func (db *DB) Now() time.Time { return db.engine.clock(time.Now()) }

// Ping reports whether the store can be read now.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.engine.ping(ctx); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// Trouble returns why the last write of a SQLite store failed, such as ErrFull
// and ErrUnwritable, until one succeeds again; nil: it did not fail. What is
// stored can be read meanwhile. Of damage that was found it tells from then on.
func (db *DB) Trouble() error {
	if e, ok := db.engine.(*sqliteEngine); ok {
		return e.trouble()
	}
	return nil
}

// Check reads the whole store and returns an ErrDamaged if its structure is not
// sound. It takes about a second for every 100 MB.
func (db *DB) Check(ctx context.Context) error {
	if err := db.engine.check(ctx); err != nil {
		return fmt.Errorf("store: check: %w", err)
	}
	return nil
}

// Backup writes a copy of a SQLite store to path, which must not exist, while
// the store is in use. A PostgreSQL database is left to pg_dump.
func (db *DB) Backup(ctx context.Context, path string) error {
	if err := db.engine.backup(ctx, path); err != nil {
		return fmt.Errorf("store: backup: %w", err)
	}
	return nil
}

// names remember the ids of names, which never change.
type names struct {
	ids sync.Map // of string to int64
}

// id returns the id of a name in a table, 0 if the table does not have it.
func (n *names) id(ctx context.Context, s session, table, name string) (int64, error) {
	if id, ok := n.ids.Load(name); ok {
		return id.(int64), nil
	}
	var id int64
	found, err := s.one(ctx, "SELECT id FROM "+table+" WHERE name = ?1", []any{name}, &id)
	if err == nil && found {
		n.ids.Store(name, id)
	}
	return id, err
}

// all returns the names of those in a list that the table has, by their ids. It asks
// once, however many there are.
func (n *names) all(ctx context.Context, s session, table string, list []string) (map[int64]string, error) {
	byID := make(map[int64]string, len(list))
	var unknown []string
	for _, name := range list {
		if id, ok := n.ids.Load(name); ok {
			byID[id.(int64)] = name
		} else {
			unknown = append(unknown, name)
		}
	}
	err := eachIn(ctx, s, "SELECT id, name FROM "+table+" WHERE name IN LIST", nil, unknown, func(rows *sql.Rows) error {
		var id int64
		var name string
		err := rows.Scan(&id, &name)
		if err == nil {
			n.ids.Store(name, id)
			byID[id] = name
		}
		return err
	})
	return byID, err
}

package store

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
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
}

// An engine is what SQLite and PostgreSQL do in ways of their own.
type engine interface {
	// write runs fn in a transaction, perhaps more than once, and returns when
	// what it wrote is durable.
	write(ctx context.Context, fn func(context.Context, session) error) error

	// jot is write for what a power cut may undo, though not the end of the
	// process: all that is lost is that a source was polled and had nothing.
	jot(ctx context.Context, fn func(context.Context, session) error) error

	// numbers reserves the next n numbers of the log within a transaction; n
	// is at least 1.
	numbers(ctx context.Context, tx session, n int) (first int64, err error)

	// settled is a condition that holds for a seq of the log if no record with
	// a lower one can appear any more.
	settled() string

	// lead makes the caller the filer for ttl; see DB.Lead.
	lead(ctx context.Context, owner string, ttl time.Duration) (bool, error)

	// fence returns an error unless this process may write as the filer.
	fence(ctx context.Context, tx session) error

	// index keeps the words by which an item is found, in the place of those
	// that were kept of it.
	index(ctx context.Context, tx session, item int64, words []string) error

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
	c, err := newCodec()
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	db := &DB{codec: c, log: log}
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
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

// Ping reports whether the store can be read now.
func (db *DB) Ping(ctx context.Context) error {
	if err := db.engine.ping(ctx); err != nil {
		return fmt.Errorf("store: %w", err)
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

// Names remember the ids of names, which never change.
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

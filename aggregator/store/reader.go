package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
)

// ErrMissing is returned by OpenReader where there is no store yet.
var ErrMissing = errors.New("there is no store")

// errReadOnly is what a store that was opened to be read says to a write. No
// caller acts upon it: it is a mistake of the program.
var errReadOnly = errors.New("the store was opened to be read only")

// OpenReader opens a store that is there already, to read it beside the process
// that it belongs to. It makes no file and changes no table; a SQLite store
// that an older version wrote is an error, since only Open brings it up to
// date. A PostgreSQL database is opened as Open does.
func OpenReader(ctx context.Context, dsn string, log *slog.Logger) (*DB, error) {
	if !IsFile(dsn) {
		return Open(ctx, dsn, log)
	}
	db, err := newDB(log)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	e, err := readSQLite(ctx, dsn)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	db.engine, db.read = e, e.read
	return db, nil
}

// IsFile reports whether dsn names a SQLite store.
func IsFile(dsn string) bool {
	return !strings.HasPrefix(dsn, "postgres://") && !strings.HasPrefix(dsn, "postgresql://")
}

// notOurs returns an error if a store is there that this user may not open, as that
// of a service is to who keeps the machine. It says as whom to read it, and not how
// to take it away from the program that runs on it.
func notOurs(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err == nil {
		return f.Close()
	}
	if !errors.Is(err, fs.ErrPermission) {
		return nil // which is told of by who opens it in earnest
	}
	return fmt.Errorf("%w by user %d (%w), and who reads it beside a wireroom must be able to; run this as the user that it belongs to, or as root", ErrUnwritable, os.Getuid(), err)
}

// readSQLite opens a store without a connection that writes.
func readSQLite(ctx context.Context, path string) (*sqliteEngine, error) {
	path, err := located(path)
	if err != nil {
		return nil, err
	}
	if err := regular(path); err != nil {
		return nil, err
	}
	if err := notOurs(path); err != nil {
		return nil, err
	}
	if err := inspectFile(path, newestSchema()); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w at %s; wireroom serve makes it, or name another with --store", ErrMissing, path)
	} else if err != nil {
		return nil, err
	}
	e := &sqliteEngine{path: path}
	if e.rpool, err = sql.Open("sqlite", sqliteDSN(path, "query_only(1)")); err != nil {
		return nil, err
	}
	e.read = session{newPrepared(e.rpool), &spelling{replace: strings.NewReplacer(), meaning: e.meaning}}
	e.writer = newWriter(func(_ context.Context, batch []*write) {
		for _, w := range batch {
			w.err = errReadOnly
		}
	})
	var have int64
	_, err = e.read.one(ctx, "PRAGMA user_version", nil, &have)
	if newest := newestSchema(); err == nil && have != newest {
		err = fmt.Errorf("the schema of %s is %d, this program reads %d; wireroom serve brings it up to date", path, have, newest)
	}
	if err != nil {
		return nil, errors.Join(err, e.close())
	}
	return e, nil
}

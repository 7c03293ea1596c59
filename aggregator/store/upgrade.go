package store

import (
	"context"
	"database/sql"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var embedded embed.FS

// migrations are the folders of the migrations of each engine; tests have other
// ones.
var migrations fs.FS = embedded

// migrate runs the migrations of a folder that the database does not have yet.
// Of one that is not new, before is told first which schema it has.
func migrate(ctx context.Context, pool *sql.DB, dialect goose.Dialect, folder string, before func(have int64) error) error {
	files, err := fs.Sub(migrations, "migrations/"+folder)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(dialect, pool, files, goose.WithDisableGlobalRegistry(true),
		goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return err
	}
	have, newest, err := p.GetVersions(ctx)
	if err != nil {
		return err
	}
	if have > newest {
		return fmt.Errorf("%w: its schema is %d, this program knows %d; nothing was changed", ErrNewer, have, newest)
	}
	if have == newest {
		return nil
	}
	if have > 0 && before != nil {
		if err := before(have); err != nil {
			return err
		}
	}
	_, err = p.Up(ctx)
	return err
}

// copiedSuffix is followed by the schema that a copy has, which lies beside the
// store that it is of.
const copiedSuffix = ".schema-"

// keepCopy copies the file as it is before its schema is changed, for the way
// back to the program that knows it. A copy that is there already is left alone if
// it is of the store as it is, made by an upgrade that was cut short; if the store
// was written to since, by who has gone that way back, another takes its place.
func (e *sqliteEngine) keepCopy(ctx context.Context, have int64, log *slog.Logger) error {
	path := fmt.Sprint(e.path, copiedSuffix, have)
	if info, err := os.Stat(path); err == nil && !e.writtenSince(info.ModTime()) {
		return nil
	}
	dir, tmp := filepath.Dir(path), e.path+".copying" // others may be upgraded beside it
	os.RemoveAll(tmp)                                 // of an upgrade that was cut short
	if err := os.Mkdir(tmp, 0o700); err != nil {
		return unwritable(dir, err)
	}
	defer os.RemoveAll(tmp)
	part := filepath.Join(tmp, "store")
	if err := e.backup(ctx, part); err != nil {
		return fmt.Errorf("no copy could be kept at %s, and nothing was changed: %w", path, err)
	}
	schema, err := settleFile(part)
	if err == nil {
		err = alike(part, e.path)
	}
	if err != nil {
		return unwritable(path, err)
	}
	if schema != have {
		return nil // another process has just brought it up to date, and kept a copy
	}
	if err := os.Rename(part, path); err != nil {
		return unwritable(path, err)
	}
	log.Info("the store has an older schema and is brought up to date; a copy was kept", "schema", have, "copy", path)
	return syncFolder(dir)
}

// writtenSince reports whether the store, or its journal, was written to after an
// instant.
func (e *sqliteEngine) writtenSince(then time.Time) bool {
	for _, suffix := range []string{"", "-wal"} {
		info, err := os.Stat(e.path + suffix)
		if err == nil && (suffix == "" || info.Size() > 0) && info.ModTime().After(then) {
			return true
		}
	}
	return false
}

// settleFile makes a copy of a store durable and returns its schema.
func settleFile(path string) (schema int64, err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	head := make([]byte, headerLen)
	_, err = f.ReadAt(head, 0)
	return int64(binary.BigEndian.Uint32(head[atUserVersion:])), errors.Join(err, f.Sync(), f.Close())
}

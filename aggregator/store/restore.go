package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// ErrInUse is returned by Restore where a process does not close the store.
var ErrInUse = errors.New("the store is in use")

// Restore puts a copy of a backup in the place of a SQLite store and returns where
// the old one is kept, "" if there was none. A process that serves from the store
// is asked to close it meanwhile; the error is ErrInUse if it does not.
// The backup is read whole before anything is moved, and is left as it is; the
// error is ErrDamaged, ErrForeign or ErrNewer if it is not a sound store. A
// PostgreSQL database is left to pg_restore.
func Restore(ctx context.Context, dsn, backup string, now time.Time) (kept string, err error) {
	if !IsFile(dsn) {
		return "", errors.New("store: restore: a PostgreSQL database is restored with pg_restore")
	}
	path, err := located(dsn)
	if err == nil {
		kept, err = restore(ctx, path, backup, now)
	}
	if err != nil {
		return "", fmt.Errorf("store: restore: %w", err)
	}
	return kept, nil
}

func restore(ctx context.Context, path, backup string, now time.Time) (string, error) {
	for _, name := range []string{path, backup} {
		if err := regular(name); err != nil {
			return "", err
		}
	}
	from, err := located(backup)
	if err != nil {
		return "", err
	}
	if wal, err := os.Stat(from + "-wal"); err == nil && wal.Size() > 0 {
		return "", fmt.Errorf("%s is no backup but a store, of which the newest part is in %[1]s-wal; nothing was changed; make a backup of it first: wireroom backup --store %[1]s FILE", backup)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", unwritable(path, err)
	}
	next := path + ".restoring"
	alone, err := lockFile(next + "-lock")
	switch {
	case err != nil:
		return "", unwritable(path, err)
	case alone == nil:
		return "", fmt.Errorf("%w: another restore into %s is under way", ErrInUse, path)
	}
	defer alone.release()
	defer os.Remove(next + "-lock")
	for _, suffix := range []string{"", "-wal", "-shm", "-filer"} { // of a restore that was cut short
		os.Remove(next + suffix)
		defer os.Remove(next + suffix)
	}
	if err := copyFile(next, backup); err != nil {
		return "", err
	}
	err = sound(ctx, next)
	if copies, _ := filepath.Glob(next + copiedSuffix + "*"); len(copies) > 0 {
		os.Remove(copies[0]) // the backup is one already
	}
	if err == nil {
		err = alike(next, path)
	}
	if err != nil {
		return "", fmt.Errorf("%s cannot be restored: %w", backup, err)
	}
	lock, done, err := handedOver(ctx, path)
	defer done()
	defer func() { lock.release() }()
	if err != nil {
		return "", err
	}
	if err := fold(ctx, path); err != nil {
		return "", err
	}
	return replace(path, next, now)
}

// sound brings a store up to date and reads it whole. Nothing is logged of it: the
// copy that it is upgraded beside is not kept.
func sound(ctx context.Context, path string) error {
	if err := inspectFile(path, newestSchema()); err != nil {
		return err
	}
	db, err := Open(ctx, path, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	return errors.Join(db.Check(ctx), db.Close())
}

// fold moves the journal of a store into its file, which SQLite refuses while
// anybody else has it open. A store that is too damaged for that is as it is:
// nobody can be using it.
func fold(ctx context.Context, path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	pool, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?mode=rw&_pragma=busy_timeout(1000)")
	if err != nil {
		return err
	}
	defer pool.Close()
	var mode string
	err = pool.QueryRowContext(ctx, "PRAGMA journal_mode=DELETE").Scan(&mode)
	var se *sqlite.Error
	if errors.As(err, &se) && se.Code()&0xff == lib.SQLITE_BUSY || err == nil && mode == "wal" {
		return fmt.Errorf("%w: another program has %s open; stop it first", ErrInUse, path)
	}
	return nil
}

// replace puts next in the place of a store, which is kept under a name that
// bears the instant. There is no moment without a store, in which another
// process would make an empty one, but where the file system has no hard links.
func replace(path, next string, now time.Time) (string, error) {
	kept := path + ".before-" + now.UTC().Format("20060102T150405Z")
	for n, at := 2, kept; entry(kept) == nil; n++ { // another one of the same second
		kept = fmt.Sprintf("%s-%d", at, n)
	}
	for _, suffix := range []string{"-wal", "-shm"} { // of a damaged store; else they are folded in
		if err := os.Rename(path+suffix, kept+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", unwritable(path, err)
		}
	}
	err := os.Link(path, kept)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		kept = ""
	case err != nil:
		if err := os.Rename(path, kept); err != nil {
			return "", unwritable(path, err)
		}
	}
	if err := os.Rename(next, path); err != nil {
		return "", unwritable(path, err)
	}
	return kept, syncFolder(filepath.Dir(path))
}

// alike gives a file the mode and the owner of another, where there is one, or of
// the folder that it is to lie in: root may restore the store of a program that is
// not root.
func alike(next, path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if info, err = os.Stat(filepath.Dir(path)); err == nil {
			return own(next, info)
		}
	}
	if err != nil {
		return err
	}
	return errors.Join(os.Chmod(next, info.Mode().Perm()), own(next, info))
}

// copyFile copies a file to a new one and makes it durable.
func copyFile(to, from string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return unwritable(to, err)
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// syncFolder makes the names in a folder durable.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

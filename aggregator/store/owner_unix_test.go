//go:build unix

package store_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/store"
)

// TestRestoredOwner: whoever may read and write a store may do so with what is
// restored in its place, though root did it.
func TestRestoredOwner(t *testing.T) {
	dir := t.TempDir()
	path, copied := filepath.Join(dir, "wireroom.db"), filepath.Join(dir, "copy.db")
	db := note(t, path, "first")
	if err := errors.Join(db.Backup(t.Context(), copied), db.Close(), os.Chmod(path, 0o600)); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() == 0 {
		if err := os.Chown(path, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Restore(t.Context(), path, copied, time.Now()); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{path, path + "-filer"} {
		after, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		was, is := before.Sys().(*syscall.Stat_t), after.Sys().(*syscall.Stat_t)
		if after.Mode() != before.Mode() || is.Uid != was.Uid || is.Gid != was.Gid {
			t.Errorf("%s is of %d:%d with %v, was of %d:%d with %v", file, is.Uid, is.Gid, after.Mode(), was.Uid, was.Gid, before.Mode())
		}
	}
}

// TestMovedOwner: a store that root copies into the folder of the program is the
// program's.
func TestMovedOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root gives files to others")
	}
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from.db"), filepath.Join(dir, "data", "wireroom.db")
	if err := errors.Join(note(t, from, "first").Close(), os.Mkdir(filepath.Dir(to), 0o755), os.Chown(filepath.Dir(to), 65534, 65534)); err != nil {
		t.Fatal(err)
	}
	if err := store.Move(t.Context(), from, to, slog.New(slog.DiscardHandler), func(string, int64) {}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(to)
	if err != nil {
		t.Fatal(err)
	}
	if is := info.Sys().(*syscall.Stat_t); is.Uid != 65534 || is.Gid != 65534 {
		t.Errorf("it is of %d:%d", is.Uid, is.Gid)
	}
}

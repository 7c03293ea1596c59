//go:build unix

package store_test

import (
	"errors"
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

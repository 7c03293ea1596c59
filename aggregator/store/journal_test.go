//go:build linux

package store_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/store"
)

// filler is a text that does not pack, so that to note it writes as much to the
// journal.
func filler() string {
	b := make([]byte, 200<<10)
	rand.Read(b)
	return string(b)
}

// A reading is a transaction of another process that reads.
func reading(t *testing.T, db *sql.DB) *sql.Tx {
	t.Helper()
	tx, err := db.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := tx.QueryRow("SELECT COUNT(*) FROM note").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return tx
}

func journal(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// TestJournalIsRelieved writes three times as much as a journal grows to until it is
// emptied, while there is no moment without a reader: by itself SQLite would let it grow.
// 64 MB is what the soak allows it.
func TestJournalIsRelieved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wireroom.db")
	db := open(t, path)
	other, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	end, ended := make(chan struct{}), make(chan struct{})
	last := reading(t, other)
	go func() { // each begins before the one before ends
		defer close(ended)
		for done := false; !done; {
			next := reading(t, other)
			_ = last.Rollback()
			last = next
			select {
			case <-end:
				done = true
			case <-time.After(20 * time.Millisecond):
			}
		}
		_ = last.Rollback()
	}()
	var most int64
	for n := range 96 << 20 / (200 << 10) {
		if err := db.Note(t.Context(), fmt.Sprint(n%8), filler()); err != nil {
			t.Fatal(err)
		}
		most = max(most, journal(t, path))
	}
	close(end)
	<-ended
	// It is looked at ten times a second, in which a fast disk takes some megabytes more.
	if most < 30<<20 || most > 64<<20 {
		t.Errorf("the journal grew to %d MB", most>>20)
	}
}

// smallDisk mounts a disk of a size, in bytes.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, fmt.Sprint("size=", size)); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("CI must be able to mount a small disk: %v", err)
		}
		t.Skipf("no small disk can be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// TestMakingOnFullDisk makes stores on disks that are full at another page each:
// whatever cannot grow, the error says that the disk is full, and nothing is left.
func TestMakingOnFullDisk(t *testing.T) {
	made := 0
	for pages := 1; made < 3; pages += 2 {
		dir := smallDisk(t, pages*os.Getpagesize())
		db, err := store.Open(t.Context(), filepath.Join(dir, "wireroom.db"), slog.New(slog.DiscardHandler))
		if err == nil {
			if made++; db.Close() != nil {
				made = 0 // there was no room for it to be used
			}
			continue
		}
		if left, _ := os.ReadDir(dir); !errors.Is(err, store.ErrFull) && !errors.Is(err, store.ErrUnwritable) || pages > 500 || len(left) > 0 {
			t.Errorf("with %d pages: %v; left are %v", pages, err, left)
		}
	}
}

// TestBackupOnFullDisk: it is the copy that could not grow, not the store.
func TestBackupOnFullDisk(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "wireroom.db"))
	copied := filepath.Join(smallDisk(t, 16<<10), "copy.db")
	if err := db.Backup(t.Context(), copied); !errors.Is(err, store.ErrFull) || !strings.Contains(err.Error(), copied+" could not grow") {
		t.Error(err)
	}
}

// TestFullOfJournal fills a disk with the journal, which a reader keeps from
// being emptied. When the reader has gone the store goes on, though nobody makes
// room.
func TestFullOfJournal(t *testing.T) {
	path := filepath.Join(smallDisk(t, 16<<20), "wireroom.db")
	db := open(t, path)
	other, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for n := range 30 { // there is room in the file for what is noted again
		if err := db.Note(t.Context(), fmt.Sprint(n%8), filler()); err != nil {
			t.Fatal(err)
		}
	}
	tx := reading(t, other)
	for n := 0; err == nil && n < 500; n++ {
		err = db.Note(t.Context(), fmt.Sprint(n%8), filler())
	}
	if !errors.Is(err, store.ErrFull) || !errors.Is(db.Trouble(), store.ErrFull) {
		t.Fatalf("on a full disk: %v, %v", err, db.Trouble())
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	for range 30 { // it looks now and then
		if err = db.Note(t.Context(), "0", filler()); err == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil || db.Trouble() != nil {
		t.Errorf("when the journal can be emptied: %v, %v; it has %d MB", err, db.Trouble(), journal(t, path)>>20)
	}
}

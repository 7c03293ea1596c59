package store_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/store"
)

var quiet = slog.New(slog.DiscardHandler)

// A store is read, backed up and restored beside the process that has it open.
func TestBackupRestore(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	path, copied := filepath.Join(dir, "wireroom.db"), filepath.Join(dir, "copy.db")
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

	if _, err := store.OpenReader(ctx, path, quiet); !errors.Is(err, store.ErrMissing) {
		t.Errorf("a store that is not there: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a reader has made a store")
	}
	db := note(t, path, "first")
	reader, err := store.OpenReader(ctx, path, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := reader.Noted(ctx, "tide"); text != "first" || err != nil {
		t.Errorf("the reader reads %q, %v", text, err)
	}
	if err := reader.Note(ctx, "tide", "written"); err == nil {
		t.Error("a reader writes")
	}
	if err := reader.Backup(ctx, copied); err != nil {
		t.Fatal(err)
	}
	if err := db.Note(ctx, "tide", "second"); err != nil {
		t.Fatal(err)
	}
	if err := reader.Close(); err != nil {
		t.Error(err)
	}

	if _, err := store.Restore(ctx, path, copied, now); !errors.Is(err, store.ErrInUse) {
		t.Errorf("restored over a store in use: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	kept, err := store.Restore(ctx, path, copied, now)
	if err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{path: "first", kept: "second", copied: "first"} {
		reader, err := store.Open(ctx, file, quiet)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if text, _ := reader.Noted(ctx, "tide"); text != want {
			t.Errorf("%s holds %q, not %q", file, text, want)
		}
		reader.Close()
	}
	// Another one within the second puts nothing in the place of what was kept.
	again, err := store.Restore(ctx, path, copied, now)
	if err != nil || again == kept {
		t.Errorf("a store that was kept is written over: %s, %v", again, err)
	}
	if reader, err := store.OpenReader(ctx, kept, quiet); err != nil {
		t.Error(err)
	} else if text, _ := reader.Noted(ctx, "tide"); text != "second" || reader.Close() != nil {
		t.Errorf("the first that was kept holds %q", text)
	}
}

// TestRestoreTwice asks for another restore while one waits for the store to be
// closed: the first one puts there what it was to.
func TestRestoreTwice(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "wireroom.db")
	db := note(t, path, "first")
	backups := []string{filepath.Join(dir, "one"), filepath.Join(dir, "two")}
	for _, to := range backups {
		if err := db.Backup(t.Context(), to); err != nil {
			t.Fatal(err)
		}
		if err := db.Note(t.Context(), "tide", "second"); err != nil {
			t.Fatal(err)
		}
	}
	if polls, err := db.Lead(t.Context(), "", 0); err != nil || !polls {
		t.Fatal(polls, err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := store.Restore(t.Context(), path, backups[0], time.Now())
		done <- err
	}()
	for !store.Asked(path) {
		time.Sleep(time.Millisecond)
	}
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
	defer stop()
	if _, err := store.Restore(ctx, path, backups[1], time.Now()); !errors.Is(err, store.ErrInUse) {
		t.Errorf("another restore at once: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if db, err := store.OpenReader(t.Context(), path, quiet); err != nil {
		t.Error(err)
	} else if text, _ := db.Noted(t.Context(), "tide"); text != "first" || db.Close() != nil {
		t.Errorf("the store holds %q", text)
	}
}

// TestAskedUnderAnotherClock: what a restore that was killed has left asks for
// nothing once the clock was set back.
func TestAskedUnderAnotherClock(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wireroom.db")
	if err := os.WriteFile(path+"-asked", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for off, want := range map[time.Duration]bool{-time.Hour: false, 0: true, time.Hour: false} {
		if at := time.Now().Add(off); os.Chtimes(path+"-asked", at, at) != nil || store.Asked(path) != want {
			t.Errorf("%s from now: asked %t, want %t", off, !want, want)
		}
	}
}

// note makes a store and keeps a text in it.
func note(t *testing.T, path, text string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), path, quiet)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Note(t.Context(), "tide", text); err != nil {
		t.Fatal(err)
	}
	return db
}

// TestLinkedStore: a store that its name leads to by a link is one with the store
// of its own name, and a restore puts the new one where the old one was.
func TestLinkedStore(t *testing.T) {
	ctx, dir, disk := t.Context(), t.TempDir(), t.TempDir()
	path, link, copied := filepath.Join(disk, "store.db"), filepath.Join(dir, "wireroom.db"), filepath.Join(dir, "copy.db")
	// The second lies in a folder that is a link, and says the way from there.
	for from, to := range map[string]string{
		link: filepath.Join("disk", "beside.db"), filepath.Join(dir, "disk"): disk, filepath.Join(disk, "beside.db"): "store.db",
	} {
		if err := os.Symlink(to, from); err != nil {
			t.Fatal(err)
		}
	}
	db := note(t, link, "first") // makes it
	if err := db.Backup(ctx, copied); err != nil {
		t.Fatal(err)
	}
	other := note(t, path, "second")
	for i, by := range []*store.DB{db, other} {
		if leads, err := by.Lead(ctx, "me", time.Minute); leads != (i == 0) || err != nil {
			t.Errorf("the process %d files: %v, %v", i, leads, err)
		}
	}
	if _, err := store.Restore(ctx, copied, link, time.Now()); err == nil {
		t.Error("restored a store of which a part is in its journal")
	}
	if err := errors.Join(db.Close(), other.Close()); err != nil {
		t.Fatal(err)
	}
	kept, err := store.Restore(ctx, link, copied, time.Now())
	if err != nil || filepath.Dir(kept) != disk {
		t.Errorf("the old store was kept as %s: %v", kept, err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, %v", info, err)
	}
	for file, want := range map[string]string{path: "first", kept: "second"} {
		reader, err := store.OpenReader(ctx, file, quiet)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := reader.Noted(ctx, "tide"); text != want || err != nil {
			t.Errorf("%s holds %q: %v", file, text, err)
		}
		reader.Close()
	}
}

// What is no sound store is refused before anything is moved; a damaged store
// is put aside.
func TestRestoreDamage(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	path, copied := filepath.Join(dir, "wireroom.db"), filepath.Join(dir, "copy.db")
	db := note(t, path, "whole")
	if err := db.Backup(ctx, copied); err != nil {
		t.Fatal(err)
	}
	db.Close()
	whole, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadFile(path)
	for name, bad := range map[string][]byte{
		"empty": nil, "short": whole[:len(whole)/2], "foreign": []byte(strings.Repeat("not a store ", 100)),
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if kept, err := store.Restore(ctx, path, file, time.Now()); err == nil {
			t.Errorf("%s: restored, the old one kept as %s", name, kept)
		}
		if now, _ := os.ReadFile(path); string(now) != string(before) {
			t.Errorf("%s: the store has changed", name)
		}
	}
	left, _ := filepath.Glob(path + ".*")
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}

	if err := os.WriteFile(path, before[:100], 0o600); err != nil {
		t.Fatal(err)
	}
	kept, err := store.Restore(ctx, path, copied, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if damaged, _ := os.ReadFile(kept); len(damaged) != 100 {
		t.Errorf("the damaged store was not kept: %d bytes", len(damaged))
	}
	if db, err := store.Open(ctx, path, quiet); err != nil {
		t.Error(err)
	} else {
		db.Close()
	}
}

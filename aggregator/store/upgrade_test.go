package store

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

// nextSchema lets the package know one more migration, as the next version of
// the program will.
func nextSchema(t *testing.T, second string) {
	t.Helper()
	const first = "migrations/sqlite/00001_tables.sql"
	text, err := fs.ReadFile(embedded, first)
	if err != nil {
		t.Fatal(err)
	}
	migrations = fstest.MapFS{first: {Data: text}, "migrations/sqlite/00002_next.sql": {Data: []byte("-- +goose Up\n" + second)}}
	t.Cleanup(func() { migrations = embedded })
}

// opened opens a store and notes something in it, if that is to be.
func opened(path, text string) (string, error) {
	ctx := context.Background()
	db, err := Open(ctx, path, slog.New(slog.DiscardHandler))
	if err != nil {
		return "", err
	}
	if text != "" {
		err = db.Note(ctx, "n", text)
	}
	kept, err2 := db.Noted(ctx, "n")
	return kept, errors.Join(err, err2, db.Check(ctx), db.Close())
}

const addColumn = "ALTER TABLE note ADD COLUMN more TEXT; PRAGMA user_version = 2;"

// TestUpgrade opens a store with the next version of the program: a copy is kept
// before anything is changed, the old version refuses the store, and reads the
// copy.
func TestUpgrade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wireroom.db")
	if _, err := opened(path, "before"); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(path + copiedSuffix + "*"); left != nil {
		t.Errorf("%v was kept of a new store", left)
	}
	nextSchema(t, addColumn)
	for range 2 {
		if kept, err := opened(path, ""); kept != "before" || err != nil {
			t.Fatalf("%q is kept, %v", kept, err)
		}
	}
	if _, err := opened(path, "after"); err != nil {
		t.Fatal(err)
	}
	migrations = embedded
	was, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := opened(path, ""); !errors.Is(err, ErrNewer) {
		t.Errorf("by the old version: %v", err)
	}
	if is, _ := os.ReadFile(path); string(is) != string(was) {
		t.Error("the old version has changed the store")
	}
	if kept, err := opened(path+copiedSuffix+"1", ""); kept != "before" || err != nil {
		t.Errorf("in the copy is %q, %v", kept, err)
	}
	if all, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".copy-*")); len(all) > 0 {
		t.Errorf("%v is left", all)
	}
}

// TestUpgradeFails lets a migration fail: the store stays as it was.
func TestUpgradeFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wireroom.db")
	if _, err := opened(path, "before"); err != nil {
		t.Fatal(err)
	}
	nextSchema(t, "ALTER TABLE note ADD COLUMN more TEXT; PRAGMA user_version = 2; DROP TABLE nothing;")
	if _, err := opened(path, ""); err == nil {
		t.Error("no error")
	}
	migrations = embedded
	if kept, err := opened(path, ""); kept != "before" || err != nil {
		t.Errorf("then there is %q, %v", kept, err)
	}
}

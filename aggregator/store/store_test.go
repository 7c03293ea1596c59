package store_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/aggregator/store/storetest"
)

func open(t *testing.T, path string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestOpenMakesFolderAndFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "not there", "50% new?.db")
	db := open(t, path)
	if err := db.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestSQLite(t *testing.T) {
	dir := map[*testing.T]string{}
	storetest.Run(t, func(t *testing.T, database string) *store.DB {
		if dir[t] == "" {
			dir[t] = t.TempDir()
		}
		return open(t, filepath.Join(dir[t], database))
	})
}

// TestPingOfStoreTakenAway: a store whose file was moved or replaced while it
// was open is not well, though it can be read.
func TestPingOfStoreTakenAway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wireroom.db")
	db := open(t, path)
	aside := path + ".aside"
	if err := os.Rename(path, aside); err != nil {
		t.Fatal(err)
	}
	if err := db.Ping(t.Context()); err == nil {
		t.Error("a store without a file is well")
	}
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := db.Ping(t.Context()); err == nil {
		t.Error("a store with another file in its place is well")
	}
	if err := os.Rename(aside, path); err != nil {
		t.Fatal(err)
	}
	if err := db.Ping(t.Context()); err != nil {
		t.Errorf("put back: %v", err)
	}
}

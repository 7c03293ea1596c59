package store

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// TestLockedFileHoldsOnce lets many write at once while another process has the file
// locked: they wait for it together, not one after another.
func TestLockedFileHoldsOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	db, err := Open(t.Context(), path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	other, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := other.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	e := db.engine.(*sqliteEngine)
	start := time.Now()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			err := e.writer.wait(t.Context(), &write{patient: true, fn: func(context.Context, session) error { return nil }})
			if !errors.Is(err, ErrBusy) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if took := time.Since(start); took > 2*busyWait {
		t.Errorf("eight writes waited %s for a file that is locked", took)
	}
	if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []interface{ Close() error }{conn, other, db} {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

package store

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// TestSearchesAtOnce has readers search all the time. They leave connections to those
// by whom the program lives.
func TestSearchesAtOnce(t *testing.T) {
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "words.db"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	e := db.engine.(*sqliteEngine)
	err = e.write(t.Context(), func(ctx context.Context, tx session) error {
		for item := range int64(2000) {
			if err := e.index(ctx, tx, []indexed{{item, item, fmt.Sprintf("ferry quay%d", item)}}); err != nil {
				return err
			}
			if _, err := tx.exec(ctx, "INSERT INTO decision (item, seq, published, story, sketch, detail) VALUES (?1, ?1, 1, 's', x'', x'')", item); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Second)
	defer stop()
	var searching sync.WaitGroup
	for range 2 * readers {
		searching.Go(func() {
			for ctx.Err() == nil {
				if _, err := db.Search(ctx, []string{"t"}, "ferry quay*", 20); err != nil && ctx.Err() == nil {
					t.Error(err)
				}
			}
		})
	}
	most := 0
	for ; ctx.Err() == nil; time.Sleep(100 * time.Microsecond) {
		most = max(most, e.rpool.Stats().InUse)
	}
	searching.Wait()
	if most == 0 || most > readers/2 {
		t.Errorf("%d of %d connections were taken by searches", most, readers)
	}
}

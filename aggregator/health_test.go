package aggregator_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
)

// A sluggishLog takes so long for each batch that is filed.
type sluggishLog struct {
	*store.DB
	takes time.Duration
}

// File implements aggregator.Log.
func (l sluggishLog) File(ctx context.Context, batch news.Batch) error {
	select {
	case <-time.After(l.takes):
	case <-ctx.Done():
		return ctx.Err()
	}
	return l.DB.File(ctx, batch)
}

// TestAliveWhileItFiles: a filer that has much to file is well as long as it comes
// along, however long that takes, and not if it comes no further.
func TestAliveWhileItFiles(t *testing.T) {
	for takes, well := range map[time.Duration]bool{time.Minute: true, time.Hour: false} {
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			b := &bureau{path: filepath.Join(dir, "alive.db"), topics: []news.Topic{{Name: "all", Limit: 100}}}
			b.add("city", "http://city.test/", "@every 24h")
			b.wrap = func(db *store.DB) aggregator.Log { return sluggishLog{db, takes} }
			a, db, shut := b.open(t)
			appendNews(t, db, 1700, time.Now())
			ctx, stop := context.WithCancel(t.Context())
			var filer sync.WaitGroup
			filer.Go(func() { a.File(ctx) })
			ill := 0
			for range 24 {
				time.Sleep(10 * time.Second)
				if a.Alive(time.Now()) != nil {
					ill++
				}
			}
			stats, err := db.Stats(t.Context())
			if err != nil || stats.Unfiled == 0 {
				t.Error("all is filed", err)
			}
			if (ill == 0) != well {
				t.Errorf("where a batch takes %s the filer was ill %d times of 24", takes, ill)
			}
			stop()
			filer.Wait()
			shut()
		})
	}
}

// A refusingLog files nothing once it refuses to.
type refusingLog struct {
	*store.DB
	refuses *atomic.Bool
}

// File implements aggregator.Log.
func (l refusingLog) File(ctx context.Context, batch news.Batch) error {
	if l.refuses.Load() {
		return errors.New("no room")
	}
	return l.DB.File(ctx, batch)
}

// TestIllWhileNothingIsFiled: a filer that tries the same again and again comes no
// further, though each time it reads what was filed before.
func TestIllWhileNothingIsFiled(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		b := &bureau{path: filepath.Join(dir, "ill.db"), topics: []news.Topic{{Name: "all", Limit: 100}}}
		b.add("city", "http://city.test/", "@every 24h")
		var refuses atomic.Bool
		b.wrap = func(db *store.DB) aggregator.Log { return refusingLog{db, &refuses} }
		a, db, shut := b.open(t)
		defer shut()
		appendNews(t, db, 20, time.Now())
		ctx, stop := context.WithCancel(t.Context())
		var filer sync.WaitGroup
		filer.Go(func() { a.File(ctx) })
		defer filer.Wait()
		defer stop()
		time.Sleep(time.Minute)
		if err := a.Alive(time.Now()); err != nil {
			t.Error(err)
		}
		refuses.Store(true)
		appendNews(t, db, 21, time.Now())
		time.Sleep(5 * time.Minute)
		if a.Alive(time.Now()) == nil {
			t.Error("for five minutes nothing could be filed, and the filer is well")
		}
		refuses.Store(false)
		time.Sleep(time.Minute)
		if err := a.Alive(time.Now()); err != nil {
			t.Error(err)
		}
	})
}

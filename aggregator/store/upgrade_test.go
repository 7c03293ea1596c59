package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// nextSchema lets the package know one more migration, as the next version of
// the program will.
func nextSchema(t *testing.T, next string) {
	t.Helper()
	known, err := fs.Glob(embedded, "migrations/sqlite/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	all := fstest.MapFS{fmt.Sprintf("migrations/sqlite/%05d_next.sql", len(known)+1): {Data: []byte("-- +goose Up\n" + next)}}
	for _, path := range known {
		text, err := fs.ReadFile(embedded, path)
		if err != nil {
			t.Fatal(err)
		}
		all[path] = &fstest.MapFile{Data: text}
	}
	migrations = all
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

const addColumn = "ALTER TABLE note ADD COLUMN more TEXT; PRAGMA user_version = 4;"

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
	if _, err := opened(path, ""); !errors.Is(err, ErrNewer) || !strings.HasSuffix(err.Error(), "wireroom restore "+path+copiedSuffix+"3") {
		t.Errorf("by the old version: %v", err)
	}
	if is, _ := os.ReadFile(path); string(is) != string(was) {
		t.Error("the old version has changed the store")
	}
	if kept, err := opened(path+copiedSuffix+"3", ""); kept != "before" || err != nil {
		t.Errorf("in the copy is %q, %v", kept, err)
	}
	if all, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*cop*")); len(all) > 0 {
		t.Errorf("%v is left", all)
	}
}

// TestUpgradeSeveral upgrades stores that lie in one folder, as those of services
// that are started with the machine, all at once.
func TestUpgradeSeveral(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for i := range 8 {
		path := filepath.Join(dir, fmt.Sprint(i, ".db"))
		if _, err := opened(path, "before"); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	nextSchema(t, addColumn)
	var upgrades sync.WaitGroup
	for _, path := range paths {
		upgrades.Go(func() {
			if kept, err := opened(path, ""); kept != "before" || err != nil {
				t.Errorf("%q is kept, %v", kept, err)
			}
			if err := entry(path + copiedSuffix + "3"); err != nil {
				t.Error(err)
			}
		})
	}
	upgrades.Wait()
}

// TestUpgradeAgain goes back to the old version by the copy, on with it, and to the
// next version once more: the copy is then of what the old version wrote last.
func TestUpgradeAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wireroom.db")
	copied := path + copiedSuffix + "3"
	if _, err := opened(path, "before"); err != nil {
		t.Fatal(err)
	}
	nextSchema(t, addColumn)
	next := migrations
	if _, err := opened(path, "after"); err != nil {
		t.Fatal(err)
	}
	migrations = embedded
	if _, err := Restore(t.Context(), path, copied, time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := opened(path, "a month later"); err != nil {
		t.Fatal(err)
	}
	migrations = next
	if kept, err := opened(path, ""); kept != "a month later" || err != nil {
		t.Errorf("brought up to date again there is %q, %v", kept, err)
	}
	migrations = embedded
	if kept, err := opened(copied, ""); kept != "a month later" || err != nil {
		t.Errorf("in the copy is %q, %v", kept, err)
	}
}

// TestUpgradeInUse: the tables are not changed under another process, which may
// just be about to end.
func TestUpgradeInUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wireroom.db")
	if _, err := opened(path, "before"); err != nil {
		t.Fatal(err)
	}
	lock, err := lockFile(path + "-filer")
	if err != nil || lock == nil {
		t.Fatal(lock, err)
	}
	nextSchema(t, addColumn)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second/2)
	defer cancel()
	if _, err := Open(ctx, path, slog.New(slog.DiscardHandler)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("opened beside another process: %v", err)
	}
	time.AfterFunc(time.Second/2, func() { lock.release() })
	if kept, err := opened(path, ""); kept != "before" || err != nil {
		t.Errorf("%q is kept, %v", kept, err)
	}
}

// openSchema makes a store of one of the first schemas.
func openSchema(t *testing.T, path string, schema int) *DB {
	t.Helper()
	known, err := fs.Glob(embedded, "migrations/sqlite/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	some := fstest.MapFS{}
	for _, name := range known[:schema] {
		text, err := fs.ReadFile(embedded, name)
		if err != nil {
			t.Fatal(err)
		}
		some[name] = &fstest.MapFile{Data: text}
	}
	migrations = some
	t.Cleanup(func() { migrations = embedded })
	db, err := Open(t.Context(), path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// direct runs a statement past the methods of a store.
func direct(t *testing.T, db *DB, query string, args ...any) {
	t.Helper()
	err := db.engine.write(t.Context(), func(ctx context.Context, tx session) error {
		_, err := tx.exec(ctx, query, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestUpgradeAgenda wants the sources of a store of the second schema to be due when
// they were, with their states, and the gap after a request to hold.
func TestUpgradeAgenda(t *testing.T) {
	path, now := filepath.Join(t.TempDir(), "wireroom.db"), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	db := openSchema(t, path, 2)
	outlet, err := sealJSON(news.Outlet{})
	if err != nil {
		t.Fatal(err)
	}
	state, err := sealJSON(news.State{Polls: 7, Schedule: "@hourly"})
	if err != nil {
		t.Fatal(err)
	}
	sources := []news.Source{{Name: "later", URL: "https://a.example/1"}, {Name: "never", URL: "https://b.example/1"}, {Name: "polled", URL: "https://a.example/2"}}
	for i, due := range []time.Time{now.Add(time.Hour), now, now.Add(-time.Hour)} {
		direct(t, db, "INSERT INTO source (name, host, configured, outlet, due, token) VALUES (?1, ?2, 1, ?3, ?4, ?5)",
			sources[i].Name, sources[i].Host(), outlet, micros(due), 5*i)
	}
	direct(t, db, "INSERT INTO state (source, state) VALUES (3, ?1)", state)
	direct(t, db, "INSERT INTO host (name, ready, next) VALUES ('a.example', ?1, ?1), ('b.example', 0, 0)", micros(now.Add(time.Minute)))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	migrations = embedded
	if db, err = Open(t.Context(), path, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := errors.Join(db.Check(t.Context()), db.SetSources(t.Context(), sources, now)); err != nil {
		t.Fatal(err)
	}
	for _, at := range []struct {
		time time.Time
		want string
	}{{now, "never 0"}, {now.Add(time.Minute - time.Microsecond), ""}, {now.Add(time.Minute), "polled 7"}, {now.Add(time.Hour), ""}} {
		claims, err := db.Claim(t.Context(), at.time, 9, 2*time.Hour)
		got := ""
		for _, c := range claims {
			got += fmt.Sprint(c.State.Source, " ", c.State.Polls)
		}
		if got != at.want || err != nil {
			t.Errorf("%s: %q is claimed, not %q: %v", at.time, got, at.want, err)
		}
	}
}

// TestUpgradeFilings wants the filings of a store of the first schema to be found
// after an upgrade as they were before.
func TestUpgradeFilings(t *testing.T) {
	path, now := filepath.Join(t.TempDir(), "wireroom.db"), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	db := openSchema(t, path, 1)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	outlet, err := sealJSON(news.Outlet{Source: "a"})
	must(err)
	direct(t, db, "INSERT INTO source (name, host, configured, outlet, due) VALUES ('a', 'a.example', 1, ?1, 0)", outlet)
	var items []news.Item
	for i := range 20 {
		id := fmt.Sprint(i)
		items = append(items, news.Item{ID: id, Title: "n" + id, Hash: id, Published: now.Add(-time.Duration(i) * time.Hour), FirstSeen: now})
	}
	p := &poll{source: 1, name: "a", now: now}
	_, err = db.sort(t.Context(), p, items)
	must(err)
	must(db.engine.write(t.Context(), func(ctx context.Context, tx session) error { return storeItems(ctx, tx, db.engine, p) }))
	records, err := db.Unfiled(t.Context(), 100)
	must(err)
	batch := news.Batch{UpTo: records[len(records)-1].Seq, At: now}
	for i, r := range records {
		key := r.Item.Key()
		batch.Decisions = append(batch.Decisions, news.Decision{Seq: r.Seq, Key: key, Story: key.Slug()})
		for _, topic := range []string{"s", "t"} {
			batch.Filings = append(batch.Filings, news.Filing{
				Topic: topic, Key: key.Slug(), ID: fmt.Sprint(topic, i), Story: key.Slug(), Lead: key, Members: []news.Key{key},
				Published: r.Item.Published, Updated: r.Item.Published.Add(time.Duration(i%3) * 7 * time.Hour), FirstFiled: now,
			})
		}
	}
	must(db.File(t.Context(), batch))
	look := func(db *DB) string {
		var all []any
		for _, sort := range []news.Sort{news.SortPublished, news.SortUpdated} {
			for _, limit := range []int{5, 100} {
				filed, err := db.Latest(t.Context(), "t", sort, limit)
				must(err)
				all = append(all, filed)
			}
		}
		found, err := db.Search(t.Context(), []string{"s", "t"}, "n7", 10)
		must(err)
		return fmt.Sprint(append(all, found))
	}
	want := look(db)
	must(db.Close())
	migrations = embedded
	db, err = Open(t.Context(), path, slog.New(slog.DiscardHandler))
	must(err)
	defer db.Close()
	must(db.Check(t.Context()))
	if got := look(db); got != want || len(want) < 5000 {
		t.Errorf("the filings are\n%s\nand were\n%s", got, want)
	}
}

// TestUpgradeFails lets a migration fail: the store stays as it was.
func TestUpgradeFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wireroom.db")
	if _, err := opened(path, "before"); err != nil {
		t.Fatal(err)
	}
	nextSchema(t, "ALTER TABLE note ADD COLUMN more TEXT; PRAGMA user_version = 4; DROP TABLE nothing;")
	if _, err := opened(path, ""); err == nil {
		t.Error("no error")
	}
	migrations = embedded
	if kept, err := opened(path, ""); kept != "before" || err != nil {
		t.Errorf("then there is %q, %v", kept, err)
	}
}

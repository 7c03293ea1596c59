package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
)

// everything is all that a store gives to readers.
type everything struct {
	Records   []news.Record
	Shelf     []news.Filed
	Documents []news.Document
	States    []news.State
	Unfiled   []news.Record
}

func readAll(ctx context.Context, db *store.DB) (all everything, err error) {
	var errs [5]error
	all.Records, errs[0] = db.Records(ctx, 0, 1_000_000)
	all.Shelf, errs[1] = db.Latest(ctx, "t", news.SortPublished, 1_000_000)
	all.Documents, errs[2] = db.Documents(ctx)
	all.States, errs[3] = db.States(ctx)
	all.Unfiled, errs[4] = db.Unfiled(ctx, 1_000_000)
	return all, errors.Join(errs[:]...)
}

// sample makes a store and returns its path and what it holds.
func sample(t *testing.T) (string, everything) {
	t.Helper()
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "wireroom.db")
	db, err := store.Open(ctx, path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	check := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	check(db.SetSources(ctx, []news.Source{{Name: "s0", URL: "https://a.example"}, {Name: "s1", URL: "https://b.example"}}, now))
	claims, err := db.Claim(ctx, now, 9, time.Minute)
	check(err)
	for _, c := range claims {
		var items []news.Item
		for n := range int64(150) {
			items = append(items, victimItem(c.State.Source, n))
		}
		_, err := db.Append(ctx, c, items, func(news.Appended) news.State {
			return news.State{NextDue: now.Add(time.Hour), About: news.About{Title: "Outlet"}}
		}, now, 0)
		check(err)
	}
	records, err := db.Unfiled(ctx, 250)
	check(err)
	b := news.Batch{UpTo: records[249].Seq}
	for _, r := range records {
		key := r.Item.Key()
		b.Decisions = append(b.Decisions, news.Decision{Seq: r.Seq, Key: key, Story: key.Slug(), Kind: news.KindNew, Sketch: bytes.Repeat([]byte{7}, 64)})
		b.Filings = append(b.Filings, news.Filing{
			Topic: "t", Key: key.Slug(), ID: "tag:example.org,2026:" + key.Slug(), Story: key.Slug(), Published: r.Item.Published,
			Updated: r.Item.Published, FirstFiled: now, Hash: r.Item.Hash, Lead: key, Members: []news.Key{key}, Families: 1, Why: "words",
		})
	}
	check(db.File(ctx, b))
	check(db.SaveDocuments(ctx, []news.Document{{Path: "/t.rss", Body: bytes.Repeat([]byte("<item>text</item>"), 3000), ETag: `"1"`, Modified: now}}))
	all, err := readAll(ctx, db)
	check(err)
	return path, all
}

// tryDamaged opens a damaged file and fails unless the store either refuses, in
// a sentence that names the file, or gives what was stored and nothing else.
func tryDamaged(t *testing.T, path string, want everything) (refused bool) {
	t.Helper()
	db, err := store.Open(t.Context(), path, slog.New(slog.DiscardHandler))
	if err == nil {
		defer db.Close()
		var got everything
		if got, err = readAll(t.Context(), db); err == nil {
			if len(got.Documents) == 0 || got.Documents[0].Body == nil {
				got.Documents, refused = want.Documents, true // it is made anew
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("wrong data: %d records, %d filings", len(got.Records), len(got.Shelf))
			}
			return refused
		}
	} else if !strings.Contains(err.Error(), path) {
		t.Errorf("the error does not name the file: %v", err)
	}
	if !errors.Is(err, store.ErrDamaged) && !errors.Is(err, store.ErrForeign) && !errors.Is(err, store.ErrNewer) {
		t.Errorf("the error has no meaning: %v", err)
	}
	return true
}

func TestFlippedBytes(t *testing.T) {
	path, want := sample(t)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(*seed, 1))
	refused := 0
	for i := range *flips {
		bad := bytes.Clone(good)
		at := rng.IntN(len(bad))
		bad[at] ^= byte(1 + rng.IntN(255))
		damaged := filepath.Join(t.TempDir(), "wireroom.db")
		if err := os.WriteFile(damaged, bad, 0o644); err != nil {
			t.Fatal(err)
		}
		if tryDamaged(t, damaged, want) {
			refused++
		}
		if t.Failed() {
			t.Fatalf("flip %d of seed %d, at byte %d of %d", i, *seed, at, len(bad))
		}
	}
	t.Logf("%d of %d flips were noticed, the others did no harm", refused, *flips)
}

func TestCutFiles(t *testing.T) {
	path, want := sample(t)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(*seed, 2))
	lengths := []int{0, 1, 99, 100, 8191, 8192, len(good) - 8192, len(good) - 1}
	for len(lengths) < 20 {
		lengths = append(lengths, rng.IntN(len(good)))
	}
	for _, n := range lengths {
		damaged := filepath.Join(t.TempDir(), "wireroom.db")
		if err := os.WriteFile(damaged, good[:n], 0o644); err != nil {
			t.Fatal(err)
		}
		if !tryDamaged(t, damaged, want) {
			t.Errorf("a file of %d bytes, cut from %d, was opened", n, len(good))
		}
		if info, err := os.Stat(damaged); err != nil || info.Size() != int64(n) {
			t.Errorf("a file of %d bytes was written to: %v", n, err)
		}
	}
}

// TestDamagedWhileOpen cuts the file under a store in use: as soon as a part of it
// was found missing there is trouble, whether or not anything is written.
func TestDamagedWhileOpen(t *testing.T) {
	path, _ := sample(t)
	db := open(t, path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, info.Size()/4); err != nil {
		t.Fatal(err)
	}
	if _, err := readAll(t.Context(), db); !errors.Is(err, store.ErrDamaged) {
		t.Fatalf("reading it: %v", err)
	}
	if err := db.Trouble(); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("trouble is %v", err)
	}
}

// TestDamagedDocuments damages published documents: they are told of in one
// line of the log, what can be read of their heads is, and they can be saved anew.
func TestDamagedDocuments(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wireroom.db")
	docs := []news.Document{
		{Path: "/a.rss", Body: []byte("<rss>of a</rss>"), ETag: `"1"`, Modified: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)},
		{Path: "/b.rss", Body: []byte("<rss>of b</rss>"), ETag: `"2"`}, {Path: "/c.rss", Body: []byte("<rss>of c</rss>"), ETag: `"3"`},
	}
	first, err := store.Open(t.Context(), path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(first.SaveDocuments(t.Context(), docs), first.Close()); err != nil {
		t.Fatal(err)
	}
	execSQL(t, path, "UPDATE document SET body = x'00' WHERE path = '/a.rss'; UPDATE document SET head = x'00' WHERE path = '/b.rss'")
	var log bytes.Buffer
	db, err := store.Open(t.Context(), path, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	got, err := db.Documents(t.Context())
	want := []news.Document{docs[0], docs[2]}
	want[0].Body = nil
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), "documents=2") || !strings.Contains(log.String(), "/a.rss") {
		t.Errorf("the log says %q", log.String())
	}
	if err := db.SaveDocuments(t.Context(), docs[:2]); err != nil {
		t.Fatal(err)
	}
	if got, err := db.Documents(t.Context()); err != nil || !reflect.DeepEqual(got, docs) {
		t.Errorf("saved anew: %v, %v", got, err)
	}
}

// TestRefusedFiles opens what is not a store of this version. Not one byte of
// it may change, and nothing may appear beside it.
func TestRefusedFiles(t *testing.T) {
	path, _ := sample(t)
	for name, c := range map[string]struct {
		make func(t *testing.T, path string)
		want error
	}{
		"text":    {func(t *testing.T, p string) { write(t, p, strings.Repeat("not a database\n", 100)) }, store.ErrForeign},
		"empty":   {func(t *testing.T, p string) { write(t, p, "") }, store.ErrDamaged},
		"foreign": {func(t *testing.T, p string) { execSQL(t, p, "CREATE TABLE x (y)") }, store.ErrForeign},
		"newer": {func(t *testing.T, p string) {
			copyFile(t, path, p)
			execSQL(t, p, "PRAGMA user_version = 999")
		}, store.ErrNewer},
		"journal without file": {func(t *testing.T, p string) { write(t, p+"-wal", "something") }, store.ErrDamaged},
		"folder": {func(t *testing.T, p string) {
			if err := os.Mkdir(p, 0o755); err != nil {
				t.Fatal(err)
			}
		}, store.ErrForeign},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			p := filepath.Join(dir, "wireroom.db")
			c.make(t, p)
			before := contents(t, dir)
			_, err := store.Open(t.Context(), p, slog.New(slog.DiscardHandler))
			if !errors.Is(err, c.want) {
				t.Fatalf("error is %v, want %v", err, c.want)
			}
			if after := contents(t, dir); !reflect.DeepEqual(after, before) {
				t.Error("something was changed")
			}
		})
	}
}

// TestFolderToBe: a name with a slash at its end is that of a folder, though none is
// there: no file is made in its place.
func TestFolderToBe(t *testing.T) {
	t.Chdir(t.TempDir())
	_, err := store.Open(t.Context(), "data/", quiet)
	if !errors.Is(err, store.ErrForeign) || !strings.Contains(err.Error(), "such as data/wireroom.db") {
		t.Errorf("error is %v", err)
	}
	if made, err := os.ReadDir("."); err != nil || len(made) > 0 {
		t.Errorf("made were %v, %v", made, err)
	}
}

// TestNoAddress: an address of something else is not taken for a path, of which
// folders would be made; and no password is told.
func TestNoAddress(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"mysql://reader:secret@db.example/news", "postgres:/news", "POSTGRES://reader:secret@db.example/news", "sqlite:///news.db", "file:news.db"} {
		_, opened := store.Open(t.Context(), name, quiet)
		_, read := store.OpenReader(t.Context(), name, quiet)
		for _, err := range []error{opened, read} {
			if err == nil || !strings.Contains(err.Error(), "a store is the path of a SQLite file, or an address like postgres://") || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if made, err := os.ReadDir("."); err != nil || len(made) > 0 {
		t.Errorf("made were %v, %v", made, err)
	}
}

// TestUnwritable wants a sentence with the user, the path and what mends it: a
// command that can be run, and takes nothing from others that is not the store's.
func TestUnwritable(t *testing.T) {
	dir := t.TempDir()
	file, data, shut := filepath.Join(dir, "file"), filepath.Join(dir, "shut", "data"), filepath.Join(dir, "shut")
	write(t, file, "x")
	if err := os.Mkdir(shut, 0o555); err != nil {
		t.Fatal(err)
	}
	for path, mend := range map[string]string{
		filepath.Join(file, "wireroom.db"): "name another place with --store",
		filepath.Join(data, "wireroom.db"): fmt.Sprintf("try: install -d -o %d -g %d %s", os.Getuid(), os.Getgid(), data),
		filepath.Join(shut, "wireroom.db"): "try: chmod u+rwX " + shut,
	} {
		if os.Getuid() == 0 && strings.HasPrefix(path, shut) {
			continue // root is refused nothing by modes
		}
		_, err := store.Open(t.Context(), path, quiet)
		if !errors.Is(err, store.ErrUnwritable) || !strings.Contains(err.Error(), fmt.Sprintf("user %d cannot write", os.Getuid())) ||
			!strings.HasSuffix(err.Error(), "; "+mend) {
			t.Errorf("%s: error is %v, without %q", path, err, mend)
		}
	}
}

// TestBusy holds the file locked from elsewhere for longer than a write waits.
func TestBusy(t *testing.T) {
	t.Parallel()
	path, _ := sample(t)
	db := open(t, path)
	other, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.SetMaxOpenConns(1)
	if _, err := other.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	err = db.Note(t.Context(), "n", "x")
	if !errors.Is(err, store.ErrBusy) || !strings.Contains(err.Error(), path) {
		t.Fatalf("error is %v", err)
	}
	if _, err := db.Noted(t.Context(), "n"); err != nil {
		t.Fatalf("reading while another writes: %v", err)
	}
	if _, err := other.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := db.Note(t.Context(), "n", "x"); err != nil {
		t.Fatalf("after the lock was released: %v", err)
	}
}

func TestBackup(t *testing.T) {
	path, want := sample(t)
	db := open(t, path)
	copied := filepath.Join(t.TempDir(), "copy.db")
	if err := db.Backup(t.Context(), copied); err != nil {
		t.Fatal(err)
	}
	if err := db.Backup(t.Context(), copied); !errors.Is(err, os.ErrExist) {
		t.Fatalf("a second backup to the same place: %v", err)
	}
	if tryDamaged(t, copied, want) {
		t.Fatal("the backup cannot be read")
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	write(t, to, string(text))
}

func execSQL(t *testing.T, path, query string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(query); err != nil {
		t.Fatal(err)
	}
}

// contents returns all files of a folder.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		files[path] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

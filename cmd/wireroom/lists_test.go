package main

import (
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/wireroom/wireroom/aggregator/poll"
	"github.com/wireroom/wireroom/aggregator/store"
)

// A list on the web that becomes something else, as behind a login that has
// ended, is kept as it was: its sources are polled on, and the program starts.
func TestListBecomesAPage(t *testing.T) {
	t.Parallel()
	var gone atomic.Bool
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/feed.xml":
			fmt.Fprint(w, bulletin("harbour", 3))
		case gone.Load():
			fmt.Fprint(w, "<!DOCTYPE html><html><body>Please log in.</body></html>")
		default:
			fmt.Fprintf(w, `<opml version="2.0"><body><outline text="Harbour" xmlUrl="http://%s/feed.xml"/></body></opml>`, r.Host)
		}
	}))
	t.Cleanup(web.Close)
	dir := t.TempDir()
	config := fmt.Sprintf("include: [%s/blogroll.opml?key="+canary+"]\ndefaults: {allow_private: true}\ntopics: {all: {from: [tag:blogroll]}}\n", web.URL)
	if err := os.WriteFile(filepath.Join(dir, "feeds.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	once := []string{"once", "--config", filepath.Join(dir, "feeds.yaml"), "--store", filepath.Join(dir, "w.db"), "--out", filepath.Join(dir, "public")}
	for _, said := range []string{"new=3", "its last good copy is used", "its last good copy is used"} {
		var out, errOut strings.Builder
		if code := run(t.Context(), once, nil, &out, &errOut); code != exitOK || !strings.Contains(errOut.String(), said) {
			t.Errorf("exit code %d, or no %q in %s", code, said, errOut.String())
		}
		if strings.Contains(errOut.String(), canary) {
			t.Errorf("the log tells the key of the list: %s", errOut.String())
		}
		if list, err := os.ReadFile(filepath.Join(dir, "public", "sources.opml")); err != nil || !strings.Contains(string(list), "/feed.xml") {
			t.Errorf("the list has lost its source: %s %v", list, err)
		}
		gone.Store(true)
	}
}

// A list of which no copy can be kept, as on a disk that has room for less only, keeps its
// sources: what they brought stays in the topics.
func TestListThatCannotBeKept(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/feed.xml" {
			fmt.Fprint(w, bulletin("harbour", 3))
			return
		}
		fmt.Fprintf(w, `<opml version="2.0"><body><outline text="Harbour" xmlUrl="http://%s/feed.xml"/></body></opml>`, r.Host)
	}))
	t.Cleanup(web.Close)
	dir := t.TempDir()
	config := fmt.Sprintf("include: [%s/blogroll.opml?key="+canary+"]\ndefaults: {allow_private: true}\ntopics: {all: {from: [tag:blogroll]}}\n", web.URL)
	if err := os.WriteFile(filepath.Join(dir, "feeds.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	once := []string{"once", "--config", filepath.Join(dir, "feeds.yaml"), "--store", filepath.Join(dir, "w.db"), "--out", filepath.Join(dir, "public")}
	for _, said := range []string{"new=3", "no copy of a list of feeds could be kept"} {
		var out, errOut strings.Builder
		if code := run(t.Context(), once, nil, &out, &errOut); code != exitOK || !strings.Contains(errOut.String(), said) {
			t.Errorf("exit code %d, or no %q in %s", code, said, errOut.String())
		}
		if strings.Contains(errOut.String(), canary) {
			t.Errorf("the log tells the key of the list: %s", errOut.String())
		}
		if topic, err := os.ReadFile(filepath.Join(dir, "public", "topics", "all.json")); err != nil || strings.Count(string(topic), `"date_published"`) != 3 {
			t.Errorf("the topic has lost its stories: %s %v", topic, err)
		}
		db, err := sql.Open("sqlite", filepath.Join(dir, "w.db"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.ExecContext(t.Context(), `CREATE TRIGGER IF NOT EXISTS full BEFORE INSERT ON note WHEN NEW.name LIKE '`+noteList+`%' BEGIN SELECT RAISE(ABORT, 'no room'); END`)
		if err := errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// A list that cannot be fetched, and of which the store cannot be asked, keeps its sources
// as long as the program runs.
func TestListWithoutItsCopy(t *testing.T) {
	t.Parallel()
	var gone atomic.Bool
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if gone.Load() {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		fmt.Fprintf(w, `<opml version="2.0"><body><outline text="Harbour" xmlUrl="http://%s/feed.xml"/></body></opml>`, r.Host)
	}))
	t.Cleanup(web.Close)
	dir := t.TempDir()
	at := overrides{config: filepath.Join(dir, "feeds.yaml"), store: filepath.Join(dir, "w.db")}
	if err := os.WriteFile(at.config, fmt.Appendf(nil, "include: [%s/blogroll.opml]\ndefaults: {allow_private: true}\ntopics: {all: {}}\n", web.URL), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := at.load(nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := assemble(t.Context(), cfg, at.load, slog.New(slog.DiscardHandler), poll.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	if _, err := p.apply(t.Context(), at.load); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", at.store)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.ExecContext(t.Context(), `UPDATE note SET text = x'00' WHERE name LIKE '`+noteList+`%'`) // as where it is damaged
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	gone.Store(true)
	if _, err := p.apply(t.Context(), at.load); err == nil {
		t.Error("it is not told")
	}
	if n := len(p.setup.Load().cfg.Sources); n != 1 {
		t.Errorf("%d sources are left", n)
	}
}

// A store that cannot be read is told of without the address of a list, which may
// hold a key; and what an older version has kept of a list is still known.
func TestListOfAStoreThatIsAway(t *testing.T) {
	t.Parallel()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "w.db"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	address := "https://lists.example/blogroll.opml?key=" + canary
	if err := db.Note(t.Context(), noteList+address, "<opml/>"); err != nil {
		t.Fatal(err)
	}
	if kept, err := keptList(t.Context(), db, address); string(kept) != "<opml/>" || err != nil {
		t.Errorf("what was kept is %q, %v", kept, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := keptList(t.Context(), db, address); err == nil || strings.Contains(err.Error(), canary) {
		t.Errorf("a store that is closed: %v", err)
	}
}

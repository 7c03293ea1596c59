package main

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/internal/built"
)

const overruleConfig = `
server: {listen: %q}
store: wireroom.db
defaults: {schedule: '@every 1h', allow_private: true}
sources:
  wire: {url: "http://%[2]s/wire.xml", family: wire}
  paper: {url: "http://%[2]s/paper.xml", family: paper}
topics:
  all: {title: Everything}
  paper: {title: The paper, from: [paper], stories: copies}
`

// TestOverrule splits and joins stories under the running program, and makes
// everything again from the log.
func TestOverrule(t *testing.T) {
	t.Parallel()
	outlets := outlets(t)
	dir, addr := t.TempDir(), built.FreeAddress(t)
	write(t, filepath.Join(dir, "feeds.yaml"), fmt.Sprintf(overruleConfig, addr, outlets))
	base := "http://" + addr
	bin := built.Program(t)
	p := start(t, dir, bin)
	shows := func(ferries ...string) func() bool {
		return func() bool {
			var found []string
			for _, it := range fetchTopic(t, base).Items {
				if strings.HasSuffix(it.URL, "/ferry") || strings.HasSuffix(it.URL, "/silver-tern") {
					found = append(found, it.URL[strings.LastIndex(it.URL, "/")+1:])
				}
			}
			slices.Sort(found)
			return slices.Equal(found, ferries)
		}
	}
	await(t, 30*time.Second, "all is published", func() bool {
		_, ok := get(base + "/topics/all.json")
		return ok && len(fetchTopic(t, base).Items) == 3
	})
	before := fetchTopic(t, base)
	wire, paper := news.Key{Source: "wire", ID: "w-1"}.Slug(), news.Key{Source: "paper", ID: "p-1"}.Slug()
	first, second := opener(t, filepath.Join(dir, "wireroom.db"), wire, paper)

	// The second item leaves, and nothing else changes.
	command(t, bin, dir, 0, "story", "split", first, second)
	await(t, 10*time.Second, "two stories", shows("ferry", "silver-tern"))
	checkIDs(t, before, fetchTopic(t, base))
	command(t, bin, dir, 0, "story", "join", first, second)
	await(t, 10*time.Second, "one story again", func() bool { return shows("ferry")() || shows("silver-tern")() })
	checkIDs(t, before, fetchTopic(t, base))

	// Other things are joined by nobody but the user; all of a story comes.
	command(t, bin, dir, 0, "story", "join", first, "https://wire.example/observatory")
	await(t, 10*time.Second, "the observatory is part of it", func() bool { return len(fetchTopic(t, base).Items) == 2 })
	command(t, bin, dir, 0, "story", "split", first, "https://wire.example/observatory")
	await(t, 10*time.Second, "the observatory stands alone", func() bool { return len(fetchTopic(t, base).Items) == 3 })

	// The one that opened the story keeps it for itself.
	command(t, bin, dir, 0, "keeps it to itself: others leave story "+first, "split", first, first)
	await(t, 10*time.Second, "two stories", shows("ferry", "silver-tern"))
	split := fetchTopic(t, base)
	checkIDs(t, before, split)

	if _, err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	rewind(t, filepath.Join(dir, "wireroom.db"))
	start(t, dir, bin)
	await(t, 30*time.Second, "all is filed again", func() bool { return filed(t, filepath.Join(dir, "wireroom.db")) })
	// What is served may be what was published before, for a moment.
	time.Sleep(time.Second)
	await(t, 10*time.Second, "the stories are those of before", func() bool {
		_, ok := get(base + "/topics/all.json")
		return ok && len(fetchTopic(t, base).Items) == len(split.Items) && shows("ferry", "silver-tern")()
	})
	checkIDs(t, split, fetchTopic(t, base))
}

// rewind has everything made again from the log.
func rewind(t *testing.T, path string) {
	t.Helper()
	db, err := store.Open(t.Context(), path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Rewind(t.Context()), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// filed reports whether the filer is at the end of the log.
func filed(t *testing.T, path string) bool {
	t.Helper()
	db, err := store.OpenReader(t.Context(), path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	unfiled, err := db.Unfiled(t.Context(), 1)
	return err == nil && len(unfiled) == 0
}

// opener returns which of two items of one story came first.
func opener(t *testing.T, path string, a, b string) (first, second string) {
	t.Helper()
	db, err := store.OpenReader(t.Context(), path, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	found, err := db.Find(t.Context(), a)
	if err != nil || len(found) == 0 {
		t.Fatal("the item is not stored", err)
	}
	if found[0].Decision.Story == a {
		return a, b
	}
	return b, a
}

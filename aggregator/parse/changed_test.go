package parse_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/normalize"
	"github.com/wireroom/wireroom/aggregator/parse"
	"github.com/wireroom/wireroom/internal/beside"
	"github.com/wireroom/wireroom/internal/race"
)

// checkChanged polls before and then after, once on the plain path and once
// with what is known passed over, and fails unless both bring the same: each
// item of the short path is that of the plain one, and what it left out is an
// item that the first poll brought, as it was.
func checkChanged(t *testing.T, before, after []byte) (left, all int) {
	t.Helper()
	src := news.Source{Name: "twice"}
	first, err := parse.Parse(src, news.Answer{URL: docURL, Body: before})
	if err != nil {
		return 0, 0
	}
	known := map[string]bool{}
	for _, it := range normalize.Items(src, first, pollTime) {
		known[it.Raw] = true
	}
	plainFeed, err := parse.Parse(src, news.Answer{URL: docURL, Body: after})
	shortFeed, shortErr := parse.Changed(src, news.Answer{URL: docURL, Body: after}, func(raw string) bool { return known[raw] })
	if (err == nil) != (shortErr == nil) {
		t.Fatalf("plain: %v, short: %v", err, shortErr)
	}
	if err != nil {
		return 0, 0
	}
	had := map[string][]news.Item{} // by hash, which two entries may have in common
	for _, it := range normalize.Items(src, first, pollTime) {
		had[it.Hash] = append(had[it.Hash], it)
	}
	plain, short := normalize.Items(src, plainFeed, pollTime), normalize.Items(src, shortFeed, pollTime)
	rest := map[string]news.Item{}
	for _, it := range plain {
		rest[it.ID] = it
	}
	for _, it := range short {
		if diff := gocmp.Diff(rest[it.ID], it); diff != "" {
			t.Errorf("item %q differs (-plain +short):\n%s", it.ID, diff)
		}
		delete(rest, it.ID)
	}
	for id, it := range rest {
		// Its name may be another when the document shares it now, and its link
		// when the document has other parts of the same page now.
		bare := func(it news.Item) news.Item {
			it.ID, it.Aliases, it.Canonical = "", nil, ""
			return it
		}
		if !slices.ContainsFunc(had[it.Hash], func(old news.Item) bool { return gocmp.Equal(bare(old), bare(it)) }) {
			t.Errorf("item %q was passed over, but is none of\n%+v", id, had[it.Hash])
		}
	}
	return len(rest), len(plain)
}

func TestChangedOnPollSequences(t *testing.T) {
	dir := beside.Path(t, "corpora", "poll-sequences")
	files := map[string][]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".xml") {
			files[filepath.Dir(path)] = append(files[filepath.Dir(path)], path)
		}
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatal("no sequences", err)
	}
	left, all := 0, 0
	for _, paths := range files {
		slices.SortFunc(paths, func(a, b string) int { return cmp.Compare(index(a), index(b)) })
		if testing.Short() || race.Enabled {
			paths = paths[:min(len(paths), 8)]
		}
		for i := 1; i < len(paths); i++ {
			before, err := os.ReadFile(paths[i-1])
			if err != nil {
				t.Fatal(err)
			}
			after, err := os.ReadFile(paths[i])
			if err != nil {
				t.Fatal(err)
			}
			n, m := checkChanged(t, before, after)
			left, all = left+n, all+m
		}
	}
	t.Logf("%d of %d items were passed over", left, all)
	if left*4 < all*3 {
		t.Errorf("%d of %d items were passed over only", left, all)
	}
}

// index is the number at the head of a state's name.
func index(path string) (n int) {
	_, _ = fmt.Sscanf(filepath.Base(path), "%d_", &n)
	return n
}

func FuzzChanged(f *testing.F) {
	items := []string{
		"<item><guid>1</guid><title>One</title><link>https://e.test/1</link><description>&lt;p>one</description></item>",
		"<item><guid>2</guid><title>Two</title><link>https://e.test/2</link><author>Ann</author></item>",
		"<item><guid>1</guid><title>Other</title><link>https://e.test/3</link></item>",
		"<item><title>One</title><link>https://e.test/1#a</link></item>",
	}
	for _, a := range items {
		for _, b := range items {
			f.Add([]byte(rssDoc(items[1]+a)), []byte(rssDoc(a+b+items[1])))
		}
	}
	f.Add([]byte(`{"version":"https://jsonfeed.org/version/1","items":[{"id":"1","url":"/1","title":"x"}]}`), []byte(`{"version":"https://jsonfeed.org/version/1","items":[{"id":"2","url":"/2","title":"y"},{"id":"1","url":"/1","title":"x"}]}`))
	f.Fuzz(func(t *testing.T, before, after []byte) { checkChanged(t, before, after) })
}

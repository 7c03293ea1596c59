package parse_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/normalize"
	"github.com/wireroom/wireroom/aggregator/parse"
	"github.com/wireroom/wireroom/internal/beside"
)

// seed adds the small documents of the corpora, where they are present.
func seed(f *testing.F, add func(body []byte), folders ...string) {
	for _, folder := range folders {
		dir := filepath.Join(beside.Root(f), "..", "shared", "corpora", filepath.FromSlash(folder))
		_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil
			}
			if body, err := os.ReadFile(path); err == nil && len(body) < 8<<10 {
				add(body)
			}
			return nil
		})
	}
}

// checkParse parses a document and fails unless what comes out is in order.
func checkParse(t *testing.T, body []byte, contentType string) {
	t.Helper()
	answer := news.Answer{URL: "https://e.test/dir/feed", Body: body, ContentType: contentType}
	feed, err := parse.Parse(news.Source{MaxBytes: 1 << 20, MaxItems: 100}, answer)
	if err != nil {
		if !errors.Is(err, parse.ErrNotFeed) && !errors.Is(err, parse.ErrTooLarge) {
			t.Errorf("an error that nobody can tell: %v", err)
		}
		if strings.Contains(err.Error(), "skeleton") {
			t.Errorf("gofeed refuses what it is given: %v", err)
		}
		return
	}
	if len(feed.Entries) > 100 || feed.Format == "" {
		t.Errorf("%d entries of a %q", len(feed.Entries), feed.Format)
	}
	for i := range feed.Entries {
		if e := &feed.Entries[i]; !utf8.ValidString(e.Title.Value) || !utf8.ValidString(e.Content.Value) || e.Raw == "" {
			t.Errorf("entry %d: %+v", i, e)
		}
	}
	first := normalize.Items(news.Source{Name: "fuzz"}, feed, pollTime)
	for i := range first {
		checkItem(t, &first[i])
	}
	// Another poll of the same bytes finds the same content, under the same
	// identities.
	again, err := parse.Parse(news.Source{MaxBytes: 1 << 20, MaxItems: 100}, answer)
	if err != nil {
		t.Fatal(err)
	}
	second := normalize.Items(news.Source{Name: "fuzz"}, again, pollTime.AddDate(1, 0, 0))
	if len(first) != len(second) {
		t.Fatalf("%d items, then %d", len(first), len(second))
	}
	for i := range first {
		if first[i].ID != second[i].ID || first[i].Hash != second[i].Hash {
			t.Errorf("item %d is %q %s, then %q %s", i, first[i].ID, first[i].Hash, second[i].ID, second[i].Hash)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`<rss version="2.0"><channel><item><title>a</title><link>http://e.test/</link></item>`))
	f.Add([]byte(`<feed xmlns="http://www.w3.org/2005/Atom"><entry><content type="xhtml"><x:div xmlns:x="http://www.w3.org/1999/xhtml">a</x:div></content></entry></feed>`))
	seed(f, func(body []byte) { f.Add(body) }, "feedparser/tests", "probes", "security/hostile-feeds", "rome", "newsboat")
	f.Fuzz(func(t *testing.T, body []byte) { checkParse(t, body, "") })
}

func FuzzCharset(f *testing.F) {
	f.Add([]byte("<?xml version='1.0' encoding='koi8-r'?><rss><channel><title>\xc1\xc2</title></channel></rss>"), "text/xml; charset=big5")
	seed(f, func(body []byte) { f.Add(body, "application/xml") }, "feedparser/tests/encoding", "feedparser/tests/illformed")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) { checkParse(t, body, contentType) })
}

func FuzzJSON(f *testing.F) {
	f.Add(`{"version":"https://jsonfeed.org/version/1.1","items":[{"id":1,"tags":"a,b","authors":{"name":"x"},"attachments":"y","content_text":"<b>"}]}`)
	seed(f, func(body []byte) { f.Add(string(body)) }, "feedparser/tests/json", "feed-rs/feed-rs/fixture", "jsonfeed-schema")
	f.Fuzz(func(t *testing.T, body string) { checkParse(t, []byte("{"+body), "application/feed+json") })
}

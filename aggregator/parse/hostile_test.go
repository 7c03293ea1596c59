package parse_test

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/normalize"
	"github.com/wireroom/wireroom/aggregator/parse"
	"github.com/wireroom/wireroom/internal/beside"
	"github.com/wireroom/wireroom/internal/race"
)

// heap returns the bytes of live and dead objects.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// highWater calls f and returns by how much the heap grew at most meanwhile.
func highWater(f func()) uint64 {
	debug.FreeOSMemory()
	before, most := heap(), uint64(0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			most = max(most, heap())
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	f()
	close(stop)
	<-done
	return max(most, before) - before
}

func TestHostileFeeds(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(beside.Path(t, "corpora", "security", "hostile-feeds"), "*"))
	if err != nil || len(files) == 0 {
		t.Fatal("no hostile feeds", err)
	}
	for _, file := range files {
		if ext := filepath.Ext(file); ext == ".yaml" || ext == ".opml" {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			body, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var items []news.Item
			start := race.Spent(t)
			grown := highWater(func() {
				feed, err := parse.Parse(news.Source{}, news.Answer{URL: "https://e.test/feed", Body: body})
				if err != nil {
					if !errors.Is(err, parse.ErrNotFeed) && !errors.Is(err, parse.ErrTooLarge) {
						t.Errorf("an error that nobody can tell: %v", err)
					}
					return
				}
				items = normalize.Items(news.Source{Name: "hostile"}, feed, pollTime)
			})
			if took := race.Spent(t) - start; took > 2*time.Second && !race.Enabled {
				t.Errorf("took %v", took)
			}
			if limit := uint64(64 << 20); grown > limit && !race.Enabled {
				t.Errorf("took %d MB", grown>>20)
			}
			if len(items) > 5000 {
				t.Errorf("%d items", len(items))
			}
			for i := range items {
				checkItem(t, &items[i])
			}
			runtime.KeepAlive(body)
		})
	}
}

// TestNeverClosed gives half a megabyte of what is opened and never closed: it must not be
// read to the end of the document for each of them.
func TestNeverClosed(t *testing.T) {
	for name, mark := range map[string]string{
		"comments": "<!-- >", "instructions": "<? >", "declarations": "<!a[>", "sections": "<![CDATA[>",
		"sections of entries": "<![CDATA[</item>",
	} {
		opened := strings.Repeat(mark, 1<<19/len(mark))
		for where, body := range map[string]string{
			"between items": rssDoc("<item><guid>1</guid></item>" + opened),
			"in a text":     rssDoc("<item><guid>1</guid><description>" + opened + "</description></item>"),
			"before an end": rssDoc("<item><guid>1</guid></item>" + opened + "]]>"),
		} {
			start := race.Spent(t)
			feed := mustParse(t, body, "")
			if took := race.Spent(t) - start; took > 2*time.Second && !race.Enabled {
				t.Errorf("%s %s: took %v", name, where, took)
			}
			if len(feed.Entries) != 1 {
				t.Errorf("%s %s: %d entries", name, where, len(feed.Entries))
			}
		}
	}
}

// checkItem fails where an item is not what news.Item promises.
func checkItem(t *testing.T, it *news.Item) {
	t.Helper()
	links := []string{it.URL, it.Canonical, it.Comments}
	for _, enc := range it.Enclosures {
		links = append(links, enc.URL)
	}
	for _, p := range it.Authors {
		links = append(links, p.URL)
	}
	if it.Image != nil {
		links = append(links, it.Image.URL)
	}
	if it.Origin != nil {
		links = append(links, it.Origin.URL, it.Origin.Link)
	}
	for _, l := range links {
		if u, err := url.Parse(l); l != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") || len(l) > 8<<10 {
			t.Errorf("link %q", l)
		}
	}
	for name, s := range map[string]string{"id": it.ID, "guid": it.GUID, "title": it.Title, "html": it.HTML, "summary": it.Summary, "text": it.Text, "excerpt": it.Excerpt, "rights": it.Rights, "categories": strings.Join(it.Categories, "")} {
		if !utf8.ValidString(s) {
			t.Errorf("%s is no UTF-8: %q", name, s)
		}
		if i := strings.IndexFunc(s, func(r rune) bool {
			return r < ' ' && r != '\n' && r != '\t' || r == 0xfffe || r == 0xffff
		}); i >= 0 {
			t.Errorf("%s has a character that XML does not allow: %q", name, s[max(0, i-10):min(len(s), i+10)])
		}
	}
	if it.ID == "" || it.Hash == "" || it.Source == "" {
		t.Errorf("no identity: %q, hash %q", it.ID, it.Hash)
	}
	if strings.ContainsAny(it.ID+it.Title, "\r\n") || len(it.ID) > 1024 || len(it.Title) > 1024 {
		t.Errorf("id %q, title %q", it.ID, it.Title)
	}
	if len(it.Categories) > 64 || len(it.Authors) > 64 || len(it.Enclosures) > 64 || utf8.RuneCountInString(it.Excerpt) > 300 {
		t.Errorf("more than is kept: %d categories, %d authors, %d enclosures", len(it.Categories), len(it.Authors), len(it.Enclosures))
	}
	if it.Published.After(it.FirstSeen) || it.Updated.After(it.Fetched) || it.Published.IsZero() {
		t.Errorf("published %v, updated %v, first seen %v", it.Published, it.Updated, it.FirstSeen)
	}
}

package aggregator_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// TestOneIsLeft gives a feed whose entries have one link, or one title and nothing else
// to go by, and of which it has now two and now one: each is one item, and none is taken
// for a correction of another.
func TestOneIsLeft(t *testing.T) {
	dir := t.TempDir()
	said := []string{
		"Gusts of up to ninety on the northern coast, from Tern to Skarvik, until the evening.",
		"Heavy snow above four hundred metres in the Velden hills; passes may be closed.",
		"Black ice on all roads round the lake and in the eastern valleys before sunrise.",
	}
	for name, heads := range map[string][]string{
		"one title":         {"<title>Warning</title>", "<title>Warning</title>", "<title>Warning</title>"},
		"one link":          {"<title>Gusts</title><link>http://harbour.test/now</link>", "<title>Snow</title><link>http://harbour.test/now</link>", "<title>Ice</title><link>http://harbour.test/now</link>"},
		"one link, dated":   {"<title>Gusts</title><link>http://harbour.test/now</link><pubDate>1 Dec 1999</pubDate>", "<title>Snow</title><link>http://harbour.test/now</link><pubDate>2 Dec 1999</pubDate>", "<title>Ice</title><link>http://harbour.test/now</link><pubDate>3 Dec 1999</pubDate>"},
		"one title and day": {"<title>Warning</title><pubDate>1 Dec 1999</pubDate>", "<title>Warning</title><pubDate>1 Dec 1999</pubDate>", "<title>Warning</title><pubDate>1 Dec 1999</pubDate>"},
	} {
		for _, shown := range []string{"ab b bc c bc", "a ab b bc c", "ab a ab b"} {
			t.Run(name+": "+shown, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					polls := strings.Fields(shown)
					b := &bureau{path: filepath.Join(dir, strings.NewReplacer(" ", "-", ":", "").Replace(name+shown)), web: &visitorsBook{answer: func(n int, w http.ResponseWriter, _ *http.Request) {
						fmt.Fprint(w, "<rss version='2.0'><channel><title>Warnings</title><link>http://harbour.test/</link>")
						for _, c := range polls[min(n, len(polls)-1)] {
							fmt.Fprintf(w, "<item>%s<description>%s</description></item>", heads[c-'a'], said[c-'a'])
						}
						fmt.Fprint(w, "</channel></rss>")
					}}}
					b.add("harbour", "http://harbour.test/feed", "@every 1h")
					var all news.Appended
					b.polled = func(_ news.State, n news.Appended) { all.New, all.Changed = all.New+n.New, all.Changed+n.Changed }
					b.live(t, "harbour", time.Duration(len(polls))*time.Hour)
					if want := 2 + min(1, strings.Count(shown, "c")); all.New != want || all.Changed != 0 {
						t.Errorf("%d new and %d changed, want %d new", all.New, all.Changed, want)
					}
				})
			})
		}
	}
}

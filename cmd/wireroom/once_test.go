package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"iter"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/beside"
	"github.com/wireroom/wireroom/internal/built"
)

// A dayArticle is one of the recorded day, as far as its feed carries it.
type dayArticle struct {
	ID, Site, Title, Text string
	Time                  time.Time
}

// A labelledPair is two articles that were compared by reading; D: one text.
type labelledPair struct{ A, B, Label string }

// TestEachOnce gives the built program every article of the recorded day that
// was labelled, by the feeds of the outlets that carried them.
func TestEachOnce(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("reads a day of news")
	}
	bin := built.Program(t)
	var pairs []labelledPair
	wanted := map[string]bool{}
	for pair := range jsonLines[labelledPair](t, beside.Path(t, "corpora", "stories", "telegram-en-pairs.jsonl")) {
		pairs = append(pairs, pair)
		wanted[pair.A], wanted[pair.B] = true, true
	}
	sites := map[string][]dayArticle{}
	for a := range jsonLines[dayArticle](t, beside.Path(t, "corpora", "stories", "telegram-en.jsonl.gz")) {
		if wanted[a.ID] {
			sites[a.Site] = append(sites[a.Site], a)
		}
	}
	names := slices.Sorted(maps.Keys(sites))
	mux := http.NewServeMux()
	l := listen(t)
	var sources strings.Builder
	for i, name := range names {
		mux.HandleFunc(fmt.Sprintf("/%d.xml", i), func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, outletFeed(name, sites[name])) })
		fmt.Fprintf(&sources, "  s%d: {url: \"http://%s/%d.xml\", family: s%d}\n", i, l.Addr(), i, i)
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	dir := t.TempDir()
	write(t, filepath.Join(dir, "feeds.yaml"), "store: wireroom.db\nretention: forever\ndefaults: {allow_private: true}\ntopics:\n  once: {title: Each story once, limit: 10000}\nsources:\n"+sources.String())
	run := exec.Command(bin, "once", "--out", "out")
	run.Dir = dir
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("once: %v\n%s", err, out)
	}
	body, err := os.ReadFile(filepath.Join(dir, "out", "topics", "once.json"))
	if err != nil {
		t.Fatal(err)
	}
	checkOnce(t, body, pairs)
}

// outletFeed is an outlet's feed, in full text.
func outletFeed(site string, list []dayArticle) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>%s</title><link>https://%[1]s/</link>`, html.EscapeString(site))
	for _, a := range list {
		fmt.Fprintf(&b, "<item><title>%s</title><link>https://outlet.example/page/%s</link><guid isPermaLink=\"false\">%[2]s</guid><pubDate>%s</pubDate><content:encoded>%s</content:encoded></item>\n",
			html.EscapeString(a.Title), a.ID, a.Time.UTC().Format(time.RFC1123Z), html.EscapeString("<p>"+strings.ReplaceAll(html.EscapeString(a.Text), "\n", "</p><p>")+"</p>"))
	}
	b.WriteString("</channel></rss>")
	return b.String()
}

// jsonLines yields the lines of a file, which may be compressed.
func jsonLines[T any](t *testing.T, name string) iter.Seq[T] {
	t.Helper()
	return func(yield func(T) bool) {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		var in io.Reader = file
		if strings.HasSuffix(name, ".gz") {
			if in, err = gzip.NewReader(file); err != nil {
				t.Fatal(err)
			}
		}
		lines := bufio.NewScanner(in)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			var v T
			if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
				t.Fatal(err)
			}
			if !yield(v) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// An onceFeed is a topic's JSON Feed, as far as it says who carried a story.
type onceFeed struct {
	Items []struct {
		URL       string
		Title     string
		Extension struct {
			Source struct{ Title string }
			Also   []struct {
				Source struct{ Title string }
				URL    string
				Copy   bool
			}
			More int
		} `json:"_wireroom"`
	}
}

// checkOnce holds a topic that shows each story once against pairs of articles
// that were labelled by reading: no two entries may be copies of each other,
// and an entry names the outlets that carried it.
func checkOnce(t *testing.T, body []byte, pairs []labelledPair) {
	t.Helper()
	var feed onceFeed
	if err := json.Unmarshal(body, &feed); err != nil {
		t.Fatal(err)
	}
	at := map[string]int{} // article → number of the entry that is it or lists it
	copies := 0
	for i, it := range feed.Items {
		at[path.Base(it.URL)] = i
		for _, also := range it.Extension.Also {
			at[path.Base(also.URL)] = i
			if also.Copy {
				copies++
			}
			if also.Source.Title == "" {
				t.Errorf("%q does not name the outlet of %s", it.Title, also.URL)
			}
		}
	}
	var twice, once int
	for _, pair := range pairs {
		a, hasA := at[pair.A]
		b, hasB := at[pair.B]
		switch {
		case pair.Label != "D":
		case !hasA || !hasB: // among those that the entry does not list
		case a == b:
			once++
		default:
			twice++
			t.Logf("twice: %q and %q", feed.Items[a].Title, feed.Items[b].Title)
		}
	}
	t.Logf("%d entries list %d copies; of the labelled copies %d are shown once, and %d twice", len(feed.Items), copies, once, twice)
	if once < 25 || copies < 30 {
		t.Error("these are too few to tell anything")
	}
	if twice > 0 {
		t.Error("two entries are copies of each other")
	}
}

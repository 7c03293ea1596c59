package main

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/beside"
	"github.com/wireroom/wireroom/internal/built"
)

const seedConfig = `
server: {listen: %q}
store: wireroom.db
defaults: {schedule: "@every 2s", min_interval: 1s, allow_private: true, content: full}
sources:
  taghrib: {url: "http://%s/feed.xml", full_text: true, tags: [wire]}
topics:
  ukraine-diplomacy:
    title: Ukraine diplomacy
    from: [tag:wire]
    match: {all: [Ukraine], any: [Lavrov, Blinken, "Minsk agreements", talks], none: [football]}
`

// TestSeed serves the page of a story beside a feed that only links to it, and
// looks for the item that the program makes of the two.
func TestSeed(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(beside.Path(t, "seed"), "story.html"))
	if err != nil {
		t.Fatal(err)
	}
	headline := html.UnescapeString(string(regexp.MustCompile(`<h1>(.*?)</h1>`).FindSubmatch(page)[1]))
	paragraphs := regexp.MustCompile(`(?s)<p>(.*?)</p>`).FindAllSubmatch(page, -1)
	l := listen(t)
	mux := http.NewServeMux()
	mux.HandleFunc("/story.html", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(page)
	})
	mux.HandleFunc("/feed.xml", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `<rss version="2.0"><channel><title>Taghrib News</title><item>
			<title>%s</title><link>http://%s/story.html</link><guid isPermaLink="false">538334</guid>
			<pubDate>Sat, 12 Feb 2022 18:40:00 +0330</pubDate></item></channel></rss>`, html.EscapeString(headline), l.Addr())
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })

	dir, addr := t.TempDir(), built.FreeAddress(t)
	write(t, filepath.Join(dir, "feeds.yaml"), fmt.Sprintf(seedConfig, addr, l.Addr()))
	start(t, dir, built.Program(t))
	var topic struct {
		Items []struct {
			Title     string
			URL       string
			HTML      string    `json:"content_html"`
			Published time.Time `json:"date_published"`
		}
	}
	await(t, 30*time.Second, "the story is in the topic", func() bool {
		body, ok := get("http://" + addr + "/topics/ukraine-diplomacy.json")
		return ok && json.Unmarshal(body, &topic) == nil && len(topic.Items) == 1
	})
	it := topic.Items[0]
	if it.Title != headline {
		t.Errorf("the headline is %q", it.Title)
	}
	if want := "https://taghribnews.com/en/news/538334/lavrov-tells-blinken-propaganda-about-russian-aggression-against-ukraine-has-provocative-purposes"; it.URL != want {
		t.Errorf("the link is %s", it.URL)
	}
	if want := time.Date(2022, 2, 12, 15, 10, 0, 0, time.UTC); !it.Published.Equal(want) {
		t.Errorf("published %s, not %s", it.Published, want)
	}
	text := html.UnescapeString(it.HTML)
	for _, p := range paragraphs {
		if want := html.UnescapeString(string(p[1])); !strings.Contains(text, want) {
			t.Errorf("the body lacks %q", want)
		}
	}
	for _, foreign := range []string{"Your Name", "Security Code", "Publish date", "Story Code", "Most read", "Another headline", "All rights reserved", "script", "onload"} {
		if strings.Contains(text, foreign) {
			t.Errorf("the body has %q", foreign)
		}
	}
}

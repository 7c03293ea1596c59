package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/built"
)

// An office is an origin with a feed of many notices and one of few.
func office(w http.ResponseWriter, r *http.Request) {
	n, title := 350, "Notice %d of the harbour office"
	if r.URL.Path == "/ledger" {
		n, title = 3, "Page %d of the hidden ledger"
	}
	start := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	var b strings.Builder
	b.WriteString("<rss version='2.0'><channel><title>Harbour office</title>")
	for i := n; i > 0; i-- {
		fmt.Fprintf(&b, "<item><guid isPermaLink='false'>%s-%d</guid><title>"+title+"</title><link>http://example.com%s/%d</link>"+
			"<description>Berth %d, ligne côtière, 渡轮</description><pubDate>%s</pubDate></item>",
			r.URL.Path, i, i, r.URL.Path, i, i, start.Add(time.Duration(i)*time.Minute).Format(time.RFC1123Z))
	}
	b.WriteString("</channel></rss>")
	fmt.Fprint(w, b.String())
}

// A feedPage is what a reader of archives looks at, in any format.
type feedPage struct {
	ids   []string
	older string
}

func readPage(t *testing.T, url string) (p feedPage) {
	t.Helper()
	body, ok := get(url)
	if !ok {
		t.Fatalf("%s is not there", url)
	}
	if body[0] == '{' {
		var f struct {
			NextURL string `json:"next_url"`
			Items   []struct{ ID string }
		}
		if err := json.Unmarshal(body, &f); err != nil {
			t.Fatal(err)
		}
		p.older = f.NextURL
		for _, it := range f.Items {
			p.ids = append(p.ids, it.ID)
		}
		return p
	}
	type link struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	}
	type links []link
	var f struct {
		Links    links    `xml:"http://www.w3.org/2005/Atom link"`
		RSSLinks links    `xml:"channel>link"`
		IDs      []string `xml:"entry>id"`
		GUIDs    []string `xml:"channel>item>guid"`
	}
	if err := xml.Unmarshal(body, &f); err != nil {
		t.Fatal(err)
	}
	for _, l := range append(f.Links, f.RSSLinks...) {
		if l.Rel == "prev-archive" {
			p.older = l.Href
		}
	}
	p.ids = append(f.IDs, f.GUIDs...)
	return p
}

// walk reads a feed and its archive to the end, and returns the distinct ids.
func walk(t *testing.T, url string) (ids map[string]int, pages []string) {
	t.Helper()
	ids = map[string]int{}
	for url != "" && len(pages) < 10 {
		p := readPage(t, url)
		here := map[string]bool{}
		for _, id := range p.ids {
			if here[id] {
				t.Errorf("%s has %s twice", url, id)
			}
			here[id] = true
			ids[id]++
		}
		pages = append(pages, url)
		url = p.older
	}
	return ids, pages
}

// TestReading reads all that the built program lets readers find beyond the
// newest of a topic: the archive, the search and the lists of sources.
func TestReading(t *testing.T) {
	t.Parallel()
	l := listen(t)
	origin := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(office)}
	go origin.Serve(l)
	t.Cleanup(func() { origin.Close() })
	dir, addr := t.TempDir(), built.FreeAddress(t)
	write(t, dir+"/feeds.yaml", fmt.Sprintf("server: {listen: %q}\nstore: wireroom.db\ndefaults: {schedule: '@every 1h', allow_private: true}\n"+
		"sources:\n  harbour: http://%s/harbour\n  ledger: http://%[2]s/ledger\n"+
		"topics:\n  all: {from: [harbour], stories: off, limit: 100}\n  secret: {stories: off, token: quite-a-long-secret-of-ours}\n", addr, l.Addr()))
	bin, base := built.Program(t), "http://"+addr
	p := start(t, dir, bin, "serve")
	// A feed names a new page of its archive when all is published anew.
	await(t, 100*time.Second, "the whole past archived", func() bool {
		body, ok := get(base + "/topics/all.atom")
		return ok && bytes.Contains(body, []byte("/topics/all/archive/3.atom"))
	})
	pages := map[string][]byte{}
	for _, ext := range []string{".atom", ".rss", ".json"} {
		ids, urls := walk(t, base+"/topics/all"+ext)
		if len(ids) != 350 || len(urls) != 4 {
			t.Errorf("%s: %d stories in %q, want 350 in 4 documents", ext, len(ids), urls)
		}
		for _, url := range urls {
			pages[url], _ = get(url)
		}
	}
	resp, err := http.Get(base + "/topics/all/archive/2.atom")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got := resp.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
		t.Errorf("Cache-Control of an archive: %q", got)
	}
	searches(t, base)
	absent(t, base, "/topics/all/archive/5.atom", "/topics/all/archive/0.rss", "/topics/all/archive/01.atom", "/topics/secret/archive/1.atom",
		"/topics/none/archive/1.atom", "/topics/secret.opml", "/topics/all/archive/1.html")
	if list, ok := get(base + "/topics/all.opml"); !ok || !bytes.Contains(list, []byte("/harbour")) || bytes.Contains(list, []byte("ledger")) {
		t.Errorf("the sources of a topic: %s", list)
	}

	p.Kill()
	start(t, dir, bin, "serve")
	await(t, 20*time.Second, "serving again", func() bool { _, ok := get(base + "/topics/all.atom"); return ok })
	for url, want := range pages {
		if got, _ := get(url); !bytes.Equal(got, want) {
			t.Errorf("%s has other bytes after a restart", url)
		}
	}

	// As files there is the archive too, and no search.
	if out, err := exec.Command(bin, "once", "--config", dir+"/feeds.yaml", "--store", dir+"/other.db", "--out", dir+"/public").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, want := range map[string]string{
		"topics/all.atom": "/topics/all/archive/3.atom", "topics/all/archive/3.json": "/topics/all/archive/2.json", "topics/all/archive/1.rss": "Notice 1 ",
	} {
		if file, err := os.ReadFile(dir + "/public/" + name); err != nil || !bytes.Contains(file, []byte(want)) {
			t.Errorf("the file %s lacks %s: %v", name, want, err)
		}
	}
	if front, err := os.ReadFile(dir + "/public/index.html"); err != nil || bytes.Contains(front, []byte("/search")) {
		t.Errorf("files cannot search: %v", err)
	}
}

func absent(t *testing.T, base string, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if body, ok := get(base + path); ok {
			t.Errorf("%s is there: %.80s", path, body)
		}
	}
}

// searches asks in words, in every form that an answer has.
func searches(t *testing.T, base string) {
	t.Helper()
	for query, want := range map[string]int{
		"notice+42": 1, "berth+7+-notice": 0, "cotiere": 60, "%E6%B8%A1%E8%BD%AE+349": 1, "hidden": 0, "ledger": 0, "": 0,
		"%22%29+OR+*": 0, "NEAR%28notice%29+AND+12": 0,
	} {
		for _, ext := range []string{".json", ".atom", ".rss"} {
			url := base + "/search" + ext + "?q=" + query
			if got := len(readPage(t, url).ids); got != want {
				t.Errorf("%s: %d stories, want %d", url, got, want)
			}
		}
	}
	page, ok := get(base + "/search?q=notice+42")
	if !ok || !bytes.Contains(page, []byte("Notice 42 of the harbour office")) || bytes.Contains(page, []byte("Notice 43 ")) {
		t.Errorf("the page of a search: %s", page)
	}
	for _, want := range []string{`action="/search"`, `value="notice 42"`, "/search.atom?q=notice&#43;42"} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page of a search has no %s", want)
		}
	}
	if front, _ := get(base + "/"); !bytes.Contains(front, []byte(`action="/search"`)) {
		t.Error("the front page has no search")
	}
}

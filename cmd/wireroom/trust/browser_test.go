//go:build linux

package trust_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/wireroom/wireroom/internal/beside"
	"github.com/wireroom/wireroom/internal/browser"
	"github.com/wireroom/wireroom/internal/built"
)

// inputs returns every text of the suites of sanitisers, and every hostile feed
// that is about where a text ends up, by its name.
func inputs(t *testing.T) (texts []string, feeds map[string][]byte) {
	t.Helper()
	known := map[string]bool{}
	add := func(text string) {
		if !known[text] && strings.TrimSpace(text) != "" {
			known[text] = true
			texts = append(texts, text)
		}
	}
	feeds = map[string][]byte{}
	err := filepath.WalkDir(beside.Path(t, "corpora", "security"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		switch name := filepath.Base(path); {
		case err != nil:
		case strings.HasPrefix(name, "sink-"):
			feeds[name] = body
		case name == "blns.json":
			var all []string
			err = json.Unmarshal(body, &all)
			for _, text := range all {
				add(text)
			}
		case filepath.Ext(path) == ".jsonl" && filepath.Dir(path) != filepath.Dir(filepath.Dir(path)):
			for line := range bytes.Lines(body) {
				var c struct{ In string }
				if json.Unmarshal(line, &c) == nil {
					add(c.In)
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts, feeds
}

// document is a feed of texts.
func document(texts []string) []byte {
	var b bytes.Buffer
	b.WriteString("<rss version='2.0' xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel><title>Inputs</title><link>http://inputs.example/</link>\n")
	for _, text := range texts {
		fmt.Fprintf(&b, "<item><title>Input</title><guid isPermaLink='false'>%x</guid><link>http://inputs.example/%x</link><content:encoded>", text, text)
		_ = xml.EscapeText(&b, []byte(text)) // a Buffer takes everything
		b.WriteString("</content:encoded></item>\n")
	}
	b.WriteString("</channel></rss>\n")
	return b.Bytes()
}

// aFeed is how many texts are in one feed.
const aFeed = 100

// publishedInputs runs the program once over feeds of all inputs and returns the
// folder of what it published.
func publishedInputs(t *testing.T) (out string, texts []string, feeds map[string][]byte) {
	t.Helper()
	texts, feeds = inputs(t)
	served := map[string][]byte{}
	for part := range slices.Chunk(texts, aFeed) {
		served[fmt.Sprintf("/inputs-%d", len(served))] = document(part)
	}
	for name, body := range feeds {
		served["/"+strings.TrimSuffix(name, ".xml")] = body
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/rss+xml")
		_, _ = w.Write(served[r.URL.Path])
	}))
	defer web.Close()
	dir := t.TempDir()
	var b strings.Builder
	b.WriteString("store: wireroom.db\nserver: {base_url: \"http://feeds.wireroom.test\", images: direct}\ndefaults: {allow_private: true, max_bytes: 20MB}\n")
	b.WriteString("topics:\n  all: {title: All, stories: off, limit: 100000, content: full}\nsources:\n")
	for path := range served {
		fmt.Fprintf(&b, "  %s: %q\n", path[1:], web.URL+path)
	}
	if err := os.WriteFile(filepath.Join(dir, "feeds.yaml"), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(built.Program(t), "once", "--out", "public")
	cmd.Dir = dir
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("once: %v\n%s", err, built.Tail(string(said), 30))
	}
	return filepath.Join(dir, "public"), texts, feeds
}

// preview is a page that shows contents as careless readers do: as a part of
// their own page, and as a page of its own.
const preview = `<!DOCTYPE html><meta charset="utf-8"><title>preview</title><body><script>
const show = async () => {
	for (const content of await (await fetch("contents")).json()) {
		const part = document.body.appendChild(document.createElement("div"));
		part.innerHTML = content;
		document.body.appendChild(document.createElement("iframe")).srcdoc = content;
	}
	await new Promise(done => setTimeout(done, 1000));
	document.title = "shown";
};
show();
</script>`

// dialogs makes every dialog a request.
const dialogs = `for (const name of ["alert", "confirm", "prompt", "print"])
	window[name] = () => { fetch("http://dialog.test/" + name) }`

// A sight is what a browser did on its own while it showed pages.
type sight struct {
	sync.Mutex
	list   []string
	images int
}

func (s *sight) note(what string) {
	s.Lock()
	defer s.Unlock()
	s.list = append(s.list, what)
}

// watched starts Chromium, to which every host is the one at address, and notes
// dialogs, and requests but for those of pictures and those that the test makes.
func watched(t *testing.T, address string) (context.Context, *sight) {
	t.Helper()
	ctx := browser.Start(t, chromedp.Flag("host-resolver-rules", "MAP * "+address))
	s := &sight{}
	err := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *page.EventJavascriptDialogOpening:
			s.note("dialog " + e.Message)
			go func() {
				_, _ = chromedp.Call(ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
			}()
		case *network.EventRequestWillBeSent:
			url := e.Request.URL
			switch {
			case string(e.Type) == "Image":
				s.Lock()
				s.images++
				s.Unlock()
			case !strings.HasPrefix(url, "http://preview.test/") && !strings.HasPrefix(url, "about:") && !strings.HasPrefix(url, "data:image/"):
				s.note(string(e.Type) + " " + url)
			}
		}
	})
	if err == nil {
		_, err = chromedp.Call(ctx, network.Enable, network.EnableParams{})
	}
	if err == nil {
		_, err = chromedp.Call(ctx, page.Enable, page.EnableParams{})
	}
	if err == nil { // a dialog would keep the page from going on
		_, err = chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: dialogs})
	}
	if err != nil {
		t.Fatal(err)
	}
	return ctx, s
}

// shown lets a browser show contents, so many together, and pages as they are, all without the
// protection of a content policy.
func shown(t *testing.T, contents []string, together int, pages map[string][]byte) *sight {
	t.Helper()
	parts := map[string][]byte{}
	for part := range slices.Chunk(contents, together) {
		list, err := json.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		parts[fmt.Sprintf("/part-%d/", len(parts))] = list
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if body, ok := pages[r.URL.Path]; ok {
			_, _ = w.Write(body)
		} else if list, ok := parts[strings.TrimSuffix(r.URL.Path, "contents")]; ok && strings.HasSuffix(r.URL.Path, "contents") {
			_, _ = w.Write(list)
		} else if ok {
			_, _ = w.Write([]byte(preview))
		} else {
			http.NotFound(w, r)
		}
	}))
	defer web.Close()
	ctx, s := watched(t, strings.TrimPrefix(web.URL, "http://"))
	for path := range parts {
		look(t, ctx, "http://preview.test"+path, "shown")
	}
	for path := range pages {
		look(t, ctx, "http://preview.test"+path, "")
	}
	await(patience, func() bool { return len(s.of(marks)) == len(marks) || !slices.Contains(contents, marked) })
	return s
}

// marked is what must not be missed: it asks for each of the marks.
const marked = `<img src="http://picture.test/none" onerror="alert(1)"><script src="http://script.test/"></script><link rel="stylesheet" href="http://sheet.test/"><iframe src="http://frame.test/"></iframe>`

var marks = []string{"http://dialog.test/alert", "http://script.test/", "http://sheet.test/", "http://frame.test/"}

// of returns which of some addresses a browser asked for.
func (s *sight) of(addresses []string) (asked []string) {
	s.Lock()
	defer s.Unlock()
	for _, address := range addresses {
		if slices.ContainsFunc(s.list, func(what string) bool { return strings.HasSuffix(what, " "+address) }) {
			asked = append(asked, address)
		}
	}
	return asked
}

// look opens a page and waits until it has been shown: until its title is this.
func look(t *testing.T, ctx context.Context, url, title string) {
	t.Helper()
	one, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := chromedp.Do(one, chromedp.Navigate(url)); err != nil {
		t.Logf("%s: %v", url, err)
	}
	await(20*time.Second, func() bool {
		now, err := chromedp.Run(one, chromedp.Evaluate[string]("document.title"))
		return err != nil || title == "" || now == title
	})
}

// TestBrowser publishes all texts that sanitisers are tested with, and lets
// Chromium show what came of them, with scripts and without a content policy: as
// the contents of JSON and RSS feeds, and on the pages (S2).
func TestBrowser(t *testing.T) {
	if *times == 0 {
		t.Skip("takes minutes: make trust-browser")
	}
	var said string
	out, texts, feeds := publishedInputs(t)
	record(t, "S2", "every input of corpora/security, which holds a part of the specification's 4,732, published and shown by Chromium without a content policy: contents by innerHTML and as documents, and the pages", "trust-browser", func() (string, string) {
		return fmt.Sprintf("%d texts, %d feeds", len(texts), len(feeds)), said
	})
	var some []string
	for i := 0; i < len(texts); i += 4 {
		some = append(some, texts[i])
	}
	// The oracle must not be blind. Of the texts as they were most are of older
	// browsers, or need a click.
	if seen := shown(t, []string{marked}, 1, nil).of(marks); len(seen) < len(marks) {
		t.Errorf("of %q the browser is seen to ask for %q only", marks, seen)
	}
	raw := shown(t, some, 4, nil)
	contents, rss := readContents(t, out)
	pages := map[string][]byte{}
	for _, path := range []string{"topics/all.html", "index.html", "sources.html"} {
		if body, err := os.ReadFile(filepath.Join(out, path)); err == nil {
			pages["/"+path] = body
		}
	}
	stories, _ := filepath.Glob(filepath.Join(out, "stories", "*"))
	for _, path := range stories[:min(len(stories), 200)] {
		if body, err := os.ReadFile(path); err == nil {
			pages["/stories/"+filepath.Base(path)] = body
		}
	}
	all := append(contents, rss...)
	slices.Sort(all)
	s := shown(t, slices.Compact(all), 50, pages)
	if len(contents) < len(texts)*3/4 || len(pages) < 3 || len(raw.list) == 0 {
		t.Errorf("%d contents of %d texts, %d pages; of a quarter of the texts themselves the browser does %d things", len(contents), len(texts), len(pages), len(raw.list))
	}
	if len(s.list) > 0 {
		t.Errorf("%d things: %q", len(s.list), s.list[:min(len(s.list), 20)])
	}
	said = fmt.Sprintf("%d dialogs and foreign requests by %d contents of JSON, %d of RSS and %d pages, but for %d pictures; %d by a quarter of the texts as they were",
		len(s.list), len(contents), len(rss), len(pages), s.images, len(raw.list))
}

// readContents returns the contents of the JSON feed and of the RSS feed.
func readContents(t *testing.T, out string) (fromJSON, fromRSS []string) {
	t.Helper()
	var feed struct {
		Items []struct {
			HTML string `json:"content_html"`
		}
	}
	var rss struct {
		Items []struct {
			Description string `xml:"description"`
			Content     string `xml:"http://purl.org/rss/1.0/modules/content/ encoded"`
			Title       string `xml:"title"`
		} `xml:"channel>item"`
	}
	for name, read := range map[string]func([]byte) error{
		"all.json": func(b []byte) error { return json.Unmarshal(b, &feed) },
		"all.rss":  func(b []byte) error { return xml.Unmarshal(b, &rss) },
	} {
		body, err := os.ReadFile(filepath.Join(out, "topics", name))
		if err == nil {
			err = read(body)
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for _, it := range feed.Items {
		fromJSON = append(fromJSON, it.HTML)
	}
	for _, it := range rss.Items {
		fromRSS = append(fromRSS, it.Description, it.Content, html.EscapeString(it.Title))
	}
	return fromJSON, slices.DeleteFunc(fromRSS, func(s string) bool { return s == "" })
}

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/mmcdole/gofeed"
)

// An origin is the recorded feeds, served by the replay tool, behind a proxy
// that keeps what it handed out: what was ever in a polled window.
type origin struct {
	url   string
	paths []string

	mu      sync.Mutex
	entries map[string]map[string]entry // path → guid, or else link → entry
	links   map[string]bool             // all that entries ever had
	polls   int
	killed  time.Time // when the program was
}

// An entry is what the test knows of an entry that was handed out.
type entry struct {
	title, link string
	at          time.Time // when it was handed out last
}

// replay starts the replay tool with the given flags and a proxy before it.
func replay(t *testing.T, flags ...string) *origin {
	t.Helper()
	dir := shared(t, "tools", "replay")
	bin := filepath.Join(t.TempDir(), "replay")
	build := exec.Command("go", "build", "-o", bin, ".")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build replay: %v\n%s", err, out)
	}
	addr := freePort(t)
	start(t, t.TempDir(), bin, append(flags, "-addr", addr)...)
	var list []byte
	await(t, 30*time.Second, "replay listens", func() (ok bool) {
		list, ok = get("http://" + addr + "/")
		return ok
	})
	o := &origin{entries: map[string]map[string]entry{}, links: map[string]bool{}}
	for line := range strings.Lines(string(list)) {
		u, err := url.Parse(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		o.paths = append(o.paths, u.Path)
	}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: addr})
	proxy.ModifyResponse = o.keep
	server := &http.Server{Handler: proxy, ReadHeaderTimeout: 10 * time.Second}
	listener := listen(t)
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	o.url = "http://" + listener.Addr().String()
	return o
}

// keep remembers the entries of a document that is handed out.
func (o *origin) keep(resp *http.Response) error {
	if resp.StatusCode != http.StatusOK {
		return nil
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	feed, err := gofeed.NewParser().Parse(bytes.NewReader(body))
	if err != nil {
		return nil // a page, or a snapshot that is no feed
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.polls++
	path := resp.Request.URL.Path
	if o.entries[path] == nil {
		o.entries[path] = map[string]entry{}
	}
	for _, it := range slices.Backward(feed.Items) { // of two with one guid the first counts
		id := it.GUID
		if id == "" {
			id = it.Link
		}
		o.entries[path][id] = entry{it.Title, it.Link, time.Now()}
		o.links[it.Link] = true
	}
	return nil
}

// count returns how many entries were handed out, and in how many documents.
func (o *origin) count() (entries, polls int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, e := range o.entries {
		entries += len(e)
	}
	return entries, o.polls
}

// sources is a feeds.yaml over every feed of an origin.
func (o *origin) sources() string {
	var b strings.Builder
	for _, p := range o.paths {
		name := strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(p), "-"), "-")
		fmt.Fprintf(&b, "  %s: %q\n", name[:min(len(name), 64)], o.url+p)
	}
	return b.String()
}

const replayConfig = `
server: {listen: %q}
store: wireroom.db
retention: forever
defaults: {schedule: "@every 2s", min_interval: 1s, allow_private: true}
topics:
  all: {title: Everything, limit: 100000, stories: off}
sources:
%s`

// A published topic is its JSON Feed, as far as the test reads it.
type published struct {
	Items []struct {
		ID        string
		URL       string
		Title     string
		Published time.Time `json:"date_published"`
		Extension struct {
			Also []struct{ Title, URL string }
			More int
		} `json:"_wireroom"`
	}
}

func fetchTopic(t *testing.T, base string) (p published) {
	t.Helper()
	body, ok := get(base + "/topics/all.json")
	if !ok {
		t.Fatal("the topic is not served")
	}
	if err := json.Unmarshal(body, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestReplay plays recorded feeds to the built program, kills it half-way,
// and holds what it publishes against what was ever handed out to it.
func TestReplay(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some minutes")
	}
	corpora := shared(t, "corpora")
	for _, test := range []struct {
		name  string
		flags []string
		play  time.Duration // how long the recording plays
		least int           // entries that it holds, at least
	}{
		{"sequences", []string{"-dir", filepath.Join(corpora, "poll-sequences"), "-step", "500ms"}, 105 * time.Second, 400},
		{"snapshots", []string{"-dir", filepath.Join(corpora, "news-snapshots")}, 12 * time.Second, 200},
		{"day", []string{"-articles", filepath.Join(corpora, "stories", "telegram-en.jsonl.gz"), "-speed", "1440"}, 65 * time.Second, 3000},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			o := replay(t, test.flags...)
			play(t, o, test.play)
			entries, polls := o.count()
			t.Logf("%d entries in %d documents of %d sources", entries, polls, len(o.paths))
			if entries < test.least {
				t.Errorf("only %d entries were handed out", entries)
			}
		})
	}
}

// play runs the program beside an origin, through a kill -9, and checks what
// is published.
func play(t *testing.T, o *origin, length time.Duration) {
	dir, addr := t.TempDir(), freePort(t)
	base := "http://" + addr
	write(t, filepath.Join(dir, "feeds.yaml"), fmt.Sprintf(replayConfig, addr, o.sources()))
	bin := wireroom(t)
	begin := time.Now()
	p := start(t, dir, bin)
	await(t, 30*time.Second, "anything is published", func() bool {
		_, ok := get(base + "/topics/all.json")
		return ok && len(fetchTopic(t, base).Items) > 0
	})
	time.Sleep(time.Until(begin.Add(length / 2)))
	early := fetchTopic(t, base)
	p.kill()
	o.mu.Lock()
	o.killed = time.Now()
	o.mu.Unlock()

	p = start(t, dir, bin)
	time.Sleep(time.Until(begin.Add(length)))
	settle(t, o, base)
	last := fetchTopic(t, base)
	checkIDs(t, early, last)
	checkHeld(t, o, last)
	checkFormats(t, base, last)
	if took, err := p.terminate(); err != nil || took > 8*time.Second {
		t.Errorf("SIGTERM: stopped after %s, %v", took, err)
	}
}

// settle waits until nothing new is handed out and what was is published, or
// does not become so for a while.
func settle(t *testing.T, o *origin, base string) {
	t.Helper()
	entries, lost, still := 0, 0, time.Now()
	for time.Since(still) < 30*time.Second {
		time.Sleep(time.Second)
		n, _ := o.count()
		missing, _ := o.missing(fetchTopic(t, base))
		if n != entries || len(missing) != lost {
			entries, lost, still = n, len(missing), time.Now()
		}
		if lost == 0 && time.Since(still) > 6*time.Second {
			return
		}
	}
}

// checkIDs holds an early state of a topic against a later one.
func checkIDs(t *testing.T, early, last published) {
	t.Helper()
	published := map[string]time.Time{}
	for _, it := range last.Items {
		if _, twice := published[it.ID]; twice {
			t.Errorf("the id %s stands twice", it.ID)
		}
		published[it.ID] = it.Published
	}
	if len(early.Items) == 0 {
		t.Error("nothing was published half-way")
	}
	for _, it := range early.Items {
		if at, ok := published[it.ID]; !ok {
			t.Errorf("%q had the id %s, which is gone", it.Title, it.ID)
		} else if !at.Equal(it.Published) {
			t.Errorf("%q was published at %s, and now at %s", it.Title, it.Published, at)
		}
	}
}

// checkHeld looks for every entry that was handed out in the topic.
func checkHeld(t *testing.T, o *origin, last published) {
	t.Helper()
	for _, it := range last.Items {
		if it.Extension.More > 0 {
			t.Errorf("%q does not list all its reports", it.Title)
		}
	}
	missing, total := o.missing(last)
	for _, m := range missing[:min(len(missing), 10)] {
		t.Errorf("lost %s", m)
	}
	if len(missing) > 0 {
		t.Errorf("%d of %d entries are not published", len(missing), total)
	}
	// Two entries of one guid and two links are two items.
	if most := max(total, len(o.links)); len(last.Items) > most {
		t.Errorf("%d items are published, of %d entries", len(last.Items), most)
	}
}

// missing returns the entries that were handed out and are not in a topic, by
// the title or link that each had last, and how many there are in all.
func (o *origin) missing(topic published) (missing []string, total int) {
	titles, links := map[string]bool{}, map[string]bool{}
	for _, it := range topic.Items {
		titles[plain(it.Title)], links[it.URL] = true, true
		for _, also := range it.Extension.Also {
			titles[plain(also.Title)], links[also.URL] = true, true
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for path, entries := range o.entries {
		total += len(entries)
		for id, e := range entries {
			// What was on its way when the program was killed, and has left its
			// feed since, was never had.
			onTheWay := o.killed.Sub(e.at) < 5*time.Second && e.at.Before(o.killed)
			if !titles[plain(e.title)] && !links[e.link] && !onTheWay {
				missing = append(missing, fmt.Sprintf("%s of %s: %q %s", id, path, e.title, e.link))
			}
		}
	}
	return missing, total
}

// plain returns the letters and digits of a title: one outlet's two spellings
// of it, over one text, are one item.
func plain(title string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, html.UnescapeString(title))
}

// checkFormats reads the other formats back with gofeed, and compares them
// with the JSON Feed.
func checkFormats(t *testing.T, base string, last published) {
	t.Helper()
	var want []string
	for _, it := range last.Items {
		want = append(want, it.ID)
	}
	for _, ext := range []string{"rss", "atom", "json"} {
		body, ok := get(base + "/topics/all." + ext)
		if !ok {
			t.Fatalf("all.%s is not served", ext)
		}
		feed, err := gofeed.NewParser().Parse(bytes.NewReader(body))
		if err != nil {
			t.Errorf("all.%s: %v", ext, err)
			continue
		}
		var got []string
		for _, it := range feed.Items {
			got = append(got, it.GUID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("all.%s has %d items, or in another order than the JSON Feed with %d", ext, len(got), len(want))
		}
	}
	for _, path := range []string{"/", "/topics/all", "/sources"} {
		if _, ok := get(base + path); !ok {
			t.Errorf("%s is not served", path)
		}
	}
}

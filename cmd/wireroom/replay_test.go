package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
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

	"github.com/wireroom/wireroom/internal/beside"
	"github.com/wireroom/wireroom/internal/built"
)

// An origin is the recorded feeds, served by the replay tool, behind a proxy
// that keeps what it handed out: what was ever in a polled window. What a
// program was handed it has stored when it comes for the same document again,
// for a poll ends with that. One that was killed need not have what was on its
// way, as the recording has moved on meanwhile, unless it names its validator.
type origin struct {
	url   string
	paths []string

	mu       sync.Mutex
	life     int                         // how often the program was started before
	entries  map[string]map[string]entry // path → guid, or else link → entry that it has
	onTheWay map[string]delivery         // what it was handed last, by path
	handed   map[string][]entry          // all entries, by path and guid or link, as they were one time after another
	links    map[string]bool             // all that entries ever had
	polls    int
}

// A delivery is a document that was handed out.
type delivery struct {
	entries map[string]entry
	tag     string // its ETag
	life    int
}

// An entry is what the test knows of an entry that was handed out.
type entry struct{ title, link string }

// replay starts the replay tool with the given flags and a proxy before it.
func replay(t *testing.T, flags ...string) *origin {
	t.Helper()
	dir := beside.Path(t, "tools", "replay")
	bin := filepath.Join(t.TempDir(), "replay")
	build := exec.Command("go", "build", "-o", bin, ".")
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build replay: %v\n%s", err, out)
	}
	addr := built.FreeAddress(t)
	start(t, t.TempDir(), bin, append(flags, "-addr", addr)...)
	var list []byte
	await(t, 30*time.Second, "replay listens", func() (ok bool) {
		list, ok = get("http://" + addr + "/")
		return ok
	})
	o := &origin{entries: map[string]map[string]entry{}, onTheWay: map[string]delivery{}, handed: map[string][]entry{}, links: map[string]bool{}}
	for line := range strings.Lines(string(list)) {
		u, err := url.Parse(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		o.paths = append(o.paths, u.Path)
	}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: addr})
	proxy.ModifyResponse = o.keep
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { proxy.ServeHTTP(w, r.WithContext(o.asked(r))) })
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	listener := listen(t)
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
	o.url = "http://" + listener.Addr().String()
	return o
}

// aLife is the key under which a request's context says which life of the
// program it is of.
type aLife struct{}

// asked notes that the program has what it was handed before at this path.
func (o *origin) asked(r *http.Request) context.Context {
	o.mu.Lock()
	defer o.mu.Unlock()
	path := r.URL.Path
	if o.entries[path] == nil {
		o.entries[path] = map[string]entry{}
	}
	last := o.onTheWay[path]
	if tag := r.Header.Get("If-None-Match"); last.life == o.life || tag != "" && tag == last.tag {
		maps.Copy(o.entries[path], last.entries)
	}
	delete(o.onTheWay, path)
	return context.WithValue(r.Context(), aLife{}, o.life)
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
	path, now := resp.Request.URL.Path, map[string]entry{}
	for _, it := range slices.Backward(feed.Items) { // of two with one guid the first counts
		id := it.GUID
		if id == "" {
			id = it.Link
		}
		now[id] = entry{it.Title, it.Link}
		o.links[it.Link] = true
	}
	for id, e := range now {
		o.handed[path+" "+id] = append(o.handed[path+" "+id], e)
	}
	if life := resp.Request.Context().Value(aLife{}).(int); life >= o.onTheWay[path].life {
		o.onTheWay[path] = delivery{now, resp.Header.Get("ETag"), life}
	}
	return nil
}

// count returns how many entries were handed out, and in how many documents.
func (o *origin) count() (entries, polls int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.handed), o.polls
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
defaults: {schedule: "@every 1s", min_interval: 1s, allow_private: true}
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
	corpora := beside.Path(t, "corpora")
	for _, test := range []struct {
		name  string
		flags []string
		play  time.Duration // how long the recording plays
		least int           // entries that it holds, at least
	}{
		{"sequences", []string{"-dir", filepath.Join(corpora, "poll-sequences"), "-step", "250ms"}, 53 * time.Second, 400},
		{"snapshots", []string{"-dir", filepath.Join(corpora, "news-snapshots")}, 12 * time.Second, 200},
		{"day", []string{"-articles", filepath.Join(corpora, "stories", "telegram-en.jsonl.gz"), "-speed", "2160"}, 44 * time.Second, 3000},
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
	dir, addr := t.TempDir(), built.FreeAddress(t)
	base := "http://" + addr
	write(t, filepath.Join(dir, "feeds.yaml"), fmt.Sprintf(replayConfig, addr, o.sources()))
	bin := built.Program(t)
	begin := time.Now()
	p := start(t, dir, bin)
	await(t, 30*time.Second, "anything is published", func() bool {
		_, ok := get(base + "/topics/all.json")
		return ok && len(fetchTopic(t, base).Items) > 0
	})
	// What a feed that wants to be left alone for long has handed out is known to
	// have come when it is asked again, after the kill.
	await(t, 30*time.Second, "every source polled", func() bool { return strings.Contains(p.Log.String(), "first round done") || p.Ended() })
	time.Sleep(time.Until(begin.Add(length / 2)))
	early := fetchTopic(t, base)
	p.Kill()
	o.mu.Lock()
	o.life++
	o.mu.Unlock()

	p = start(t, dir, bin)
	time.Sleep(time.Until(begin.Add(length)))
	settle(t, o, base)
	last := fetchTopic(t, base)
	checkIDs(t, early, last)
	checkHeld(t, o, last)
	checkFormats(t, base, last)
	if took, err := p.Stop(); err != nil || took > 8*time.Second {
		t.Errorf("SIGTERM: stopped after %s, %v", took, err)
	}
}

// settle waits until nothing new is handed out, what was is known to have come,
// as it was asked for again, and is published; or until none of it goes on for a
// while.
func settle(t *testing.T, o *origin, base string) {
	t.Helper()
	entries, known, lost, still := 0, 0, 0, time.Now()
	for time.Since(still) < time.Minute {
		time.Sleep(time.Second)
		n, _ := o.count()
		missing, total := o.missing(fetchTopic(t, base))
		if n != entries || total != known || len(missing) != lost {
			entries, known, lost, still = n, total, len(missing), time.Now()
		}
		if lost == 0 && mostly(known, entries) && time.Since(still) > 6*time.Second {
			return
		}
	}
}

// mostly reports whether it is known of most entries that were handed out that
// they came. Of some that were on their way at the kill it never is.
func mostly(known, handed int) bool { return known >= handed*9/10 }

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
	o.mu.Lock()
	defer o.mu.Unlock()
	if most := max(len(o.handed), len(o.links)); len(last.Items) > most { // two entries of one guid and two links are two items
		t.Errorf("%d items are published, of %d entries", len(last.Items), most)
	}
	if !mostly(total, len(o.handed)) {
		t.Errorf("of %d entries that were handed out it is known of %d only that they came", len(o.handed), total)
	}
}

// missing returns the entries that the program has and that are not in a topic,
// by the title or link that each had last, and how many there are in all. What an
// entry was called since it may have too: it stored that before it was killed, and
// has not asked for the document again.
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
			held := false
			for _, since := range slices.Backward(o.handed[path+" "+id]) {
				if held = held || titles[plain(since.title)] || links[since.link]; since == e {
					break
				}
			}
			if !held {
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

package main

import (
	"compress/gzip"
	"fmt"
	"html"
	"math"
	"math/bits"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/built"
)

// A street is a server on which good and bad sources live side by side.
type street struct {
	mu    sync.Mutex
	polls map[string][]time.Time
}

func (s *street) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.Trim(r.URL.Path, "/")
	s.mu.Lock()
	s.polls[name] = append(s.polls[name], time.Now())
	n := len(s.polls[name])
	s.mu.Unlock()
	switch name {
	case "slow": // a drip without an end
		w.WriteHeader(http.StatusOK)
		for r.Context().Err() == nil {
			fmt.Fprint(w, " ")
			w.(http.Flusher).Flush()
			time.Sleep(100 * time.Millisecond)
		}
	case "page":
		fmt.Fprint(w, "<!DOCTYPE html><html><head><title>Moved</title></head><body>We have moved.</body></html>")
	case "huge": // 12 MB of one title, some kilobytes on the wire
		w.Header().Set("Content-Encoding", "gzip")
		zip := gzip.NewWriter(w)
		defer zip.Close()
		fmt.Fprint(zip, "<rss version='2.0'><channel><title>")
		for range 12 {
			zip.Write(make([]byte, 1<<20))
		}
	case "fading": // a feed at first, and then the page of a dead host
		if n > 1 {
			fmt.Fprint(w, "<html><body>This domain is for sale.</body></html>")
			return
		}
		fmt.Fprint(w, bulletin(name, 3))
	default:
		fmt.Fprint(w, bulletin(name, n))
	}
}

func bulletin(name string, n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<rss version='2.0'><channel><title>%s</title>", name)
	for i := range n {
		fmt.Fprintf(&b, "<item><guid isPermaLink='false'>%s-%d</guid><title>Notice %d of the %s office</title><link>http://example.com/%s/%d</link></item>",
			name, i, i, name, name, i)
	}
	b.WriteString("</channel></rss>")
	return b.String()
}

// TestBadSources runs good sources beside ones that are down, slow, no feed,
// enormous, or dying.
func TestBadSources(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	t.Parallel()
	s := &street{polls: map[string][]time.Time{}}
	l := listen(t)
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })

	dir, addr := t.TempDir(), built.FreeAddress(t)
	var sources strings.Builder
	names := []string{"slow", "page", "huge", "fading"}
	for i := range 12 {
		names = append(names, fmt.Sprintf("good-%d", i))
	}
	for _, name := range names {
		fmt.Fprintf(&sources, "  %s: http://%s/%s\n", name, l.Addr(), name)
	}
	fmt.Fprintf(&sources, "  down: http://%s/down\n", built.FreeAddress(t))
	write(t, filepath.Join(dir, "feeds.yaml"), fmt.Sprintf(`
server: {listen: %q}
store: wireroom.db
defaults: {schedule: "@every 1s", min_interval: 1s, allow_private: true, timeout: 5s}
topics: {all: {title: Everything, limit: 1000}}
sources:
%s`, addr, &sources))
	bin := built.Program(t)
	p := start(t, dir, bin)
	base := "http://" + addr
	await(t, 30*time.Second, "every bad source is named", func() bool {
		page, ok := get(base + "/sources")
		text := html.UnescapeString(string(page))
		for _, want := range []string{"down", "slow", "connection refused", "took too long", "not a feed", "too large"} {
			ok = ok && strings.Contains(text, want)
		}
		return ok
	})
	var last published
	await(t, 2*time.Minute, "a dozen polls of every good source are published", func() bool {
		last = fetchTopic(t, base)
		return s.fewest(last, "good") >= 12
	})
	if _, err := p.Stop(); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	s.check(t, last)
}

// counted returns how many items of each source are published.
func counted(topic published) map[string]int {
	count := map[string]int{}
	for _, it := range topic.Items {
		count[strings.Split(it.URL, "/")[3]]++
	}
	return count
}

// fewest returns how many items are published of the source that has fewest, of
// those whose names begin so.
func (s *street) fewest(topic published, prefix string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, count := math.MaxInt, counted(topic)
	for name := range s.polls {
		if strings.HasPrefix(name, prefix) {
			n = min(n, count[name])
		}
	}
	return n
}

// check holds what was polled and published against what should have been.
func (s *street) check(t *testing.T, last published) {
	s.mu.Lock()
	defer s.mu.Unlock()
	count := counted(last)
	for name, polls := range s.polls {
		switch {
		case name == "fading":
			if count[name] != 3 {
				t.Errorf("fading: %d items are published, of 3 that it had", count[name])
			}
		case !strings.HasPrefix(name, "good"):
			// Each pause is twice the one before, from two seconds on: there are as
			// many polls as the time in seconds has binary digits, however long the
			// good ones take on this machine. One or two more are no fault.
			took := polls[len(polls)-1].Sub(polls[0])
			if most := 2 + bits.Len(uint(took/time.Second)); len(polls) > most {
				t.Errorf("%s was polled %d times in %s: not backed off", name, len(polls), took)
			}
		}
	}
}

// TestFrontPageTellsOfSources: who finds no story is led to why, and readers of
// feeds are told nothing of it.
func TestFrontPageTellsOfSources(t *testing.T) {
	t.Parallel()
	origin := harbour(t)
	dir, addr := t.TempDir(), built.FreeAddress(t)
	config := fmt.Sprintf("server: {listen: %q}\nstore: wireroom.db\npolling: {host_gap: 0s}\ndefaults: {allow_private: true}\n"+
		"topics:\n  all: {}\nsources:\n  lost: %s/lost\n  astray: %[2]s/astray\n", addr, origin.URL)
	write(t, filepath.Join(dir, "feeds.yaml"), config)
	start(t, dir, built.Program(t))
	front := func(want string) func() bool {
		return func() bool {
			page, ok := get("http://" + addr + "/")
			return ok && strings.Contains(string(page), want+` see <a href="/sources">what is wrong</a>`)
		}
	}
	await(t, 15*time.Second, "all sources told of", front("No source gives a feed:"))
	if page, ok := get("http://" + addr + "/topics/all"); !ok || !strings.Contains(string(page), `<a href="/sources">Sources</a> says how`) {
		t.Errorf("an empty topic does not lead to the sources:\n%s", page)
	}
	write(t, filepath.Join(dir, "feeds.yaml"), config+"  harbour: "+origin.URL+"/harbour\n")
	await(t, 20*time.Second, "two of three told of", front("2 of 3 sources give no feed:"))
	for _, form := range []string{"rss", "atom", "json"} {
		if feed, ok := get("http://" + addr + "/topics/all." + form); !ok || strings.Contains(string(feed), "lost") || strings.Contains(string(feed), "no feed") {
			t.Errorf("%s tells of sources that fail:\n%s", form, feed)
		}
	}
}

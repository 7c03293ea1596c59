package main

import (
	"compress/gzip"
	"fmt"
	"html"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
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

	dir, addr := t.TempDir(), freePort(t)
	var sources strings.Builder
	names := []string{"slow", "page", "huge", "fading"}
	for i := range 12 {
		names = append(names, fmt.Sprintf("good-%d", i))
	}
	for _, name := range names {
		fmt.Fprintf(&sources, "  %s: http://%s/%s\n", name, l.Addr(), name)
	}
	fmt.Fprintf(&sources, "  down: http://%s/down\n", freePort(t))
	write(t, filepath.Join(dir, "feeds.yaml"), fmt.Sprintf(`
server: {listen: %q}
store: wireroom.db
defaults: {schedule: "@every 1s", min_interval: 1s, allow_private: true, timeout: 5s}
topics: {all: {title: Everything, limit: 1000}}
sources:
%s`, addr, &sources))
	bin := wireroom(t)
	begin := time.Now()
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
	time.Sleep(time.Until(begin.Add(18 * time.Second)))
	last := fetchTopic(t, base)
	if _, err := p.terminate(); err != nil {
		t.Errorf("SIGTERM: %v", err)
	}
	s.check(t, last)
}

// check holds what was polled and published against what should have been.
func (s *street) check(t *testing.T, last published) {
	s.mu.Lock()
	defer s.mu.Unlock()
	count := map[string]int{}
	for _, it := range last.Items {
		count[strings.Split(it.URL, "/")[3]]++
	}
	for name, polls := range s.polls {
		switch {
		case name == "fading":
			if count[name] != 3 {
				t.Errorf("fading: %d items are published, of 3 that it had", count[name])
			}
		case !strings.HasPrefix(name, "good"):
			if len(polls) > 6 {
				t.Errorf("%s was polled %d times in 18 s: not backed off", name, len(polls))
			}
		default:
			// Half of the polls that a second's rhythm allows: the machine may be busy.
			if len(polls) < 7 {
				t.Errorf("%s was polled %d times in 18 s", name, len(polls))
			}
			if count[name] < len(polls)-3 {
				t.Errorf("%s: %d items are published after %d polls", name, count[name], len(polls))
			}
		}
	}
}

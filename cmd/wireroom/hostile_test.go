package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/beside"
	"github.com/wireroom/wireroom/internal/built"
)

// TestHostileSources lets each source answer well once, and from then on with a
// hostile file of the corpora. The program goes on, what the source had said
// before stays published as it was, and a good source beside them is polled.
func TestHostileSources(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(beside.Path(t, "corpora", "security", "hostile-feeds"), "*"))
	if err != nil {
		t.Fatal(err)
	}
	hostile := map[string]string{"good": ""}
	for _, file := range files {
		if ext := filepath.Ext(file); ext != ".yaml" && ext != ".opml" { // those are no feeds
			hostile[strings.ToLower(strings.NewReplacer(".", "-", "_", "-").Replace(filepath.Base(file)))] = file
		}
	}
	var mu sync.Mutex
	polls := map[string]int{}
	l := listen(t)
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.Trim(r.URL.Path, "/")
		mu.Lock()
		polls[name]++
		n := polls[name]
		mu.Unlock()
		if n == 1 || hostile[name] == "" {
			fmt.Fprint(w, bulletin(name, 3))
			return
		}
		switch filepath.Ext(hostile[name]) {
		case ".gz":
			w.Header().Set("Content-Encoding", "gzip")
		case ".bin":
			w.Header().Set("Content-Encoding", "deflate")
		}
		http.ServeFile(w, r, hostile[name])
	})}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })

	dir, addr := t.TempDir(), built.FreeAddress(t)
	var sources, topics strings.Builder
	for name := range hostile {
		fmt.Fprintf(&sources, "  %s: http://%s/%s\n", name, l.Addr(), name)
		fmt.Fprintf(&topics, "  %s: {from: [%s], stories: off, limit: 100000}\n", name, name)
	}
	write(t, filepath.Join(dir, "feeds.yaml"), fmt.Sprintf("server: {listen: %q}\nstore: wireroom.db\n"+
		"defaults: {schedule: \"@every 1s\", min_interval: 1s, allow_private: true, timeout: 30s}\ntopics:\n%ssources:\n%s", addr, &topics, &sources))
	p := start(t, dir, built.Program(t))
	await(t, 5*time.Minute, "each source is polled three times", func() bool {
		mu.Lock()
		defer mu.Unlock()
		for name := range hostile {
			if polls[name] < 3 {
				return p.Ended()
			}
		}
		return true
	})
	for name, file := range hostile {
		t.Run(name, func(t *testing.T) {
			var was map[string]string
			await(t, time.Minute, "what it had said is published", func() bool {
				was = bulletinOf(t, "http://"+addr+"/topics/"+name+".json", name)
				return len(was) == 3 || p.Ended()
			})
			for i := range 3 {
				if title := fmt.Sprintf("Notice %d of the %s office", i, name); was[fmt.Sprintf("http://example.com/%s/%d", name, i)] != title {
					t.Errorf("after %s there is no %q: %q", filepath.Base(file), title, was)
				}
			}
		})
	}
	if _, err := p.Stop(); err != nil {
		t.Errorf("SIGTERM: %v\n%s", err, built.Tail(p.Log.String(), 30))
	}
	if said := p.Log.String(); strings.Contains(said, "goroutine ") || strings.Contains(said, "made the parser panic") {
		t.Errorf("something panicked:\n%s", built.Tail(said, 50))
	}
}

// bulletinOf returns the titles of a feed's items that are of a source's own
// bulletin, by their addresses.
func bulletinOf(t *testing.T, url, name string) map[string]string {
	t.Helper()
	body, ok := get(url)
	var feed struct{ Items []struct{ URL, Title string } }
	if ok {
		if err := json.Unmarshal(body, &feed); err != nil {
			t.Fatal(err)
		}
	}
	titles := map[string]string{}
	for _, it := range feed.Items {
		if strings.HasPrefix(it.URL, "http://example.com/"+name+"/") {
			titles[it.URL] = it.Title
		}
	}
	return titles
}

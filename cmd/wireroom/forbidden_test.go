package main

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/built"
)

// A forbiddenZone is listeners on addresses that nobody has allowed, at a port
// that may be dialled on public ones.
type forbiddenZone struct {
	targets []string
	seen    atomic.Int64
}

// newForbiddenZone listens on loopback addresses of every kind. Where one is
// not to be had, the others stand for it.
func newForbiddenZone(t *testing.T) *forbiddenZone {
	t.Helper()
	z := &forbiddenZone{}
	for _, address := range []string{"127.77.0.1:8080", "[::1]:8080"} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				z.seen.Add(1)
				conn.Close()
			}
		}()
		z.targets = append(z.targets, "http://"+address)
	}
	if len(z.targets) == 0 {
		t.Skip("no loopback address can be listened on at port 8080")
	}
	// Names and spellings of the same addresses.
	z.targets = append(z.targets, "http://localhost:8080", "http://0x7f4d0001:8080", "http://2135752705:8080",
		"http://[::ffff:127.77.0.1]:8080", "http://0.0.0.0:8080", "http://127.77.1:8080")
	return z
}

// ServeHTTP is an allowed server that leads into the zone by every way that a
// source has: it is asked for /WAY/NUMBER.
func (z *forbiddenZone) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var way string
	var n int
	if _, err := fmt.Sscanf(strings.ReplaceAll(r.URL.Path, "/", " "), "%s %d", &way, &n); err != nil || n >= len(z.targets) {
		http.NotFound(w, r)
		return
	}
	to := z.targets[n]
	feed := func(channel, item string) {
		fmt.Fprintf(w, `<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>%s %d</title>%s<item><guid>%[1]s-%[2]d</guid>
<title>A notice of %[1]s %[2]d</title>%[4]s</item></channel></rss>`, way, n, channel, item)
	}
	switch way {
	case "redirect":
		http.Redirect(w, r, fmt.Sprintf("/hop/%d", n), http.StatusFound)
	case "hop":
		http.Redirect(w, r, to+"/feed", http.StatusPermanentRedirect)
	case "page":
		feed("", "<link>"+to+"/article</link>")
	case "pagehop":
		feed("", fmt.Sprintf("<link>http://%s/hop/%d</link>", r.Host, n))
	case "past":
		feed(`<atom:link rel="prev-archive" href="`+to+`/past"/><atom:link rel="next" href="`+to+`/next"/>`, "")
	case "site":
		fmt.Fprintf(w, `<html><head><link rel="alternate" type="application/rss+xml" href="%s/feed"></head>`, to)
	case "extern":
		fmt.Fprintf(w, `<?xml version="1.0"?><!DOCTYPE rss SYSTEM "%s/x.dtd" [<!ENTITY x SYSTEM "%[1]s/x">]>`, to)
		feed(`<image><url>`+to+`/i.png</url></image><icon>`+to+`/i.ico</icon>`, `<description>&amp;lt;img src="`+to+`/i.png"&amp;gt; &x;</description>`)
	}
}

// TestForbiddenAddresses lets the built program, with the resolver of a static
// binary, be led to addresses of its own machine: by redirects, pages, the past
// of a feed, sites, lists and callbacks of its hub. Nobody there sees a
// connection.
func TestForbiddenAddresses(t *testing.T) {
	t.Parallel()
	z := newForbiddenZone(t)
	l := listen(t)
	server := &http.Server{Handler: z, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	dir, addr := t.TempDir(), built.FreeAddress(t)
	var b strings.Builder
	sources := 0
	fmt.Fprintf(&b, "server: {listen: %q, base_url: 'http://%[1]s', hub: own}\nstore: wireroom.db\n"+
		"defaults: {timeout: 5s}\ntopics: {all: {}}\ninclude: [%q, 'http://%s/hop/0']\nsources:\n", addr, z.targets[0]+"/list.opml", l.Addr())
	for n := range z.targets {
		for way, key := range map[string]string{"redirect": "url", "page": "url", "pagehop": "url", "past": "url", "site": "site", "extern": "url"} {
			fmt.Fprintf(&b, "  %s-%d: {%s: 'http://%s/%s/%d', full_text: %t, allow_private: true}\n", way, n, key, l.Addr(), way, n, strings.HasPrefix(way, "page"))
			sources++
		}
	}
	write(t, filepath.Join(dir, "feeds.yaml"), b.String())
	p := start(t, dir, built.Program(t))
	await(t, 60*time.Second, "every source is polled", func() bool {
		return strings.Count(p.Log.String(), " polled ") >= sources
	})
	asked := 0
	await(t, 30*time.Second, "the hub is open", func() bool {
		resp, err := http.PostForm("http://"+addr+"/hub", url.Values{"hub.mode": {"subscribe"}, "hub.topic": {"http://" + addr + "/topics/all.atom"}, "hub.callback": {z.targets[0] + "/callback"}})
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusAccepted
	})
	for _, target := range z.targets {
		resp, err := http.PostForm("http://"+addr+"/hub", url.Values{"hub.mode": {"subscribe"}, "hub.topic": {"http://" + addr + "/topics/all.atom"}, "hub.callback": {target + "/callback"}})
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode == http.StatusAccepted {
			asked++
		}
	}
	await(t, 30*time.Second, "the hub has looked at the callbacks", func() bool {
		return strings.Count(p.Log.String(), "a subscriber could not be asked") >= asked
	})
	if n := z.seen.Load(); n > 0 {
		t.Errorf("the forbidden addresses saw %d connections", n)
	}
	if n := strings.Count(p.Log.String(), "blocked"); n < 2*len(z.targets) {
		t.Errorf("the log tells of %d blocked addresses", n)
	}
	if conn, err := net.Dial("tcp", strings.TrimPrefix(z.targets[0], "http://")); err == nil {
		conn.Close()
	}
	await(t, 5*time.Second, "the listeners see who comes", func() bool { return z.seen.Load() > 0 })
}

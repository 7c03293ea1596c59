package poll_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/poll"
)

// hosts returns a client for which every name leads to one loopback server.
func hosts(t *testing.T, opts poll.Options, s *httptest.Server) *poll.Client {
	t.Helper()
	opts.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, s.Listener.Addr().String())
	}
	c := poll.NewClient(opts)
	t.Cleanup(c.Close)
	return c
}

func TestRule17_RedirectsAreCountedAndLoopsSeen(t *testing.T) {
	hop := func(w http.ResponseWriter, to string) {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	}
	for _, tc := range []struct {
		name     string
		script   func(w http.ResponseWriter, r *http.Request)
		requests int
		ok       bool
	}{
		{"five hops", func(w http.ResponseWriter, r *http.Request) {
			if n := len(r.URL.Query().Get("n")); n < 5 {
				hop(w, "/feed?n="+strings.Repeat("x", n+1))
				return
			}
			fmt.Fprint(w, feedDoc("a"))
		}, 6, true},
		{"endless", func(w http.ResponseWriter, r *http.Request) {
			hop(w, "/feed?n=x"+r.URL.Query().Get("n"))
		}, 6, false},
		{"circle", func(w http.ResponseWriter, r *http.Request) {
			hop(w, map[string]string{"/feed": "/b", "/b": "/feed"}[r.URL.Path])
		}, 2, false},
		{"self", func(w http.ResponseWriter, _ *http.Request) { hop(w, "/feed") }, 1, false},
		{"self by fragment", func(w http.ResponseWriter, _ *http.Request) { hop(w, "/feed#top") }, 1, false},
		{"nowhere", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusFound) }, 1, false},
		{"not a URL", func(w http.ResponseWriter, _ *http.Request) { hop(w, "http://[half") }, 1, false},
		{"relative", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/feed" {
				hop(w, "../x/./y?q=1#frag")
				return
			}
			if r.RequestURI != "/x/y?q=1" {
				t.Errorf("relative: asked for %q", r.RequestURI)
			}
			fmt.Fprint(w, feedDoc("a"))
		}, 2, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := &origin{script: func(_ int, w http.ResponseWriter, r *http.Request) { tc.script(w, r) }}
			r := loopback(t, o)
			a := r.poll()
			if ok := a.Body != nil; ok != tc.ok {
				t.Errorf("outcome %q (%s), want a document: %v", a.Outcome, a.Error, tc.ok)
			}
			if n := len(o.requests()); n != tc.requests {
				t.Errorf("%d requests, want %d", n, tc.requests)
			}
			if !tc.ok && r.state.Failures != 1 {
				t.Errorf("counted as %d failures", r.state.Failures)
			}
		})
	}
}

func TestRule17_DowngradeIsRefused(t *testing.T) {
	o := &origin{script: func(_ int, w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://example.com/plain", http.StatusMovedPermanently)
	}}
	s := httptest.NewTLSServer(o)
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	c := hosts(t, poll.Options{RootCAs: roots}, s)
	a := c.Poll(t.Context(), news.Source{Name: "test", URL: "https://example.com/feed"}, news.State{}, time.Now())
	if a.Outcome != news.OutcomeNetwork || !strings.Contains(a.Error, "https to http") || len(o.requests()) != 1 {
		t.Errorf("outcome %q (%s) after %d requests", a.Outcome, a.Error, len(o.requests()))
	}
	if _, err := c.HTTP(false).Get("https://example.com/feed"); err == nil || len(o.requests()) != 2 {
		t.Errorf("the plain client followed: %v, %d requests", err, len(o.requests()))
	}
}

// TestRule14_HTTP2 sends many requests at once over the one connection.
func TestRule14_HTTP2(t *testing.T) {
	o := &origin{script: func(_ int, w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, feedDoc(r.Proto)) }}
	s := httptest.NewUnstartedServer(o)
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	c := hosts(t, poll.Options{RootCAs: roots}, s)
	var polls sync.WaitGroup
	for i := range 20 {
		polls.Go(func() {
			src := news.Source{Name: "test", URL: fmt.Sprint("https://example.com/", i), Timeout: 5 * time.Second}
			if a := c.Poll(t.Context(), src, news.State{}, time.Now()); string(a.Body) != feedDoc("HTTP/2.0") {
				t.Errorf("answer %q: %s", a.Body, a.Error)
			}
		})
	}
	polls.Wait()
}

func TestRule18_AMoveIsBelievedLate(t *testing.T) {
	type poller func(n int, w http.ResponseWriter, r *http.Request)
	moved := func(codes ...int) poller {
		return func(n int, w http.ResponseWriter, r *http.Request) {
			for i, code := range codes {
				from := fmt.Sprint("/hop", i)
				if i == 0 {
					from = "/news"
				}
				if r.URL.Path == from {
					to := fmt.Sprint("/hop", i+1)
					if i == len(codes)-1 {
						to = "/new"
					}
					http.Redirect(w, r, to, code)
					return
				}
			}
			steady(w, r)
		}
	}
	for _, tc := range []struct {
		name     string
		script   poller
		believed bool
	}{
		{"301", moved(301), true},
		{"308 and 301", moved(308, 301), true},
		{"301 and 302", moved(301, 302), false},
		{"302", moved(302), false}, {"303", moved(303), false}, {"307", moved(307), false},
		{"a login page now and then", func(n int, w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/news" && r.Header.Get("X-Never") == "" && n%3 == 0 {
				http.Redirect(w, r, "/login", http.StatusMovedPermanently)
				return
			}
			fmt.Fprint(w, map[bool]string{true: "<html>please log in", false: feedDoc("a")}[r.URL.Path == "/login"])
		}, false},
		{"a page that is no feed", func(n int, w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/news" {
				http.Redirect(w, r, "/login", http.StatusMovedPermanently)
				return
			}
			fmt.Fprint(w, "<html>please log in")
		}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			log, state := simulate(t, news.Source{Schedule: "@every 12h"}, 8*day, nil, tc.script)
			if state.Moved.Believed != tc.believed {
				t.Errorf("believed: %v, want %v: %+v", state.Moved.Believed, tc.believed, state.Moved)
			}
			old := 0
			for _, req := range log {
				if req.uri == "/news" {
					old++
				}
			}
			if tc.believed && (old < 6 || old > 9 || log[len(log)-1].uri != "/new") {
				t.Errorf("asked the old address %d times before it believed; last %s", old, log[len(log)-1].uri)
			}
		})
	}
}

func TestRule18_SeveralPollsAreNeeded(t *testing.T) {
	log, state := simulate(t, news.Source{Schedule: "@every 48h"}, 5*day, nil, func(_ int, w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/news" {
			http.Redirect(w, r, "/new", http.StatusMovedPermanently)
			return
		}
		steady(w, r)
	})
	if state.Moved.Believed || state.Moved.Seen != len(log)/2 {
		t.Errorf("after %d requests: %+v", len(log), state.Moved)
	}
}

func TestRule18_ABelievedMoveThatFailsIsTakenBack(t *testing.T) {
	for _, code := range []int{http.StatusNotFound, http.StatusGone} {
		log, state := simulate(t, news.Source{Schedule: "@every 12h"}, 12*day, nil, func(n int, w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path == "/news" && n < 15:
				http.Redirect(w, r, "/new", http.StatusMovedPermanently)
			case r.URL.Path == "/new" && n > 17:
				w.WriteHeader(code)
			default:
				steady(w, r)
			}
		})
		if last := log[len(log)-1]; last.uri != "/news" || state.Outcome != news.OutcomeNotModified || state.Moved.URL != "" {
			t.Errorf("%d: last request %s, state %+v", code, last.uri, state)
		}
	}
}

func TestRule18_TheDocumentSaysThatItMoved(t *testing.T) {
	log, state := simulate(t, news.Source{Schedule: "@every 12h"}, 8*day, func(r *reader) {
		r.tune = func(f *news.Feed) { f.NewURL = "http://new.example.org/feed" }
	}, func(n int, w http.ResponseWriter, r *http.Request) { steady(w, r) })
	if last := log[len(log)-1]; last.host != "new.example.org" || !state.Moved.Believed {
		t.Errorf("last request to %s, move %+v", last.host, state.Moved)
	}
	if first := log[5]; first.host != "feeds.example.org" {
		t.Errorf("believed after five polls")
	}
}

// A document that says where it has moved to leads nowhere from a file, to no file, and
// not from a safe way to one that is none.
func TestRule18_WhereADocumentMayLead(t *testing.T) {
	for _, tc := range []struct {
		from, to string
		led      bool
	}{
		{"http://a.example/feed", "http://b.example/feed", true},
		{"http://a.example/feed", "https://a.example/feed", true},
		{"https://a.example/feed", "HTTPS://b.example/feed", true},
		{"https://a.example/feed", "http://a.example/feed", false},
		{"https://a.example/feed", "file:secrets.xml", false},
		{"https://a.example/feed", "/feed", false},
		{"file:feed.xml", "https://b.example/feed", false},
	} {
		src := news.Source{Name: "test", URL: tc.from}
		state := poll.Settle(src, news.State{}, news.Answer{At: time.Now(), URL: tc.from}, &news.Feed{NewURL: tc.to}, news.About{}, news.Appended{})
		if led := state.Moved.URL != ""; led != tc.led {
			t.Errorf("from %s to %s: %+v", tc.from, tc.to, state.Moved)
		}
	}
}

// TestRule27_RobotsOfEachHop: what robots.txt does not want to be read is not read by way
// of a redirect either, in its host or from another one.
func TestRule27_RobotsOfEachHop(t *testing.T) {
	inside := 0
	var other *httptest.Server
	script := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/robots.txt":
			fmt.Fprint(w, "User-agent: *\nDisallow: /private/")
		case "/out":
			http.Redirect(w, r, other.URL+"/private/feed.xml", http.StatusFound)
		case "/in":
			http.Redirect(w, r, "/private/feed.xml", http.StatusMovedPermanently)
		case "/open":
			http.Redirect(w, r, "/feed.xml", http.StatusFound)
		case "/private/feed.xml":
			inside++
			fallthrough
		default:
			fmt.Fprint(w, feedDoc("a"))
		}
	}
	s := httptest.NewServer(http.HandlerFunc(script))
	defer s.Close()
	other = httptest.NewServer(http.HandlerFunc(script))
	defer other.Close()
	c := poll.NewClient(poll.Options{})
	defer c.Close()
	for path, allowed := range map[string]bool{"/out": false, "/in": false, "/open": true} {
		src := news.Source{Name: "test", URL: s.URL + path, AllowPrivate: true, Robots: true}
		for _, a := range []news.Answer{c.Poll(t.Context(), src, news.State{}, time.Now()), c.Get(t.Context(), src, src.URL, time.Now())} {
			if (a.Body != nil) != allowed || !allowed && a.Outcome != news.OutcomeBlocked {
				t.Errorf("%s: outcome %q (%s), want allowed: %v", path, a.Outcome, a.Error, allowed)
			}
		}
	}
	if inside > 0 {
		t.Errorf("what is not to be read was asked for %d times", inside)
	}
}

// TestSpacesInQueries: a query with spaces, as people write it and servers redirect to it,
// is asked for as browsers do.
func TestSpacesInQueries(t *testing.T) {
	o := &origin{script: func(_ int, w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("q") == "high tide" {
			w.Header()["Location"] = []string{"/feed?q=low tide&x=%20"}
			w.WriteHeader(http.StatusFound)
			return
		}
		w.Header().Set("ETag", `"1"`)
		fmt.Fprint(w, feedDoc("a"))
	}}
	r := loopback(t, o)
	r.src.URL += "?q=high tide"
	for range 2 {
		if a := r.poll(); a.Status != http.StatusOK {
			t.Errorf("answered %d %s", a.Status, a.Error)
		}
	}
	log := o.requests()
	if len(log) != 4 || log[3].header.Get("If-None-Match") != `"1"` {
		t.Errorf("%d requests: %+v", len(log), log)
	}
}

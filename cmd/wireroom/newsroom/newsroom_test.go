package newsroom

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/mmcdole/gofeed"
)

var midnight = time.Date(2026, time.March, 14, 0, 0, 0, 0, time.UTC)

// still returns a newsroom whose clock stands.
func still(t *testing.T, at time.Duration) *Newsroom {
	t.Helper()
	n, err := New(Options{Midnight: midnight, Until: at})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// ask returns what a newsroom answers at an outlet's host.
func ask(n *Newsroom, outlet, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "http://"+outlet+".localhost:8081"+path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	n.ServeHTTP(w, r)
	return w
}

func TestFeeds(t *testing.T) {
	for _, at := range []time.Duration{Opening, 12 * time.Hour, Closing} {
		n := still(t, at)
		total := 0
		for _, o := range Outlets() {
			if o.manners == dead {
				continue
			}
			w := ask(n, o.Name, o.Path)
			feed, err := gofeed.NewParser().Parse(w.Body)
			if err != nil {
				t.Errorf("%s at %s: %v", o.Name, at, err)
				continue
			}
			if feed.Title != o.Title {
				t.Errorf("%s is called %q", o.Name, feed.Title)
			}
			total += len(feed.Items)
			for _, it := range feed.Items {
				if it.Title == "" || !strings.HasPrefix(it.Link, "http://") || it.GUID == "" ||
					it.PublishedParsed == nil || it.PublishedParsed.Sub(midnight) > at {
					t.Errorf("%s at %s: %+v", o.Name, at, it)
				}
				page := strings.TrimPrefix(it.Link, "http://")
				host, path, _ := strings.Cut(page, "/")
				host, _, _ = strings.Cut(host, ".")
				if w := ask(n, host, "/"+path); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "<article>") {
					t.Errorf("%s leads to %d", it.Link, w.Code)
				}
			}
			etag := w.Header().Get("ETag")
			if w := ask(n, o.Name, o.Path, "If-None-Match", etag); o.manners == good && w.Code != http.StatusNotModified {
				t.Errorf("%s at %s answers %d where nothing has changed", o.Name, at, w.Code)
			}
		}
		if least := map[time.Duration]int{Opening: 6, 12 * time.Hour: 40, Closing: 60}[at]; total < least {
			t.Errorf("at %s there are %d reports, want %d", at, total, least)
		}
	}
}

func TestManners(t *testing.T) {
	for at, want := range map[time.Duration]int{8 * time.Hour: 500, 9 * time.Hour: 410} {
		if w := ask(still(t, at), "ferndale-gazette", "/rss.xml"); w.Code != want {
			t.Errorf("the dead server answers %d at %s", w.Code, at)
		}
	}
	if w := ask(still(t, 12*time.Hour+turn), "clamour", "/rss"); w.Code != 429 || w.Header().Get("Retry-After") == "" {
		t.Errorf("the rude server answers %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	w := ask(still(t, 12*time.Hour+2*turn), "clamour", "/rss")
	if body := w.Body.String(); w.Code != 200 || strings.Contains(body, "</rss>") || !strings.Contains(body, " & ") {
		t.Errorf("the rude server answers with a sound document (%d)", w.Code)
	}
	n, err := New(Options{Midnight: midnight, Speed: 600})
	if err != nil {
		t.Fatal(err)
	}
	if got := n.seconds(turn); got != 2 {
		t.Errorf("a turn lasts %d s at speed 600, want 2", got)
	}
}

func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, err := New(Options{Midnight: midnight, Speed: 120})
		if err != nil {
			t.Fatal(err)
		}
		if got := n.Lasts(); got != 6*time.Minute {
			t.Errorf("the day lasts %s", got)
		}
		for _, step := range []struct{ sleep, want time.Duration }{
			{0, Opening}, {30 * time.Second, Opening + time.Hour}, {time.Hour, Closing},
		} {
			time.Sleep(step.sleep)
			if got := n.Now(); got != step.want {
				t.Errorf("%s later it is %s, want %s", step.sleep, got, step.want)
			}
		}
	})
}

func TestPages(t *testing.T) {
	n := still(t, Closing)
	if w := ask(n, "127.0.0.1", "/"); strings.Count(w.Body.String(), "<li>") != len(outlets) {
		t.Errorf("the press is %s", w.Body)
	}
	if w := ask(n, "qingyu", "/"); !strings.Contains(w.Body.String(), "灯塔") || !strings.Contains(w.Body.String(), `lang="zh"`) {
		t.Errorf("the front page is %s", w.Body)
	}
	if w := ask(n, "qingyu", "/nothing"); w.Code != http.StatusNotFound {
		t.Errorf("a page that is none answers %d", w.Code)
	}
}

func TestBadScripts(t *testing.T) {
	for text, want := range map[string]string{
		"-- noon --\n":                                 "no time and report",
		"-- 25:00 meridian/a --\n":                     "hour out of range",
		"-- 08:00 nobody/a --\n":                       `no outlet "nobody"`,
		"-- 08:00 meridian --\n":                       "no name",
		"-- 08:00 meridian/a --\nheading: x\n":         "no field",
		"-- 08:00 meridian/a --\nkeep: few\n":          "invalid syntax",
		"-- 08:00 meridian/a --\nkeep: 2\n":            "for copies",
		"-- 08:00 meridian/a --\nreplace: x\n":         "replaces nothing",
		"-- 08:00 meridian/a --\nof: nordlicht/b\n":    "not published yet",
		"-- 08:00 meridian/a --\ntitle: x\n":           "no title or no text",
		"-- 08:00 meridian/a --\nlink: nordlicht/b\n":  "not published yet",
		"-- 08:00 meridian/a --\nreplace: x => y\n\nz": "does not occur",
	} {
		acts, err := script(fstest.MapFS{"day/a.txt": {Data: []byte(text)}})
		if err == nil {
			_, err = standing(acts, Closing)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

func TestWire(t *testing.T) {
	wire := NewWire()
	server := &http.Server{Handler: still(t, Closing)}
	served := make(chan error, 1)
	go func() { served <- server.Serve(wire) }()
	client := &http.Client{Transport: &http.Transport{DialContext: wire.DialContext}}
	resp, err := client.Get("http://meridian.localhost/wire.rss")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
	}
	server.Close()
	if err := <-served; err != http.ErrServerClosed {
		t.Errorf("the server ended with %v", err)
	}
	if _, err := wire.DialContext(t.Context(), "tcp", "meridian.localhost:80"); err == nil {
		t.Error("a closed wire is dialled")
	}
}

package serve

import (
	"bytes"
	"compress/gzip"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

var changed = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

func document(path, contentType string) news.Document {
	return news.Document{
		Path: path, ContentType: contentType, Body: []byte(strings.Repeat("<p>what is served at "+path+"</p>\n", 100)),
		ETag: `"0123"`, Modified: changed, MaxAge: 10 * time.Minute,
		Link: []string{`<https://feeds.example.org` + path + `>; rel="self"`},
	}
}

func serving(t *testing.T, opts Options, docs ...news.Document) *Server {
	t.Helper()
	opts.Log = slog.New(slog.DiscardHandler)
	opts.BaseURL = "https://feeds.example.org"
	s := New(opts)
	s.Set(docs...)
	return s
}

// ask sends one request to s; header holds names and values in turn.
func ask(s *Server, method, target string, header ...string) *http.Response {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestCodings(t *testing.T) {
	doc := document("/topics/city.rss", "application/rss+xml; charset=utf-8")
	s := serving(t, Options{}, doc)
	plain := func(r io.Reader) (io.Reader, error) { return r, nil }
	unzipped := func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }
	cases := []struct {
		accept, coding, etag string
		open                 func(io.Reader) (io.Reader, error)
	}{
		{"", "", `"0123"`, plain},
		{"gzip", "gzip", `"0123-gzip"`, unzipped},
		{"gzip, deflate, br, zstd", "gzip", `"0123-gzip"`, unzipped},
		{"GZIP;q=0.5, br;q=1.0", "gzip", `"0123-gzip"`, unzipped},
		{"x-gzip", "gzip", `"0123-gzip"`, unzipped},
		{"*", "gzip", `"0123-gzip"`, unzipped},
		{"identity;q=0.9, gzip;q=0.8", "", `"0123"`, plain},
		{"br, zstd", "", `"0123"`, plain},
		{"gzip;q=0", "", `"0123"`, plain},
		{"identity", "", `"0123"`, plain},
		{"gzip;q=nonsense", "", `"0123"`, plain},
		{"*;q=0", "", `"0123"`, plain},
		{"deflate", "", `"0123"`, plain},
	}
	for _, c := range cases {
		var header []string
		if c.accept != "" {
			header = []string{"Accept-Encoding", c.accept}
		}
		resp := ask(s, "GET", doc.Path, header...)
		if got := resp.Header.Get("Content-Encoding"); got != c.coding {
			t.Errorf("Accept-Encoding %q: coding %q, want %q", c.accept, got, c.coding)
			continue
		}
		if got := resp.Header.Get("ETag"); got != c.etag {
			t.Errorf("Accept-Encoding %q: ETag %s, want %s", c.accept, got, c.etag)
		}
		if got := resp.Header.Get("Vary"); got != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: Vary %q", c.accept, got)
		}
		r, err := c.open(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, doc.Body) {
			t.Errorf("Accept-Encoding %q: another body (%v)", c.accept, err)
		}
	}
}

func TestNoiseIsNotCompressed(t *testing.T) {
	doc := document("/noise", "application/octet-stream")
	doc.Body = make([]byte, 4096)
	r := rand.NewChaCha8([32]byte{})
	_, _ = r.Read(doc.Body)
	resp := ask(serving(t, Options{}, doc), "GET", doc.Path, "Accept-Encoding", "gzip, br, zstd")
	if got := resp.Header.Get("Content-Encoding"); got != "" {
		t.Errorf("noise is sent as %q", got)
	}
}

func BenchmarkNotModified(b *testing.B) {
	s := New(Options{})
	s.Set(document("/topics/city.rss", "application/rss+xml; charset=utf-8"))
	h := s.Handler()
	r := httptest.NewRequest("GET", "/topics/city.rss", nil)
	r.Header.Set("If-None-Match", `"0123-gzip"`)
	r.Header.Set("Accept-Encoding", "gzip")
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != http.StatusNotModified {
			b.Fatal(w.Code)
		}
	}
}

// TestModifiedAhead: a document that is dated ahead, by a clock that was wrong, is not
// said to be from a time that is yet to come (RFC 9110 section 8.8.2.1), and who asks
// by its date is told of its changes.
func TestModifiedAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		doc := document("/topics/city.rss", "application/rss+xml; charset=utf-8")
		doc.Modified = time.Now().AddDate(1, 0, 0)
		s := serving(t, Options{}, doc)
		date := ask(s, "GET", doc.Path).Header.Get("Last-Modified")
		if at, err := http.ParseTime(date); err != nil || at.After(time.Now()) {
			t.Errorf("now it was modified %q", date)
		}
		time.Sleep(time.Minute)
		if code := ask(s, "GET", doc.Path, "If-Modified-Since", date).StatusCode; code != http.StatusNotModified {
			t.Errorf("unchanged it is answered with %d", code)
		}
		doc.Body, doc.ETag = []byte("something else"), `"4567"`
		s.Set(doc)
		if code := ask(s, "GET", doc.Path, "If-Modified-Since", date).StatusCode; code != http.StatusOK {
			t.Errorf("changed it is answered with %d", code)
		}
	})
}

// TestModifiedAheadOfAnother: who has an earlier version by the date that a replica
// says whose clock is ahead is not told by another that it is still the same.
func TestModifiedAheadOfAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := time.Now().Add(10 * time.Minute).UTC().Format(http.TimeFormat)
		time.Sleep(5 * time.Minute)
		doc := document("/topics/city.rss", "application/rss+xml; charset=utf-8")
		doc.Modified = time.Now().Add(10 * time.Minute)
		s := serving(t, Options{}, doc)
		for range 2 {
			if code := ask(s, "GET", doc.Path, "If-Modified-Since", before).StatusCode; code != http.StatusOK {
				t.Errorf("changed it is answered with %d", code)
			}
			time.Sleep(time.Hour)
		}
	})
}

// TestModifiedTwice: who has the first of two versions of one second, and asks by that
// second alone, is given the other. One that lost something is still the same.
func TestModifiedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		doc := document("/topics/city.rss", "application/rss+xml; charset=utf-8")
		doc.Modified = time.Now()
		second, next := doc.Modified.UTC().Format(http.TimeFormat), doc.Modified.Add(time.Second).UTC().Format(http.TimeFormat)
		s := serving(t, Options{}, doc)
		asked := func(version, by string, want int) {
			t.Helper()
			if code := ask(s, "GET", doc.Path, "If-Modified-Since", by).StatusCode; code != want {
				t.Errorf("%s by %s: %d, want %d", version, by, code, want)
			}
		}
		asked("the first", second, http.StatusNotModified)
		for _, tag := range []string{`"2"`, `"3"`} {
			time.Sleep(300 * time.Millisecond)
			doc.Body, doc.ETag = []byte("version "+tag), tag
			s.Set(doc)
			asked(tag, second, http.StatusOK)
			asked(tag, next, http.StatusNotModified)
		}
		time.Sleep(time.Hour)
		doc.Body, doc.ETag = []byte("less"), `"4"`
		s.Set(doc)
		asked("less", second, http.StatusNotModified)
	})
}

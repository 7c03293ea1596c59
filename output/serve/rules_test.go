package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// The tests of this file are named by the rules of publishing, and the cases
// of security, that they hold.

func read(t *testing.T, resp *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestRule1Conditional(t *testing.T) {
	doc := document("/topics/city.atom", "application/atom+xml; charset=utf-8")
	s := serving(t, Options{}, doc)
	at, before, after := changed.Format(http.TimeFormat), changed.Add(-time.Second).Format(http.TimeFormat), changed.Add(time.Hour).Format(http.TimeFormat)
	cases := []struct {
		name   string
		header []string
		want   int
	}{
		{"nothing", nil, 200},
		{"the tag", []string{"If-None-Match", `"0123"`}, 304},
		{"weak comparison", []string{"If-None-Match", `W/"0123"`}, 304},
		{"a list", []string{"If-None-Match", `"a", W/"b" ,"0123"`}, 304},
		{"a list without commas' spaces", []string{"If-None-Match", `"a","0123","c"`}, 304},
		{"two headers", []string{"If-None-Match", `"a"`, "If-None-Match", `"0123"`}, 304},
		{"a tag with a comma before it", []string{"If-None-Match", `"a,b", "0123"`}, 304},
		{"any", []string{"If-None-Match", "*"}, 304},
		{"another tag", []string{"If-None-Match", `"0124"`}, 200},
		{"a part of the tag", []string{"If-None-Match", `"012"`}, 200},
		{"the tag without quotes", []string{"If-None-Match", `0123`}, 200},
		{"a broken list", []string{"If-None-Match", `"a`}, 200},
		{"an empty list", []string{"If-None-Match", ""}, 200},
		{"the tag of another coding", []string{"If-None-Match", `"0123-gzip"`}, 200},
		{"the tag of this coding", []string{"If-None-Match", `"0123-gzip"`, "Accept-Encoding", "gzip"}, 304},
		{"the tag of identity for gzip", []string{"If-None-Match", `"0123"`, "Accept-Encoding", "gzip"}, 200},
		{"since then", []string{"If-Modified-Since", at}, 304},
		{"since later", []string{"If-Modified-Since", after}, 304},
		{"since before", []string{"If-Modified-Since", before}, 200},
		{"since nonsense", []string{"If-Modified-Since", "yesterday"}, 200},
		{"tag differs, since then", []string{"If-None-Match", `"0124"`, "If-Modified-Since", at}, 200},
		{"tag matches, since before", []string{"If-None-Match", `"0123"`, "If-Modified-Since", before}, 304},
	}
	for _, c := range cases {
		for _, method := range []string{"GET", "HEAD"} {
			resp := ask(s, method, doc.Path, c.header...)
			if resp.StatusCode != c.want {
				t.Errorf("%s %s: %d, want %d", method, c.name, resp.StatusCode, c.want)
			}
			if resp.StatusCode != http.StatusNotModified {
				continue
			}
			if len(read(t, resp)) != 0 || resp.Header.Get("Content-Length") != "" {
				t.Errorf("%s: 304 with a body", c.name)
			}
			for name, want := range map[string]string{
				"Cache-Control": "public, max-age=600", "Vary": "Accept-Encoding", "Access-Control-Allow-Origin": "*",
			} {
				if got := resp.Header.Get(name); got != want {
					t.Errorf("%s: 304 with %s %q, want %q", c.name, name, got, want)
				}
			}
			if resp.Header.Get("ETag") == "" {
				t.Errorf("%s: 304 without ETag", c.name)
			}
		}
	}
}

func TestRule1NoInstantNoHeader(t *testing.T) {
	doc := document("/sources", "text/html; charset=utf-8")
	doc.Modified = time.Time{}
	s := serving(t, Options{}, doc)
	resp := ask(s, "GET", doc.Path, "If-Modified-Since", changed.Format(http.TimeFormat))
	if resp.StatusCode != 200 || resp.Header.Get("Last-Modified") != "" {
		t.Errorf("%d, Last-Modified %q", resp.StatusCode, resp.Header.Get("Last-Modified"))
	}
}

func TestRule2HeadIsGetWithoutBody(t *testing.T) {
	doc := document("/topics/city.json", "application/feed+json")
	s := serving(t, Options{}, doc)
	for _, accept := range []string{"", "gzip", "br", "zstd"} {
		for _, path := range []string{doc.Path, "/unknown"} {
			get, head := ask(s, "GET", path, "Accept-Encoding", accept), ask(s, "HEAD", path, "Accept-Encoding", accept)
			if fmt.Sprint(get.Header) != fmt.Sprint(head.Header) || get.StatusCode != head.StatusCode {
				t.Errorf("%s %q: GET %v, HEAD %v", path, accept, get.Header, head.Header)
			}
			if n := len(read(t, get)); fmt.Sprint(n) != get.Header.Get("Content-Length") {
				t.Errorf("%s %q: %d bytes, Content-Length %s", path, accept, n, get.Header.Get("Content-Length"))
			}
			if len(read(t, head)) != 0 {
				t.Errorf("%s %q: HEAD with a body", path, accept)
			}
		}
	}
}

func TestRule4CacheControl(t *testing.T) {
	page := document("/topics/city", "text/html; charset=utf-8")
	archive := document("/topics/city/archive/1.rss", "application/rss+xml; charset=utf-8")
	archive.MaxAge = 365 * 24 * time.Hour
	private := document("/topics/desk.rss", "application/rss+xml; charset=utf-8")
	private.Private, private.Topic = true, "desk"
	s := serving(t, Options{}, page, archive, private)
	s.SetRules(Rules{Tokens: map[string]string{"desk": "sesame"}})
	for path, want := range map[string]string{
		page.Path: "public, max-age=600", archive.Path: "public, max-age=31536000, immutable",
		"/private/sesame" + private.Path: "private, max-age=600", "/unknown": "no-store",
	} {
		if got := ask(s, "GET", path).Header.Get("Cache-Control"); got != want {
			t.Errorf("%s: Cache-Control %q, want %q", path, got, want)
		}
	}
}

func TestRule5And12HeadersComeFromTheDocument(t *testing.T) {
	for path, contentType := range map[string]string{
		"/topics/city.rss": "application/rss+xml; charset=utf-8", "/topics/city.atom": "application/atom+xml; charset=utf-8",
		"/topics/city.json": "application/feed+json",
	} {
		doc := document(path, contentType)
		doc.Link = append(doc.Link, `<https://feeds.example.org/hub>; rel="hub"`)
		resp := ask(serving(t, Options{}, doc), "GET", path)
		if got := resp.Header.Get("Content-Type"); got != contentType {
			t.Errorf("%s: %q", path, got)
		}
		if got := resp.Header.Values("Link"); len(got) != 2 || strings.Count(strings.Join(got, ","), `rel="self"`) != 1 {
			t.Errorf("%s: Link %q", path, got)
		}
		if got := resp.Header.Get("Last-Modified"); got != "Sat, 14 Mar 2026 15:09:26 GMT" {
			t.Errorf("%s: Last-Modified %q", path, got)
		}
	}
}

func TestRule11CORS(t *testing.T) {
	s := serving(t, Options{}, document("/topics/city.json", "application/feed+json"), document("/topics/city", "text/html; charset=utf-8"))
	for _, c := range []struct {
		method, path string
		header       []string
		status       int
	}{
		{"GET", "/topics/city.json", nil, 200},
		{"GET", "/topics/city.json", []string{"If-None-Match", "*"}, 304},
		{"GET", "/topics/none.json", nil, 404},
		{"POST", "/topics/city.json", nil, 405},
		{"OPTIONS", "/topics/city.json", []string{"Origin", "https://reader.example", "Access-Control-Request-Method", "GET"}, 204},
	} {
		resp := ask(s, c.method, c.path, c.header...)
		if resp.StatusCode != c.status || resp.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s %s: %d, allowed origin %q", c.method, c.path, resp.StatusCode, resp.Header.Get("Access-Control-Allow-Origin"))
		}
		if c.method == "OPTIONS" && !strings.Contains(resp.Header.Get("Access-Control-Allow-Headers"), "If-None-Match") {
			t.Errorf("the preflight allows %q", resp.Header.Get("Access-Control-Allow-Headers"))
		}
	}
	if got := ask(s, "GET", "/topics/city").Header.Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("a page is open to %q", got)
	}
}

func TestRule18Statuses(t *testing.T) {
	s := serving(t, Options{Rate: 1, Burst: 40}, document("/topics/new.rss", "application/rss+xml; charset=utf-8"))
	s.SetRules(Rules{
		Renamed: map[string]string{"old": "new", "hush": "desk"}, Retired: map[string]bool{"gone": true},
		Tokens: map[string]string{"desk": "sesame"},
	})
	for _, c := range []struct {
		method, path string
		status       int
		location     string
	}{
		{"GET", "/topics/new.rss", 200, ""},
		{"GET", "/topics/new.rss?utm_source=x", 200, ""},
		{"GET", "/topics/none.rss", 404, ""},
		{"GET", "/topics/old.rss", 301, "https://feeds.example.org/topics/new.rss"},
		{"GET", "/topics/old", 301, "https://feeds.example.org/topics/new"},
		{"GET", "/topics/old/archive/1.json", 301, "https://feeds.example.org/topics/new/archive/1.json"},
		{"GET", "/topics/hush.rss", 404, ""},
		{"GET", "/private/other/topics/hush.rss", 404, ""},
		{"GET", "/private/sesame/topics/hush.rss", 301, "https://feeds.example.org/private/sesame/topics/desk.rss"},
		{"GET", "/private/sesame/topics/old.rss", 404, ""},
		{"GET", "/topics/gone.atom", 410, ""},
		{"GET", "/topics/gone", 410, ""},
		{"GET", "//evil.example/topics/new.rss", 404, ""},
		{"GET", "/topics/../topics/new.rss", 404, ""},
		{"GET", "/%2e%2e/etc/passwd", 404, ""},
		{"POST", "/topics/new.rss", 405, ""},
		{"PUT", "/topics/new.rss", 405, ""},
		{"DELETE", "/", 405, ""},
		{"TRACE", "/", 405, ""},
	} {
		resp := ask(s, c.method, c.path)
		if resp.StatusCode != c.status || resp.Header.Get("Location") != c.location {
			t.Errorf("%s %s: %d to %q, want %d to %q", c.method, c.path, resp.StatusCode, resp.Header.Get("Location"), c.status, c.location)
		}
		if c.status == 405 && resp.Header.Get("Allow") != "GET, HEAD, OPTIONS" {
			t.Errorf("%s: Allow %q", c.method, resp.Header.Get("Allow"))
		}
	}
	var last *http.Response
	for range 50 {
		last = ask(s, "GET", "/topics/new.rss") // from 192.0.2.1, which is nobody's network
	}
	if last.StatusCode != 429 || last.Header.Get("Retry-After") == "" {
		t.Errorf("the fiftieth request at once is answered %d, Retry-After %q", last.StatusCode, last.Header.Get("Retry-After"))
	}
}

func TestRemoveAndSet(t *testing.T) {
	a, b := document("/topics/a.rss", "application/rss+xml; charset=utf-8"), document("/topics/b.rss", "application/rss+xml; charset=utf-8")
	s := serving(t, Options{}, a, b)
	s.Remove(a.Path)
	if got := ask(s, "GET", a.Path).StatusCode; got != 404 {
		t.Errorf("a removed document is answered %d", got)
	}
	b.Body, b.ETag = []byte("another"), `"4567"`
	s.Set(b)
	if got := read(t, ask(s, "GET", b.Path)); string(got) != "another" {
		t.Errorf("a replaced document is %q", got)
	}
}

// S13: nothing of a request but its path, conditions and codings counts.
func TestS13CachePoisoning(t *testing.T) {
	paths := []string{"/", "/topics/city", "/topics/city.rss", "/topics/city.atom", "/topics/city.json", "/sources"}
	var docs []news.Document
	for _, p := range paths {
		docs = append(docs, document(p, "text/html; charset=utf-8"))
	}
	s := serving(t, Options{}, docs...)
	headers := []string{
		"X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Forwarded-Port", "X-Forwarded-For", "Forwarded",
		"X-Original-URL", "X-Rewrite-URL", "X-Host", "Host",
	}
	bodies := 0
	for _, p := range paths {
		plain := ask(s, "GET", p)
		want, tag := read(t, plain), plain.Header.Get("ETag")
		for _, h := range headers {
			for q := range 40 {
				target := fmt.Sprintf("%s?%c=evil%d&callback=x&utm_source=%d", p, 'a'+q%26, q, q)
				resp := ask(s, "GET", target, h, "evil.example")
				if !bytes.Equal(read(t, resp), want) || resp.Header.Get("ETag") != tag || strings.Contains(fmt.Sprint(resp.Header), "evil") {
					t.Fatalf("%s with %s: another answer", target, h)
				}
				bodies++
			}
		}
	}
	if bodies != 2400 {
		t.Errorf("%d bodies compared, want 2400", bodies)
	}
}

func TestErrorPages(t *testing.T) {
	page, ended := document("/errors/404", "text/html; charset=utf-8"), document("/errors/410", "text/html; charset=utf-8")
	s := serving(t, Options{}, page, ended)
	s.SetRules(Rules{Tokens: map[string]string{"desk": "sesame"}, Retired: map[string]bool{"gone": true}})
	if resp := ask(s, "GET", "/topics/gone"); resp.StatusCode != 410 || !bytes.Equal(read(t, resp), ended.Body) {
		t.Errorf("of a topic that has ended a reader is told %d", resp.StatusCode)
	}
	for _, path := range []string{"/none", "/topics/none", "/topics/desk", "/search?q=x", "/private/x/topics/desk", "/errors/404", "/errors/410"} {
		resp := ask(s, "GET", path, "Accept-Encoding", "gzip")
		if got := read(t, resp); resp.StatusCode != 404 || !bytes.Equal(got, page.Body) || resp.Header.Get("Cache-Control") != "no-store" || resp.Header.Get("ETag") != "" {
			t.Errorf("%s: %d %v", path, resp.StatusCode, resp.Header)
		}
	}
	if resp := ask(s, "GET", "/topics/none.rss"); resp.StatusCode != 404 || string(read(t, resp)) != "not found\n" {
		t.Error("a feed reader is answered with a page")
	}
}

func TestPrivateTopic(t *testing.T) {
	doc := document("/topics/desk.rss", "application/rss+xml; charset=utf-8")
	doc.Topic, doc.Private = "desk", true
	open := document("/topics/city.rss", "application/rss+xml; charset=utf-8")
	s := serving(t, Options{Find: func(context.Context, string) (news.Document, error) { return doc, nil }}, doc, open)
	s.SetRules(Rules{Tokens: map[string]string{"desk": "sesame", "empty": ""}})
	unknown := ask(s, "GET", "/topics/none.x")
	want := fmt.Sprint(unknown.Header) + string(read(t, unknown))
	for _, c := range []struct {
		path   string
		header []string
		status int
	}{
		{"/topics/desk.rss", nil, 404},
		{"/topics/desk.rss", []string{"Authorization", "Bearer sesame"}, 200},
		{"/topics/desk.rss", []string{"Authorization", "bearer sesame"}, 200},
		{"/topics/desk.rss", []string{"Authorization", "Basic YW55b25lOnNlc2FtZQ=="}, 200}, // anyone:sesame
		{"/topics/desk.rss", []string{"Authorization", "Bearer sesam"}, 404},
		{"/topics/desk.rss", []string{"Authorization", "Bearer sesamee"}, 404},
		{"/topics/desk.rss", []string{"Authorization", "Bearer"}, 404},
		{"/topics/desk.rss?token=sesame", nil, 404},
		{"/private/sesame/topics/desk.rss", nil, 200},
		{"/private/other/topics/desk.rss", nil, 404},
		{"/private//topics/desk.rss", nil, 404},
		{"/private/sesame", nil, 404},
		{"/private/sesame/topics/city.rss", nil, 404},
		{"/private/sesame/private/sesame/topics/desk.rss", nil, 404},
		{"/topics/desk/archive/1.rss", nil, 404},
		{"/topics/desk/archive/1.rss", []string{"Authorization", "Bearer sesame"}, 200},
		{"/topics/empty.rss", []string{"Authorization", "Bearer "}, 404},
		{"/topics/city.rss", []string{"Authorization", "Bearer wrong"}, 200},
		{"/stories/x", nil, 404}, // found, but private
	} {
		resp := ask(s, "GET", c.path, c.header...)
		if resp.StatusCode != c.status {
			t.Errorf("%s %v: %d, want %d", c.path, c.header, resp.StatusCode, c.status)
		}
		// The answer to a feed's path differs from that to a page's by CORS.
		if got := fmt.Sprint(resp.Header) + string(read(t, resp)); c.status == 404 && !strings.Contains(c.path, ".rss") && got != want {
			t.Errorf("%s tells more than an unknown path:\n%s\n%s", c.path, got, want)
		}
	}
}

func TestSecurityHeaders(t *testing.T) {
	page := document("/", "text/html; charset=utf-8")
	feed := document("/topics/city.rss", "application/rss+xml; charset=utf-8")
	s := serving(t, Options{}, page, feed)
	for _, path := range []string{"/", "/topics/city.rss", "/none", "/healthz"} {
		h := ask(s, "GET", path).Header
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: %v", path, h)
		}
		csp := h.Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if path != "/" && strings.Contains(csp, "script-src") {
			t.Errorf("%s: scripts allowed by %q", path, csp)
		}
	}
	if csp := ask(s, "GET", "/").Header.Get("Content-Security-Policy"); strings.Contains(csp, "http") {
		t.Errorf("pages load from elsewhere: %q", csp)
	}
	direct := serving(t, Options{RemoteImages: true}, page)
	if csp := ask(direct, "GET", "/").Header.Get("Content-Security-Policy"); !strings.Contains(csp, "img-src 'self' https: http:;") {
		t.Errorf("pictures are not allowed where they are wished for: %q", csp)
	}
}

func TestHealth(t *testing.T) {
	ill := errors.New("the store cannot be reached")
	s := serving(t, Options{Ready: func(context.Context) error { return ill }})
	if resp := ask(s, "GET", "/healthz"); resp.StatusCode != 200 {
		t.Errorf("healthz %d", resp.StatusCode)
	}
	resp := ask(s, "GET", "/readyz")
	if got := string(read(t, resp)); resp.StatusCode != 503 || got != ill.Error()+"\n" {
		t.Errorf("readyz %d %q", resp.StatusCode, got)
	}
}

func TestFoundDocuments(t *testing.T) {
	var made atomic.Int64
	release := make(chan struct{})
	s := serving(t, Options{Find: func(_ context.Context, path string) (news.Document, error) {
		made.Add(1)
		<-release
		switch path {
		case "/stories/none":
			return news.Document{}, ErrNotFound
		case "/stories/broken":
			return news.Document{}, errors.New("a secret reason")
		case "/stories/moved":
			return news.Document{}, Elsewhere("/topics/city.atom")
		}
		return document(path, "text/html; charset=utf-8"), nil
	}})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if got := ask(s, "GET", "/stories/one").StatusCode; got != 200 {
				t.Errorf("a story is answered %d", got)
			}
		})
	}
	for made.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	close(release)
	wg.Wait()
	if n := made.Load(); n != 1 {
		t.Errorf("made %d times for 20 readers", n)
	}
	if got := ask(s, "GET", "/stories/none").StatusCode; got != 404 {
		t.Errorf("a story that is none is answered %d", got)
	}
	resp := ask(s, "GET", "/stories/moved")
	if to := resp.Header.Get("Location"); resp.StatusCode != 307 || !strings.HasSuffix(to, "/topics/city.atom") {
		t.Errorf("what is elsewhere is answered %d to %q", resp.StatusCode, to)
	}
	resp = ask(s, "GET", "/stories/broken")
	if text := string(read(t, resp)); resp.StatusCode != 503 || strings.Contains(text, "secret") {
		t.Errorf("a failure is answered %d %q", resp.StatusCode, text)
	}
	before := made.Load()
	for _, path := range []string{"/stories/A", "/stories/%00", "/stories/" + strings.Repeat("a", 500), "/stories/x'y"} {
		if got := ask(s, "GET", path).StatusCode; got != 404 {
			t.Errorf("%s: %d", path, got)
		}
	}
	if made.Load() != before {
		t.Error("paths that no document can have were looked for")
	}
}

func TestFoundDocumentsAreBounded(t *testing.T) {
	s := serving(t, Options{Find: func(_ context.Context, path string) (news.Document, error) {
		doc := document(path, "text/html; charset=utf-8")
		doc.Body = make([]byte, 1<<20)
		return doc, nil
	}})
	for i := range 40 {
		ask(s, "HEAD", fmt.Sprintf("/stories/%d", i))
	}
	if s.found.bytes > shelfBytes || len(s.found.pages) > 32 {
		t.Errorf("%d bytes in %d pages are kept", s.found.bytes, len(s.found.pages))
	}
}

func TestSearch(t *testing.T) {
	var asked string
	s := serving(t, Options{Search: func(_ context.Context, path, q string) (news.Document, error) {
		asked = path + " " + q
		return document(path, "text/html; charset=utf-8"), nil
	}})
	if resp := ask(s, "GET", "/search?q=%20ferry%20%20strike&x=1"); resp.StatusCode != 200 || asked != "/search ferry strike" {
		t.Errorf("%d, asked %q", resp.StatusCode, asked)
	}
	if resp := ask(s, "GET", "/search.atom?q=ferry"); resp.StatusCode != 200 || asked != "/search.atom ferry" {
		t.Errorf("%d, asked %q", resp.StatusCode, asked)
	}
	// The field of pages takes 200 characters, of any script.
	if resp := ask(s, "GET", "/search?q="+strings.Repeat("%E6%B8%A1", 200)); resp.StatusCode != 200 || asked != "/search "+strings.Repeat("渡", 200) {
		t.Errorf("%d, asked %q", resp.StatusCode, asked)
	}
	if resp := ask(s, "GET", "/search?q="+strings.Repeat("x", 1000)); resp.StatusCode != 404 {
		t.Errorf("a long query is answered %d", resp.StatusCode)
	}
	if resp := ask(serving(t, Options{}), "GET", "/search?q=x"); resp.StatusCode != 404 {
		t.Errorf("without a search it is answered %d", resp.StatusCode)
	}
}

func TestManyReadersOneWriter(t *testing.T) {
	s := serving(t, Options{}, document("/a", "text/html; charset=utf-8"), document("/b", "text/html; charset=utf-8"))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				if got := ask(s, "GET", "/a", "Accept-Encoding", "gzip").StatusCode; got != 200 {
					t.Errorf("answered %d", got)
				}
			}
		})
	}
	for i := range 50 {
		doc := document("/b", "text/html; charset=utf-8")
		doc.ETag = fmt.Sprintf(`"%d"`, i)
		s.Set(doc)
	}
	wg.Wait()
}

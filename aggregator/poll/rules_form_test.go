package poll_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/poll"
	"github.com/wireroom/wireroom/internal/race"
)

func TestRule16_OneGetAndNothingElse(t *testing.T) {
	o := &origin{script: func(n int, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		fmt.Fprint(w, feedDoc("a", fmt.Sprint(n)))
	}}
	r := newReader(t, news.Source{URL: o.serve(t).URL + "/a%20feed/?x=1&y=%C3%BC#fragment", AllowPrivate: true})
	r.poll()
	r.poll()
	log := o.requests()
	if len(log) != 2 {
		t.Fatalf("%d requests for two polls", len(log))
	}
	for _, req := range log {
		if req.method != http.MethodGet || req.uri != "/a%20feed/?x=1&y=%C3%BC" {
			t.Errorf("asked for %s %s", req.method, req.uri)
		}
	}
}

func TestRule20_HTMLInsteadOfAFeed(t *testing.T) {
	o := &origin{script: func(n int, w http.ResponseWriter, r *http.Request) {
		if n == 0 {
			answer(w, `"1"`, "", feedDoc("a"))
			return
		}
		w.Header().Set("Content-Type", "text/html")
		answer(w, `"page"`, "", "<html><title>Not found</title>")
	}}
	r := loopback(t, o)
	r.poll()
	good := r.state
	r.poll()
	if r.state.Outcome != news.OutcomeParse || r.state.Failures != 1 || r.state.Error == "" {
		t.Errorf("outcome %q, %d failures, error %q", r.state.Outcome, r.state.Failures, r.state.Error)
	}
	if r.state.Validators != good.Validators || r.state.BodyHash != good.BodyHash || r.state.LastSuccess != good.LastSuccess {
		t.Errorf("the page replaced what was known of the feed")
	}
	if !r.state.NextDue.After(r.state.LastPoll.Add(time.Hour)) {
		t.Errorf("not backed off: due at %v after %v", r.state.NextDue, r.state.LastPoll)
	}
	if n := len(o.requests()); n != 2 {
		t.Errorf("%d requests: nothing else may be asked for", n)
	}
}

func TestRule21_UserAgent(t *testing.T) {
	o := &origin{script: func(_ int, w http.ResponseWriter, r *http.Request) { steady(w, r) }}
	s := o.serve(t)
	src := news.Source{Name: "world", URL: s.URL, AllowPrivate: true}
	for _, tc := range []struct {
		opts poll.Options
		want string
	}{
		{poll.Options{Version: "1.2.3", Contact: "https://example.org/bot"}, "Wireroom/1.2.3 (+https://example.org/bot)"},
		{poll.Options{Version: "1.2.3"}, "Wireroom/1.2.3"},
		{poll.Options{Version: "1\r\nX-Evil: 1"}, "Wireroom/1  X-Evil: 1"},
	} {
		c := poll.NewClient(tc.opts)
		c.Poll(t.Context(), src, news.State{}, time.Now())
		c.Close()
		log := o.requests()
		if got := log[len(log)-1].header.Get("User-Agent"); got != tc.want {
			t.Errorf("User-Agent %q, want %q", got, tc.want)
		}
	}
}

func TestRule22_AcceptNamesTheFeedTypes(t *testing.T) {
	o := &origin{script: func(_ int, w http.ResponseWriter, r *http.Request) { steady(w, r) }}
	r := loopback(t, o)
	r.poll()
	want := "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.1"
	if got := o.requests()[0].header.Get("Accept"); got != want {
		t.Errorf("Accept %q, want %q", got, want)
	}
	r.src.Page = &news.PageRules{Item: "li"}
	r.poll()
	if got := o.requests()[1].header.Get("Accept"); !strings.HasPrefix(got, "text/html,") {
		t.Errorf("Accept for a page is %q", got)
	}
}

// packed returns a document in a content encoding.
func packed(t *testing.T, encoding, body string) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch encoding {
	case "gzip", "x-gzip":
		w := gzip.NewWriter(&b)
		_, err = w.Write([]byte(body))
		w.Close()
	case "br":
		w := brotli.NewWriter(&b)
		_, err = w.Write([]byte(body))
		w.Close()
	case "zstd":
		w, _ := zstd.NewWriter(&b)
		_, err = w.Write([]byte(body))
		w.Close()
	case "deflate":
		w := zlib.NewWriter(&b)
		_, err = w.Write([]byte(body))
		w.Close()
	case "raw-deflate":
		w, _ := flate.NewWriter(&b, 6)
		_, err = w.Write([]byte(body))
		w.Close()
	default:
		b.WriteString(body)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRule23_EncodingsAreDecodedAndLimited(t *testing.T) {
	const limit = 1 << 20
	doc := feedDoc("a", "b")
	bomb := feedDoc(strings.Repeat("x", 8*limit))
	whole, zlibbed := packed(t, "gzip", doc), packed(t, "deflate", doc)
	named := append([]byte{0x1f, 0x8b, 8, 4 | 8 | 16 | 2, 0, 0, 0, 0, 0, 3, 2, 0, 'x', 'y', 'n', 0, 'c', 0, 0, 0}, whole[10:]...)
	for _, tc := range []struct {
		name, header string
		body         []byte
		outcome      news.Outcome // empty: doc
	}{
		{"gzip", "gzip", packed(t, "gzip", doc), ""},
		{"x-gzip", "x-gzip", packed(t, "gzip", doc), ""},
		{"upper case", "GZIP", packed(t, "gzip", doc), ""},
		{"br", "br", packed(t, "br", doc), ""},
		{"zstd", "zstd", packed(t, "zstd", doc), ""},
		{"zlib", "deflate", packed(t, "deflate", doc), ""},
		{"raw deflate", "deflate", packed(t, "raw-deflate", doc), ""},
		{"identity", "identity", []byte(doc), ""},
		{"a charset", "UTF-8", []byte(doc), ""},
		{"none by name", "none", []byte(doc), ""},
		{"a way of transfer", "binary", []byte(doc), ""},
		{"as it was uploaded", "aws-chunked,gzip", packed(t, "gzip", doc), ""},
		{"gzip and none", "gzip, identity", packed(t, "gzip", doc), ""},
		{"not gzip at all", "gzip", []byte(doc), ""},
		{"two members", "gzip", append(packed(t, "gzip", doc[:5]), packed(t, "gzip", doc[5:])...), ""},
		{"junk behind", "gzip", append(packed(t, "gzip", doc), "junk"...), ""},
		{"truncated", "gzip", packed(t, "gzip", doc)[:20], news.OutcomeNetwork},
		{"all but the end", "gzip", whole[:len(whole)-9], news.OutcomeNetwork},
		{"without its checksum", "gzip", whole[:len(whole)-8], ""},
		{"with half of it", "gzip", whole[:len(whole)-4], ""},
		{"with another", "gzip", append(whole[:len(whole)-8:len(whole)-8], "12345678"...), ""},
		{"without that of zlib", "deflate", zlibbed[:len(zlibbed)-4], ""},
		{"with a name and more", "gzip", named, ""},
		{"a header cut off", "gzip", named[:13], news.OutcomeNetwork},
		{"gzip twice", "gzip, gzip", packed(t, "gzip", string(packed(t, "gzip", doc))), news.OutcomeNetwork},
		{"unknown", "sdch", []byte(doc), news.OutcomeNetwork},
		{"gzip bomb", "gzip", packed(t, "gzip", bomb), news.OutcomeTooLarge},
		{"br bomb", "br", packed(t, "br", bomb), news.OutcomeTooLarge},
		{"zstd bomb", "zstd", packed(t, "zstd", bomb), news.OutcomeTooLarge},
		{"plain bomb", "", []byte(bomb), news.OutcomeTooLarge},
		{"two gigabytes of window", "zstd", []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0, 0}, news.OutcomeNetwork},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := &origin{script: func(_ int, w http.ResponseWriter, r *http.Request) {
				if tc.header != "" {
					w.Header().Set("Content-Encoding", tc.header)
				}
				w.Write(tc.body)
			}}
			r := loopback(t, o)
			r.src.MaxBytes = limit
			a := r.poll()
			if a.Outcome != tc.outcome || tc.outcome == "" && string(a.Body) != doc {
				t.Errorf("outcome %q (%s), body %.40q", a.Outcome, a.Error, a.Body)
			}
			if got := o.requests()[0].header.Get("Accept-Encoding"); got != "gzip, br, zstd" {
				t.Errorf("Accept-Encoding %q", got)
			}
		})
	}
}

// TestEmptyDocument is a document nevertheless, for the parser to refuse.
func TestEmptyDocument(t *testing.T) {
	r := loopback(t, &origin{script: func(int, http.ResponseWriter, *http.Request) {}})
	if a := r.poll(); a.Body == nil || r.state.Outcome != news.OutcomeParse {
		t.Errorf("body %v, outcome %q", a.Body, r.state.Outcome)
	}
}

func TestRule24_NothingIsToldToStrangers(t *testing.T) {
	o := &origin{}
	o.script = func(n int, w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Set-Cookie", "session=1; Path=/")
		switch r.Host + r.URL.Path {
		case "a.example.org/feed":
			http.Redirect(w, r, "http://a.example.org/own", http.StatusFound)
		case "a.example.org/own":
			http.Redirect(w, r, "http://b.example.net/one", http.StatusFound)
		case "b.example.net/one":
			http.Redirect(w, r, "http://b.example.net/two", http.StatusFound)
		case "b.example.net/two": // back home, by a stranger's word
			http.Redirect(w, r, "http://a.example.org/trap", http.StatusFound)
		default:
			fmt.Fprint(w, feedDoc(fmt.Sprint(n)))
		}
	}
	c := hosts(t, poll.Options{}, o.serve(t))
	src := news.Source{Name: "test", URL: "http://a.example.org/feed", Auth: news.Auth{
		User: "reader", Password: "hunter22", Header: map[string]string{"X-Key": "canary-header"}, Query: map[string]string{"token": "canary-query"},
	}}
	for range 2 {
		a := c.Poll(t.Context(), src, news.State{}, time.Now())
		if a.Body == nil || strings.Contains(a.URL, "canary") {
			t.Fatalf("answer from %s: %s", a.URL, a.Error)
		}
	}
	resp, err := c.HTTP(false).Get("http://a.example.org/feed") // five requests too
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	for i, req := range o.requests() {
		for _, name := range []string{"Cookie", "Referer", "Cookie2"} {
			if req.header.Get(name) != "" {
				t.Errorf("request %d carries %s", i, name)
			}
		}
		told := req.header.Get("Authorization") != "" && req.header.Get("X-Key") != "" && strings.Contains(req.uri, "token=canary-query")
		silent := req.header.Get("Authorization") == "" && req.header.Get("X-Key") == "" && !strings.Contains(req.uri, "canary")
		if home := i%5 < 2 && i < 10; home && !told || !home && !silent {
			t.Errorf("request %d to %s%s: credentials told: %v", i, req.host, req.uri, told)
		}
	}
}

func TestRule25_OnlyTheNewEntries(t *testing.T) {
	o := &origin{script: func(n int, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", fmt.Sprintf(`"%d"`, n))
		switch n {
		case 0, 4:
			if n == 0 {
				w.Header().Set("Vary", "Accept-Encoding, A-IM")
			}
			fmt.Fprint(w, feedDoc("a", "b"))
		case 1:
			w.Header().Set("IM", "feed")
			w.WriteHeader(http.StatusIMUsed)
			fmt.Fprint(w, feedDoc("c"))
		case 2:
			w.Header().Set("IM", "gdiff")
			w.WriteHeader(http.StatusIMUsed)
			fmt.Fprint(w, "delta")
		default:
			w.WriteHeader(http.StatusNotModified)
		}
	}}
	r := loopback(t, o)
	r.poll()
	if h := o.requests()[0].header; h.Get("A-IM") != "" {
		t.Errorf("A-IM before the server has shown that it knows it")
	}
	a := r.poll()
	if h := o.requests()[1].header; h.Get("A-IM") != "feed" || h.Get("If-None-Match") != `"0"` {
		t.Errorf("A-IM %q, If-None-Match %q", h.Get("A-IM"), h.Get("If-None-Match"))
	}
	if r.state.BodyHash != "" {
		t.Error("the next whole document will be compared with a part of one")
	}
	if !a.Partial || a.Body == nil || r.state.Outcome != news.OutcomeNew {
		t.Errorf("226 was not taken for a part of the document: %+v", a)
	}
	if a := r.poll(); a.Outcome != news.OutcomeNetwork {
		t.Errorf("226 with a strange manipulation: outcome %q", a.Outcome)
	}
	wantConditions(t, o, 2, `"1"`, "")
	r.poll()
	wantConditions(t, o, 3, `"1"`, "")
}

func TestRule26_EverythingHasALimit(t *testing.T) {
	late := make(chan struct{})
	defer close(late)
	// What has a limit in bytes has a minute: on a busy machine it may take long.
	for _, tc := range []struct {
		name    string
		script  func(w http.ResponseWriter, r *http.Request)
		outcome news.Outcome
	}{
		{"silence", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, news.OutcomeTimeout},
		{"a byte now and then", func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				w.Write([]byte("x"))
				w.(http.Flusher).Flush()
				time.Sleep(20 * time.Millisecond)
			}
		}, news.OutcomeTimeout},
		{"redirects that take their time", func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(120 * time.Millisecond)
			http.Redirect(w, r, r.URL.Path+"x", http.StatusFound)
		}, news.OutcomeTimeout},
		{"headers without end", func(w http.ResponseWriter, r *http.Request) {
			conn, buf, _ := w.(http.Hijacker).Hijack()
			defer conn.Close()
			buf.WriteString("HTTP/1.1 200 OK\r\n")
			for i := 0; i < 1<<20; i++ {
				if _, err := fmt.Fprintf(buf, "X-%d: %s\r\n", i, strings.Repeat("x", 100)); err != nil {
					return
				}
			}
		}, news.OutcomeNetwork},
		{"a body announced too large", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "99999999999")
		}, news.OutcomeTooLarge},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := &origin{script: func(_ int, w http.ResponseWriter, r *http.Request) { tc.script(w, r) }}
			r := loopback(t, o)
			r.src.Timeout = time.Minute
			if tc.outcome == news.OutcomeTimeout {
				r.src.Timeout = 300 * time.Millisecond
			}
			clock := race.Clock(t)
			start := clock()
			a := r.poll()
			if took := clock() - start; a.Outcome != tc.outcome || took > 3*time.Second {
				t.Errorf("outcome %q (%s) after %v, want %q", a.Outcome, a.Error, took, tc.outcome)
			}
		})
	}
}

func TestRule27_RobotsIsASwitch(t *testing.T) {
	rules := "# hello\nUser-agent: other\nDisallow: /\n\nUser-agent: *\nDisallow: /\n\nUser-agent: Wireroom\nUser-agent: another\nDisallow: /private*.xml$\nAllow: /private/ok.xml\nAllow: /same\nDisallow: /same\n"
	o := &origin{script: func(_ int, w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			fmt.Fprint(w, rules)
			return
		}
		fmt.Fprint(w, feedDoc("a"))
	}}
	s := o.serve(t)
	c := poll.NewClient(poll.Options{})
	defer c.Close()
	asked := func() (robots, feeds int) {
		for _, req := range o.requests() {
			if req.uri == "/robots.txt" {
				robots++
			} else {
				feeds++
			}
		}
		return robots, feeds
	}
	src := news.Source{Name: "test", URL: s.URL + "/private/feed.xml", AllowPrivate: true}
	c.Poll(t.Context(), src, news.State{}, time.Now())
	if robots, feeds := asked(); robots != 0 || feeds != 1 {
		t.Errorf("switched off: asked for robots.txt %d times, the feed %d times", robots, feeds)
	}
	src.Robots = true
	a := c.Poll(t.Context(), src, news.State{}, time.Now())
	if robots, feeds := asked(); robots != 1 || feeds != 1 || a.Outcome != news.OutcomeBlocked {
		t.Errorf("switched on: robots.txt %d times, the feed %d times, outcome %q", robots, feeds, a.Outcome)
	}
	for path, allowed := range map[string]bool{"/feed.xml": true, "/private/ok.xml": true, "/private/feed.xml?x=1": true, "/private.xml": false, "/same": true} {
		src.URL = s.URL + path
		if a := c.Poll(t.Context(), src, news.State{}, time.Now()); (a.Body != nil) != allowed {
			t.Errorf("%s: outcome %q (%s), want allowed: %v", path, a.Outcome, a.Error, allowed)
		}
		// No person has named the pages that its items lead to.
		if a := c.Get(t.Context(), src, s.URL+path, time.Now()); (a.Body != nil) != allowed {
			t.Errorf("%s, a page: outcome %q (%s), want allowed: %v", path, a.Outcome, a.Error, allowed)
		}
	}
	if robots, _ := asked(); robots != 1 {
		t.Errorf("robots.txt was asked for %d times in a day", robots)
	}
	c.Poll(t.Context(), src, news.State{}, time.Now().Add(25*time.Hour))
	if robots, _ := asked(); robots != 2 {
		t.Errorf("robots.txt was not asked for on the next day")
	}
}

// TestCredentialsInOneHost redirects a source whose host is written in its own letters
// to where its server writes it in ASCII, as all do.
func TestCredentialsInOneHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &origin{script: func(_ int, w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/feed" {
				http.Redirect(w, r, "http://"+r.Host+"/feed/", http.StatusFound)
				return
			}
			steady(w, r)
		}}
		r, _, stop := inMemory(o, news.Source{Name: "test", URL: "http://Bücher.example/feed", Auth: news.Auth{Bearer: "canary"}})
		defer stop()
		r.poll()
		log := o.requests()
		if len(log) != 2 || log[1].uri != "/feed/" || log[1].header.Get("Authorization") == "" {
			t.Errorf("requests: %+v", log)
		}
	})
}

func TestThreat20_NoControlCharacters(t *testing.T) {
	o := &origin{script: func(_ int, w http.ResponseWriter, r *http.Request) {
		conn, buf, _ := w.(http.Hijacker).Hijack()
		defer conn.Close()
		buf.WriteString("HTTP/1.1 500 Br\x1b[31mok\x07en\r\nContent-Length: 0\r\n\r\n")
		buf.Flush()
	}}
	r := loopback(t, o)
	a := r.poll()
	if a.Error == "" || regexp.MustCompile(`[\x00-\x1f\x7f]`).MatchString(a.Error) {
		t.Errorf("error %q", a.Error)
	}
}

func TestThreat32_SecretsStayInside(t *testing.T) {
	src := news.Source{Name: "test", URL: "http://reader:pass-canary@127.0.0.1:1/feed?x=1&token=query-canary", AllowPrivate: true,
		Auth: news.Auth{Bearer: "bearer-canary", Header: map[string]string{"X": "header canary"}, Query: map[string]string{"token": "query-canary", "key": "ä&canary"}}}
	c := poll.NewClient(poll.Options{})
	defer c.Close()
	a := c.Poll(t.Context(), src, news.State{}, time.Now())
	if a.Outcome != news.OutcomeNetwork || strings.Contains(fmt.Sprint(a), "canary") {
		t.Errorf("answer: %+v", a)
	}
	message := "x bearer-canary y header canary z token=query-canary&key=" + "%C3%A4%26canary http://reader:pass-canary@h/\nnext"
	if got := poll.Redact(src, message); strings.Contains(got, "canary") || strings.Contains(got, "\n") {
		t.Errorf("redacted to %q", got)
	}
	if got := poll.PublicURL(src, "http://u:pass-canary@h/a?b=1&token=query-canary&c=%20#f"); got != "http://h/a?b=1&c=%20" {
		t.Errorf("public URL %q", got)
	}
}

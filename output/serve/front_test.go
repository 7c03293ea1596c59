package serve

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A tape is a connection in memory of which all that is read is given
// beforehand, piece by piece, and all that is written is kept.
type tape struct {
	net.Conn // for what is not called
	remote   string
	ended    chan struct{}
	end      func()

	mu     sync.Mutex
	pieces [][]byte
	out    bytes.Buffer
}

func newTape(remote string, pieces ...[]byte) *tape {
	c := &tape{remote: remote, pieces: slices.Clone(pieces), ended: make(chan struct{})}
	c.end = sync.OnceFunc(func() { close(c.ended) })
	return c
}

func (c *tape) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.pieces) > 0 {
		n := copy(p, c.pieces[0])
		if c.pieces[0] = c.pieces[0][n:]; len(c.pieces[0]) == 0 {
			c.pieces = c.pieces[1:]
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, io.EOF
}

func (c *tape) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.Write(p)
}

func (c *tape) Close() error                     { c.end(); return nil }
func (c *tape) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (c *tape) RemoteAddr() net.Addr             { a, _ := net.ResolveTCPAddr("tcp", c.remote); return a }
func (c *tape) SetDeadline(time.Time) error      { return nil }
func (c *tape) SetReadDeadline(time.Time) error  { return nil }
func (c *tape) SetWriteDeadline(time.Time) error { return nil }

// A twoDoors is one server behind two doors: one of net/http alone, and one
// that Front stands before.
type twoDoors struct {
	doors    [2]pipes
	counts   [2][600]atomic.Int64 // answers of each, by status
	byFront  atomic.Int64         // answers that Front gave by itself
	byServer atomic.Int64         // and that net/http gave behind it
}

func newTwoDoors(tb testing.TB, s *Server) *twoDoors {
	d := &twoDoors{doors: [2]pipes{make(pipes), make(pipes)}}
	for i, door := range d.doors {
		listener := net.Listener(door)
		if i == 1 {
			listener = s.Front(door, func(status int) { d.counts[1][status].Add(1); d.byFront.Add(1) })
		}
		server := HTTPServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			told := &statusTold{ResponseWriter: w, status: http.StatusOK}
			s.Handler().ServeHTTP(told, r)
			d.counts[i][told.status].Add(1)
			if i == 1 {
				d.byServer.Add(1)
			}
		}), slog.New(slog.DiscardHandler))
		go func() { _ = server.Serve(listener) }()
		tb.Cleanup(func() {
			ctx, stop := context.WithTimeout(context.Background(), time.Second)
			defer stop()
			Shutdown(ctx, server, listener)
		})
	}
	return d
}

type statusTold struct {
	http.ResponseWriter
	status int
}

func (w *statusTold) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

var dateField = regexp.MustCompile(`\r\nDate: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\r\n`)

// tell sends the same pieces through a door and returns all that is answered,
// but for the time of day.
func (d *twoDoors) tell(door int, remote string, pieces ...[]byte) string {
	c := newTape(remote, pieces...)
	d.doors[door] <- c
	<-c.ended
	c.mu.Lock()
	defer c.mu.Unlock()
	return dateField.ReplaceAllString(c.out.String(), "\r\nDate: now\r\n")
}

// differ sends the same through both doors and compares what is answered and
// what is counted.
func (d *twoDoors) differ(t *testing.T, remote string, pieces ...[]byte) (answer string) {
	t.Helper()
	alone, behind := d.tell(0, remote, pieces...), d.tell(1, remote, pieces...)
	if alone != behind {
		t.Errorf("%.1000q\nnet/http alone answers\n%.1000q\nbehind the front\n%.1000q", pieces, alone, behind)
	}
	for status := range d.counts[0] {
		if a, b := d.counts[0][status].Load(), d.counts[1][status].Load(); a != b {
			t.Fatalf("%.1000q: %d answers with status %d are counted, behind the front %d", pieces, a, status, b)
		}
	}
	return behind
}

// varied is a server with documents of every kind, and rules.
func varied(t testing.TB) *Server {
	noise := make([]byte, 2048)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	with := func(path, contentType string, change func(*news.Document)) news.Document {
		doc := document(path, contentType)
		change(&doc)
		return doc
	}
	feed := "application/rss+xml; charset=utf-8"
	s := New(Options{
		Log: slog.New(slog.DiscardHandler), BaseURL: "https://feeds.example.org", Rate: 0.0001, Burst: 2,
		Find: func(_ context.Context, path string) (news.Document, error) {
			if path == "/stories/x" {
				return document(path, "text/html; charset=utf-8"), nil
			}
			return news.Document{}, ErrNotFound
		},
	})
	s.Set(
		document("/topics/city.rss", feed), document("/topics/city.json", "application/feed+json"),
		document("/", "text/html; charset=utf-8"), document("/topics/old.rss", feed), document("/topics/gone.rss", feed),
		with("/topics/desk.rss", feed, func(d *news.Document) { d.Topic = "desk" }), // open once, and private since
		with("/hidden", "text/html; charset=utf-8", func(d *news.Document) { d.Private = true }),
		with("/a", "text/plain; charset=utf-8", func(d *news.Document) { d.Body, d.Link = d.Body[:300], nil }),
		with("/none", "text/plain; charset=utf-8", func(d *news.Document) { d.Body, d.Modified = nil, time.Time{} }),
		with("/noise", "application/octet-stream", func(d *news.Document) { d.Body = noise }),
		with("/long", "text/html; charset=utf-8", func(d *news.Document) {
			d.MaxAge = immutable
			d.Link = append(d.Link, `</hub>; rel="hub"`)
		}),
	)
	s.SetRules(Rules{Tokens: map[string]string{"desk": "sesame"}, Renamed: map[string]string{"old": "city"}, Retired: map[string]bool{"gone": true}})
	return s
}

const loopback = "127.0.0.1:1"

// TestFrontAnswersWhatIsPlain says what is answered without net/http, what is
// not, and that it makes no difference.
func TestFrontAnswersWhatIsPlain(t *testing.T) {
	d := newTwoDoors(t, varied(t))
	since := changed.Format(http.TimeFormat)
	for _, c := range []struct {
		request string
		plain   int // requests of it that the front answers
	}{
		{"GET /topics/city.rss HTTP/1.1\r\nHost: h\r\n\r\n", 1},
		{"HEAD /topics/city.rss HTTP/1.1\r\nHost: h\r\n\r\n", 1},
		{"GET / HTTP/1.1\r\nhost: [::1]:80\r\nUser-Agent: A reader/1.0 (+https://x.example/; 3 readers)\r\nConnection: Keep-Alive\r\n\r\n", 1},
		{"GET /topics/city.rss HTTP/1.1\r\nHost:h\r\nAccept-Encoding:gzip, deflate, br\r\nIf-None-Match:\"0123\"\r\n\r\n", 1},
		{"GET /topics/city.rss HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\nIf-None-Match: W/\"0123-gzip\"\r\n\r\n", 1},
		{"GET /topics/city.rss HTTP/1.1\r\nHost: h\r\nIf-Modified-Since: " + since + "\r\n\r\n", 1},
		{"GET /topics/city.rss HTTP/1.1\r\nHost: h\r\nIf-None-Match: \"x\"\r\nIf-Modified-Since: " + since + "\r\n\r\n", 1},
		{"GET /none HTTP/1.1\r\nHost: h\r\nIf-Modified-Since: " + since + "\r\n\r\n", 1},
		{"GET /a HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n", 1},
		{"GET /noise HTTP/1.1\r\nHost: h\r\nAccept-Encoding: *\r\nX-Forwarded-For: 192.0.2.1\r\nRange: bytes=0-1\r\n\r\n", 1},
		{"GET /long HTTP/1.1\r\nHost: h\r\nAccept-Encoding: zstd;q=0.5,br;q=0.4\r\nOrigin: https://x.example\r\n\r\n", 1},
		{"GET /a HTTP/1.1\r\nHost: h\r\nAccept-Encoding: identity;q=0, *;q=0\r\n\r\n", 1},
		{strings.Repeat("GET /a HTTP/1.1\r\nHost: h\r\n\r\n", 3), 3},
		{"GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /nothing HTTP/1.1\r\nHost: h\r\n\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n", 1},
		{"GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /a HT", 1},
		{"", 0}, {"GET /a HTTP/1.1\r\nHost: h\r\n", 0}, {"\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n", 0},
		{"GET /a HTTP/1.0\r\nHost: h\r\n\r\n", 0}, {"GET /a HTTP/1.1\r\n\r\n", 0}, {"GET /a HTTP/1.1\r\nHost:\r\n\r\n", 0},
		{"GET /a HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", 0}, {"GET /a HTTP/1.1\r\nHost: a b\r\n\r\n", 0},
		{"GET /a HTTP/1.1\nHost: h\n\n", 0}, {"GET  /a HTTP/1.1\r\nHost: h\r\n\r\n", 0}, {"get /a HTTP/1.1\r\nHost: h\r\n\r\n", 0},
		{"GET /a HTTP/1.1\r\nHost: h\r\nX : y\r\n\r\n", 0}, {"GET /a HTTP/1.1\r\nHost: h\r\nX: y\r\n z\r\n\r\n", 0},
		{"GET /a HTTP/1.1\r\nHost: h\r\nX: y\nZ: z\r\n\r\n", 0}, {"GET /a HTTP/1.1\r\nHost: h\r\nX: \x00\r\n\r\n", 0},
		{"GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 0}, {"GET /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n", 0},
		{"GET /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nHello", 0},
		{"GET /a HTTP/1.1\r\nHost: h\r\ncontent-length: 0\r\n\r\n", 0},
		{"GET /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 0},
		{"GET /a HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n", 0},
		{"GET /a?x HTTP/1.1\r\nHost: h\r\n\r\n", 0}, {"GET /%61 HTTP/1.1\r\nHost: h\r\n\r\n", 0},
		{"GET http://h/a HTTP/1.1\r\nHost: h\r\n\r\n", 0}, {"GET * HTTP/1.1\r\nHost: h\r\n\r\n", 0}, {"GET //a HTTP/1.1\r\nHost: h\r\n\r\n", 0},
		{"POST /a HTTP/1.1\r\nHost: h\r\n\r\n", 0}, {"OPTIONS /a HTTP/1.1\r\nHost: h\r\n\r\n", 0},
		{"GET /stories/x HTTP/1.1\r\nHost: h\r\n\r\n", 0}, {"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n", 0},
		{"GET /topics/old.rss HTTP/1.1\r\nHost: h\r\n\r\n", 0}, {"GET /topics/gone.rss HTTP/1.1\r\nHost: h\r\n\r\n", 0},
		{"GET /topics/desk.rss HTTP/1.1\r\nHost: h\r\n\r\n", 0}, {"GET /private/sesame/topics/desk.rss HTTP/1.1\r\nHost: h\r\n\r\n", 0},
		{"GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n", 0}, {"GET /a HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer sesame\r\n\r\n", 0},
		{"GET /a HTTP/1.1\r\nHost: h\r\nIf-None-Match:\r\nIf-Modified-Since: " + since + "\r\n\r\n", 0},
		{"GET /a HTTP/1.1\r\nHost: h\r\nIf-None-Match: \"x\"\r\nif-none-match: \"0123\"\r\n\r\n", 0},
		{"GET /a HTTP/1.1\r\nHost: h\r\nX: " + strings.Repeat("x", 3<<10) + "\r\n\r\n", 0},
		{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0},
	} {
		before := d.byFront.Load()
		d.differ(t, loopback, []byte(c.request))
		if got := int(d.byFront.Load() - before); got != c.plain {
			t.Errorf("%.300q: the front answers %d, want %d", c.request, got, c.plain)
		}
		// Cut anywhere, it is answered the same.
		for at := 1; at < min(len(c.request), 200); at += 7 {
			d.differ(t, loopback, []byte(c.request[:at]), []byte(c.request[at:]))
		}
	}
}

// TestFrontBoundsTheRate: clients are bounded as they are without the front,
// and told so by the same answer.
func TestFrontBoundsTheRate(t *testing.T) {
	request := []byte(strings.Repeat("GET /a HTTP/1.1\r\nHost: h\r\n\r\n", 4))
	// One server each: they would count the same client twice.
	alone := newTwoDoors(t, varied(t)).tell(0, "192.0.2.1:1", request)
	d := newTwoDoors(t, varied(t))
	behind := d.tell(1, "192.0.2.1:1", request)
	if alone != behind || strings.Count(behind, " 200 OK\r\n") != 2 || strings.Count(behind, " 429 ") != 2 {
		t.Errorf("net/http alone answers\n%q\nbehind the front\n%q", alone, behind)
	}
	if d.byFront.Load() != 2 || d.byServer.Load() != 2 {
		t.Errorf("the front answers %d, net/http %d", d.byFront.Load(), d.byServer.Load())
	}
}

// TestFrontTellsTheAge: what may be stale is answered by net/http, with its age.
func TestFrontTellsTheAge(t *testing.T) {
	s := varied(t)
	age := time.Duration(0)
	s.opts.Age = func() time.Duration { return age }
	d := newTwoDoors(t, s)
	request := []byte("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
	for _, age = range []time.Duration{time.Minute, 0, time.Hour, time.Second} {
		if answer := d.differ(t, loopback, request); strings.Contains(answer, "\r\nAge: "+fmt.Sprint(int(age.Seconds()))+"\r\n") != (age > staleAfter) {
			t.Errorf("of what is %v old is said %q", age, answer)
		}
	}
	if d.byFront.Load() != 2 {
		t.Errorf("the front answers %d", d.byFront.Load())
	}
}

// TestFrontFollowsWhatIsSet: a new document, new rules and a removal hold for
// connections that are open.
func TestFrontFollowsWhatIsSet(t *testing.T) {
	s := varied(t)
	d := newTwoDoors(t, s)
	request := []byte("GET /topics/city.rss HTTP/1.1\r\nHost: h\r\nIf-None-Match: \"0123\"\r\n\r\n")
	ask := func(want string) {
		t.Helper()
		if answer := d.differ(t, loopback, request); !strings.HasPrefix(answer, "HTTP/1.1 "+want+" ") {
			t.Errorf("answered %.100q, want %s", answer, want)
		}
	}
	ask("304")
	doc := document("/topics/city.rss", "application/rss+xml; charset=utf-8")
	doc.ETag = `"4567"`
	s.Set(doc)
	ask("200")
	s.SetRules(Rules{Tokens: map[string]string{"city": "sesame"}})
	ask("404")
	s.SetRules(Rules{})
	ask("200")
	s.Remove(doc.Path)
	ask("404")
}

func FuzzFront(f *testing.F) {
	for _, line := range []string{
		"GET /topics/city.rss HTTP/1.1", "HEAD / HTTP/1.1", "GET /a HTTP/1.0", "POST /none HTTP/1.1", "GET /topics/desk.rss HTTP/1.1",
		"GET /private/sesame/topics/desk.rss HTTP/1.1", "GET /topics/old.rss HTTP/1.1", "GET /noise?q HTTP/1.1",
	} {
		for _, fields := range []string{
			"Host: h", "Host: h\r\nAccept-Encoding: gzip;q=0.5, br, *;q=0.1\r\nIf-None-Match: W/\"0123-br\", \"0123\"",
			"host: h:80\r\nIf-Modified-Since: Sat, 14 Mar 2026 15:09:26 GMT\r\nUser-Agent: x", "Host: h\r\nConnection: keep-alive, close",
			"Host: h\r\nContent-Length: 3\r\nConnection: keep-alive", "Host: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0", "Host: h\r\nAuthorization: Bearer sesame",
			"Host: h\r\nX-A:\tb \r\n c", "Host: h\nAccept: */*", "",
		} {
			f.Add([]byte(line+"\r\n"+fields+"\r\n\r\n"), uint16(0))
			f.Add([]byte(line+"\r\n"+fields+"\r\n\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n"), uint16(40))
		}
	}
	d := newTwoDoors(f, varied(f))
	f.Fuzz(func(t *testing.T, raw []byte, cut uint16) {
		at := min(int(cut), len(raw))
		d.differ(t, loopback, raw[:at], raw[at:])
	})
}

package poll_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/poll"
	"github.com/wireroom/wireroom/aggregator/schedule"
)

// An origin is a server that answers by a script and records every request.
type origin struct {
	mu     sync.Mutex
	script func(n int, w http.ResponseWriter, r *http.Request)
	log    []request
}

// A request is what the origin saw of one request.
type request struct {
	at     time.Time
	method string
	host   string
	uri    string
	header http.Header
}

func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	n := len(o.log)
	o.log = append(o.log, request{time.Now(), r.Method, r.Host, r.RequestURI, r.Header.Clone()})
	script := o.script
	o.mu.Unlock()
	script(n, w, r)
}

// requests returns the log so far.
func (o *origin) requests() []request {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.log)
}

// serve starts the origin on loopback until the test ends.
func (o *origin) serve(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(o)
	t.Cleanup(s.Close)
	return s
}

// A feedDoc is the script's idea of a feed: one item a line.
func feedDoc(items ...string) string { return "feed\n" + strings.Join(items, "\n") }

// read is a parser for feedDoc.
func read(body []byte) *news.Feed {
	head, items, ok := strings.Cut(string(body), "\n")
	if !ok || head != "feed" {
		return nil
	}
	feed := &news.Feed{Format: "test"}
	for _, line := range strings.Split(items, "\n") {
		if line != "" {
			feed.Entries = append(feed.Entries, news.Entry{GUID: line})
		}
	}
	return feed
}

// A reader polls one source as the program does, without its other stages.
type reader struct {
	client *poll.Client
	src    news.Source
	state  news.State
	c      float64           // constant of auto
	tune   func(*news.Feed)  // what the documents say of themselves
	seen   map[string]bool   // items stored
	all    []news.Answer     // of every poll
	after  func(*news.State) // called after every poll, before the next is dated
}

func newReader(t *testing.T, src news.Source) *reader {
	t.Helper()
	client := poll.NewClient(poll.Options{Version: "1.0", Contact: "https://wireroom.example/contact"})
	t.Cleanup(client.Close)
	if src.Name == "" {
		src.Name = "test"
	}
	if src.Schedule == "" {
		src.Schedule = news.ScheduleAuto
	}
	return &reader{client: client, src: src, seen: map[string]bool{}}
}

// loopback returns a reader of an origin on loopback.
func loopback(t *testing.T, o *origin) *reader {
	t.Helper()
	return newReader(t, news.Source{URL: o.serve(t).URL + "/feed", AllowPrivate: true, Timeout: 10 * time.Second})
}

// poll polls once and settles.
func (r *reader) poll() news.Answer {
	now := time.Now()
	answer := r.client.Poll(context.Background(), r.src, r.state, now)
	r.all = append(r.all, answer)
	var feed *news.Feed
	var stored news.Appended
	var items []news.Item
	if answer.Body != nil {
		if feed = read(answer.Body); feed == nil {
			answer.Outcome, answer.Error = news.OutcomeParse, "not a feed"
		} else {
			if r.tune != nil {
				r.tune(feed)
			}
			for _, e := range feed.Entries {
				items = append(items, news.Item{ID: e.GUID})
				if r.seen[e.GUID] {
					stored.Known++
				} else {
					r.seen[e.GUID] = true
					stored.New++
				}
			}
		}
	}
	before := r.state
	next := poll.Settle(r.src, before, answer, feed, news.About{}, stored)
	next = schedule.Observe(before, next, len(items), items, stored)
	if r.after != nil {
		r.after(&next)
	}
	next.NextDue = schedule.Next(r.src, next, time.Now(), r.c)
	r.state = next
	return answer
}

// run polls whenever the source is due, for so long.
func (r *reader) run(d time.Duration) {
	end := time.Now().Add(d)
	for {
		wait := time.Until(r.state.NextDue)
		if r.state.NextDue.IsZero() {
			wait = 0
		}
		if time.Now().Add(max(wait, 0)).After(end) {
			time.Sleep(time.Until(end))
			return
		}
		time.Sleep(wait)
		r.poll()
	}
}

// A pipeNet is a network in memory on which every name leads to one origin, so
// that time in a synctest bubble can stand still while nothing happens.
type pipeNet struct {
	accept chan net.Conn
	done   chan struct{}
	mu     sync.Mutex
	open   int // connections open now
	most   int // and at most so far
}

func (p *pipeNet) Accept() (net.Conn, error) {
	select {
	case c := <-p.accept:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *pipeNet) Close() error   { return nil }
func (p *pipeNet) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80} }

func (p *pipeNet) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case p.accept <- server:
	case <-p.done:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open++
	p.most = max(p.most, p.open)
	return &counted{Conn: client, net: p}, nil
}

// A counted connection tells its network when it closes.
type counted struct {
	net.Conn
	net  *pipeNet
	once sync.Once
}

func (c *counted) Close() error {
	c.once.Do(func() {
		c.net.mu.Lock()
		c.net.open--
		c.net.mu.Unlock()
	})
	return c.Conn.Close()
}

// inMemory returns a reader whose network is the origin, for use in a bubble;
// stop ends the origin.
func inMemory(o *origin, src news.Source) (r *reader, p *pipeNet, stop func()) {
	p = &pipeNet{accept: make(chan net.Conn), done: make(chan struct{})}
	server := &http.Server{Handler: o}
	go server.Serve(p)
	if src.URL == "" {
		src.URL = "http://feeds.example.org/news"
	}
	if src.Name == "" {
		src.Name = "test"
	}
	if src.Schedule == "" {
		src.Schedule = news.ScheduleAuto
	}
	r = &reader{
		client: poll.NewClient(poll.Options{Version: "1.0", DialContext: p.dial}),
		src:    src, seen: map[string]bool{},
	}
	return r, p, func() {
		close(p.done)
		server.Close()
		r.client.Close()
	}
}

package main

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/poll"
)

// A wire is a network in memory on which every name leads to one server, and
// the listener of that server.
type wire struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newWire() *wire { return &wire{conns: make(chan net.Conn), done: make(chan struct{})} }

func (w *wire) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.done:
		return nil, net.ErrClosed
	}
}
func (w *wire) Close() error   { w.once.Do(func() { close(w.done) }); return nil }
func (w *wire) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(203, 0, 113, 1), Port: 80} }

func (w *wire) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case w.conns <- there:
		return here, nil
	case <-w.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A pressOffice is a site with a feed and the hub of it.
type pressOffice struct {
	program *program

	mu      sync.Mutex
	notes   int // in the feed
	polls   []time.Time
	asks    []url.Values // what the hub was asked
	asked   []time.Time
	refuses bool          // the hub verifies nothing
	slow    time.Duration // how long the site takes to answer
}

func (o *pressOffice) document(first, last int) string {
	var b strings.Builder
	b.WriteString(`<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:office</id><title>The Office</title><updated>2000-01-01T00:00:00Z</updated>
<link rel="hub" href="http://hub.test/wrong"/><link rel="self" href="http://site.test/wrong"/>`)
	for i := last; i >= first; i-- {
		fmt.Fprintf(&b, "<entry><id>urn:note:%d</id><title>Note %[1]d of the office</title><updated>2000-01-01T00:00:00Z</updated></entry>", i)
	}
	b.WriteString("</feed>")
	return b.String()
}

func (o *pressOffice) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if r.Host == "site.test" {
		o.polls = append(o.polls, time.Now())
		document, slow := o.document(1, o.notes), o.slow
		o.mu.Unlock()
		time.Sleep(slow)
		w.Header().Add("Link", `<http://hub.test/hub>; rel="hub", <http://site.test/canonical>; rel=self`)
		fmt.Fprint(w, document)
		o.mu.Lock()
		return
	}
	if err := r.ParseForm(); err != nil || r.URL.Path != "/hub" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	o.asks, o.asked = append(o.asks, r.PostForm), append(o.asked, time.Now())
	w.WriteHeader(http.StatusAccepted)
	if !o.refuses {
		callback := r.PostForm.Get("hub.callback")
		go o.call("GET", callback+"?"+url.Values{"hub.mode": {"subscribe"}, "hub.topic": {r.PostForm.Get("hub.topic")},
			"hub.challenge": {"a challenge"}, "hub.lease_seconds": {"14400"}}.Encode(), "", "")
	}
}

// call calls the program at an address of its own.
func (o *pressOffice) call(method, address, body, signature string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, address, strings.NewReader(body))
	if signature != "" {
		r.Header.Set("X-Hub-Signature", signature)
	}
	w := httptest.NewRecorder()
	o.program.handler.ServeHTTP(w, r)
	return w
}

// push adds a note and sends a document of the notes from first on.
func (o *pressOffice) push(first int, sign func(secret, body string) string) int {
	o.mu.Lock()
	o.notes++
	form, body := o.asks[len(o.asks)-1], o.document(first, o.notes)
	o.mu.Unlock()
	return o.call("POST", form.Get("hub.callback"), body, sign(form.Get("hub.secret"), body)).Code
}

func signed(secret, body string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// since returns how often the site was polled after an instant.
func (o *pressOffice) since(at time.Time) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, p := range o.polls {
		if p.After(at) {
			n++
		}
	}
	return n
}

// state returns what is remembered of the source.
func (o *pressOffice) state(t *testing.T) news.State {
	t.Helper()
	s, _, err := o.program.db.State(t.Context(), "office")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestRule28To32_TheSubscriber runs the whole program beside a site and its
// hub: the hub is discovered by the header before the document, asked,
// answered and renewed; what it signs is used, what it does not sign is
// fetched, what is forged is neither; and when it stays silent polls are back.
func TestRule28To32_TheSubscriber(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		office := &pressOffice{notes: 3}
		shut := office.serve(t, dir)
		time.Sleep(2 * time.Minute)
		office.subscribed(t)
		office.pushes(t)
		office.renewal(t)
		shut()
	})
}

// pushThrice has the hub tell of three notes, after which it is relied upon.
func (o *pressOffice) pushThrice() {
	time.Sleep(2 * time.Minute)
	for i := range 3 {
		time.Sleep(10 * time.Minute)
		o.push(4+i, signed)
	}
}

// TestPushedWhileDown stops the program for three hours while its hub is relied
// upon: what the hub told meanwhile is fetched, and what it tells at the first
// moment is heard.
func TestPushedWhileDown(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		office := &pressOffice{notes: 3}
		shut := office.serve(t, dir)
		office.pushThrice()
		time.Sleep(time.Minute)
		relied := office.state(t)
		if wait := relied.NextDue.Sub(relied.LastPoll); relied.Pushes != 3 || wait < 12*time.Hour {
			t.Fatalf("after %d pushes the next poll is in %s", relied.Pushes, wait)
		}
		shut()
		time.Sleep(3 * time.Hour)
		office.notes += 2
		shut = office.serve(t, dir)
		if code := office.push(9, signed); code/100 != 2 {
			t.Errorf("a push at the first moment is answered %d", code)
		}
		time.Sleep(10 * time.Minute)
		if s := office.state(t); s.ItemCount != relied.ItemCount+3 {
			t.Errorf("%d items after %d: what was told while nobody listened is not fetched before %s", s.ItemCount, relied.ItemCount, s.NextDue)
		}
		shut()
	})
}

// TestPushedWhilePolled has the hub tell of a note while the site still answers with
// the document before it: the note is there as soon as that has been stored.
func TestPushedWhilePolled(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		office := &pressOffice{notes: 3}
		shut := office.serve(t, dir)
		office.pushThrice()
		time.Sleep(10 * time.Minute)
		relied := office.state(t)
		office.slow = 10 * time.Second
		office.push(100, func(string, string) string { return "" }) // and so it is polled
		time.Sleep(5 * time.Second)
		office.push(8, signed)
		time.Sleep(time.Minute)
		if s := office.state(t); s.ItemCount != relied.ItemCount+2 {
			t.Errorf("%d items after %d: what the hub told during the poll waits until %s", s.ItemCount, relied.ItemCount, s.NextDue.Sub(s.LastPoll))
		}
		shut()
	})
}

// serve runs the program beside the office, over the store that is in dir.
func (o *pressOffice) serve(t *testing.T, dir string) (shut func()) {
	t.Helper()
	p, closed := o.open(t, dir)
	front := newWire()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := p.run(ctx, front, nil); err != nil {
			t.Error(err)
		}
	}()
	synctest.Wait()
	return func() {
		stop()
		<-ended
		closed()
	}
}

// open assembles it.
func (o *pressOffice) open(t *testing.T, dir string) (p *program, shut func()) {
	t.Helper()
	file := filepath.Join(dir, "feeds.yaml")
	if err := os.WriteFile(file, []byte("server: {listen: '127.0.0.1:1', base_url: 'https://wire.example.org'}\nstore: "+filepath.Join(dir, "push.db")+
		"\nsources: {office: {url: 'http://site.test/feed', min_auto: 6h}}\ntopics: {all: {}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(file, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	web := newWire()
	server := &http.Server{Handler: o}
	go server.Serve(web)
	p, err = assemble(t.Context(), cfg, nil, slog.New(slog.DiscardHandler), poll.Options{DialContext: web.dial})
	if err != nil {
		t.Fatal(err)
	}
	o.program = p
	return p, func() {
		p.close()
		server.Close()
	}
}

// subscribed looks at rules 28 to 30.
func (o *pressOffice) subscribed(t *testing.T) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.asks) != 1 {
		t.Fatalf("the hub was asked %d times", len(o.asks))
	}
	form := o.asks[0]
	if form.Get("hub.topic") != "http://site.test/canonical" || !strings.HasPrefix(form.Get("hub.callback"), "https://wire.example.org/websub/") {
		t.Errorf("the hub was asked %v", form)
	}
	for what, address := range map[string]string{
		"a question that nobody waits for": form.Get("hub.callback") + "?hub.mode=subscribe&hub.challenge=c&hub.topic=" + url.QueryEscape(form.Get("hub.topic")),
		"an unknown callback":              "https://wire.example.org/websub/guess?hub.mode=subscribe&hub.challenge=c&hub.topic=x",
	} {
		if code := o.call("GET", address, "", "").Code; code != http.StatusNotFound {
			t.Errorf("%s is answered %d", what, code)
		}
	}
}

// pushes looks at rule 32.
func (o *pressOffice) pushes(t *testing.T) {
	for i := range 3 { // signed, each with the new note only
		time.Sleep(10 * time.Minute)
		before, polled := o.state(t), time.Now()
		if code := o.push(4+i, signed); code/100 != 2 {
			t.Errorf("a signed push is answered %d", code)
		}
		time.Sleep(5 * time.Second)
		if s := o.state(t); s.ItemCount != before.ItemCount+1 || s.Pushes != before.Pushes+1 || o.since(polled) != 0 {
			t.Errorf("a signed push: %d items after %d, %d pushes, %d polls", s.ItemCount, before.ItemCount, s.Pushes, o.since(polled))
		}
	}
	time.Sleep(10 * time.Minute)
	before, polled := o.state(t), time.Now()
	o.push(1, func(_, body string) string { return signed("a guess", body) })
	time.Sleep(5 * time.Second)
	if s := o.state(t); s.ItemCount != before.ItemCount || o.since(polled) != 0 {
		t.Errorf("a forged push: %d items after %d, %d polls", s.ItemCount, before.ItemCount, o.since(polled))
	}
	o.push(100, func(string, string) string { return "" })
	time.Sleep(5 * time.Second)
	// Both notes are fetched; the site has seen one poll.
	if s := o.state(t); s.ItemCount != before.ItemCount+2 || o.since(polled) != 1 {
		t.Errorf("an unsigned push: %d items after %d, %d polls", s.ItemCount, before.ItemCount, o.since(polled))
	}
	for range 5 {
		o.push(100, func(string, string) string { return "" })
		time.Sleep(3 * time.Second)
	}
	time.Sleep(2 * time.Minute)
	if n := o.since(polled); n != 2 {
		t.Errorf("unsigned pushes within a minute cost %d polls", n-1)
	}
	calm := time.Now()
	time.Sleep(2 * time.Hour)
	if n := o.since(calm); n != 0 {
		t.Errorf("%d polls in two hours although the hub can be relied upon", n)
	}
}

// renewal looks at rule 31: the lease is of four hours.
func (o *pressOffice) renewal(t *testing.T) {
	time.Sleep(time.Until(o.asked[0].Add(3*time.Hour + 50*time.Minute)))
	if len(o.asked) != 2 || o.asked[1].Sub(o.asked[0]).Round(time.Minute) != 4*time.Hour*9/10 {
		t.Fatalf("the hub was asked at %v: no renewal at nine tenths of the lease", o.asked)
	}
	if n := o.since(o.asked[1].Add(-time.Minute)); n != 1 {
		t.Errorf("%d polls when the lease was renewed", n)
	}
	o.mu.Lock()
	o.refuses = true
	o.mu.Unlock()
	relied := o.state(t)
	time.Sleep(time.Until(o.asked[1].Add(8 * time.Hour)))
	if s := o.state(t); s.Pushes != 0 || s.NextDue.Sub(s.LastPoll) >= relied.NextDue.Sub(relied.LastPoll) {
		t.Errorf("after a renewal that failed %d pushes are relied upon, and the next poll is in %s instead of %s",
			s.Pushes, s.NextDue.Sub(s.LastPoll), relied.NextDue.Sub(relied.LastPoll))
	}
}

package poll

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/andybalholm/brotli"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/internal/race"
)

// patience is the deadline of a poll of a server that misbehaves. Under the
// race detector everything takes longer, the encryption above all.
var patience = map[bool]time.Duration{false: 3 * time.Second, true: 6 * time.Second}[race.Enabled]

// A misbehaviour is a server that does what servers must not do, and what must
// become of a poll of it.
type misbehaviour struct {
	serve  func(conn net.Conn)                          // one connection; nil: web is used
	web    func(w http.ResponseWriter, r *http.Request) // one request
	tls    func(t *testing.T, ca *authority) *tls.Config
	host   string         // name in the URL; empty: localhost
	want   []news.Outcome // any of them; "" is a document
	polls  int            // made in a row; 0: one
	check  func(a news.Answer, requests []http.Header) error
	settle bool // keep the state from one poll to the next
}

var (
	document = []news.Outcome{""}
	broken   = []news.Outcome{news.OutcomeNetwork}
	slow     = []news.Outcome{news.OutcomeTimeout}
	limitHit = []news.Outcome{news.OutcomeTooLarge}
)

// raw answers every request on a connection with these bytes and hangs up.
func raw(response string) func(net.Conn) {
	return func(conn net.Conn) {
		if readRequest(conn) {
			io.WriteString(conn, response)
		}
	}
}

// readRequest reads up to the end of a request's headers.
func readRequest(conn net.Conn) bool {
	var b []byte
	one := make([]byte, 1)
	for !bytes.HasSuffix(b, []byte("\r\n\r\n")) {
		if _, err := conn.Read(one); err != nil {
			return false
		}
		b = append(b, one[0])
	}
	return true
}

// drip writes bytes one by one until the other side is gone.
func drip(head, body string) func(net.Conn) {
	return func(conn net.Conn) {
		if !readRequest(conn) {
			return
		}
		io.WriteString(conn, head)
		for {
			if _, err := io.WriteString(conn, body); err != nil {
				return
			}
			time.Sleep(30 * time.Millisecond)
		}
	}
}

// flood writes without end.
func flood(head string, line func(i int) string) func(net.Conn) {
	return func(conn net.Conn) {
		if !readRequest(conn) {
			return
		}
		io.WriteString(conn, head)
		for i := 0; ; i++ {
			if _, err := io.WriteString(conn, line(i)); err != nil {
				return
			}
		}
	}
}

const okHead = "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n"

func status(code int, header ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Add(header[i], header[i+1])
		}
		w.WriteHeader(code)
		if code == http.StatusOK {
			io.WriteString(w, "feed")
		}
	}
}

// jump redirects everything but /end.
func jump(code int, to string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/end" {
			io.WriteString(w, "feed")
			return
		}
		w.Header().Set("Location", to)
		w.WriteHeader(code)
	}
}

func bomb(size int) string {
	var b bytes.Buffer
	w := brotli.NewWriter(&b)
	w.Write(make([]byte, size))
	w.Close()
	return b.String()
}

// later fails unless the answer asks to be left alone for about so long.
func later(want time.Duration) func(news.Answer, []http.Header) error {
	return func(a news.Answer, _ []http.Header) error {
		state := Settle(news.Source{}, news.State{}, a, nil, news.About{}, news.Appended{})
		if got := state.RetryAt.Sub(a.At); got < want-2*time.Second || got > want+5*time.Second {
			return fmt.Errorf("held back for %v, want %v", got, want)
		}
		return nil
	}
}

// misbehaviours stand by the names of the corpus.
func misbehaviours() map[string]misbehaviour {
	all := map[string]misbehaviour{
		"refused":         {serve: nil, web: nil, want: broken},
		"blackhole":       {host: "blackhole.lan", want: slow},
		"accept-silent":   {serve: func(c net.Conn) { io.Copy(io.Discard, c) }, want: slow},
		"header-drip":     {serve: drip("HTTP/1.1 200 OK\r\nX: ", "x"), want: slow},
		"body-drip":       {serve: drip(okHead+"\r\n", "x"), want: slow},
		"body-stall":      {serve: func(c net.Conn) { raw(okHead + "Content-Length: 100\r\n\r\nfeed")(c); io.Copy(io.Discard, c) }, want: slow},
		"endless-headers": {serve: flood(okHead, func(i int) string { return fmt.Sprintf("X-%d: %0100d\r\n", i, i) }), want: broken},
		"dns-slow":        {host: "slow.lan", want: slow},
		"dns-servfail":    {host: "servfail.lan", want: []news.Outcome{news.OutcomeNetwork, news.OutcomeTimeout}},
		"dns-flap":        {host: "flap.lan", web: status(200), polls: 4, want: []news.Outcome{news.OutcomeNetwork, ""}},

		"br-bomb":       {serve: raw(okHead + "Content-Encoding: br\r\nConnection: close\r\n\r\n" + bomb(16<<20)), want: limitHit},
		"zstd-bomb":     {serve: raw(okHead + "Content-Encoding: zstd\r\nConnection: close\r\n\r\n\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00"), want: broken},
		"double-enc":    {serve: raw(okHead + "Content-Encoding: gzip, gzip\r\nConnection: close\r\n\r\nxx"), want: broken},
		"two-cl":        {serve: raw(okHead + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nfeed!"), want: broken},
		"cl-te":         {serve: raw(okHead + "Content-Length: 100\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfeed\r\n0\r\n\r\n"), want: append(document, broken...)},
		"neg-cl":        {serve: raw(okHead + "Content-Length: -1\r\n\r\nfeed"), want: broken},
		"http09":        {serve: raw("<rss>feed</rss>"), want: broken},
		"status-999":    {web: status(999), want: broken},
		"ctl-in-reason": {serve: raw("HTTP/1.1 404 N\x1bo\rpe\r\nContent-Length: 0\r\n\r\n"), want: []news.Outcome{news.OutcomeHTTP4xx, news.OutcomeNetwork}, check: plainError},
		"etag-noquote":  {web: status(200, "ETag", "abc"), polls: 2, settle: true, want: []news.Outcome{"", news.OutcomeUnchanged}, check: sends("If-None-Match", "abc")},
		"etag-64k":      {web: status(200, "ETag", strings.Repeat("x", 64<<10)), polls: 2, settle: true, want: []news.Outcome{"", news.OutcomeUnchanged}, check: sends("If-None-Match", "")},
		"304-first":     {web: status(304), want: broken, check: times(2)},
		"304-body":      {web: nil, serve: notModifiedWithBody, polls: 2, settle: true, want: []news.Outcome{"", news.OutcomeNotModified}},
		"ct-wrong":      {web: status(200, "Content-Type", "image/png"), want: document},
		"set-cookie-flood": {web: func(w http.ResponseWriter, _ *http.Request) {
			for i := range 5000 {
				w.Header().Add("Set-Cookie", fmt.Sprint("c", i, "=1"))
			}
		}, polls: 2, want: append(document, broken...), check: sends("Cookie", "")},
		"vary-star": {web: status(200, "Vary", "*"), want: document},
		"hsts-etc":  {web: status(200, "Strict-Transport-Security", "max-age=31536000", "Alt-Svc", `h3=":443"`, "X-Powered-By", "PHP/4"), want: document},

		"302":         {web: jump(302, "/end"), want: document, check: permanent(false)},
		"307-308":     {web: jump(308, "/end"), want: document, check: permanent(true)},
		"loop":        {web: jump(302, "?again"), want: broken, check: times(2)},
		"self":        {web: jump(302, "/feed"), want: broken, check: times(1)},
		"to-private":  {web: jump(302, "http://10.0.0.1/"), want: []news.Outcome{news.OutcomeBlocked}, check: times(1)},
		"https-http":  {web: jump(302, "http://localhost/"), tls: goodCert, want: broken, check: times(1)},
		"no-location": {web: status(302), want: broken},
		"relative":    {web: jump(302, "x/../end"), want: document},
		"fragment":    {web: jump(302, "/end#frag"), want: document, check: times(2)},

		"429-seconds":  {web: status(429, "Retry-After", "7200"), want: []news.Outcome{news.OutcomeBlocked}, check: later(2 * time.Hour)},
		"429-date":     {web: status(429, "Retry-After", time.Now().Add(2*time.Hour).UTC().Format(http.TimeFormat)), want: []news.Outcome{news.OutcomeBlocked}, check: later(2 * time.Hour)},
		"429-none":     {web: status(429), want: []news.Outcome{news.OutcomeBlocked}, check: later(4 * time.Hour)},
		"429-negative": {web: status(429, "Retry-After", "-5"), want: []news.Outcome{news.OutcomeBlocked}, check: later(4 * time.Hour)},
		"503":          {web: status(503, "Retry-After", "7200"), want: []news.Outcome{news.OutcomeHTTP5xx}, check: later(2 * time.Hour)},
		"410":          {web: status(410), want: []news.Outcome{news.OutcomeGone}},
		"401":          {web: status(401), want: []news.Outcome{news.OutcomeHTTP4xx}, check: later(4 * time.Hour)},
		"cc-maxage":    {web: status(200, "Cache-Control", "max-age=43200"), want: document, check: fresh(12 * time.Hour)},
		"cc-huge":      {web: status(200, "Cache-Control", "max-age=31536000"), want: document, check: fresh(maxFresh)},
		"clock-skew":   {web: status(200, "Date", "Thu, 01 Jan 2099 00:00:00 GMT", "Last-Modified", "Thu, 01 Jan 2099 00:00:00 GMT"), want: document, check: fresh(0)},
	}
	for name, m := range tlsMisbehaviours() {
		all[name] = m
	}
	return all
}

func plainError(a news.Answer, _ []http.Header) error {
	if strings.ContainsAny(a.Error, "\x1b\r\n") {
		return fmt.Errorf("control characters in %q", a.Error)
	}
	return nil
}

func sends(name, value string) func(news.Answer, []http.Header) error {
	return func(_ news.Answer, requests []http.Header) error {
		if got := requests[len(requests)-1].Get(name); got != value {
			return fmt.Errorf("%s: %.20q was sent, want %q", name, got, value)
		}
		return nil
	}
}

func times(n int) func(news.Answer, []http.Header) error {
	return func(_ news.Answer, requests []http.Header) error {
		if len(requests) != n {
			return fmt.Errorf("%d requests, want %d", len(requests), n)
		}
		return nil
	}
}

func permanent(want bool) func(news.Answer, []http.Header) error {
	return func(a news.Answer, _ []http.Header) error {
		if got := a.Permanent != ""; got != want {
			return fmt.Errorf("permanent: %v", got)
		}
		return nil
	}
}

func fresh(want time.Duration) func(news.Answer, []http.Header) error {
	return func(a news.Answer, _ []http.Header) error {
		if got := a.FreshUntil.Sub(a.At); want == 0 && !a.FreshUntil.IsZero() || want > 0 && (got < want || got > want+10*time.Second) {
			return fmt.Errorf("fresh for %v, want %v", got, want)
		}
		return nil
	}
}

func notModifiedWithBody(conn net.Conn) {
	for i := 0; readRequest(conn); i++ {
		if i == 0 {
			io.WriteString(conn, okHead+"ETag: \"1\"\r\nContent-Length: 4\r\n\r\nfeed")
			continue
		}
		io.WriteString(conn, "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nevil")
	}
}

// unheard returns an address at which nobody listens, and nobody can until the
// test is over: it is bound.
func unheard(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	syscall.CloseOnExec(fd)
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	at, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint("127.0.0.1:", at.(*syscall.SockaddrInet4).Port)
}

// serving starts the server of a misbehaviour and returns its address and a
// log of the headers of its requests.
func (m misbehaviour) serving(t *testing.T, ca *authority) (addr string, requests func() []http.Header) {
	var mu sync.Mutex
	var log []http.Header
	if m.web == nil && m.serve == nil {
		return unheard(t), func() []http.Header { return nil }
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = l.Addr().String()
	if m.tls != nil {
		l = tls.NewListener(l, m.tls(t, ca))
	}
	switch {
	case m.web != nil:
		s := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			log = append(log, r.Header.Clone())
			mu.Unlock()
			m.web(w, r)
		}), ErrorLog: quiet()}}
		s.Start()
		t.Cleanup(s.Close)
	case m.serve != nil:
		// What hangs does so until the test is over.
		var conns sync.WaitGroup
		over := make(chan struct{})
		conns.Go(func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				conns.Go(func() {
					served := make(chan struct{})
					conns.Go(func() {
						select {
						case <-over:
						case <-served:
						}
						conn.Close()
					})
					defer close(served)
					m.serve(conn)
				})
			}
		})
		t.Cleanup(func() { l.Close(); close(over); conns.Wait() })
	}
	return addr, func() []http.Header {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(log)
	}
}

// run polls the server and returns what went otherwise than it must.
func (r *rogue) run(t *testing.T, c *Client, clock func() time.Duration) error {
	src := r.source()
	var state news.State
	var a news.Answer
	for range max(1, r.polls) {
		start := clock()
		a = c.Poll(t.Context(), src, state, time.Now())
		if took := clock() - start; took > 2*patience {
			return fmt.Errorf("a poll took %v", took)
		}
		if !slices.Contains(r.want, a.Outcome) {
			return fmt.Errorf("outcome %q (%s), want %q", a.Outcome, a.Error, r.want)
		}
		if a.Outcome != "" && !a.Outcome.OK() && (a.Error == "" || a.Validators != news.Validators{} && a.Status == 0) {
			return fmt.Errorf("an error without a reason, or with validators: %+v", a)
		}
		if r.settle {
			state = Settle(src, state, a, &news.Feed{}, news.About{}, news.Appended{})
		}
	}
	if r.check != nil {
		return r.check(a, r.requests())
	}
	return nil
}

// A rogue is a misbehaviour whose server runs.
type rogue struct {
	misbehaviour
	name     string // and number, in the corpus
	addr     string
	requests func() []http.Header
}

// source is the source that the server is.
func (r *rogue) source() news.Source {
	host, scheme := r.host, "http"
	if host == "" {
		host = "localhost"
	}
	if r.tls != nil {
		scheme = "https"
	}
	_, port, _ := net.SplitHostPort(r.addr)
	return news.Source{Name: "test", URL: scheme + "://" + net.JoinHostPort(host, port) + "/feed", AllowPrivate: true, Timeout: patience, MaxBytes: 1 << 20}
}

// rogues starts the servers of all misbehaviours of the corpus, and returns
// them with a client that finds and trusts them.
func rogues(t *testing.T) (*Client, []rogue) {
	t.Helper()
	type behaviour struct{ ID, Group, Name string }
	known := misbehaviours()
	ca := newAuthority(t)
	names := newNameServer(t, map[string][][]string{"flap.lan": {{"127.0.0.1"}}, "slow.lan": {{"127.0.0.1"}}, "servfail.lan": {{"127.0.0.1"}}})
	names.fault = map[string]string{"slow.lan": "silent", "servfail.lan": "servfail", "flap.lan": "flap"}
	roots := x509.NewCertPool()
	roots.AddCert(ca.cert)
	c := NewClient(Options{Resolver: names.resolver(), RootCAs: roots})
	t.Cleanup(c.Close)
	dial := c.private.transport.DialContext
	c.private.transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if strings.HasPrefix(addr, "blackhole.lan:") { // no answer to SYN
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return dial(ctx, network, addr)
	}
	var all []rogue
	for _, b := range corpus[behaviour](t, "security/http-behaviours.jsonl") {
		if b.Group == "publish side" {
			continue // the other side of the house
		}
		m, ok := known[b.Name]
		if !ok {
			t.Errorf("%s: nobody behaves like %s here", b.ID, b.Name)
			continue
		}
		addr, requests := m.serving(t, ca)
		all = append(all, rogue{m, b.ID + "-" + b.Name, addr, requests})
	}
	return c, all
}

// Rogues are the sources of all misbehaviours, for the test of more than this
// package.
func Rogues(t *testing.T) (*Client, []news.Source) {
	t.Helper()
	c, all := rogues(t)
	var sources []news.Source
	for _, r := range all {
		src := r.source()
		src.Name = r.name
		sources = append(sources, src)
	}
	return c, sources
}

func TestThreat16_MisbehavioursAllAtOnceBesideGoodSources(t *testing.T) {
	c, bad := rogues(t)
	good := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "feed") }))
	defer good.Close()
	interval, rounds := 8*patience, 2 // both rounds while the others misbehave
	var late, polls atomic.Int64
	var all sync.WaitGroup
	clock := race.Clock(t)
	for i := range 200 {
		all.Go(func() {
			src := news.Source{Name: fmt.Sprint("good-", i), URL: good.URL + fmt.Sprint("/", i), AllowPrivate: true, Timeout: patience}
			for round := range rounds {
				due := time.Duration(round)*patience/2 + time.Duration(i)*patience/2/200
				for clock() < due {
					time.Sleep(10 * time.Millisecond)
				}
				a := c.Poll(t.Context(), src, news.State{}, time.Now())
				polls.Add(1)
				if a.Body == nil || clock()-due > interval/10 {
					late.Add(1)
				}
			}
		})
	}
	for _, b := range bad {
		all.Go(func() {
			if err := b.run(t, c, clock); err != nil {
				t.Errorf("%s: %v", b.name, err)
			}
		})
	}
	all.Wait()
	if late.Load() > 0 {
		t.Errorf("%d of %d polls of good sources were late by more than a tenth of their interval", late.Load(), polls.Load())
	}
	t.Logf("%d misbehaviours at once beside %d good polls, %d of them late", len(bad), polls.Load(), late.Load())
}

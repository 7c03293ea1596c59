package poll

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"code.dny.dev/ssrf"
	"golang.org/x/net/dns/dnsmessage"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/internal/beside"
)

// corpus returns the lines of a file of the corpora.
func corpus[T any](t *testing.T, name string) []T {
	t.Helper()
	f, err := os.Open(beside.Path(t, "corpora", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []T
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

// A nameServer answers on loopback, over UDP, by a table from names to lists of
// answers; each question takes the next.
type nameServer struct {
	conn   net.PacketConn
	mu     sync.Mutex
	table  map[string][][]string // addresses, or "cname:NAME"
	asked  map[string]int
	asking []net.Conn        // of resolvers
	fault  map[string]string // by name: "silent", "servfail", "flap" (unknown every second time)
}

func newNameServer(t *testing.T, table map[string][][]string) *nameServer {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &nameServer{conn: conn, table: table, asked: map[string]int{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if reply := s.reply(buf[:n]); reply != nil {
				conn.WriteTo(reply, from)
			}
		}
	}()
	t.Cleanup(func() {
		conn.Close()
		<-done
		// Go's resolver waits for an answer longer than whoever asked it.
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, conn := range s.asking {
			conn.Close()
		}
	})
	return s
}

// resolver returns the resolver of the static binary, asking this server.
func (s *nameServer) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, "udp", s.conn.LocalAddr().String())
		if err == nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.asking = append(s.asking, conn)
		}
		return conn, err
	}}
}

func (s *nameServer) reply(query []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	s.mu.Lock()
	defer s.mu.Unlock()
	m.Response, m.Additionals = true, nil
	name := strings.ToLower(strings.TrimSuffix(q.Name.String(), "."))
	sets := s.table[name]
	fault := s.fault[name]
	s.asked[name]++
	switch {
	case fault == "silent":
		return nil
	case fault == "servfail":
		m.RCode = dnsmessage.RCodeServerFailure
	case len(sets) == 0 || fault == "flap" && s.asked[name]/2%2 == 1:
		m.RCode = dnsmessage.RCodeNameError
	default:
		key := name + q.Type.String()
		set := sets[min(s.asked[key], len(sets)-1)]
		s.asked[key]++
		s.answer(&m, q.Name, q.Type, set)
	}
	b, err := m.Pack()
	if err != nil {
		return nil
	}
	return b
}

func (s *nameServer) answer(m *dnsmessage.Message, name dnsmessage.Name, typ dnsmessage.Type, set []string) {
	for _, entry := range set {
		h := dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET, TTL: 0}
		if alias, ok := strings.CutPrefix(entry, "cname:"); ok {
			to := dnsmessage.MustNewName(alias + ".")
			h.Type = dnsmessage.TypeCNAME
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.CNAMEResource{CNAME: to}})
			s.answer(m, to, typ, s.table[alias][0])
			continue
		}
		ip := netip.MustParseAddr(entry)
		switch {
		case ip.Is4() && typ == dnsmessage.TypeA:
			h.Type = typ
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: ip.As4()}})
		case ip.Is6() && typ == dnsmessage.TypeAAAA:
			h.Type = typ
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: ip.As16()}})
		}
	}
}

var errWouldConnect = errors.New("would connect")

// watch replaces a network's last step: what passes the guard is recorded
// instead of being connected to.
func watch(n network, resolver *net.Resolver) *[]string {
	var mu sync.Mutex
	var passed []string
	dialer := &net.Dialer{Resolver: resolver, ControlContext: func(ctx context.Context, network, address string, raw syscall.RawConn) error {
		if err := n.guard.control(ctx, network, address, raw); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		passed = append(passed, address)
		return errWouldConnect
	}}
	n.transport.DialContext = dialer.DialContext
	return &passed
}

type ssrfCase struct{ ID, Category, URL, Expect, Note string }

func TestThreat1_SSRFTargets(t *testing.T) {
	internal := map[string][][]string{
		"public.test": {{"93.184.215.14"}}, "example.com": {{"93.184.215.14", "2606:2800:21f::14"}},
		"xn--e1afmkfd.xn--p1ai": {{"93.184.215.15"}},
	}
	for i, name := range []string{"localhost.localdomain", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
		"instance-data", "postgres", "metadata.google.internal", "host.docker.internal", "a-loop.rebind.test"} {
		internal[name] = [][]string{{fmt.Sprintf("10.0.0.%d", i+1), "127.0.0.1", "::1"}}
	}
	names := newNameServer(t, internal)
	refused, allowed := 0, 0
	for _, tc := range corpus[ssrfCase](t, "security/ssrf-targets.jsonl") {
		target := tc.URL
		if tc.Category == "redirect" { // the hop itself; the way there is another test
			_, target, _ = strings.Cut(tc.URL, "&to=")
		}
		c := NewClient(Options{Resolver: names.resolver()})
		passed := watch(c.public, names.resolver())
		src := news.Source{Name: "test", URL: target, Timeout: 5 * time.Second}
		a := c.Poll(t.Context(), src, news.State{}, time.Now())
		if a.Body != nil {
			t.Fatalf("%s: a document from %s", tc.ID, tc.URL)
		}
		c.Get(t.Context(), news.Source{Name: "test", URL: "http://public.test/", Timeout: 5 * time.Second}, target, time.Now())
		if resp, err := c.HTTP(false).Get(target); err == nil {
			resp.Body.Close()
			t.Fatalf("%s: the plain client got an answer", tc.ID)
		}
		switch tc.Expect {
		case "refuse":
			refused++
			if disguised := strings.HasPrefix(tc.Category, "ip") || tc.Category == "name-internal" || tc.Category == "port"; disguised && a.Outcome != news.OutcomeBlocked {
				t.Errorf("%s: %s (%s): outcome %q (%s), want blocked", tc.ID, tc.URL, tc.Note, a.Outcome, a.Error)
			}
			if len(*passed) > 0 {
				t.Errorf("%s: %s (%s) would have connected to %v", tc.ID, tc.URL, tc.Note, *passed)
			}
		case "allow":
			allowed++
			if len(*passed) < 3 {
				t.Errorf("%s: %s was refused: %s", tc.ID, tc.URL, a.Error)
			}
		default: // never-connect-to-ADDRESS
			refused++
			forbidden := strings.TrimPrefix(tc.Expect, "never-connect-to-")
			if slices.ContainsFunc(*passed, func(s string) bool { return strings.Contains(s, forbidden) }) {
				t.Errorf("%s: %s would have connected to %v", tc.ID, tc.URL, *passed)
			}
		}
		c.Close()
	}
	t.Logf("%d refused without a connection, %d controls allowed", refused, allowed)
}

// A street is a piece of network on loopback: a public house at 127.0.0.2, and
// forbidden ones at 127.0.0.1 and ::1 that must see no connection, all at the
// same port.
type street struct {
	client *Client
	port   string
	origin *httptest.Server
	seen   atomic.Int64 // connections to forbidden houses
	hits   atomic.Int64 // requests to the public house
}

func newStreet(t *testing.T, names map[string][][]string, script http.HandlerFunc) *street {
	t.Helper()
	s := &street{}
	public, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skip("127.0.0.2 is not a loopback address here: ", err)
	}
	_, s.port, _ = net.SplitHostPort(public.Addr().String())
	s.origin = &httptest.Server{Listener: public, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.hits.Add(1)
		script(w, r)
	})}}
	s.origin.Start()
	t.Cleanup(s.origin.Close)
	for _, house := range []string{"127.0.0.1", "::1"} {
		l, err := net.Listen("tcp", net.JoinHostPort(house, s.port))
		if err != nil {
			continue // no IPv6 here, or the port is taken: another house stands for it
		}
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				s.seen.Add(1)
				conn.Close()
			}
		}()
		t.Cleanup(func() { l.Close() })
	}
	dns := newNameServer(t, names)
	port := netip.MustParseAddrPort("127.0.0.2:" + s.port).Port()
	s.client = NewClient(Options{Resolver: dns.resolver(), Ports: []uint16{80, 443, port}})
	s.client.public.guard.ranges = ssrf.New(ssrf.WithAnyPort(), ssrf.WithAllowedV4Prefixes(netip.MustParsePrefix("127.0.0.2/32")))
	t.Cleanup(s.client.Close)
	return s
}

// at puts the street's port into a URL that names none.
func (s *street) at(raw string) string {
	scheme, rest, ok := strings.Cut(raw, "//")
	if !ok {
		return raw
	}
	host, path, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') && !strings.Contains(host, "@") {
		return raw
	}
	return scheme + "//" + host + ":" + s.port + "/" + path
}

func TestThreat2_RedirectsIntoTheNetwork(t *testing.T) {
	s := newStreet(t, map[string][][]string{
		"public.test": {{"127.0.0.2"}}, "a-loop.rebind.test": {{"127.0.0.1", "::1"}},
	}, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if n := len(q.Get("n")); n < 2 { // the forbidden hop is the third
			w.Header().Set("Location", r.URL.Path+"?n="+q.Get("n")+"x&code="+q.Get("code")+"&to="+url.QueryEscape(q.Get("to")))
			w.WriteHeader(http.StatusFound)
			return
		}
		w.Header().Set("Location", q.Get("to"))
		var code int
		fmt.Sscan(q.Get("code"), &code)
		w.WriteHeader(code)
	})
	src := news.Source{Name: "test", Timeout: 5 * time.Second}
	cases := 0
	for _, tc := range corpus[ssrfCase](t, "security/ssrf-targets.jsonl") {
		if tc.Category != "redirect" {
			continue
		}
		cases++
		query, to, _ := strings.Cut(tc.URL, "&to=")
		_, code, _ := strings.Cut(query, "code=")
		src.URL = "http://public.test:" + s.port + "/r?code=" + code + "&to=" + url.QueryEscape(s.at(to))
		before := s.hits.Load()
		a := s.client.Poll(t.Context(), src, news.State{}, time.Now())
		if a.Outcome != news.OutcomeBlocked {
			t.Errorf("%s: outcome %q (%s), want blocked", tc.ID, a.Outcome, a.Error)
		}
		if resp, err := s.client.HTTP(false).Get(src.URL); err == nil {
			resp.Body.Close()
			t.Errorf("%s: the plain client followed", tc.ID)
		}
		if s.hits.Load()-before != 6 {
			t.Errorf("%s: %d requests to the public house, want three each", tc.ID, s.hits.Load()-before)
		}
	}
	if s.seen.Load() != 0 {
		t.Errorf("the forbidden houses saw %d connections", s.seen.Load())
	}
	// The listeners do see who is allowed to come.
	src.URL, src.AllowPrivate = "http://127.0.0.1:"+s.port+"/", true
	s.client.Poll(t.Context(), src, news.State{}, time.Now())
	if s.seen.Load() == 0 {
		t.Error("the forbidden house would not have noticed anything")
	}
	t.Logf("%d redirects refused at the third hop", cases)
}

func TestThreat3_TheCheckedAddressIsTheDialledOne(t *testing.T) {
	flip := [][]string{{"127.0.0.2"}, {"127.0.0.1"}, {"127.0.0.2"}, {"127.0.0.1", "::1"}}
	s := newStreet(t, map[string][][]string{
		"flip.test": flip, "mixed.test": {{"127.0.0.1", "127.0.0.2", "::1"}}, "chain.test": {{"cname:inner.test"}},
		"inner.test": {{"127.0.0.1"}}, "mapped.test": {{"::ffff:127.0.0.1"}}, "nat64.test": {{"64:ff9b::7f00:1"}}, "zero.test": {{"0.0.0.0", "::"}},
	}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		fmt.Fprint(w, "feed")
	})
	reached := 0
	for _, name := range []string{"flip", "mixed", "chain", "mapped", "nat64", "zero"} {
		for range 6 {
			src := news.Source{Name: "test", URL: "http://" + name + ".test:" + s.port + "/", Timeout: 5 * time.Second}
			a := s.client.Poll(t.Context(), src, news.State{}, time.Now())
			if a.Body != nil {
				reached++
			}
		}
	}
	if s.seen.Load() != 0 {
		t.Errorf("the forbidden houses saw %d connections", s.seen.Load())
	}
	if reached < 7 { // the first of flip, and all of mixed
		t.Errorf("the public house was reached %d times", reached)
	}
}

func TestGuard_PrivateNetworksAreForTheirEntryOnly(t *testing.T) {
	s := newStreet(t, nil, func(w http.ResponseWriter, _ *http.Request) {})
	away := ""
	home := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, away, http.StatusFound)
			return
		}
		fmt.Fprint(w, "feed")
	}))
	defer home.Close()
	src := news.Source{Name: "test", URL: home.URL + "/feed"}
	if a := s.client.Poll(t.Context(), src, news.State{}, time.Now()); a.Outcome != news.OutcomeBlocked {
		t.Errorf("without allow_private: outcome %q", a.Outcome)
	}
	src.AllowPrivate = true
	if a := s.client.Poll(t.Context(), src, news.State{}, time.Now()); a.Body == nil {
		t.Errorf("with allow_private: %s", a.Error)
	}
	src.URL = home.URL + "/away"
	for _, to := range []string{"http://127.0.0.3:" + s.port, "http://[::1]:" + s.port, "http://localhost:" + s.port, "http://169.254.169.254/", "http://10.0.0.1/"} {
		away = to
		if a := s.client.Poll(t.Context(), src, news.State{}, time.Now()); a.Outcome != news.OutcomeBlocked {
			t.Errorf("from an allowed host to %s: outcome %q (%s)", to, a.Outcome, a.Error)
		}
		if a := s.client.Get(t.Context(), src, to, time.Now()); a.Outcome != news.OutcomeBlocked {
			t.Errorf("a page at %s: outcome %q (%s)", to, a.Outcome, a.Error)
		}
	}
	for _, metadata := range []string{"http://169.254.169.254/", "http://[fd00:ec2::254]/", "http://168.63.129.16/", "http://[fe80::1]/", "http://0.0.0.0/"} {
		src.URL = metadata
		if a := s.client.Poll(t.Context(), src, news.State{}, time.Now()); a.Outcome != news.OutcomeBlocked {
			t.Errorf("%s even with allow_private: outcome %q", metadata, a.Outcome)
		}
	}
	if s.seen.Load() != 0 {
		t.Errorf("the forbidden houses saw %d connections", s.seen.Load())
	}
}

package websub

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/internal/race"
)

const topic = "https://feeds.example.org/topics/city.atom"

// A book is kept in memory, as a store would keep it.
type book struct {
	mu   sync.Mutex
	subs map[[2]string]news.Subscription
}

func (b *book) Subscriptions(context.Context) ([]news.Subscription, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Values(b.subs)), nil
}

func (b *book) Subscribe(_ context.Context, s news.Subscription) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.subs[[2]string{s.Topic, s.Callback}] = s
	return nil
}

func (b *book) Unsubscribe(_ context.Context, subs ...news.Subscription) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, s := range subs {
		delete(b.subs, [2]string{s.Topic, s.Callback})
	}
	return nil
}

func (b *book) list() []news.Subscription {
	subs, _ := b.Subscriptions(context.Background())
	return subs
}

// A site publishes one document, which can be changed.
type site struct {
	mu  sync.Mutex
	doc news.Document
}

func (s *site) document(address string) (news.Document, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.doc, address == topic
}

func (s *site) change(body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.doc = news.Document{
		Path: "/topics/city.atom", ContentType: "application/atom+xml; charset=utf-8", Body: []byte(body), ETag: `"` + body + `"`,
		Link: []string{"<" + topic + `>; rel="self"`, `<https://feeds.example.org/hub>; rel="hub"`},
	}
}

// A reader is a subscriber's server: it answers as it is told and remembers
// what it was sent.
type reader struct {
	*httptest.Server
	mu       sync.Mutex
	answer   func(w http.ResponseWriter, r *http.Request, n int) bool // false: as a subscriber should
	asked    []url.Values
	received []*http.Request
	bodies   []string
}

func newReader(t *testing.T) *reader {
	t.Helper()
	rd := &reader{}
	rd.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		rd.mu.Lock()
		n := len(rd.received)
		if r.Method == http.MethodPost && err == nil {
			rd.received = append(rd.received, r)
			rd.bodies = append(rd.bodies, string(body))
		} else {
			n = len(rd.asked)
			rd.asked = append(rd.asked, r.URL.Query())
		}
		answer := rd.answer
		rd.mu.Unlock()
		if answer != nil && answer(w, r, n) {
			return
		}
		_, _ = io.WriteString(w, r.URL.Query().Get("hub.challenge"))
	}))
	t.Cleanup(rd.Close)
	return rd
}

func (rd *reader) count() (asked, received int) {
	rd.mu.Lock()
	defer rd.mu.Unlock()
	return len(rd.asked), len(rd.received)
}

// start runs a hub until the test ends.
func start(t *testing.T, s *site, b *book) *Hub {
	t.Helper()
	hub, err := NewHub(t.Context(), Options{
		Log: slog.New(slog.DiscardHandler), Client: http.DefaultClient, Book: b, Document: s.document,
		Retry: []time.Duration{20 * time.Millisecond, 20 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); hub.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return hub
}

func post(hub *Hub, form url.Values, header ...string) *http.Response {
	r := httptest.NewRequest(http.MethodPost, "/hub", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	hub.ServeHTTP(w, r)
	return w.Result()
}

func form(mode, callback string) url.Values {
	return url.Values{"hub.mode": {mode}, "hub.topic": {topic}, "hub.callback": {callback}}
}

// eventually waits for something that happens on another goroutine.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("not within a minute: %s", what)
}

func fresh() (*site, *book) {
	s := &site{}
	s.change("one")
	return s, &book{subs: map[[2]string]news.Subscription{}}
}

func TestSubscribeAndReceive(t *testing.T) {
	s, b := fresh()
	hub, rd := start(t, s, b), newReader(t)
	f := form("subscribe", rd.URL+"/call?me=42&x=a%20b")
	f.Set("hub.secret", "sesame")
	f.Set("hub.lease_seconds", "7200")
	if got := post(hub, f).StatusCode; got != http.StatusAccepted {
		t.Fatalf("subscribing is answered %d", got)
	}
	eventually(t, "a subscription is kept", func() bool { return len(b.list()) == 1 })
	asked := rd.asked[0]
	if asked.Get("me") != "42" || asked.Get("x") != "a b" || asked.Get("hub.topic") != topic || asked.Get("hub.mode") != "subscribe" ||
		asked.Get("hub.lease_seconds") != "7200" || len(asked.Get("hub.challenge")) < 20 {
		t.Errorf("the callback was asked %v", asked)
	}
	if lease := time.Until(b.list()[0].Until); lease < 7100*time.Second || lease > 7200*time.Second {
		t.Errorf("the lease is %v", lease)
	}
	s.change("two")
	clock := race.Clock(t)
	began := clock()
	hub.Publish(topic)
	eventually(t, "a change arrives", func() bool { _, n := rd.count(); return n == 1 })
	if took := clock() - began; took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
	r := rd.received[0]
	if rd.bodies[0] != "two" || r.Header.Get("Content-Type") != "application/atom+xml; charset=utf-8" || len(r.Header.Values("Link")) != 2 {
		t.Errorf("received %q, %v", rd.bodies[0], r.Header)
	}
	if !hmac.Equal([]byte(r.Header.Get("X-Hub-Signature")), []byte(sign("sesame", []byte("two")))) {
		t.Errorf("signature %q", r.Header.Get("X-Hub-Signature"))
	}
	hub.Publish(topic) // nothing changed since
	hub.Publish("https://feeds.example.org/topics/other.atom")
	time.Sleep(50 * time.Millisecond)
	if _, n := rd.count(); n != 1 {
		t.Errorf("%d deliveries of one change", n)
	}
	if got := post(hub, form("unsubscribe", rd.URL+"/call?me=42&x=a%20b")).StatusCode; got != http.StatusAccepted {
		t.Errorf("unsubscribing is answered %d", got)
	}
	eventually(t, "the subscription ends", func() bool { return len(b.list()) == 0 })
	s.change("three")
	hub.Publish(topic)
	time.Sleep(50 * time.Millisecond)
	if _, n := rd.count(); n != 1 {
		t.Error("a change was sent after the end")
	}
}

func TestSignature(t *testing.T) {
	// RFC 4231, test case 2, of HMAC-SHA-256.
	if got := sign("Jefe", []byte("what do ya want for nothing?")); got != "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" {
		t.Errorf("%s", got)
	}
}

func TestVerificationIsNotWaivable(t *testing.T) {
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request, int) bool{
		"another challenge": func(w http.ResponseWriter, _ *http.Request, _ int) bool { _, _ = io.WriteString(w, "no"); return true },
		"nothing":           func(http.ResponseWriter, *http.Request, int) bool { return true },
		"not found":         func(w http.ResponseWriter, r *http.Request, _ int) bool { http.NotFound(w, r); return true },
		"more than the challenge": func(w http.ResponseWriter, r *http.Request, _ int) bool {
			_, _ = io.WriteString(w, r.URL.Query().Get("hub.challenge")+"x")
			return true
		},
		"the challenge with an error": func(w http.ResponseWriter, r *http.Request, _ int) bool {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, r.URL.Query().Get("hub.challenge"))
			return true
		},
		"a redirect to who would say yes": func(w http.ResponseWriter, r *http.Request, n int) bool {
			if n == 0 {
				http.Redirect(w, r, "/again?"+r.URL.RawQuery, http.StatusFound)
				return true
			}
			return false
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, b := fresh()
			hub, rd := start(t, s, b), newReader(t)
			rd.answer = answer
			if got := post(hub, form("subscribe", rd.URL)).StatusCode; got != http.StatusAccepted {
				t.Fatalf("answered %d", got)
			}
			eventually(t, "the callback is asked", func() bool { n, _ := rd.count(); return n == 1 })
			time.Sleep(30 * time.Millisecond)
			if n, _ := rd.count(); n != 1 || len(b.list()) != 0 {
				t.Errorf("asked %d times, %d subscriptions", n, len(b.list()))
			}
		})
	}
}

// A stranger cannot end somebody's subscription: the callback is asked.
func TestUnsubscribeIsVerified(t *testing.T) {
	s, b := fresh()
	hub, rd := start(t, s, b), newReader(t)
	post(hub, form("subscribe", rd.URL))
	eventually(t, "a subscription is kept", func() bool { return len(b.list()) == 1 })
	rd.mu.Lock()
	rd.answer = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		if r.Method == http.MethodGet {
			http.NotFound(w, r)
			return true
		}
		return false
	}
	rd.mu.Unlock()
	post(hub, form("unsubscribe", rd.URL))
	eventually(t, "the callback is asked", func() bool { n, _ := rd.count(); return n == 2 })
	s.change("two")
	hub.Publish(topic)
	eventually(t, "changes still arrive", func() bool { _, n := rd.count(); return n == 1 })
}

func TestRequestsThatAreRefused(t *testing.T) {
	s, b := fresh()
	hub := start(t, s, b)
	set := func(name, value string) url.Values {
		f := form("subscribe", "https://reader.example/call")
		f.Set(name, value)
		return f
	}
	for _, c := range []struct {
		form   url.Values
		header []string
		status int
	}{
		{set("hub.mode", ""), nil, 400},
		{set("hub.mode", "publish"), nil, 400},
		{set("hub.mode", "denied"), nil, 400},
		{set("hub.topic", ""), nil, 400},
		{set("hub.topic", "https://elsewhere.example/feed"), nil, 404},
		{set("hub.topic", topic+"?x"), nil, 404},
		{set("hub.callback", ""), nil, 400},
		{set("hub.callback", "ftp://h.example/"), nil, 400},
		{set("hub.callback", "javascript:alert(1)"), nil, 400},
		{set("hub.callback", "//h.example/"), nil, 400},
		{set("hub.callback", "https://u:p@h.example/"), nil, 400},
		{set("hub.callback", "https://h.example/#x"), nil, 400},
		{set("hub.callback", "https://h.example/"+strings.Repeat("x", 3000)), nil, 400},
		{set("hub.secret", strings.Repeat("x", 200)), nil, 400},
		{set("hub.lease_seconds", "-1"), nil, 400},
		{set("hub.lease_seconds", "soon"), nil, 400},
		{set("hub.lease_seconds", "99999999999999"), nil, 400},
		{set("x", strings.Repeat("x", maxForm)), nil, 400},
		{set("x", "y"), []string{"Content-Type", "application/json"}, 415},
		{set("x", "y"), []string{"Sec-Fetch-Site", "cross-site"}, 403},
	} {
		resp := post(hub, c.form, c.header...)
		if resp.StatusCode != c.status {
			t.Errorf("%.80v %v: %d, want %d", c.form, c.header, resp.StatusCode, c.status)
		}
	}
	w := httptest.NewRecorder()
	hub.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/hub", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET is answered %d", w.Code)
	}
}

func TestDeliveryIsRetriedAndGivenUp(t *testing.T) {
	s, b := fresh()
	hub, rd := start(t, s, b), newReader(t)
	post(hub, form("subscribe", rd.URL))
	eventually(t, "a subscription is kept", func() bool { return len(b.list()) == 1 })
	rd.mu.Lock()
	rd.answer = func(w http.ResponseWriter, r *http.Request, n int) bool {
		switch {
		case r.Method == http.MethodGet || n == 1 || n >= 6:
			return false
		case n == 0:
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect) // a failure, not an address
		default:
			w.WriteHeader(http.StatusInternalServerError)
		}
		return true
	}
	rd.mu.Unlock()
	s.change("two")
	hub.Publish(topic)
	eventually(t, "the second attempt", func() bool { _, n := rd.count(); return n == 2 })
	s.change("three")
	hub.Publish(topic)
	eventually(t, "three attempts more", func() bool { _, n := rd.count(); return n == 5 })
	time.Sleep(80 * time.Millisecond)
	if _, n := rd.count(); n != 5 {
		t.Errorf("%d attempts, want no more than the first and two retries for each change", n)
	}
	rd.mu.Lock()
	rd.answer = nil
	rd.mu.Unlock()
	s.change("four")
	hub.Publish(topic)
	eventually(t, "the next change arrives", func() bool { _, n := rd.count(); return n == 6 && rd.bodies[5] == "four" })
}

func TestGoneEndsASubscription(t *testing.T) {
	s, b := fresh()
	hub, rd := start(t, s, b), newReader(t)
	post(hub, form("subscribe", rd.URL))
	eventually(t, "a subscription is kept", func() bool { return len(b.list()) == 1 })
	rd.mu.Lock()
	rd.answer = func(w http.ResponseWriter, _ *http.Request, _ int) bool { w.WriteHeader(http.StatusGone); return true }
	rd.mu.Unlock()
	s.change("two")
	hub.Publish(topic)
	eventually(t, "the subscription ends", func() bool { return len(b.list()) == 0 })
}

func TestSubscriptionsSurviveARestart(t *testing.T) {
	s, b := fresh()
	rd := newReader(t)
	until := time.Now().Add(time.Hour)
	b.subs[[2]string{topic, rd.URL}] = news.Subscription{Topic: topic, Callback: rd.URL, Until: until}
	b.subs[[2]string{topic, rd.URL + "/old"}] = news.Subscription{Topic: topic, Callback: rd.URL + "/old", Until: time.Now().Add(-time.Hour)}
	hub := start(t, s, b)
	time.Sleep(30 * time.Millisecond)
	if _, n := rd.count(); n != 0 {
		t.Error("a start alone sends something")
	}
	s.change("two")
	hub.Publish(topic)
	eventually(t, "a change arrives", func() bool { _, n := rd.count(); return n == 1 })
	hub.sweep(t.Context(), time.Now())
	hub.sweep(t.Context(), time.Now().Add(time.Hour))
	if list := b.list(); len(list) != 1 || list[0].Callback != rd.URL {
		t.Errorf("kept are %v", list)
	}
}

// Threat 28: one victim cannot be made to bear many requests.
func TestOneHostIsSpared(t *testing.T) {
	s, b := fresh()
	hub, rd := start(t, s, b), newReader(t)
	var atOnce, most int
	var mu sync.Mutex
	rd.answer = func(http.ResponseWriter, *http.Request, int) bool {
		mu.Lock()
		atOnce++
		most = max(most, atOnce)
		mu.Unlock()
		time.Sleep(2 * time.Millisecond)
		mu.Lock()
		atOnce--
		mu.Unlock()
		return false
	}
	refused := 0
	for i := range 10_000 {
		if post(hub, form("subscribe", fmt.Sprintf("%s/%d", rd.URL, i))).StatusCode == http.StatusTooManyRequests {
			refused++
		}
	}
	eventually(t, "what was taken is verified", func() bool { n, _ := rd.count(); return n == maxVerifyPerHost })
	time.Sleep(30 * time.Millisecond)
	if n, _ := rd.count(); n != maxVerifyPerHost || refused != 10_000-maxVerifyPerHost {
		t.Errorf("%d requests, %d refused", n, refused)
	}
	mu.Lock()
	if most > perHostAtOnce {
		t.Errorf("%d requests at once", most)
	}
	mu.Unlock()
	hub.mu.Lock()
	hub.perHost["victim.example"] = maxPerHost
	hub.mu.Unlock()
	if got := post(hub, form("subscribe", "https://VICTIM.example/x")).StatusCode; got != http.StatusTooManyRequests {
		t.Errorf("beyond the bound of a host it is answered %d", got)
	}
}

// What the client refuses to dial is never asked, nor kept.
func TestAddressesThatTheClientRefuses(t *testing.T) {
	s, b := fresh()
	refusing := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("blocked address") })}
	hub, err := NewHub(t.Context(), Options{Log: slog.New(slog.DiscardHandler), Client: refusing, Book: b, Document: s.document})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	post(hub, form("subscribe", "http://169.254.169.254/latest"))
	done := make(chan struct{})
	go func() { defer close(done); hub.Run(ctx) }()
	eventually(t, "the request is settled", func() bool { hub.mu.Lock(); defer hub.mu.Unlock(); return len(hub.pending) == 0 })
	cancel()
	<-done
	if len(b.list()) != 0 {
		t.Error("a subscription of a blocked address is kept")
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestPing(t *testing.T) {
	var got url.Values
	status := http.StatusNoContent
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		got = r.PostForm
		w.WriteHeader(status)
	}))
	defer hub.Close()
	if err := Ping(t.Context(), http.DefaultClient, hub.URL, topic, topic+"2"); err != nil {
		t.Fatal(err)
	}
	if got.Get("hub.mode") != "publish" || len(got["hub.url"]) != 2 || got["hub.url"][1] != topic+"2" {
		t.Errorf("the hub was told %v", got)
	}
	status = http.StatusBadRequest
	if err := Ping(t.Context(), http.DefaultClient, hub.URL, topic); err == nil {
		t.Error("a refusal is no error")
	}
}

package websub

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A desk remembers what a subscriber was told.
type desk struct {
	mu     sync.Mutex
	pushes []string // "source body", or "source -" to poll
	leases []time.Time
}

func (d *desk) options(key string) SubscriberOptions {
	return SubscriberOptions{
		Log: slog.New(slog.DiscardHandler), Client: http.DefaultClient, Key: []byte(key),
		Base: "https://feeds.example.org/websub/",
		Pushed: func(source string, body []byte, _ string) {
			d.mu.Lock()
			defer d.mu.Unlock()
			text := "-"
			if body != nil {
				text = string(body)
			}
			d.pushes = append(d.pushes, source+" "+text)
		},
		Leased: func(_ string, until time.Time) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.leases = append(d.leases, until)
		},
	}
}

func (d *desk) told() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.pushes, "; ")
}

const key32 = "an invented key of thirty-two by"

// Hub and subscriber of this package understand each other.
func TestSubscriberWithTheHub(t *testing.T) {
	s, b := fresh()
	hub := start(t, s, b)
	office := httptest.NewServer(hub)
	defer office.Close()
	var d desk
	opts := d.options(key32)
	var sub *Subscriber
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { sub.ServeHTTP(w, r) }))
	defer door.Close()
	opts.Base = door.URL + "/websub/"
	sub = NewSubscriber(opts)
	sub.Want([]Wish{{Source: "city", Topic: topic, Hub: office.URL}}, time.Now())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); sub.Run(ctx) }()
	defer func() { cancel(); <-done }()
	eventually(t, "the hub has the subscription", func() bool { return len(b.list()) == 1 })
	if got := b.list()[0]; len(got.Secret) < 40 || !strings.HasPrefix(got.Callback, opts.Base) || len(got.Callback) < len(opts.Base)+40 {
		t.Errorf("callback %q, secret %q", got.Callback, got.Secret)
	}
	s.change("two")
	hub.Publish(topic)
	eventually(t, "the change arrives", func() bool { return d.told() == "city two" })
	d.mu.Lock()
	if len(d.leases) != 1 || time.Until(d.leases[0]) < 9*24*time.Hour {
		t.Errorf("leases %v", d.leases)
	}
	d.mu.Unlock()
	sub.Want(nil, time.Now())
	s.change("three")
	hub.Publish(topic)
	eventually(t, "the hub is told to stop", func() bool { return len(b.list()) == 0 })
}

// waiting returns a subscriber that has asked a hub and waits for its question.
func waiting(t *testing.T, d *desk) (sub *Subscriber, id, secret string) {
	t.Helper()
	var form url.Values
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		form = r.PostForm
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(hub.Close)
	sub = NewSubscriber(d.options(key32))
	sub.Want([]Wish{{"city", topic, hub.URL}}, time.Now())
	sub.ask(t.Context(), time.Now())
	return sub, strings.TrimPrefix(form.Get("hub.callback"), "https://feeds.example.org/websub/"), form.Get("hub.secret")
}

// The request is a form whose callback and secret nobody can guess, each of
// one subscription only; where the hub has moved it goes there.
func TestRule29_TheRequest(t *testing.T) {
	var d desk
	type request struct {
		method, contentType string
		form                url.Values
	}
	var got []request
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, code := range []int{307, 308} {
			if r.URL.Path == fmt.Sprint("/", code) {
				http.Redirect(w, r, "/hub", code)
				return
			}
		}
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		got = append(got, request{r.Method, r.Header.Get("Content-Type"), r.PostForm})
		w.WriteHeader(http.StatusAccepted)
	}))
	defer hub.Close()
	sub := NewSubscriber(d.options(key32))
	for _, path := range []string{"/hub", "/307", "/308"} {
		sub.Want([]Wish{{"city", topic, hub.URL + path}}, time.Now())
		sub.ask(t.Context(), time.Now())
	}
	if len(got) != 3 {
		t.Fatalf("the hub was asked %d times", len(got))
	}
	seen := map[string]bool{}
	for _, r := range got {
		callback, secret := r.form.Get("hub.callback"), r.form.Get("hub.secret")
		id, ours := strings.CutPrefix(callback, "https://feeds.example.org/websub/")
		if r.method != "POST" || r.contentType != "application/x-www-form-urlencoded" || r.form.Get("hub.mode") != "subscribe" || r.form.Get("hub.topic") != topic {
			t.Errorf("asked with %+v", r)
		}
		if !ours || len(id) < 43 || len(secret) < 43 || len(secret) >= 200 || seen[id] || seen[secret] || id == secret {
			t.Errorf("callback %q, secret %q", callback, secret)
		}
		seen[id], seen[secret] = true, true
	}
}

func question(id, mode, topic, challenge string) string {
	return "/websub/" + id + "?" + url.Values{"hub.mode": {mode}, "hub.topic": {topic}, "hub.challenge": {challenge}, "hub.lease_seconds": {"86400"}}.Encode()
}

func call(s *Subscriber, method, target, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestRule30_VerificationOfWhatWasAskedOnly(t *testing.T) {
	var d desk
	sub, id, _ := waiting(t, &d)
	const script = "<script>alert(1)</script>"
	for name, target := range map[string]string{
		"an unknown callback":   question("x"+id, "subscribe", topic, "c"),
		"another topic":         question(id, "subscribe", topic+"x", "c"),
		"another mode":          question(id, "unsubscribe", topic, "c"),
		"no challenge":          question(id, "subscribe", topic, ""),
		"an enormous challenge": question(id, "subscribe", topic, strings.Repeat("c", 513)),
	} {
		if w := call(sub, "GET", target, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s is answered %d", name, w.Code)
		}
	}
	w := call(sub, "GET", question(id, "subscribe", topic, script), "")
	if w.Code != 200 || w.Body.String() != script || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the question is answered %d %v %q", w.Code, w.Header(), w.Body)
	}
	if w := call(sub, "GET", question(id, "subscribe", topic, "c"), ""); w.Code != http.StatusNotFound {
		t.Errorf("a question that nobody waits for is answered %d", w.Code)
	}
	if len(d.leases) != 1 || time.Until(d.leases[0]).Round(time.Hour) != 24*time.Hour {
		t.Errorf("leases %v", d.leases)
	}
}

func TestRule32_PushesThatAreNotTheHubs(t *testing.T) {
	var d desk
	sub, id, secret := waiting(t, &d)
	old := hmac.New(sha1.New, []byte(secret))
	old.Write([]byte("body"))
	for _, c := range []struct {
		name, id, signature, body string
		status                    int
		told                      string
	}{
		{"unknown", "nobody", sign(secret, []byte("body")), "body", 410, ""},
		{"unsigned", id, "", "body", 202, "city -"},
		{"of another secret", id, sign("guess", []byte("body")), "body", 202, ""},
		{"of another body", id, sign(secret, []byte("other")), "body", 202, ""},
		{"of an unknown method", id, "md5=00", "body", 202, ""},
		{"not hexadecimal", id, "sha256=zz", "body", 202, ""},
		{"cut off", id, sign(secret, []byte("body"))[:40], "body", 202, ""},
		{"by SHA-1", id, "sha1=" + hex.EncodeToString(old.Sum(nil)), "body", 202, "city -"},
		{"enormous", id, "", strings.Repeat("x", maxPush+1), 202, "city -"},
		{"right", id, sign(secret, []byte("body")), "body", 202, "city body"},
	} {
		d.mu.Lock()
		d.pushes = nil
		d.mu.Unlock()
		sub.mu.Lock()
		sub.byID[id].pushed = time.Time{}
		sub.mu.Unlock()
		w := call(sub, "POST", "/websub/"+c.id, c.body, "X-Hub-Signature", c.signature, "Link", `<https://evil.example/feed>; rel="self"`)
		if w.Code != c.status || d.told() != c.told {
			t.Errorf("%s: %d, told %q; want %d, %q", c.name, w.Code, d.told(), c.status, c.told)
		}
	}
	call(sub, "POST", "/websub/"+id, "body", "X-Hub-Signature", sign(secret, []byte("body")))
	if got := d.told(); got != "city body; city -" {
		t.Errorf("bodies that come fast: %q", got)
	}
	if w := call(sub, "PUT", "/websub/"+id, ""); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("PUT is answered %d", w.Code)
	}
}

func TestDenied(t *testing.T) {
	var d desk
	sub, id, secret := waiting(t, &d)
	if w := call(sub, "GET", question(id, "denied", topic, ""), ""); w.Code != 200 {
		t.Errorf("a denial is answered %d", w.Code)
	}
	if len(d.leases) != 1 || !d.leases[0].IsZero() {
		t.Errorf("leases %v", d.leases)
	}
	if w := call(sub, "POST", "/websub/"+id, "body", "X-Hub-Signature", sign(secret, []byte("body"))); w.Code != http.StatusGone {
		t.Errorf("a push after a denial is answered %d", w.Code)
	}
}

// TestDeniedIsNotForEver: a hub that denies, because it cannot reach a document, or
// has too much to do, is asked again after a week, and until then not.
func TestDeniedIsNotForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d desk
		opts := d.options(key32)
		start := time.Now()
		var asked []time.Duration
		var sub *Subscriber
		opts.Client = &http.Client{Transport: answering(func(r *http.Request) (*http.Response, error) {
			if err := r.ParseForm(); err != nil {
				return nil, err
			}
			mode := "denied"
			if asked = append(asked, time.Since(start)); len(asked) > 1 {
				mode = "subscribe"
			}
			go call(sub, "GET", question(strings.TrimPrefix(r.PostForm.Get("hub.callback"), opts.Base), mode, topic, "c"), "")
			return &http.Response{StatusCode: 202, Body: http.NoBody, Request: r}, nil
		})}
		sub = NewSubscriber(opts)
		sub.Want([]Wish{{"city", topic, "https://hub.example/"}}, time.Now())
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); sub.Run(ctx) }()
		time.Sleep(7*24*time.Hour + time.Minute)
		synctest.Wait()
		if len(asked) != 2 || asked[1] < 7*24*time.Hour {
			t.Errorf("the hub was asked after %s", asked)
		}
		if n := len(d.leases); n != 2 || d.leases[1].IsZero() {
			t.Errorf("leases %v", d.leases)
		}
		cancel()
		<-done
	})
}

func TestCallbacksSurviveARestart(t *testing.T) {
	var d desk
	w := Wish{"city", topic, "https://hub.example/"}
	one, two := NewSubscriber(d.options(key32)), NewSubscriber(d.options(key32))
	other := NewSubscriber(d.options("another key of thirty-two bytes."))
	if one.derive("callback", w) != two.derive("callback", w) || one.derive("callback", w) == other.derive("callback", w) ||
		one.derive("callback", w) == one.derive("secret", w) {
		t.Error("callbacks and secrets do not follow from the key alone")
	}
	if a, b := one.derive("callback", Wish{"ab", "c", "d"}), one.derive("callback", Wish{"a", "bc", "d"}); a == b {
		t.Error("two wishes share a callback")
	}
}

type answering func(*http.Request) (*http.Response, error)

func (f answering) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A lease is renewed at nine tenths, after the source was polled; a hub that
// does not verify is relied upon no more, and asked less and less.
func TestRule31_RenewalAndPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d desk
		opts := d.options(key32)
		start := time.Now()
		var asked []time.Duration
		var sub *Subscriber
		var verify atomic.Bool
		verify.Store(true)
		opts.Client = &http.Client{Transport: answering(func(r *http.Request) (*http.Response, error) {
			if err := r.ParseForm(); err != nil {
				return nil, err
			}
			asked = append(asked, time.Since(start))
			if verify.Load() {
				id := strings.TrimPrefix(r.PostForm.Get("hub.callback"), opts.Base)
				go call(sub, "GET", question(id, "subscribe", topic, "c"), "")
			}
			return &http.Response{StatusCode: 202, Body: http.NoBody, Request: r}, nil
		})}
		sub = NewSubscriber(opts)
		sub.Want([]Wish{{"city", topic, "https://hub.example/"}}, time.Now())
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); sub.Run(ctx) }()
		time.Sleep(22 * time.Hour)
		synctest.Wait()
		if got := fmt.Sprint(asked); got != fmt.Sprint([]time.Duration{0, 21*time.Hour + 36*time.Minute}) {
			t.Errorf("the hub was asked at %s", got)
		}
		if d.told() != "city -" {
			t.Errorf("before the renewal: %q", d.told())
		}
		verify.Store(false)
		time.Sleep(10 * 24 * time.Hour)
		synctest.Wait()
		d.mu.Lock()
		if n := len(d.leases); n != 3 || !d.leases[2].IsZero() || d.leases[0].Sub(start).Round(time.Hour) != 24*time.Hour {
			t.Errorf("leases %v: want two, and then the news that there is none", d.leases)
		}
		d.mu.Unlock()
		if n := len(asked); n < 8 || n > 20 {
			t.Errorf("a hub that does not verify was asked %d times in ten days", n-2)
		}
		cancel()
		<-done
	})
}

// A hub may grant what it likes: a lease of decades is not renewed every ten minutes.
func TestLeaseForEver(t *testing.T) {
	for _, seconds := range []string{"86400", "315360000", "1500000000", "2147483647", "99999999999"} {
		var d desk
		sub, id, _ := waiting(t, &d)
		target := strings.Replace(question(id, "subscribe", topic, "c"), "lease_seconds=86400", "lease_seconds="+seconds, 1)
		if w := call(sub, "GET", target, ""); w.Code != http.StatusOK {
			t.Fatalf("%s: answered %d", seconds, w.Code)
		}
		w := sub.byID[id]
		if now := time.Now(); w.next.Sub(now) < w.until.Sub(now)/10*8 || w.next.After(w.until) {
			t.Errorf("a lease of %s seconds, until %s, is renewed at %s", seconds, w.until, w.next)
		}
	}
}

// A slowBody is one of which the rest does not come before it is let go.
type slowBody struct {
	begun *atomic.Int64 // how many of them somebody reads
	goes  chan struct{}
	once  sync.Once
}

func (b *slowBody) Read([]byte) (int, error) {
	b.once.Do(func() { b.begun.Add(1) })
	<-b.goes
	return 0, io.EOF
}

// What hubs send is held in memory until it is proven: of many that send at once few
// are read, and the sources of the others are polled.
func TestManyPushesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d desk
		opts := d.options(key32)
		opts.Client = &http.Client{Transport: answering(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 202, Body: http.NoBody, Request: r}, nil
		})}
		sub := NewSubscriber(opts)
		sub.Want([]Wish{{"city", topic, "https://hub.example/"}}, time.Now())
		id := sub.derive("callback", Wish{"city", topic, "https://hub.example/"})
		const many = 50
		var begun atomic.Int64
		goes := make(chan struct{})
		var pushes sync.WaitGroup
		for range many {
			pushes.Go(func() {
				r := httptest.NewRequest("POST", "/websub/"+id, &slowBody{begun: &begun, goes: goes})
				r.Header.Set("X-Hub-Signature", sign("guess", nil))
				w := httptest.NewRecorder()
				sub.ServeHTTP(w, r)
				if w.Code != http.StatusAccepted {
					t.Errorf("a push is answered %d", w.Code)
				}
			})
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		n := int(begun.Load())
		if n == 0 || n*maxPush > 64<<20 {
			t.Errorf("%d pushes are read at once", n)
		}
		if told := strings.Count(d.told(), "city -"); told != many-n {
			t.Errorf("of %d that are not the source was to be polled %d times", many-n, told)
		}
		close(goes)
		pushes.Wait()
	})
}

// Whoever is told that a lease has ended may ask a store that takes its time: pushes are
// answered meanwhile.
func TestPushedWhileALeaseEnds(t *testing.T) {
	for name, ends := range map[string]func(sub *Subscriber, id string){
		"denied":     func(sub *Subscriber, id string) { call(sub, "GET", question(id, "denied", topic, ""), "") },
		"not wanted": func(sub *Subscriber, _ string) { sub.Want(nil, time.Now()) },
	} {
		var d desk
		sub, id, _ := waiting(t, &d)
		call(sub, "GET", question(id, "subscribe", topic, "c"), "")
		told, answered := make(chan struct{}), make(chan struct{})
		sub.opts.Leased = func(string, time.Time) {
			close(told)
			select {
			case <-answered:
			case <-time.After(5 * time.Second):
				t.Errorf("%s: a push was not answered", name)
			}
		}
		var ending sync.WaitGroup
		ending.Go(func() { ends(sub, id) })
		<-told
		go func() {
			call(sub, "POST", "/websub/another", "body")
			close(answered)
		}()
		ending.Wait()
		<-answered
	}
}

// A hub is answered before anything is done with what it sent.
func TestAnsweredBeforeUse(t *testing.T) {
	var d desk
	sub, id, secret := waiting(t, &d)
	used := make(chan struct{})
	sub.opts.Pushed = func(string, []byte, string) { <-used }
	door := httptest.NewServer(sub)
	defer door.Close()
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for _, signature := range []string{"", sign(secret, []byte("body"))} {
		req, err := http.NewRequest("POST", door.URL+"/websub/"+id, strings.NewReader("body"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Hub-Signature", signature)
		resp, err := client.Do(req)
		if err != nil {
			t.Errorf("signed with %q: %v", signature, err)
			continue
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusAccepted {
			t.Errorf("signed with %q: answered %d", signature, resp.StatusCode)
		}
	}
	close(used)
}

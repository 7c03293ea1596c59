package websub

import (
	"crypto/hmac"
	"crypto/sha1" // hubs in use sign with it; see weak
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
)

// ServeHTTP is the callback of hubs: the last element of the path names the
// subscription.
func (s *Subscriber) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	id := path.Base(r.URL.Path)
	switch r.Method {
	case http.MethodGet:
		challenge, ok := s.verified(id, r.URL.Query(), time.Now())
		if !ok {
			http.Error(w, "not found", http.StatusNotFound)
			return
		}
		// A plain text, whatever a stranger put into it.
		_, _ = io.WriteString(w, challenge)
	case http.MethodPost:
		s.push(w, r, id)
	default:
		h.Set("Allow", "GET, POST")
		http.Error(w, "this is a WebSub callback", http.StatusMethodNotAllowed)
	}
}

// verified answers a hub's question whether we want what it was asked for
// (section 5.3): only what we asked for and have had no answer to, as far as
// this process knows. The address of the callback is known to the hub alone.
func (s *Subscriber) verified(id string, q url.Values, now time.Time) (challenge string, ok bool) {
	source, until, challenge, ok := s.answer(id, q, now)
	if ok {
		s.opts.Leased(source, until)
	}
	return challenge, ok
}

// answer is verified, but for whoever is to be told until when which source is leased.
func (s *Subscriber) answer(id string, q url.Values, now time.Time) (source string, until time.Time, challenge string, ok bool) {
	challenge = q.Get("hub.challenge")
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.byID[id]
	if w == nil || q.Get("hub.topic") != w.Topic || len(challenge) > maxChallenge {
		return "", until, "", false
	}
	switch q.Get("hub.mode") {
	case "denied":
		w.until = time.Time{}
		if s.asks() {
			w.denied, w.pending, w.next = true, false, now.Add(deniedFor)
		}
		s.opts.Log.Warn("a hub denies a subscription", "source", w.Source, "hub", hostOf(w.Hub))
		return w.Source, w.until, "", true
	case "subscribe":
		if !w.pending && s.asks() || challenge == "" {
			return "", until, "", false
		}
	default:
		return "", until, "", false
	}
	lease := askedLease
	if n, err := strconv.ParseInt(q.Get("hub.lease_seconds"), 10, 32); err == nil && n > 0 {
		lease = time.Duration(n) * time.Second
	}
	w.pending, w.lapsed, w.tries = false, false, 0
	w.until = now.Add(lease)
	w.next = now.Add(max(lease/10*9, shortestLease))
	return w.Source, w.until, challenge, true
}

// push takes what a hub sends (section 7). It answers before anything is done
// with it, and the same whether the signature was right: a forger learns
// nothing. Without a signature the body is ignored and the source polled, as
// soon as its server may be asked; so it is where others send too much.
func (s *Subscriber) push(w http.ResponseWriter, r *http.Request, id string) {
	now := time.Now()
	s.mu.Lock()
	sub := s.byID[id]
	if asks := s.asks(); sub == nil || sub.denied && asks {
		s.mu.Unlock()
		if !asks { // who does may have subscribed since it was looked here; 410 would end that
			http.Error(w, "this is not known here yet", http.StatusServiceUnavailable)
			return
		}
		http.Error(w, "no such subscription", http.StatusGone)
		return
	}
	source, secret, hurry := sub.Source, sub.secret, now.Sub(sub.pushed) < pushGap
	sub.pushed = now
	s.mu.Unlock()

	turn := time.NewTimer(pushWait)
	defer turn.Stop()
	select {
	case s.reading <- struct{}{}:
		defer func() { <-s.reading }()
	case <-turn.C: // the source itself knows as well
		accepted(w)
		s.opts.Pushed(source, nil, "")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPush))
	var tooLarge *http.MaxBytesError
	if err != nil && !errors.As(err, &tooLarge) {
		return // the hub went away
	}
	accepted(w)
	if err != nil {
		body = nil
	}
	switch prove(r.Header.Get("X-Hub-Signature"), secret, body) {
	case forged:
		if err == nil {
			s.opts.Log.Warn("a push is not signed by the hub and was ignored", "source", source)
			return
		}
		s.opts.Pushed(source, nil, "") // too large to tell
	case unsigned, weak:
		s.opts.Pushed(source, nil, "")
	case proven:
		if hurry || len(body) == 0 {
			body = nil
		}
		s.opts.Pushed(source, body, r.Header.Get("Content-Type"))
	}
}

// accepted sends the answer, whatever is done until the handler returns.
func accepted(w http.ResponseWriter) {
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusAccepted)
	_ = http.NewResponseController(w).Flush() // who cannot answers at the end
}

// A proof is what a signature is worth.
type proof int

const (
	forged   proof = iota
	unsigned       // says nothing: whoever knows the callback may have us poll
	weak           // right, but by SHA-1: enough to poll, not enough to trust the body
	proven
)

// prove checks a signature over a body, in constant time.
func prove(signature, secret string, body []byte) proof {
	if signature == "" {
		return unsigned
	}
	method, value, _ := strings.Cut(signature, "=")
	given, err := hex.DecodeString(value)
	if err != nil {
		return forged
	}
	var sum func() hash.Hash
	worth := proven
	switch strings.ToLower(method) {
	case "sha1":
		sum, worth = sha1.New, weak
	case "sha256":
		sum = sha256.New
	case "sha384":
		sum = sha512.New384
	case "sha512":
		sum = sha512.New
	default:
		return forged
	}
	mac := hmac.New(sum, []byte(secret))
	mac.Write(body)
	if !hmac.Equal(given, mac.Sum(nil)) {
		return forged
	}
	return worth
}

package websub

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

const userAgent = "Wireroom (WebSub hub)"

// A request is what a subscriber asks of the hub.
type request struct {
	mode  string // "subscribe" or "unsubscribe"
	sub   news.Subscription
	lease time.Duration
}

func (r request) key() key { return key{r.sub.Topic, r.sub.Callback} }

// ServeHTTP takes requests of subscribers (section 5.1). It answers 202 before
// the callback is asked.
func (h *Hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "this is a WebSub hub: subscribe with POST", http.StatusMethodNotAllowed)
		return
	}
	// Browsers have no business here; a page elsewhere must not use one to
	// subscribe in its reader's name.
	if err := http.NewCrossOriginProtection().Check(r); err != nil {
		http.Error(w, "requests from pages of other sites are refused", http.StatusForbidden)
		return
	}
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/x-www-form-urlencoded" {
		http.Error(w, "the request must be application/x-www-form-urlencoded", http.StatusUnsupportedMediaType)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "the form cannot be read", http.StatusBadRequest)
		return
	}
	req, problem := parseRequest(r.PostForm)
	if problem != "" {
		http.Error(w, problem, http.StatusBadRequest)
		return
	}
	if _, ok := h.opts.Document(req.sub.Topic); !ok && req.mode == "subscribe" {
		http.Error(w, "hub.topic is not published here", http.StatusNotFound)
		return
	}
	status, reason := h.accept(req, time.Now())
	if status != http.StatusAccepted {
		w.Header().Set("Retry-After", "120")
		http.Error(w, reason, status)
		return
	}
	w.WriteHeader(http.StatusAccepted)
}

// parseRequest reads a form; problem says what is wrong with it.
func parseRequest(form url.Values) (req request, problem string) {
	req.mode = form.Get("hub.mode")
	req.sub = news.Subscription{Topic: form.Get("hub.topic"), Callback: form.Get("hub.callback"), Secret: form.Get("hub.secret")}
	u, err := url.Parse(req.sub.Callback)
	switch {
	case req.mode == "publish":
		return req, "this hub serves the documents of its own site only, and knows when they change"
	case req.mode != "subscribe" && req.mode != "unsubscribe":
		return req, "hub.mode must be subscribe or unsubscribe"
	case req.sub.Topic == "":
		return req, "hub.topic is missing"
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.Fragment != "" || u.User != nil:
		return req, "hub.callback must be an http or https address without user name and fragment"
	case len(req.sub.Callback) > maxAddress:
		return req, "hub.callback is too long"
	case len(req.sub.Secret) > maxSecret:
		return req, "hub.secret must be shorter than 200 bytes"
	}
	req.lease = defaultLease
	if s := form.Get("hub.lease_seconds"); s != "" {
		n, err := strconv.ParseInt(s, 10, 32)
		if err != nil || n <= 0 {
			return req, "hub.lease_seconds must be a positive number"
		}
		req.lease = min(max(time.Duration(n)*time.Second, leastLease), longestLease)
	}
	return req, ""
}

// accept queues a request for verification, within the bounds. It takes the place of
// one that waits, and waits for one that is being verified: the last one counts (section 5.1).
func (h *Hub) accept(req request, now time.Time) (status int, reason string) {
	k, host := req.key(), hostOf(req.sub.Callback)
	h.mu.Lock()
	defer h.mu.Unlock()
	if now.Sub(h.askedAt) > verifyWindow {
		h.askedAt = now
		clear(h.asked)
	}
	last, waits := h.pending[k]
	switch {
	case waits && last == req:
		return http.StatusAccepted, ""
	case len(h.pending) >= maxPending:
		return http.StatusTooManyRequests, "too many requests are waiting"
	case req.mode == "subscribe" && h.subs[k] == nil && (len(h.subs)+len(h.pending) >= maxSubscriptions || h.perHost[host] >= maxPerHost):
		return http.StatusTooManyRequests, "there are too many subscriptions"
	case h.asked[host] >= maxVerifyPerHost:
		return http.StatusTooManyRequests, "too many requests concern this callback's host"
	}
	h.asked[host]++
	h.pending[k] = req
	h.asks = append(slices.DeleteFunc(h.asks, func(r request) bool { return r.key() == k }), req)
	h.poke()
	return http.StatusAccepted, ""
}

// verify asks the callback whether it wants this (section 5.3), once. A
// verification that fails changes nothing.
func (h *Hub) verify(ctx context.Context, req request) {
	k := req.key()
	defer func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.asking, k)
		if h.pending[k] == req {
			delete(h.pending, k)
		}
	}()
	if !h.confirm(ctx, req) {
		return
	}
	if req.mode == "unsubscribe" {
		h.forget(ctx, k)
		return
	}
	sub := req.sub
	sub.Until = time.Now().Add(req.lease).UTC().Truncate(time.Second)
	if h.opts.Book != nil {
		if err := h.opts.Book.Subscribe(ctx, sub); err != nil {
			h.opts.Log.Error("a subscription could not be kept", "topic", k.topic, "error", err)
			return
		}
	}
	doc, _ := h.opts.Document(sub.Topic)
	h.mu.Lock()
	h.add(sub, doc.ETag)
	h.mu.Unlock()
}

// confirm sends the challenge and reports whether it came back.
func (h *Hub) confirm(ctx context.Context, req request) bool {
	u, err := url.Parse(req.sub.Callback)
	if err != nil {
		return false
	}
	challenge := rand.Text()
	q := url.Values{"hub.mode": {req.mode}, "hub.topic": {req.sub.Topic}, "hub.challenge": {challenge}}
	if req.mode == "subscribe" {
		q.Set("hub.lease_seconds", strconv.Itoa(int(req.lease.Seconds())))
	}
	// The callback's own query is kept as it stands (section 5.1).
	if u.RawQuery != "" {
		u.RawQuery += "&"
	}
	u.RawQuery += q.Encode()
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	get, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return false
	}
	get.Header.Set("User-Agent", userAgent)
	resp, err := h.client.Do(get)
	if err != nil {
		h.opts.Log.Info("a subscriber could not be asked", "host", hostOf(req.sub.Callback), "error", cause(err))
		return false
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	return err == nil && resp.StatusCode/100 == 2 && subtle.ConstantTimeCompare(body, []byte(challenge)) == 1
}

// cause is why a request failed, without its address: that of a callback is to be known
// to nobody but whose it is.
func cause(err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err
	}
	return err
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}

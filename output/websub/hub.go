package websub

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A Book keeps subscriptions over a restart.
type Book interface {
	// Subscriptions returns all that are kept, whatever their lease.
	Subscriptions(ctx context.Context) ([]news.Subscription, error)

	// Subscribe keeps a subscription, in place of one with the same topic and
	// callback.
	Subscribe(ctx context.Context, sub news.Subscription) error

	// Unsubscribe forgets subscriptions, by their topics and callbacks; that one
	// is not there is no error.
	Unsubscribe(ctx context.Context, subs ...news.Subscription) error
}

// Options are what a Hub needs. Log, Client and Document must be given.
type Options struct {
	Log    *slog.Logger
	Client *http.Client // refuses addresses that are not public; its redirects are not followed
	Book   Book         // nil: subscriptions are lost at the end of the process

	// Document returns the current document at an address of ours, and false
	// if there is none that may be subscribed to.
	Document func(topic string) (news.Document, bool)

	// Retry are the waits before a delivery that failed is tried again; after
	// the last the change is given up. Nil: from ten seconds to six hours.
	Retry []time.Duration
}

// The bounds of what strangers can make a hub do.
const (
	maxSubscriptions = 20_000
	maxPerHost       = 200              // subscriptions to one host
	maxPending       = 1000             // requests that wait for verification
	maxVerifyPerHost = 60               // requests that concern one host, within verifyWindow
	verifyWindow     = time.Minute      // over which they are counted
	maxForm          = 16 << 10         // bytes of a request
	maxAddress       = 2048             // bytes of a callback
	maxSecret        = 199              // bytes; the specification says less than 200
	maxReply         = 64 << 10         // bytes that are read of an answer
	workers          = 64               // requests at once
	doubtfulAtOnce   = workers / 2      // of them to callbacks that did not answer the last time, or were never asked
	perHostAtOnce    = 2                // of them to one host: a slow one must not hold up the others
	requestLimit     = 10 * time.Second // for one request
	sweepEvery       = time.Minute      // between two looks for leases that ended
	endedFor         = time.Hour        // for which a lease must have ended before it is forgotten
)

// The bounds of a lease.
const (
	leastLease   = time.Hour
	defaultLease = 10 * 24 * time.Hour
	longestLease = 30 * 24 * time.Hour
)

var defaultRetry = []time.Duration{10 * time.Second, time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour}

// A key names a subscription.
type key struct{ topic, callback string }

// A subscriber is a subscription and how far its deliveries are. It is known to
// Hub.due while something is to be delivered and nothing is under way.
type subscriber struct {
	news.Subscription
	host    string
	sent    string    // ETag of the last document that arrived
	at      time.Time // when to deliver next
	try     int       // failures of the delivery at hand
	sending bool
	again   bool      // the document changed while it was being sent
	failing bool      // the last delivery failed
	ended   time.Time // when the lease was first seen to have ended
}

// A Hub is the hub of our own documents. Its methods are safe for concurrent
// use.
type Hub struct {
	opts   Options
	client *http.Client
	wake   chan struct{}
	work   sync.WaitGroup

	mu      sync.Mutex
	subs    map[key]*subscriber
	due     map[key]*subscriber // those to which something is to be delivered
	changed map[string]bool     // topics that were published since the book was last looked at
	perHost map[string]int      // subscriptions by host
	asks    []request           // requests that wait for verification, one of a key
	pending map[key]request     // the last request of each key that waits or is being verified
	asking  map[key]bool        // those that are being verified, one of a key at a time
	asked   map[string]int      // requests taken since askedAt, by host
	askedAt time.Time
	active  int            // requests under way
	busy    map[string]int // of them by host

	doubtful int // of them to callbacks that may not answer
}

// NewHub returns a hub with the subscriptions of its book.
func NewHub(ctx context.Context, opts Options) (*Hub, error) {
	h := &Hub{
		opts: opts, wake: make(chan struct{}, 1), subs: map[key]*subscriber{}, due: map[key]*subscriber{}, changed: map[string]bool{},
		perHost: map[string]int{}, pending: map[key]request{}, asking: map[key]bool{}, asked: map[string]int{}, busy: map[string]int{},
	}
	client := *opts.Client
	// A redirect is a failure (section 7), and would lead past the limits.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	h.client = &client
	if h.opts.Retry == nil {
		h.opts.Retry = defaultRetry
	}
	if opts.Book == nil {
		return h, nil
	}
	kept, err := opts.Book.Subscriptions(ctx)
	if err != nil {
		return nil, fmt.Errorf("websub: %w", err)
	}
	for _, sub := range kept {
		// What was published while nobody ran is taken as delivered: readers
		// poll too, and all of them at once at every start would be worse.
		doc, _ := opts.Document(sub.Topic)
		h.add(sub, doc.ETag)
	}
	return h, nil
}

// add puts a subscription in place; the caller holds mu, or nobody else knows
// the hub.
func (h *Hub) add(sub news.Subscription, sent string) {
	k := key{sub.Topic, sub.Callback}
	if old := h.subs[k]; old != nil {
		old.Subscription = sub
		return
	}
	host := hostOf(sub.Callback)
	h.perHost[host]++
	h.subs[k] = &subscriber{Subscription: sub, host: host, sent: sent}
}

// remove forgets a subscription; the caller holds mu.
func (h *Hub) remove(k key) {
	sub := h.subs[k]
	if sub == nil {
		return
	}
	delete(h.subs, k)
	delete(h.due, k)
	if h.perHost[sub.host]--; h.perHost[sub.host] == 0 {
		delete(h.perHost, sub.host)
	}
}

// forget removes subscriptions from the book too, all at once.
func (h *Hub) forget(ctx context.Context, keys ...key) {
	gone := make([]news.Subscription, len(keys))
	h.mu.Lock()
	for i, k := range keys {
		h.remove(k)
		gone[i] = news.Subscription{Topic: k.topic, Callback: k.callback}
	}
	h.mu.Unlock()
	if h.opts.Book == nil || len(keys) == 0 {
		return
	}
	if err := h.opts.Book.Unsubscribe(ctx, gone...); err != nil && !errors.Is(err, context.Canceled) {
		h.opts.Log.Error("subscriptions could not be removed", "count", len(keys), "error", err)
	}
}

// Run verifies and delivers until ctx is done, and returns when the last
// request has ended.
func (h *Hub) Run(ctx context.Context) {
	defer h.work.Wait()
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	for {
		next := h.start(ctx, time.Now())
		timer := time.NewTimer(next)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-h.wake:
		case <-timer.C:
		case <-sweep.C:
			h.refresh(ctx)
			h.sweep(ctx, time.Now())
		}
		timer.Stop()
	}
}

// start begins what is due, within the bounds, and returns when to look again.
// Whatever ends wakes Run, which looks again too.
func (h *Hub) start(ctx context.Context, now time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	var wait []request
	for _, req := range h.asks {
		if h.asking[req.key()] || !h.begin(ctx, hostOf(req.sub.Callback), true, func() { h.verify(ctx, req) }) {
			wait = append(wait, req)
			continue
		}
		h.asking[req.key()] = true
	}
	h.asks = wait
	next := sweepEvery
	for k, sub := range h.due {
		if h.active == workers {
			break
		}
		if sub.at.After(now) {
			next = min(next, sub.at.Sub(now))
			continue
		}
		if h.begin(ctx, sub.host, sub.failing, func() { h.deliver(ctx, k) }) {
			delete(h.due, k)
		}
	}
	return next
}

// begin does work that asks something of a host, if it may be asked now; the
// caller holds mu. A doubtful one may well not answer: those who do are not to wait
// until that is given up.
func (h *Hub) begin(ctx context.Context, host string, doubtful bool, work func()) bool {
	if ctx.Err() != nil || h.active == workers || h.busy[host] == perHostAtOnce || doubtful && h.doubtful == doubtfulAtOnce {
		return false
	}
	h.active++
	h.busy[host]++
	if doubtful {
		h.doubtful++
	}
	h.work.Go(func() {
		work()
		h.mu.Lock()
		h.active--
		if doubtful {
			h.doubtful--
		}
		if h.busy[host]--; h.busy[host] == 0 {
			delete(h.busy, host)
		}
		h.mu.Unlock()
		h.poke()
	})
	return true
}

// refresh makes the subscriptions those of the book: another process that
// shares it may have taken some, or ended them. To those that it has taken what was
// published since the last look is sent now.
func (h *Hub) refresh(ctx context.Context) {
	if h.opts.Book == nil {
		return
	}
	h.mu.Lock()
	gone := make(map[key]bool, len(h.subs))
	for k := range h.subs {
		gone[k] = true
	}
	changed := h.changed
	h.changed = map[string]bool{}
	h.mu.Unlock()
	kept, err := h.opts.Book.Subscriptions(ctx)
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil { // those that are known stay
		maps.Copy(h.changed, changed)
		return
	}
	for _, sub := range kept {
		k := key{sub.Topic, sub.Callback}
		delete(gone, k)
		old := h.subs[k]
		missed := changed[k.topic] && (old == nil || old.Secret != sub.Secret) // or could not verify it
		if h.add(sub, ""); missed {
			h.subs[k].sent = ""
			h.deliverFrom(k, time.Now())
		}
	}
	for k := range gone {
		h.remove(k)
	}
	h.poke()
}

// sweep forgets the subscriptions whose lease has ended, and stays so: a clock
// that is ahead for some minutes ends none for good.
func (h *Hub) sweep(ctx context.Context, now time.Time) {
	h.mu.Lock()
	var ended []key
	for k, sub := range h.subs {
		switch {
		case !now.After(sub.Until):
			sub.ended = time.Time{}
		case sub.ended.IsZero():
			sub.ended = now
		case now.Sub(sub.ended) >= endedFor:
			ended = append(ended, k)
		}
	}
	h.mu.Unlock()
	h.forget(ctx, ended...)
}

func (h *Hub) poke() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

package websub

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// A Wish is to be told by a hub when a source's document changes.
type Wish struct {
	Source string // name of the source
	Topic  string // what the document calls itself (rel=self); may differ from what is polled
	Hub    string // its hub (rel=hub)
}

// SubscriberOptions are what a Subscriber needs, all of it.
type SubscriberOptions struct {
	Log    *slog.Logger
	Client *http.Client // refuses addresses that are not public
	Base   string       // public address of the callbacks, ending with a slash

	// Key is a secret of this installation that survives a restart, 32 bytes
	// or more. The addresses of callbacks and the secrets of subscriptions are
	// derived from it, so that there is nothing else to be stored.
	Key []byte

	// Asks reports whether this process is the one that asks hubs; nil: it is.
	// Of several that share the callbacks one does, and any may be called back.
	Asks func() bool

	// Pushed is told that a source changed. Body is what the hub sent, where
	// it proved by SHA-256 or better that it did; else nil: the source is to
	// be polled.
	Pushed func(source string, body []byte, contentType string)

	// Leased is told until when a hub will tell of a source, which needs to be
	// polled seldom meanwhile; zero: no longer, or it cannot be relied upon.
	Leased func(source string, until time.Time)
}

// The bounds of a subscriber.
const (
	maxPush       = 10 << 20
	pushesAtOnce  = 4               // bodies that are read: hubs of strangers could fill the memory
	pushWait      = 2 * time.Second // for which one waits until another has been read
	maxChallenge  = 512
	askedLease    = 10 * 24 * time.Hour
	shortestLease = 10 * time.Minute // a shorter one is renewed no sooner
	answerWithin  = time.Hour        // in which a hub is expected to verify
	pushGap       = 2 * time.Second  // bodies that come faster are not looked at
	longestWait   = 24 * time.Hour   // between two attempts
	deniedFor     = 7 * longestWait  // a hub that denies today may not next week
	lookAgain     = time.Minute      // whether it is on us to ask
	perRound      = 8                // hubs that are asked at once
)

// A Subscriber subscribes to the documents of sources, and is the callback of
// their hubs. Its methods are safe for concurrent use.
type Subscriber struct {
	opts    SubscriberOptions
	wake    chan struct{}
	reading chan struct{} // holds one for each push that is read

	mu   sync.Mutex
	byID map[string]*wanted
}

// A wanted is a wish and how far it is.
type wanted struct {
	Wish
	id, secret string
	next       time.Time // when to ask the hub
	tries      int       // without a verification
	pending    bool      // the hub was asked and has not verified
	denied     bool
	lapsed     bool      // the hub did not verify in time, and polling alone is relied upon
	until      time.Time // end of the lease
	pushed     time.Time // the last push
}

// NewSubscriber returns a subscriber without wishes.
func NewSubscriber(opts SubscriberOptions) *Subscriber {
	return &Subscriber{opts: opts, wake: make(chan struct{}, 1), reading: make(chan struct{}, pushesAtOnce), byID: map[string]*wanted{}}
}

// Want replaces the wishes. What is known of those that stay is kept; a hub
// that tells of another is answered 410 and stops.
func (s *Subscriber) Want(wishes []Wish, now time.Time) {
	for _, source := range s.replace(wishes, now) {
		s.opts.Leased(source, time.Time{})
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// replace is Want, and returns the sources whose leases have come to their end by it.
func (s *Subscriber) replace(wishes []Wish, now time.Time) (ended []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	byID := make(map[string]*wanted, len(wishes))
	for _, w := range wishes {
		id := s.derive("callback", w)
		if byID[id] = s.byID[id]; byID[id] == nil {
			byID[id] = &wanted{Wish: w, id: id, secret: s.derive("secret", w), next: now}
		}
	}
	for id, w := range s.byID {
		if byID[id] == nil && !w.until.IsZero() {
			ended = append(ended, w.Source)
		}
	}
	s.byID = byID
	return ended
}

// derive makes an unguessable name from the key and a wish.
func (s *Subscriber) derive(use string, w Wish) string {
	mac := hmac.New(sha256.New, s.opts.Key)
	for _, part := range []string{use, w.Source, w.Topic, w.Hub} {
		fmt.Fprintf(mac, "%d:%s", len(part), part)
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// Run asks hubs until ctx is done.
func (s *Subscriber) Run(ctx context.Context) {
	for {
		timer := time.NewTimer(s.ask(ctx, time.Now()))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-s.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

func (s *Subscriber) asks() bool { return s.opts.Asks == nil || s.opts.Asks() }

// ask subscribes to what is due, and returns when to look again.
func (s *Subscriber) ask(ctx context.Context, now time.Time) time.Duration {
	if !s.asks() {
		return lookAgain
	}
	next := time.Hour
	var due []wanted
	var lapsed []string
	s.mu.Lock()
	for _, w := range s.byID {
		switch {
		case w.next.After(now):
			next = min(next, w.next.Sub(now))
		case len(due) == perRound:
			next = 0
		default:
			if w.pending && !w.lapsed { // it was asked, and has not verified
				w.lapsed = true
				lapsed = append(lapsed, w.Source)
			}
			w.tries++
			w.pending, w.denied = true, false
			w.next = now.Add(min(answerWithin<<min(w.tries-1, 10), longestWait))
			next = min(next, w.next.Sub(now))
			due = append(due, *w)
		}
	}
	s.mu.Unlock()
	for _, source := range lapsed {
		s.opts.Leased(source, time.Time{})
	}
	var asking sync.WaitGroup
	for _, w := range due {
		asking.Go(func() {
			if !w.until.IsZero() {
				// Before a lease is renewed the source is polled, lest its hub
				// or its own address has changed.
				s.opts.Pushed(w.Source, nil, "")
			}
			if err := s.subscribe(ctx, w); err != nil && ctx.Err() == nil {
				s.opts.Log.Info("a hub did not take a subscription", "source", w.Source, "hub", hostOf(w.Hub), "error", err)
			}
		})
	}
	asking.Wait()
	return next
}

// subscribe sends one request to a hub (section 5.1).
func (s *Subscriber) subscribe(ctx context.Context, w wanted) error {
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	form := url.Values{
		"hub.mode": {"subscribe"}, "hub.topic": {w.Topic}, "hub.callback": {s.opts.Base + w.id},
		"hub.secret": {w.secret}, "hub.lease_seconds": {fmt.Sprint(int(askedLease.Seconds()))},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.Hub, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := s.opts.Client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	reason, _ := io.ReadAll(io.LimitReader(resp.Body, 200))
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("answered %d: %q", resp.StatusCode, reason)
	}
	return nil
}

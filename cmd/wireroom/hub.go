package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/output/websub"
)

const (
	callbackPath = "/websub/"

	// wishEvery is how often it is looked which sources have a hub.
	wishEvery = 10 * time.Minute
)

// A pushing is both sides of WebSub: our hub for readers, and our callback for
// the hubs of sources.
type pushing struct {
	hub        *websub.Hub
	subscriber *websub.Subscriber
}

// newPushing returns both sides. They need an address under which the world
// knows us: without server.base_url there is neither, and it returns nil.
func newPushing(ctx context.Context, p *program) (*pushing, error) {
	server := p.setup.Load().cfg.Server
	base := server.BaseURL
	if base == "" {
		return nil, nil
	}
	key, err := secretKey(ctx, p.db)
	if err != nil {
		return nil, err
	}
	client := p.client.HTTP(false)
	hub, err := websub.NewHub(ctx, websub.Options{
		Log: p.logger, Client: p.client.HTTP(server.HubPrivate), Book: &book{db: p.db}, Document: p.ours,
	})
	if err != nil {
		return nil, err
	}
	subscriber := websub.NewSubscriber(websub.SubscriberOptions{
		Log: p.logger, Client: client, Base: base + callbackPath, Key: key, Asks: p.db.Leads,
		Pushed: func(source string, body []byte, contentType string) {
			p.pushed(p.aggregator.Pushed(ctx, source, body, contentType), source)
		},
		Leased: func(source string, until time.Time) {
			if until.IsZero() {
				p.pushed(p.aggregator.Unleased(ctx, source), source)
			}
		},
	})
	return &pushing{hub, subscriber}, nil
}

func (p *program) pushed(err error, source string) {
	if err != nil {
		p.logger.Error("a push could not be used; the source is polled by its schedule", "source", source, "error", err)
	}
}

// published returns the document at an address of ours that may be subscribed
// to: the feed of an open topic.
func (p *program) published(address string) (news.Document, bool) {
	path, ours := strings.CutPrefix(address, p.setup.Load().site.BaseURL)
	if !ours {
		return news.Document{}, false
	}
	doc, ok := p.desk.Document(path)
	return doc, ok && doc.Topic != "" && !doc.Private && !strings.HasPrefix(doc.ContentType, "text/")
}

// ours is published, of those topics that name our own hub. To subscribers of others it
// would never be told of a change.
func (p *program) ours(address string) (news.Document, bool) {
	doc, ok := p.published(address)
	set := p.setup.Load()
	named := func(t news.Topic) bool { return t.Name == doc.Topic && t.Hub == set.site.BaseURL+config.HubPath }
	return doc, ok && slices.ContainsFunc(set.cfg.Topics, named)
}

// tell tells the hubs of topics that documents changed: our own, or one of
// somebody else.
func (p *program) tell(docs []news.Document) {
	set := p.setup.Load()
	own := set.site.BaseURL + config.HubPath
	hubs := map[string]string{}
	for _, t := range set.cfg.Topics {
		hubs[t.Name] = t.Hub
	}
	others := map[string][]string{}
	for _, doc := range docs {
		hub, address := hubs[doc.Topic], set.site.BaseURL+doc.Path
		switch _, open := p.published(address); {
		case hub == "" || !open:
		case hub == own && p.pushing != nil:
			p.pushing.hub.Publish(address)
		case hub != own:
			others[hub] = append(others[hub], address)
		}
	}
	for hub, addresses := range others {
		p.pings.Tell(hub, p.written, addresses...)
	}
}

// routes puts the hub and the callback beside the documents. A ServeMux would
// redirect unclean paths, which are nowhere redirected here.
func (w *pushing) routes(documents http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == config.HubPath:
			w.hub.ServeHTTP(rw, r)
		case strings.HasPrefix(r.URL.Path, callbackPath):
			w.subscriber.ServeHTTP(rw, r)
		default:
			documents.ServeHTTP(rw, r)
		}
	})
}

// run keeps both sides going until ctx is done.
func (w *pushing) run(ctx context.Context, p *program) {
	var sides sync.WaitGroup
	sides.Go(func() { w.hub.Run(ctx) })
	sides.Go(func() { w.subscriber.Run(ctx) })
	tick := time.NewTicker(wishEvery)
	defer tick.Stop()
	for first := time.After(time.Minute); ctx.Err() == nil; {
		select {
		case <-ctx.Done():
		case <-first:
			w.wish(ctx, p)
		case <-tick.C:
			w.wish(ctx, p)
		}
	}
	sides.Wait()
}

// wish asks to be told of the sources that name a hub.
func (w *pushing) wish(ctx context.Context, p *program) {
	states, err := p.db.States(ctx)
	if err != nil {
		p.logger.Error("it could not be looked which sources have a hub", "error", err)
		return
	}
	sources := p.setup.Load().plan.Sources
	var wishes []websub.Wish
	for _, s := range states {
		if src, ok := sources[s.Source]; ok && !src.AllowPrivate && len(s.About.Hubs) > 0 && s.About.Self != "" && s.Outcome != news.OutcomeGone {
			wishes = append(wishes, websub.Wish{Source: s.Source, Topic: s.About.Self, Hub: s.About.Hubs[0]})
		}
	}
	w.subscriber.Want(wishes, time.Now())
}

// noteKey is the note that keeps the secret from which callbacks are derived.
const noteKey = "websub-key"

// secretKey returns this store's secret, made at the first start.
func secretKey(ctx context.Context, db *store.DB) ([]byte, error) {
	kept, err := chosenOnce(ctx, db, noteKey, func() string { return rand.Text() + rand.Text() })
	return []byte(kept), err
}

// noteBook is the note that keeps the subscriptions of readers.
const noteBook = "subscriptions"

// A book keeps the subscriptions to our documents in the store.
type book struct{ db *store.DB }

// Subscriptions implements websub.Book.
func (b *book) Subscriptions(ctx context.Context) ([]news.Subscription, error) {
	kept, err := b.db.Noted(ctx, noteBook)
	if err != nil || kept == "" {
		return nil, err
	}
	var subs []news.Subscription
	return subs, json.Unmarshal([]byte(kept), &subs)
}

// Subscribe implements websub.Book.
func (b *book) Subscribe(ctx context.Context, sub news.Subscription) error {
	return b.amend(ctx, []news.Subscription{sub}, sub)
}

// Unsubscribe implements websub.Book.
func (b *book) Unsubscribe(ctx context.Context, subs ...news.Subscription) error {
	return b.amend(ctx, subs)
}

// amend takes subscriptions away, by their topics and callbacks, and adds others.
func (b *book) amend(ctx context.Context, gone []news.Subscription, added ...news.Subscription) error {
	return b.db.Amend(ctx, noteBook, func(kept string) (string, error) {
		var subs []news.Subscription
		if kept != "" {
			if err := json.Unmarshal([]byte(kept), &subs); err != nil {
				return "", err
			}
		}
		named := make(map[[2]string]bool, len(gone))
		for _, s := range gone {
			named[[2]string{s.Topic, s.Callback}] = true
		}
		subs = slices.DeleteFunc(subs, func(s news.Subscription) bool { return named[[2]string{s.Topic, s.Callback}] })
		text, err := json.Marshal(append(subs, added...))
		return string(text), err
	})
}

package output

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/output/render"
	"github.com/wireroom/wireroom/output/serve"
)

const (
	// publishEvery and publishLate are the least and the longest pause after a
	// round of publishing what was filed, so that a burst of filings is rendered
	// once. In between it is publishShare times what the round took: while much
	// is filed, publishing leaves the processor to the filing. With publishLate
	// what comes in such a time is still published within 3 s. Rounds that come
	// by the clock are seldom enough, and nothing waits for what they take.
	publishEvery = 200 * time.Millisecond
	publishLate  = 2 * time.Second
	publishShare = 19

	// listShare is the same of the pages and lists that tell of all sources,
	// whose number it grows with.
	listShare = 30

	// refreshEvery is how often the pages that tell of all sources are made anew, and
	// the topics of which something has outgrown the window.
	refreshEvery = time.Minute

	// anewEvery is how often a topic is published anew of which nothing was filed:
	// what was dropped as too old leaves it, and what went wrong is mended.
	anewEvery = 10 * time.Minute

	// followEvery is how often a process that does not publish looks for what
	// another one has published.
	followEvery = time.Second

	// archiveEvery is how often a page is added to the archive of a topic that
	// has enough for it, or that many times what the pages before took: a long
	// past is archived at leisure.
	archiveEvery = 2 * time.Second
	archiveShare = 20
)

// A Catalogue is what is to be published. It is replaced as a whole.
type Catalogue struct {
	Site   render.Site
	Topics []news.Topic
	MaxAge time.Duration // how long readers may keep a topic's feed
}

// A Publisher renders the topics that changed and puts them before readers.
type Publisher struct {
	shelf  Shelf
	desk   *serve.Server
	logger *slog.Logger
	tell   func([]news.Document) // is told of what changed, once it is stored

	mu        sync.Mutex
	catalogue Catalogue
	notice    string          // for the front page
	changed   map[string]bool // topics to publish; nil: all
	replaced  bool            // the catalogue, since the last round
	wake      chan struct{}

	aside atomic.Bool  // another process publishes under a newer catalogue
	known atomic.Int64 // when what is served was last known to be the newest, Unix nanoseconds

	// Only the caller of Publish touches these.
	leads     bool                      // this process publishes
	deaf      bool                      // it could not be looked what others publish
	rev       int64                     // of what others have published
	listAt    time.Time                 // when the lists of sources may be made anew
	listing   bool                      // they are to be made then
	last      map[string]news.Document  // by path
	summaries map[string]render.Summary // by topic
	presses   map[string]*render.Press  // by topic
	answers   render.Answers            // how many sources answered when the lists were made
	gone      map[string]bool           // topics that were published and are no longer configured
	newer     map[string]bool           // topics that another process has begun to publish and that are not configured here, or not yet
	stale     map[string]time.Time      // when a topic is published anew though nothing of it is filed; none: at once
	archive   archive
}

// NewPublisher returns a Publisher that has not published yet. tell is told of
// every document that changed, once it is stored and served; it must not block.
func NewPublisher(shelf Shelf, desk *serve.Server, catalogue Catalogue, logger *slog.Logger, tell func([]news.Document)) *Publisher {
	return &Publisher{
		shelf: shelf, desk: desk, logger: logger, catalogue: catalogue, tell: tell,
		wake: make(chan struct{}, 1), last: map[string]news.Document{}, summaries: map[string]render.Summary{}, presses: map[string]*render.Press{}, gone: map[string]bool{}, newer: map[string]bool{}, stale: map[string]time.Time{},
		archive: archive{done: map[string]bool{}, shown: map[string]map[string]bool{}, looked: map[string]time.Time{}},
	}
}

// Restore puts what was last published before readers, from the first moment.
// Of a topic that is no longer configured it tells that it is gone; of what is made
// anew at every start, that it is yet to come.
func (p *Publisher) Restore(ctx context.Context) error {
	docs, err := p.shelf.Documents(ctx)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	for _, doc := range docs {
		if !doc.Gone {
			p.last[doc.Path] = doc
		}
	}
	p.settle(p.current())
	p.desk.Set(slices.DeleteFunc(slices.Collect(maps.Values(p.last)), damaged)...)
	p.await(p.current())
	return nil
}

// damaged reports whether of a document nothing but its head could be read: it
// is served once it was made anew, as the successor of what it was.
func damaged(doc news.Document) bool { return doc.Body == nil }

// settle makes the desk's rules those of a catalogue, and takes the documents
// away of topics that it does not have, or that were open and are private now.
func (p *Publisher) settle(c Catalogue) {
	rules := serve.Rules{Tokens: map[string]string{}, Renamed: map[string]string{}, Retired: map[string]bool{}}
	known := map[string]bool{"": true}
	for _, t := range c.Topics {
		known[t.Name] = true
		if t.Token != "" {
			rules.Tokens[t.Name] = t.Token
		}
		for _, name := range t.Formerly {
			rules.Renamed[name] = t.Name
		}
	}
	for path, doc := range p.last {
		private := rules.Tokens[doc.Topic] != ""
		if !known[doc.Topic] && !p.newer[doc.Topic] && !p.aside.Load() || private && !doc.Private {
			if !private && !doc.Private {
				p.gone[doc.Topic] = true
			}
			p.takeAway(path)
			delete(p.summaries, doc.Topic)
			delete(p.presses, doc.Topic)
		}
	}
	for name := range p.gone {
		rules.Retired[name] = !known[name] && rules.Renamed[name] == "" && !p.aside.Load()
	}
	p.desk.SetRules(rules)
}

// await tells the desk whether something of a catalogue is yet to be published: not
// where another process publishes under a newer one, which may lack some topics.
func (p *Publisher) await(c Catalogue) {
	missing := func(path string) bool {
		_, held := p.desk.Document(path)
		return !held
	}
	p.desk.Pending(!p.aside.Load() && (missing("/") || slices.ContainsFunc(c.Topics, func(t news.Topic) bool { return missing(render.TopicPath(t.Name)) })))
}

// Changed tells that the filings of topics changed. It does not block.
func (p *Publisher) Changed(topics []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.changed == nil {
		p.changed = map[string]bool{}
	}
	for _, name := range topics {
		p.changed[name] = true
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Replace publishes under another catalogue from now on.
func (p *Publisher) Replace(c Catalogue) {
	p.mu.Lock()
	p.catalogue, p.replaced = c, true
	p.mu.Unlock()
	var names []string
	for _, t := range c.Topics {
		names = append(names, t.Name)
	}
	p.Changed(names)
}

// StandAside says whether another process publishes under a newer catalogue: then
// all that it publishes is served, and no topic is gone for not being known here.
func (p *Publisher) StandAside(aside bool) { p.aside.Store(aside) }

// SetNotice puts a sentence above the front page, or takes it away.
func (p *Publisher) SetNotice(sentence string) {
	p.mu.Lock()
	p.notice = sentence
	p.mu.Unlock()
	p.Changed(nil)
}

func (p *Publisher) current() Catalogue {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.catalogue
}

// Run publishes what changed, when it changed, until ctx is done; or, where
// another process publishes, serves what that one does.
func (p *Publisher) Run(ctx context.Context) {
	p.round(ctx, nil)
	refresh := time.NewTicker(refreshEvery)
	defer refresh.Stop()
	follow := time.NewTicker(followEvery)
	defer follow.Stop()
	archive := time.NewTimer(archiveEvery)
	defer archive.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-refresh.C:
			p.round(ctx, p.outgrown(time.Now()))
		case <-follow.C:
			if p.leads && p.shelf.Leads() {
				p.known.Store(time.Now().UnixNano()) // though nothing changes
			} else {
				p.round(ctx, map[string]bool{})
			}
		case <-archive.C:
			start := time.Now()
			if p.leads {
				p.archiveMore(ctx)
			}
			archive.Reset(max(archiveEvery, archiveShare*time.Since(start)))
		case <-p.wake:
			start := time.Now()
			p.mu.Lock()
			changed := p.changed
			p.changed = nil
			p.mu.Unlock()
			p.round(ctx, changed)
			pause := time.NewTimer(min(max(publishEvery, publishShare*time.Since(start)), publishLate))
			select {
			case <-ctx.Done():
			case <-pause.C:
			}
			pause.Stop()
		}
	}
}

// outgrown returns the topics that are published anew at now.
func (p *Publisher) outgrown(now time.Time) map[string]bool {
	topics := map[string]bool{}
	for _, t := range p.current().Topics {
		if !now.Before(p.stale[t.Name]) {
			topics[t.Name] = true
		}
	}
	return topics
}

// round publishes topics, or follows who does. Whoever begins to publish looks
// first at what was published last, and publishes all of it anew.
func (p *Publisher) round(ctx context.Context, only map[string]bool) {
	p.mu.Lock()
	if p.replaced {
		p.newer, p.replaced = map[string]bool{}, false
	}
	p.mu.Unlock()
	if leads := p.shelf.Leads(); leads != p.leads {
		if !p.follow(ctx) {
			return
		}
		if p.leads = leads; leads {
			only, p.newer = nil, map[string]bool{}
		} else {
			p.rev = 0
		}
	}
	if p.leads {
		p.attempt(ctx, only)
		return
	}
	p.follow(ctx)
}

// follow takes over what another process has published since the last time. It
// says whether it could be looked.
func (p *Publisher) follow(ctx context.Context) bool {
	now := time.Now()
	docs, rev, err := p.shelf.DocumentsSince(ctx, p.rev)
	if err != nil {
		if ctx.Err() == nil && !p.deaf {
			p.logger.Error("it is not known what was published since; the last known documents stay", "error", err)
		}
		p.deaf = true
		return false
	}
	p.deaf = false
	c := p.current()
	for _, doc := range docs {
		if doc.Gone {
			p.takeAway(doc.Path)
			continue
		}
		p.last[doc.Path] = doc
		if !p.gone[doc.Topic] && !slices.ContainsFunc(c.Topics, func(t news.Topic) bool { return t.Name == doc.Topic }) {
			p.newer[doc.Topic] = true // that catalogue is about to come here, too
		}
	}
	if p.settle(c); len(docs) > 0 {
		docs = slices.DeleteFunc(docs, func(doc news.Document) bool { _, ok := p.last[doc.Path]; return !ok || damaged(doc) })
		p.desk.Set(docs...)
	}
	p.await(c)
	p.rev = rev
	p.known.Store(now.UnixNano())
	return true
}

// Age is how long ago what is served was last known to be the newest.
func (p *Publisher) Age() time.Duration {
	known := p.known.Load()
	if known == 0 || p.shelf.Leads() {
		return 0
	}
	return time.Since(time.Unix(0, known))
}

// archiveMore adds to the archives. A feed names the newest page of its archive
// with its next change, and at the latest when refreshEvery has passed: so much
// is rendered once.
func (p *Publisher) archiveMore(ctx context.Context) {
	topics, err := p.Archive(ctx)
	if err != nil && ctx.Err() == nil && !p.archive.failing { // as the store may for hours
		p.logger.Error("archiving failed; it is tried again until it succeeds", "error", err)
	}
	p.archive.failing = err != nil
	for _, name := range topics {
		delete(p.stale, name)
	}
}

// attempt publishes; where that fails the last good documents stay, and the
// next round tries again.
func (p *Publisher) attempt(ctx context.Context, only map[string]bool) {
	if err := p.Publish(ctx, only); err != nil && ctx.Err() == nil {
		p.logger.Error("publishing failed; the last good documents stay", "error", err)
	}
}

// keep puts rendered documents before readers and into the store. Those whose
// bytes are as they were are left alone, so that ETag and Last-Modified change
// with the bytes only.
func (p *Publisher) keep(ctx context.Context, docs []news.Document, save bool) error {
	var fresh []news.Document
	for _, doc := range docs {
		was, ok := p.last[doc.Path]
		if ok && bytes.Equal(was.Body, doc.Body) && was.MaxAge == doc.MaxAge && was.Private == doc.Private {
			continue
		}
		if ok {
			doc = render.Follow(was, doc)
		}
		fresh = append(fresh, doc)
	}
	if len(fresh) == 0 {
		return nil
	}
	if save {
		if err := p.shelf.SaveDocuments(ctx, fresh); err != nil {
			return err
		}
	} else if err := p.shelf.ShareDocuments(ctx, fresh); err != nil {
		return err
	}
	p.desk.Set(fresh...)
	for _, doc := range fresh {
		p.last[doc.Path] = doc
	}
	p.tell(fresh)
	return nil
}

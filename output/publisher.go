package output

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/output/render"
	"github.com/wireroom/wireroom/output/serve"
)

const (
	// publishEvery is the least time between two rounds of publishing, so
	// that a burst of filings is rendered once.
	publishEvery = 200 * time.Millisecond

	// refreshEvery is how often every topic is published anew, so that what
	// outgrew a topic's window leaves it, and the pages that tell times follow.
	refreshEvery = time.Minute

	// archiveEvery is how often a page is added to the archive of a topic that
	// has enough for it: a long past is archived at leisure.
	archiveEvery = 2 * time.Second
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
	wake      chan struct{}

	// Only the caller of Publish touches these.
	last      map[string]news.Document  // by path
	summaries map[string]render.Summary // by topic
	presses   map[string]*render.Press  // by topic
	gone      map[string]bool           // topics that were published and are no longer configured
	archive   archive
}

// NewPublisher returns a Publisher that has not published yet. tell is told of
// every document that changed, once it is stored and served; it must not block.
func NewPublisher(shelf Shelf, desk *serve.Server, catalogue Catalogue, logger *slog.Logger, tell func([]news.Document)) *Publisher {
	return &Publisher{
		shelf: shelf, desk: desk, logger: logger, catalogue: catalogue, tell: tell,
		wake: make(chan struct{}, 1), last: map[string]news.Document{}, summaries: map[string]render.Summary{}, presses: map[string]*render.Press{}, gone: map[string]bool{},
		archive: archive{done: map[string]bool{}, shown: map[string]map[string]bool{}, looked: map[string]time.Time{}},
	}
}

// Restore puts what was last published before readers, from the first moment.
// Of a topic that is no longer configured it tells that it is gone.
func (p *Publisher) Restore(ctx context.Context) error {
	docs, err := p.shelf.Documents(ctx)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	for _, doc := range docs {
		p.last[doc.Path] = doc
	}
	p.settle(p.current())
	p.desk.Set(slices.Collect(maps.Values(p.last))...)
	return nil
}

// settle makes the desk's rules those of a catalogue, and takes the documents
// away of topics that it does not have, or that were open and are private now.
func (p *Publisher) settle(c Catalogue) {
	rules := serve.Rules{Tokens: map[string]string{}, Retired: map[string]bool{}}
	known := map[string]bool{"": true}
	for _, t := range c.Topics {
		known[t.Name] = true
		if t.Token != "" {
			rules.Tokens[t.Name] = t.Token
		}
	}
	for path, doc := range p.last {
		private := rules.Tokens[doc.Topic] != ""
		if !known[doc.Topic] || private && !doc.Private {
			if !private && !doc.Private {
				p.gone[doc.Topic] = true
			}
			p.desk.Remove(path)
			delete(p.last, path)
			delete(p.summaries, doc.Topic)
			delete(p.presses, doc.Topic)
		}
	}
	for name := range p.gone {
		rules.Retired[name] = !known[name]
	}
	p.desk.SetRules(rules)
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
	p.catalogue = c
	p.mu.Unlock()
	var names []string
	for _, t := range c.Topics {
		names = append(names, t.Name)
	}
	p.Changed(names)
}

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

// Run publishes what changed, when it changed, until ctx is done.
func (p *Publisher) Run(ctx context.Context) {
	p.attempt(ctx, nil)
	refresh := time.NewTicker(refreshEvery)
	defer refresh.Stop()
	archive := time.NewTicker(archiveEvery)
	defer archive.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-refresh.C:
			p.attempt(ctx, nil)
		case <-archive.C:
			topics, err := p.Archive(ctx)
			if err != nil && ctx.Err() == nil {
				p.logger.Error("archiving failed; it is tried again", "error", err)
			}
			if len(topics) > 0 {
				p.Changed(topics)
			}
			continue
		case <-p.wake:
			p.mu.Lock()
			changed := p.changed
			p.changed = nil
			p.mu.Unlock()
			p.attempt(ctx, changed)
		}
		pause := time.NewTimer(publishEvery)
		select {
		case <-ctx.Done():
		case <-pause.C:
		}
		pause.Stop()
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
	}
	p.desk.Set(fresh...)
	for _, doc := range fresh {
		p.last[doc.Path] = doc
	}
	p.tell(fresh)
	return nil
}

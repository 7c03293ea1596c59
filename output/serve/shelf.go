package serve

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/wireroom/wireroom/aggregator/news"
)

// errBusy is returned where too many documents are being made already.
var errBusy = errors.New("too many documents are being made at once")

// The bounds of a shelf.
const (
	shelfBytes = 32 << 20
	shelfMakes = 4                // documents that are made at once
	shelfWait  = 2 * time.Second  // how long a request waits for its turn
	shelfLimit = 10 * time.Second // how long a document may take
	shelfAge   = 10 * time.Minute // how long any document is kept
)

// A shelf keeps documents that are made on demand, as long as they may be kept
// by their readers and within a bound of memory. Requests for the same one
// wait for the same making.
type shelf struct {
	makes  chan struct{}
	flight singleflight.Group

	mu      sync.Mutex
	pages   map[string]shelved
	bytes   int
	cleared int // how often
}

type shelved struct {
	page  *page
	bytes int
	until time.Time
}

func newShelf() *shelf {
	return &shelf{makes: make(chan struct{}, shelfMakes), pages: map[string]shelved{}}
}

// get returns the page under key, made by fetch where it is not at hand.
func (s *shelf) get(ctx context.Context, key string, fetch func(context.Context) (news.Document, error)) (*page, error) {
	s.mu.Lock()
	kept, ok := s.pages[key]
	cleared := s.cleared
	s.mu.Unlock()
	if ok && time.Now().Before(kept.until) {
		return kept.page, nil
	}
	// One that began before all were forgotten is for those who asked before.
	v, err, _ := s.flight.Do(fmt.Sprint(cleared, " ", key), func() (any, error) {
		// The making serves every reader that waits for it: it does not end
		// with the first of them.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shelfLimit)
		defer cancel()
		turn := time.NewTimer(shelfWait)
		defer turn.Stop()
		select {
		case s.makes <- struct{}{}:
			defer func() { <-s.makes }()
		case <-turn.C:
			return nil, errBusy
		}
		doc, err := fetch(ctx)
		if err != nil {
			return nil, err
		}
		p := newPage(doc, nil)
		s.keep(key, p, cleared)
		return p, nil
	})
	if err != nil {
		return nil, err
	}
	return v.(*page), nil
}

// clear forgets all pages, and those that are being made.
func (s *shelf) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages, s.bytes = map[string]shelved{}, 0
	s.cleared++
}

// keep keeps a page, unless all were forgotten since it began to be made.
func (s *shelf) keep(key string, p *page, cleared int) {
	size := len(key) + p.size()
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cleared != cleared {
		return
	}
	s.drop(key)
	for k, kept := range s.pages {
		if s.bytes+size <= shelfBytes && now.Before(kept.until) {
			continue
		}
		s.drop(k)
	}
	if s.bytes+size <= shelfBytes {
		s.pages[key] = shelved{p, size, now.Add(min(p.doc.MaxAge, shelfAge))}
		s.bytes += size
	}
}

// drop forgets a page; the caller holds mu.
func (s *shelf) drop(key string) {
	if kept, ok := s.pages[key]; ok {
		s.bytes -= kept.bytes
		delete(s.pages, key)
	}
}

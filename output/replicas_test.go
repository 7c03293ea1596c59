package output_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/output"
	"github.com/wireroom/wireroom/output/serve"
)

// A table is what two processes share: documents in the order in which they were
// saved, and sources.
type table struct {
	mu      sync.Mutex
	docs    []news.Document
	sources int
}

// A place is a process at the table.
type place struct {
	watched
	*table
}

func (s *place) Outlets(context.Context) ([]news.Outlet, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	outlets := make([]news.Outlet, s.sources)
	for i := range outlets {
		outlets[i] = news.Outlet{Source: fmt.Sprintf("harbour-%03d", i), Title: fmt.Sprint("Harbour ", i)}
	}
	return outlets, nil
}

func (s *place) ShareDocuments(_ context.Context, docs []news.Document) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.docs = append(s.docs, docs...)
	return nil
}

func (s *place) DocumentsSince(_ context.Context, rev int64) ([]news.Document, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.docs[rev:]), int64(len(s.docs)), nil
}

func (s *place) Documents(context.Context) ([]news.Document, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := map[string]news.Document{}
	for _, doc := range s.docs {
		last[doc.Path] = doc
	}
	return slices.Collect(maps.Values(last)), nil
}

// TestPagesTakenAway: where there are fewer sources than before no process serves the
// pages any longer on which the others stood.
func TestPagesTakenAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared, log := &table{sources: 200}, slog.New(slog.DiscardHandler)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		var desks []*serve.Server
		begin := func(leads bool) {
			desk := serve.New(serve.Options{Log: log})
			p := output.NewPublisher(&place{watched{leads: leads}, shared}, desk, output.Catalogue{}, log, func([]news.Document) {})
			if err := p.Restore(ctx); err != nil {
				t.Fatal(err)
			}
			running.Go(func() { p.Run(ctx) })
			desks = append(desks, desk)
			time.Sleep(2 * time.Second)
		}
		has := func(want ...bool) {
			t.Helper()
			for i, desk := range desks {
				for k, path := range []string{"/sources", "/sources/2", "/sources/3"} {
					if _, ok := desk.Document(path); ok != want[k] {
						t.Errorf("of %d sources process %d serves %s: %v", shared.sources, i, path, ok)
					}
				}
			}
		}
		begin(true)
		begin(false)
		has(true, true, true)
		for _, n := range []int{100, 3} {
			shared.mu.Lock()
			shared.sources = n
			shared.mu.Unlock()
			time.Sleep(2 * time.Minute)
			has(true, n > 80, false)
		}
		begin(false)
		has(true, false, false)
		shared.mu.Lock()
		shared.sources = 200
		shared.mu.Unlock()
		time.Sleep(2 * time.Minute)
		has(true, true, true)
		stop()
		running.Wait()
	})
}

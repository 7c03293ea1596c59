package aggregator_test

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/poll"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/aggregator/topic"
)

// A bureau is an aggregator over a real store, on a network in memory, to be
// run in a bubble of fake time: as often as a test likes, over the same store.
type bureau struct {
	path    string // of the store
	sources map[string]news.Source
	web     http.Handler
	dial    func(ctx context.Context, network, addr string) (net.Conn, error) // nil: every name leads to web
	budget  float64
	large   int64         // room for large documents; 0: any
	files   *os.Root      // folder of the sources that are files; nil: none
	workers int           // 0: 32, as configurations have it
	gap     time.Duration // between requests to a host; 0: a second
	handler slog.Handler  // nil: nobody reads the log
	topics  []news.Topic  // nil: nothing is filed

	wrap func(*store.DB) aggregator.Log // nil: the log is the store itself

	// polled is told of every poll.
	polled func(news.State, news.Appended)
}

// add configures a source with the defaults of a configuration.
func (b *bureau) add(name, url, schedule string) news.Source {
	src := news.Source{
		Name: name, URL: url, Schedule: schedule, MinInterval: time.Minute, MaxInterval: 24 * time.Hour,
		MaxBytes: 1 << 20, MaxItems: 100, Timeout: 30 * time.Second, LimitScope: news.LimitHost,
	}
	if b.sources == nil {
		b.sources = map[string]news.Source{}
	}
	b.sources[name] = src
	return src
}

// run starts the bureau as a program does, calls during, and stops it.
func (b *bureau) run(t *testing.T, during func(a *aggregator.Aggregator, db *store.DB)) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	a, db, shut := b.open(t)
	var loops sync.WaitGroup
	loops.Go(func() { a.Collect(ctx) })
	loops.Go(func() { a.Schedule(ctx) })
	if b.topics != nil {
		loops.Go(func() { a.File(ctx) })
	}
	during(a, db)
	stop()
	loops.Wait()
	shut()
}

// open makes the aggregator and starts nothing. Shut ends what it opened.
func (b *bureau) open(t *testing.T) (a *aggregator.Aggregator, db *store.DB, shut func()) {
	t.Helper()
	ctx := t.Context()
	network := make(pipeNet)
	server := &http.Server{Handler: b.web}
	go server.Serve(network)
	dial := network.dial
	if b.dial != nil {
		dial = b.dial
	}
	if b.handler == nil {
		b.handler = slog.DiscardHandler
	}
	logger := slog.New(b.handler)
	db, err := store.Open(ctx, b.path, logger)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.SetSources(ctx, slices.Collect(maps.Values(b.sources)), time.Now()); err != nil {
		t.Fatal(err)
	}
	rules, err := topic.Compile(b.topics)
	if err != nil {
		t.Fatal(err)
	}
	client := poll.NewClient(poll.Options{DialContext: dial, Large: b.large, Files: b.files})
	plan := &aggregator.Plan{Sources: b.sources, Topics: b.topics, Rules: rules, HostGap: cmp.Or(b.gap, time.Second), Budget: b.budget, Authority: "test.example"}
	workers := b.workers
	if workers == 0 {
		workers = 32
	}
	var log aggregator.Log = db
	if b.wrap != nil {
		log = b.wrap(db)
	}
	a = aggregator.New(log, client, plan, logger, aggregator.Options{
		Workers: workers, Owner: "bureau", Filed: func([]string) {},
		Polled: func(s news.State, n news.Appended, _ time.Duration) {
			if b.polled != nil {
				b.polled(s, n)
			}
		},
	})
	return a, db, func() {
		client.Close()
		server.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

// live polls one source whenever it is due, for so long, without the wakings
// of the loops between: for what takes a year.
func (b *bureau) live(t *testing.T, source string, long time.Duration) news.State {
	t.Helper()
	a, db, shut := b.open(t)
	defer shut()
	for end := time.Now().Add(long); ; {
		s, ok, err := db.State(t.Context(), source)
		if err != nil || !ok {
			t.Fatal(source, ok, err)
		}
		if s.NextDue.After(end) {
			time.Sleep(time.Until(end))
			return s
		}
		if wait := time.Until(s.NextDue); s.Polls > 0 && wait > time.Second {
			time.Sleep(wait - time.Second)
			a.CollectOnce(t.Context()) // a second too early: nobody is asked
			time.Sleep(time.Second)
		}
		a.CollectOnce(t.Context())
	}
}

// A punctuality measures how late sources are polled.
type punctuality struct {
	mu    sync.Mutex
	due   map[string]time.Time
	late  map[string]time.Duration // the worst of each source
	polls int
}

func newPunctuality(start time.Time, sources map[string]news.Source) *punctuality {
	p := &punctuality{due: map[string]time.Time{}, late: map[string]time.Duration{}}
	for name := range sources {
		p.due[name] = start
	}
	return p
}

func (p *punctuality) polled(s news.State, _ news.Appended) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.polls++
	p.late[s.Source] = max(p.late[s.Source], s.LastPoll.Sub(p.due[s.Source]))
	p.due[s.Source] = s.NextDue
}

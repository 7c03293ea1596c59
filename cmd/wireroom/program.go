package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/aggregator/poll"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/output"
	"github.com/wireroom/wireroom/output/render"
	"github.com/wireroom/wireroom/output/serve"
)

// A program is everything that a configuration asks for, wired together and
// not yet running.
type program struct {
	logger     *slog.Logger
	db         *store.DB
	client     *poll.Client
	folder     *os.Root // of the configuration: local files are read below it
	aggregator *aggregator.Aggregator
	publisher  *output.Publisher
	desk       *serve.Server
	handler    http.Handler // the desk's, unless something is put before it
	authority  authority
	meter      *meter
	pushing    *pushing // nil without server.base_url
	pings      sync.WaitGroup
	setup      atomic.Pointer[setup]
}

// A setup is what a configuration comes to. It is replaced as a whole.
type setup struct {
	cfg  *config.Config
	plan *aggregator.Plan
	site render.Site
}

// newSetup compiles a configuration.
func newSetup(cfg *config.Config, by authority) (*setup, error) {
	plan, err := plan(cfg)
	if err != nil {
		return nil, err
	}
	plan.Authority = by.host
	return &setup{cfg, plan, render.Site{
		BaseURL: baseURL(cfg), Title: cfg.Title, Version: version(),
		Authority: by.String(), Images: render.ImagePolicy(cfg.Server.Images),
		Search: true,
	}}, nil
}

func (s *setup) catalogue() output.Catalogue {
	return output.Catalogue{Site: s.site, Topics: s.cfg.Topics, MaxAge: maxAge(s.cfg)}
}

// noteAuthority is the note that keeps the host name in the ids of filings.
const noteAuthority = "authority"

// assemble opens the store and wires the stages. The network is as the options
// say, but for who asks.
func assemble(ctx context.Context, cfg *config.Config, logger *slog.Logger, network poll.Options) (p *program, err error) {
	if _, err := plan(cfg); err != nil {
		return nil, err // before a store is made
	}
	// Libraries that know the standard logger only are heard through ours, such
	// as net/http of a server that talks when it was not asked.
	log.SetFlags(0)
	log.SetOutput(slog.NewLogLogger(logger.Handler(), slog.LevelDebug).Writer())
	db, err := store.Open(ctx, cfg.Store, logger)
	if err != nil {
		return nil, exitError{err, exitConfig}
	}
	defer func() {
		if err != nil {
			db.Close()
		}
	}()
	folder, err := os.OpenRoot(filepath.Dir(cfg.File))
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			folder.Close()
		}
	}()
	p = &program{logger: logger, db: db, folder: folder}
	if p.authority, err = mintAuthority(ctx, db, cfg); err != nil {
		return nil, err
	}
	set, err := newSetup(cfg, p.authority)
	if err != nil {
		return nil, err
	}
	p.setup.Store(set)
	if err := adopt(ctx, db, cfg); err != nil {
		return nil, err
	}
	network.Version, network.Contact, network.Files = version(), cfg.Contact, p.folder
	p.client = poll.NewClient(network)
	p.desk = serve.New(serve.Options{
		Log: logger, BaseURL: set.site.BaseURL, Find: p.find, Search: p.search, Alive: p.alive, Ready: p.ready,
		RemoteImages: cfg.Server.Images == config.ImagesDirect,
	})
	p.meter = newMeter(p)
	p.handler = p.desk.Handler()
	p.publisher = output.NewPublisher(db, p.desk, set.catalogue(), logger, p.tell)
	p.aggregator = aggregator.New(db, p.client, set.plan, logger, aggregator.Options{
		Workers: cfg.Workers, Owner: owner(), Filed: p.publisher.Changed, Polled: p.meter.polled,
	})
	if p.pushing, err = newPushing(ctx, p); err != nil {
		return nil, err
	}
	if p.pushing != nil {
		p.handler = p.pushing.routes(p.handler)
	}
	p.handler = p.meter.count(p.handler)
	return p, nil
}

// close ends what assemble opened. What is stored is whole whenever it is called.
func (p *program) close() {
	p.pings.Wait()
	p.client.Close()
	p.folder.Close()
	if err := p.db.Close(); err != nil {
		p.logger.Error("the store did not close cleanly", "error", err)
	}
}

// An authority is who mints the ids of what is published (RFC 4151): a host
// name, and the year from which it is spoken for.
type authority struct{ host, year string }

func (a authority) String() string { return a.host + "," + a.year }

// mintAuthority returns the store's authority. It is chosen at the first start
// and kept: ids must survive a change of the base URL.
func mintAuthority(ctx context.Context, db *store.DB, cfg *config.Config) (authority, error) {
	kept, err := db.Noted(ctx, noteAuthority)
	if err != nil {
		return authority{}, err
	}
	if kept == "" {
		kept = newAuthority(cfg, time.Now())
		if err := db.Note(ctx, noteAuthority, kept); err != nil {
			return authority{}, err
		}
	}
	return parseAuthority(kept), nil
}

// newAuthority is the authority of a new store, as it is kept.
func newAuthority(cfg *config.Config, now time.Time) string {
	host := "wireroom.local"
	if u, err := url.Parse(cfg.Server.BaseURL); err == nil && u.Hostname() != "" && net.ParseIP(u.Hostname()) == nil {
		host = u.Hostname()
	}
	return fmt.Sprintf("%s,%d", host, now.UTC().Year())
}

// parseAuthority reads an authority as it is kept. That of a store that was
// never served is empty.
func parseAuthority(kept string) authority {
	host, year, _ := strings.Cut(kept, ",")
	return authority{host, year}
}

// baseURL is the address under which readers know this Wireroom: the
// configured one, else that of this machine.
func baseURL(cfg *config.Config) string {
	if cfg.Server.BaseURL != "" {
		return cfg.Server.BaseURL
	}
	host, port, err := net.SplitHostPort(cfg.Server.Listen)
	if err != nil {
		return "http://" + cfg.Server.Listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// maxAge is how long readers may keep a topic's feed: as long as the shortest
// interval at which a source of it may be polled, within 1 minute and 1 hour.
func maxAge(cfg *config.Config) time.Duration {
	shortest := time.Hour
	for _, src := range cfg.Sources {
		shortest = min(shortest, src.MinInterval)
	}
	return min(max(shortest, time.Minute), time.Hour)
}

// owner names this process among those that share a store.
func owner() string {
	host, _ := os.Hostname()
	return fmt.Sprintf("%s-%d-%s", cmp.Or(host, "wireroom"), os.Getpid(), rand.Text()[:8])
}

// alive says whether the store can be reached and the filer works.
func (p *program) alive(ctx context.Context) error {
	if err := p.db.Ping(ctx); err != nil {
		return fmt.Errorf("the store does not answer: %w", err)
	}
	return p.aggregator.Alive(time.Now())
}

// ready says whether there is something to serve as well: a source was polled,
// or none was due.
func (p *program) ready(ctx context.Context) error {
	if err := p.alive(ctx); err != nil {
		return err
	}
	return p.aggregator.Polled(ctx, time.Now())
}

package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/aggregator/poll"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/output"
	"github.com/wireroom/wireroom/output/render"
	"github.com/wireroom/wireroom/output/serve"
	"github.com/wireroom/wireroom/output/websub"
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
	pings      *websub.Pings
	written    chan struct{} // closed when what hubs are told of is written; nil: it is served at once
	setup      atomic.Pointer[setup]
	aside      atomic.Bool  // another process works by a newer configuration
	unanswered atomic.Value // string: why the store does not answer, as far as asked
}

// A setup is what a configuration comes to. It is replaced as a whole.
type setup struct {
	cfg  *config.Config
	plan *aggregator.Plan
	site render.Site

	edition edition
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
	}, editionOf(cfg, written(cfg))}, nil
}

func (s *setup) catalogue() output.Catalogue {
	return output.Catalogue{Site: s.site, Topics: s.cfg.Topics, MaxAge: maxAge(s.cfg)}
}

// noteAuthority is the note that keeps the host name in the ids of filings.
const noteAuthority = "authority"

// largeDocuments is the room for large documents, in bytes: two of the greatest that
// are read by default, and sixteen of up to a megabyte. What is made of them takes several times as much, which is
// to fit into the memory of the examples of deployment.
const largeDocuments = 40 << 20

// assemble opens the store and wires the stages. The network is as the options
// say, but for who asks. A configuration that includes lists on the web is read
// again, by load, with those that the store keeps: what they brought is not
// taken out of topics until they have been fetched anew.
func assemble(ctx context.Context, cfg *config.Config, load loader, logger *slog.Logger, network poll.Options) (p *program, err error) {
	if _, err := plan(cfg); err != nil {
		return nil, err // before a store is made
	}
	// Libraries that know the standard logger only are heard through ours, such
	// as net/http of a server that talks when it was not asked.
	log.SetFlags(0)
	log.SetOutput(slog.NewLogLogger(logger.Handler(), slog.LevelDebug).Writer())
	db, err := store.Open(ctx, cfg.Store, logger)
	if err != nil {
		return nil, unopened(err)
	}
	defer func() {
		if err != nil {
			db.Close()
		}
	}()
	if err := db.Alone(ctx); err != nil {
		return nil, unopened(err)
	}
	if len(cfg.Lists) > 0 && load != nil {
		if cfg, err = load(func(address string) ([]byte, error) { return keptList(ctx, db, address) }); err != nil {
			return nil, err
		}
	}
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
	older := adopt(ctx, db, cfg, set.edition)
	if older != nil && !errors.Is(older, errOlder) {
		return nil, older
	}
	network.Large = largeDocuments
	network.Version, network.Contact, network.Files = version(), cfg.Contact, p.folder
	p.client = poll.NewClient(network)
	p.pings = websub.NewPings(logger, p.client.HTTP(cfg.Server.HubPrivate))
	p.desk = serve.New(p.serving(cfg, set.site.BaseURL))
	p.meter = newMeter(p)
	p.handler = p.desk.Handler()
	p.publisher = output.NewPublisher(db, p.desk, set.catalogue(), logger, p.tell)
	lead, err := leaseOf("WIREROOM_LEAD_LEASE")
	if err != nil {
		return nil, err
	}
	lease, err := leaseOf("WIREROOM_CLAIM_LEASE")
	if err != nil {
		return nil, err
	}
	p.aggregator = aggregator.New(db, p.client, set.plan, logger, aggregator.Options{
		Workers: cfg.Workers, Owner: owner(), Filed: p.publisher.Changed, Polled: p.meter.polled, Decided: p.meter.decided,
		Lead: lead, Lease: lease,
	})
	p.standAside(older)
	if p.pushing, err = newPushing(ctx, p); err != nil {
		return nil, err
	}
	if p.pushing != nil {
		p.handler = p.pushing.routes(p.handler)
	}
	p.handler = p.meter.count(below(set.site.BaseURL, p.handler))
	return p, nil
}

// unopened is the error of a store that cannot be used. A service is started again
// upon a failure, but not when something must be set right first.
func unopened(err error) error {
	if store.Passing(err) {
		return err
	}
	return exitError{err, exitConfig}
}

// leaseOf reads how long a lease is to last from the environment; 0: as long as
// is usual. Shorter ones are for those who try what happens when replicas die.
func leaseOf(name string) (time.Duration, error) {
	text := os.Getenv(name)
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err == nil && d < time.Second {
		err = errors.New("less than a second")
	}
	if err != nil {
		return 0, exitError{fmt.Errorf("%s is no duration: %w", name, err), exitConfig}
	}
	return d, nil
}

// serving is how the desk serves.
func (p *program) serving(cfg *config.Config, baseURL string) serve.Options {
	return serve.Options{
		Log: p.logger, BaseURL: baseURL, Find: p.find, Search: p.search, Alive: p.alive, Ready: p.ready, Trouble: p.db.Trouble,
		Age:          func() time.Duration { return p.publisher.Age() },
		RemoteImages: cfg.Server.Images == config.ImagesDirect,
		Rate:         float64(cfg.Server.RateLimit), Burst: cfg.Server.RateLimit * 60,
	}
}

// close ends what assemble opened. What is stored is whole whenever it is called.
func (p *program) close() {
	p.pings.Close()
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
	kept, err := chosenOnce(ctx, db, noteAuthority, func() string { return newAuthority(cfg, time.Now()) })
	return parseAuthority(kept), err
}

// chosenOnce returns what a note keeps, for which a text is chosen where it keeps
// nothing: that of the first of several processes that begin at once.
func chosenOnce(ctx context.Context, db *store.DB, note string, choose func() string) (string, error) {
	kept, err := db.Noted(ctx, note)
	if err != nil || kept != "" {
		return kept, err
	}
	err = db.Amend(ctx, note, func(text string) (string, error) {
		kept = cmp.Or(text, choose())
		return kept, nil
	})
	return kept, err
}

// newAuthority is the authority of a new store, as it is kept.
func newAuthority(cfg *config.Config, now time.Time) string {
	host := "wireroom.local"
	if u, err := url.Parse(cfg.Server.BaseURL); err == nil && u.Hostname() != "" && net.ParseIP(u.Hostname()) == nil {
		host = u.Hostname()
	}
	return fmt.Sprintf("%s,%d", host, max(now.UTC().Year(), youngest.Year())) // the clock may not have been set
}

// parseAuthority reads an authority as it is kept. That of a store that was
// never served is empty.
func parseAuthority(kept string) authority {
	host, year, _ := strings.Cut(kept, ",")
	return authority{host, year}
}

// baseURL is the address under which readers know this Wireroom: the
// configured one, else that of the first certificate or of this machine.
func baseURL(cfg *config.Config) string {
	scheme := "http://"
	switch {
	case cfg.Server.BaseURL != "":
		return cfg.Server.BaseURL
	case len(cfg.Server.TLS.ACME) > 0:
		return "https://" + cfg.Server.TLS.ACME[0]
	case cfg.Server.TLS.Cert != "":
		scheme = "https://"
	}
	host, port, err := net.SplitHostPort(cfg.Server.Listen)
	if err != nil {
		return scheme + cfg.Server.Listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return scheme + net.JoinHostPort(host, port)
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

// errUnanswered is what strangers are told of a store that is away. Where it is,
// and who asks it, is for the log.
var errUnanswered = errors.New("the store does not answer; the log says why")

// alive says whether the store can be reached and the filer works.
func (p *program) alive(ctx context.Context) error {
	err := p.db.Ping(ctx)
	switch {
	case err == nil:
		p.unanswered.Store("")
		return p.aggregator.Alive(time.Now())
	case ctx.Err() == nil && p.unanswered.Swap(err.Error()) != err.Error(): // asked every few seconds, it is said once
		p.logger.Error("the store does not answer", "error", err)
	}
	return errUnanswered
}

// ready says whether there is something to serve as well: a source was polled,
// or none was due.
func (p *program) ready(ctx context.Context) error {
	if err := p.alive(ctx); err != nil {
		return err
	}
	if !p.db.Leads() {
		return nil // it serves what another process publishes
	}
	return p.aggregator.Polled(ctx, time.Now())
}

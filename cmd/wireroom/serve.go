package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/aggregator/poll"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/output/serve"
)

// stopWithin is how long requests under way may take at the end. With what
// else there is to end it stays below the 10 s after which Docker kills.
const stopWithin = 3 * time.Second

func serveCommand(term terminal) *cobra.Command {
	var at overrides
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Poll the sources and publish the topics, until told to stop",
		Long: `Polls every source of feeds.yaml on its schedule, keeps what it brings, and
publishes every topic at /topics/NAME with its feeds at .rss, .atom and .json.

It stops cleanly at Ctrl-C or SIGTERM; whenever it ends, by whatever means,
nothing that was stored is lost.`,
		Example: "  wireroom serve\n  wireroom serve --config /etc/wireroom/feeds.yaml --store /data/wireroom.db",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := serveUntil(cmd.Context(), term, at)
			if cmd.Context().Err() != nil && errors.Is(err, context.Canceled) {
				return nil // told to stop before it had begun
			}
			return err
		},
	}
	at.flags(cmd)
	cmd.Flags().StringVar(&at.listen, "listen", "", "address to listen on, instead of server.listen")
	return cmd
}

// errAsked ends a program whose store a backup is to be restored into.
var errAsked = errors.New("the store is asked for by wireroom restore")

// serveUntil serves until ctx is done.
func serveUntil(ctx context.Context, term terminal, at overrides) error {
	// What a hangup asks for is done at the start anyway; it is not to kill.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	cfg, err := at.load(nil)
	if err != nil {
		return err
	}
	logger := newLogger(term.err, cfg.Log)
	tcp, err := net.Listen("tcp", cfg.Server.Listen)
	if err != nil {
		return exitError{fmt.Errorf("cannot listen on %s: %w; name another address with --listen or server.listen", cfg.Server.Listen, err), exitConfig}
	}
	defer tcp.Close()
	listener := tcp.(*net.TCPListener)
	for {
		if err := listener.SetDeadline(time.Time{}); err != nil {
			return err
		}
		cfg, err = serveStore(ctx, cfg, at, logger, &lasting{listener})
		if !errors.Is(err, errAsked) {
			return err
		}
		store.AwaitRestored(ctx, cfg.Store)
	}
}

// serveStore serves from the store that cfg names until ctx is done, or the store
// is asked for; then it returns the configuration that was in force.
func serveStore(ctx context.Context, cfg *config.Config, at overrides, logger *slog.Logger, listener net.Listener) (*config.Config, error) {
	settings, err := certified(cfg, logger)
	if err != nil {
		return nil, exitError{fmt.Errorf("the certificate that server.tls names cannot be used: %w", err), exitConfig}
	}
	p, err := assemble(ctx, cfg, at.load, logger, poll.Options{})
	if err != nil {
		return nil, err
	}
	defer p.close()
	if err := p.publisher.Restore(ctx); err != nil {
		if errors.Is(err, store.ErrDamaged) {
			err = exitError{err, exitConfig}
		}
		return nil, err
	}
	logger.Info("wireroom "+version(), "config", cfg.File, "sources", len(cfg.Sources), "topics", len(cfg.Topics), "store", storeName(cfg.Store))
	logger.Info("listening", "address", listener.Addr().String(), "read", baseURL(cfg)+"/")
	if settings == nil {
		listener = p.desk.Front(listener, p.meter.answered)
	} else {
		listener = tls.NewListener(serve.Limit(listener), settings)
	}
	err = p.run(ctx, listener, at.load)
	return p.setup.Load().cfg, err
}

// A lasting listener is closed for those who accept from it; readers that come
// wait for the next to do so.
type lasting struct{ *net.TCPListener }

// Close ends Accept.
func (l *lasting) Close() error { return l.SetDeadline(time.Unix(1, 0)) }

// run lets the loops of a program run until ctx is done, the listener fails, or,
// with errAsked, its store is asked for. load reads the configuration again when it
// has changed; nil: it cannot.
func (p *program) run(ctx context.Context, listener net.Listener, load loader) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var loops sync.WaitGroup
	if p.pushing != nil { // before anybody is answered: hubs take a callback that is not known for ended
		p.pushing.wish(ctx, p)
	}
	loops.Go(func() {
		if awaitClock(ctx, p.logger) == nil {
			loops.Go(func() { p.aggregator.Schedule(ctx) })
			p.aggregator.Collect(ctx)
		}
	})
	loops.Go(func() { p.aggregator.File(ctx) })
	loops.Go(func() { p.publisher.Run(ctx) })
	loops.Go(func() { p.keepHouse(ctx) })
	if p.db.Shared() {
		loops.Go(func() { p.keepEdition(ctx) })
	}
	if p.pushing != nil {
		loops.Go(func() { p.pushing.run(ctx, p) })
	}
	if admin := p.setup.Load().cfg.Server.Admin; admin != "" {
		loops.Go(func() { p.admin(ctx, admin) })
	}
	if load != nil {
		loops.Go(func() { p.watch(ctx, load) })
	}

	loops.Go(func() {
		if p.asked(ctx) {
			stop(errAsked)
		}
	})

	server := serve.HTTPServer(p.handler, p.logger)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	var err error
	select {
	case <-ctx.Done():
		p.logger.Info("stopping")
	case err = <-failed:
		stop(nil)
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	serve.Shutdown(end, server, listener)
	if err == nil {
		<-failed // nobody accepts any more
	}
	loops.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	switch {
	case err != nil:
		return err
	case context.Cause(ctx) == errAsked:
		p.logger.Info("the store is closed until a backup is restored")
		return errAsked
	}
	p.logger.Info("stopped")
	return nil
}

// askedEvery is how often it is looked whether the store is asked for.
const askedEvery = time.Second

// asked returns true when the store is asked for, and false when ctx is done.
func (p *program) asked(ctx context.Context) bool {
	tick := time.NewTicker(askedEvery)
	defer tick.Stop()
	for !store.Asked(p.setup.Load().cfg.Store) {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
	return true
}

// certified returns how TLS is spoken, or nil if the configuration does not ask
// for it.
func certified(cfg *config.Config, logger *slog.Logger) (*tls.Config, error) {
	t := cfg.Server.TLS
	return serve.TLS{
		Cert: t.Cert, Key: t.Key, ACME: t.ACME, Directory: t.Directory, Cache: certificates(cfg.Store), Log: logger,
	}.Config()
}

// certificates is the folder that keeps what ACME brings: beside the store, or,
// where that is no file, where one would be.
func certificates(dsn string) string {
	if store.IsFile(dsn) {
		return filepath.Join(filepath.Dir(dsn), "certificates")
	}
	return filepath.Join("data", "certificates")
}

// admin serves metrics and profiles until ctx is done.
func (p *program) admin(ctx context.Context, address string) {
	server := &http.Server{Addr: address, Handler: p.meter.adminHandler(), ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	p.logger.Info("metrics and profiles", "address", address)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		p.logger.Error("metrics and profiles are not served", "error", err)
	}
}

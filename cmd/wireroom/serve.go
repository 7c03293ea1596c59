package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/aggregator/poll"
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

// serveUntil serves until ctx is done.
func serveUntil(ctx context.Context, term terminal, at overrides) error {
	cfg, err := at.load(nil)
	if err != nil {
		return err
	}
	logger := newLogger(term.err, cfg.Log)
	listener, err := net.Listen("tcp", cfg.Server.Listen)
	if err != nil {
		return exitError{fmt.Errorf("cannot listen on %s: %w; name another address with --listen or server.listen", cfg.Server.Listen, err), exitConfig}
	}
	defer listener.Close()
	listener, err = secure(serve.Limit(listener), cfg)
	if err != nil {
		return err
	}
	p, err := assemble(ctx, cfg, logger, poll.Options{})
	if err != nil {
		return err
	}
	defer p.close()
	if err := p.publisher.Restore(ctx); err != nil {
		return err
	}
	logger.Info("wireroom "+version(), "config", cfg.File, "sources", len(cfg.Sources), "topics", len(cfg.Topics), "store", storeName(cfg.Store))
	logger.Info("listening", "address", listener.Addr().String(), "read", baseURL(cfg)+"/")
	return p.run(ctx, listener, at.load)
}

// run lets the loops of a program run until ctx is done, or the listener fails.
// load reads the configuration again when it has changed; nil: it cannot.
func (p *program) run(ctx context.Context, listener net.Listener, load loader) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var loops sync.WaitGroup
	loops.Go(func() { p.aggregator.Collect(ctx) })
	loops.Go(func() { p.aggregator.Schedule(ctx) })
	loops.Go(func() { p.aggregator.File(ctx) })
	loops.Go(func() { p.publisher.Run(ctx) })
	loops.Go(func() { p.keepHouse(ctx) })
	if p.pushing != nil {
		loops.Go(func() { p.pushing.run(ctx, p) })
	}
	if admin := p.setup.Load().cfg.Server.Admin; admin != "" {
		loops.Go(func() { p.admin(ctx, admin) })
	}
	if load != nil {
		loops.Go(func() { p.watch(ctx, load) })
	}

	server := serve.HTTPServer(p.handler, p.logger)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	var err error
	select {
	case <-ctx.Done():
		p.logger.Info("stopping")
	case err = <-failed:
		stop()
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if server.Shutdown(end) != nil {
		server.Close()
	}
	loops.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	if err == nil {
		p.logger.Info("stopped")
	}
	return err
}

// secure lets a listener speak TLS if the configuration asks for it. What ACME
// brings is kept beside the store.
func secure(listener net.Listener, cfg *config.Config) (net.Listener, error) {
	t := cfg.Server.TLS
	settings, err := serve.TLS{Cert: t.Cert, Key: t.Key, ACME: t.ACME, Cache: filepath.Join(filepath.Dir(cfg.Store), "certificates")}.Config()
	if err != nil || settings == nil {
		return listener, err
	}
	return tls.NewListener(listener, settings), nil
}

// houseEvery is how often what outlived the retention is dropped.
const houseEvery = time.Hour

// keepHouse drops, now and then, what is older than the retention.
func (p *program) keepHouse(ctx context.Context) {
	tick := time.NewTicker(houseEvery)
	defer tick.Stop()
	for {
		if retention := p.setup.Load().cfg.Retention; retention > 0 {
			p.purge(ctx, retention)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (p *program) purge(ctx context.Context, retention time.Duration) {
	now := time.Now()
	purged, err := p.db.Purge(ctx, now.Add(-retention), now)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		p.logger.Error("old items could not be dropped", "error", err)
	case purged.Items > 0:
		p.logger.Info("dropped old items", "items", purged.Items, "retention", retention)
	}
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

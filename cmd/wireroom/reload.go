package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"reflect"
	"slices"
	"syscall"
	"time"

	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/aggregator/news"
)

// lookEvery is how often the files of the configuration are looked at. A
// change is applied once a file has stayed the same between two looks, so that
// one that is still being written is not read.
const lookEvery = 400 * time.Millisecond

// An identity tells whether a file is the one that was seen before. It follows
// links, so the swap of a link is a change like a rename or a write in place.
type identity struct {
	info os.FileInfo
	gone bool
}

func identify(path string) identity {
	info, err := os.Stat(path)
	return identity{info, err != nil}
}

func (a identity) same(b identity) bool {
	if a.gone || b.gone {
		return a.gone == b.gone
	}
	return os.SameFile(a.info, b.info) && a.info.Size() == b.info.Size() && a.info.ModTime().Equal(b.info.ModTime())
}

func identifyAll(paths []string) []identity {
	var all []identity
	for _, path := range paths {
		all = append(all, identify(path))
	}
	return all
}

func sameAll(a, b []identity) bool { return slices.EqualFunc(a, b, identity.same) }

// A loader reads the configuration again.
type loader func(list fetcher) (*config.Config, error)

// listsEvery is how often the lists on the web that a configuration includes
// are fetched again.
const listsEvery = time.Hour

// watch applies the configuration anew whenever one of its files changes, and
// at SIGHUP, until ctx is done.
func (p *program) watch(ctx context.Context, load loader) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP) // for good: one that comes while the program stops is not to kill it
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	files := p.setup.Load().cfg.Files
	applied := identifyAll(files)
	last := applied
	lists := time.NewTimer(0)
	defer lists.Stop()
	for {
		asked := false
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			asked = true
		case <-lists.C:
			asked = len(p.setup.Load().cfg.Lists) > 0
			lists.Reset(listsEvery)
		case <-look.C:
		}
		now := identifyAll(files)
		steady := sameAll(now, last)
		last = now
		if !asked && (!steady || sameAll(now, applied)) {
			continue
		}
		applied = now
		p.reload(ctx, load)
		if set := p.setup.Load().cfg.Files; !slices.Equal(set, files) {
			files = set
			applied = identifyAll(files)
			last = applied
		}
	}
}

// reload applies the configuration that load reads, as a whole. One that is at
// fault changes nothing, and is told of in the log and on the front page.
func (p *program) reload(ctx context.Context, load loader) {
	err := p.apply(ctx, load)
	p.meter.reload(err == nil)
	switch {
	case err == nil:
		p.publisher.SetNotice("")
		cfg := p.setup.Load().cfg
		p.logger.Info("configuration applied", "config", cfg.File, "sources", len(cfg.Sources), "topics", len(cfg.Topics))
		return
	case ctx.Err() != nil:
		return
	}
	var problems config.Problems
	if !errors.As(err, &problems) {
		p.logger.Error("the configuration could not be read; the running one stays", "error", err)
		p.publisher.SetNotice("The configuration on disk could not be read; an earlier one is in force.")
		return
	}
	for _, problem := range problems {
		p.logger.Error("the configuration is at fault; the running one stays", "problem", problem.Error())
	}
	p.publisher.SetNotice(fmt.Sprintf("The configuration on disk has %s, the first at line %d; an earlier one is in force.",
		count(len(problems), "mistake"), problems[0].Line))
}

// apply replaces what the program works by.
func (p *program) apply(ctx context.Context, load loader) error {
	// Whether lists may live on private addresses stands in the same file.
	bare, err := load(nil)
	if err != nil {
		return err
	}
	cfg := bare
	if len(bare.Lists) > 0 {
		cfg, err = load(func(address string) ([]byte, error) { return p.list(ctx, address, bare.Private) })
	}
	if err != nil {
		return err
	}
	for _, w := range cfg.Warnings {
		p.logger.Warn("in the configuration", "warning", w.Error())
	}
	was := p.setup.Load().cfg
	if cfg.Store != was.Store || cfg.Contact != was.Contact || cfg.Workers != was.Workers || !reflect.DeepEqual(cfg.Server, was.Server) {
		p.logger.Warn("a change of store, server, contact or polling.workers takes effect at the next start")
		cfg.Store, cfg.Contact, cfg.Workers, cfg.Server = was.Store, was.Contact, was.Workers, was.Server
	}
	next, err := newSetup(cfg, p.authority)
	if err != nil {
		return err
	}
	if next.edition.Hash != p.setup.Load().edition.Hash {
		next.edition.At = p.db.Now().UTC() // whatever date the file bears
	}
	older := adopt(ctx, p.db, cfg, next.edition)
	if older != nil && !errors.Is(older, errOlder) {
		return older
	}
	p.standAside(older)
	p.setup.Store(next)
	p.aggregator.Replace(next.plan)
	p.publisher.Replace(next.catalogue())
	return nil
}

// noteList is the note that keeps the last good copy of a list on the web.
const noteList = "list:"

// list fetches a list of feeds, or returns its last good copy where that
// fails or brings something else.
func (p *program) list(ctx context.Context, address string, private bool) ([]byte, error) {
	answer := p.client.Get(ctx, news.Source{Name: "list", URL: address, AllowPrivate: private}, address, time.Now())
	if answer.Body != nil {
		err := config.CheckOPML(answer.Body)
		if err == nil {
			return answer.Body, p.db.Note(ctx, noteList+address, string(answer.Body))
		}
		answer.Error = err.Error() // such as the page of a login
	}
	kept, err := p.db.Noted(ctx, noteList+address)
	if err != nil || kept == "" {
		return nil, errors.Join(err, errors.New(answer.Error))
	}
	p.logger.Warn("a list of feeds could not be fetched; its last good copy is used", "list", answer.URL, "error", answer.Error)
	return []byte(kept), nil
}

package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"reflect"
	"slices"
	"syscall"
	"time"

	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
)

// lookEvery is how often the files of the configuration are looked at. A
// change is applied once a file has stayed the same between two looks, so that
// one that is still being written is not read.
const lookEvery = 400 * time.Millisecond

// same says whether a file is the one that was seen before; nil is one that
// cannot be opened. Links are followed, so the swap of a link is a change like a
// rename or a write in place. A pipe can be read once.
func same(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.Mode().Type() == b.Mode().Type() && (a.Mode()&fs.ModeNamedPipe != 0 || a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()))
}

// present returns files as they are now, nil for those that cannot be opened.
func present(files []config.File) []os.FileInfo {
	var now []os.FileInfo
	for _, file := range files {
		info, err := os.Stat(file.Path)
		if err == nil && info.Mode().IsRegular() { // else one may wait for who writes to it
			var f *os.File
			if f, err = os.Open(file.Path); err == nil {
				info, err = f.Stat()
				f.Close()
			}
		}
		if err != nil {
			info = nil
		}
		now = append(now, info)
	}
	return now
}

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
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	// Files are held against what was read: whatever changed since, such as while
	// the store was opened, is a change. last is what they were at the last look.
	files := slices.Clone(p.setup.Load().cfg.Files)
	last := present(files)
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
		case <-tick.C:
		}
		now := present(files)
		steady := slices.EqualFunc(now, last, same)
		last = now
		if !asked && (!steady || slices.EqualFunc(files, now, func(f config.File, info os.FileInfo) bool { return same(f.Read, info) })) {
			continue
		}
		for i := range files {
			files[i].Read = now[i]
		}
		if made := p.reload(ctx, load); len(made) > 0 {
			files, last = made, present(made)
			for i := range files {
				if files[i].Read == nil { // what may not be read, for lying elsewhere, is not tried for ever
					files[i].Read = last[i]
				}
			}
		}
	}
}

// reload applies the configuration that load reads, as a whole. One that is at
// fault changes nothing, and is told of in the log and on the front page. The
// files are those that it is made of, in force or not; none if it could not be read.
func (p *program) reload(ctx context.Context, load loader) []config.File {
	cfg, err := p.apply(ctx, load)
	var files []config.File
	if cfg != nil {
		files = slices.Clone(cfg.Files)
	}
	p.meter.reload(err == nil)
	switch {
	case err == nil:
		p.publisher.SetNotice("")
		p.logger.Info("configuration applied", "config", cfg.File, "sources", len(cfg.Sources), "topics", len(cfg.Topics))
		return files
	case ctx.Err() != nil:
		return files
	}
	var problems config.Problems
	if !errors.As(err, &problems) {
		p.logger.Error("the configuration could not be read; the running one stays", "error", err)
		p.publisher.SetNotice("The configuration on disk could not be read; an earlier one is in force.")
		return files
	}
	for _, problem := range problems {
		p.logger.Error("the configuration is at fault; the running one stays", "problem", problem.Error())
	}
	where := "" // that of a file without anything in it is nowhere
	if line := problems[0].Line; line > 0 {
		where = fmt.Sprintf(", the first at line %d", line)
	}
	p.publisher.SetNotice(fmt.Sprintf("The configuration on disk has %s%s; an earlier one is in force.", count(len(problems), "mistake"), where))
	return files
}

// apply replaces what the program works by, and returns the configuration that was
// read, if one was.
func (p *program) apply(ctx context.Context, load loader) (*config.Config, error) {
	// Whether lists may live on private addresses stands in the same file.
	bare, err := load(nil)
	if err != nil {
		return bare, err
	}
	cfg := bare
	if len(bare.Lists) > 0 {
		var unread error
		cfg, err = load(func(address string) ([]byte, error) {
			list, err := p.list(ctx, address, bare.Private)
			if errors.Is(err, errCopy) { // whose sources are not to be removed for that
				unread = err
			}
			return list, err
		})
		err = cmp.Or(err, unread)
	}
	if err != nil {
		return cfg, err
	}
	for _, w := range cfg.Warnings {
		p.logger.Warn("in the configuration", "warning", w.Error())
	}
	was := p.setup.Load().cfg
	if cfg.Store != was.Store || cfg.Log != was.Log || cfg.Contact != was.Contact || cfg.Workers != was.Workers || !reflect.DeepEqual(cfg.Server, was.Server) {
		p.logger.Warn("a change of store, server, log, contact or polling.workers takes effect at the next start")
		for i, t := range cfg.Topics { // so does a change of where our own hub is
			if t.Hub != "" && t.Hub == cfg.Server.OwnHub() {
				cfg.Topics[i].Hub = was.Server.OwnHub()
			}
		}
		cfg.Store, cfg.Log, cfg.Contact, cfg.Workers, cfg.Server = was.Store, was.Log, was.Contact, was.Workers, was.Server
	}
	next, err := newSetup(cfg, p.authority)
	if err != nil {
		return cfg, err
	}
	if next.edition.Hash != p.setup.Load().edition.Hash {
		next.edition.At = p.db.Now().UTC() // whatever date the file bears
	}
	older := adopt(ctx, p.db, cfg, next.edition)
	if older != nil && !errors.Is(older, errOlder) {
		return cfg, older
	}
	p.standAside(older)
	p.setup.Store(next)
	p.desk.Forget()
	p.aggregator.Replace(next.plan)
	p.publisher.Replace(next.catalogue())
	return cfg, nil
}

// noteList is the note that keeps the last good copy of a list on the web.
const noteList = "list:"

// noteOfList is the name of that note. An address may hold a key, which an error of
// the store would tell with the name, and be too long for a name.
func noteOfList(address string) string {
	sum := sha256.Sum256([]byte(address))
	return noteList + hex.EncodeToString(sum[:16])
}

// notedList returns what is kept of a list, or "".
func notedList(ctx context.Context, db *store.DB, address string) (string, error) {
	kept, err := db.Noted(ctx, noteOfList(address))
	if err == nil && kept == "" {
		if kept, err = db.Noted(ctx, noteList+address); err != nil { // by an older version
			err = errors.Unwrap(err) // without the name
		}
	}
	return kept, err
}

// errCopy says that the store does not tell what it keeps of a list.
var errCopy = errors.New("the last good copy of a list of feeds cannot be read")

// list fetches a list of feeds, or returns its last good copy where that
// fails or brings something else.
func (p *program) list(ctx context.Context, address string, private bool) ([]byte, error) {
	answer := p.client.Get(ctx, news.Source{Name: "list", URL: address, AllowPrivate: private}, address, time.Now())
	if answer.Body != nil {
		err := config.CheckOPML(answer.Body)
		if err == nil {
			// It is a good list, though there be no room for its copy.
			if err := p.db.Note(ctx, noteOfList(address), string(answer.Body)); err != nil && ctx.Err() == nil {
				p.logger.Warn("no copy of a list of feeds could be kept; the next start begins with the one before", "list", news.Bare(answer.URL), "error", err)
			}
			return answer.Body, nil
		}
		answer.Error = err.Error() // such as the page of a login
	}
	kept, err := notedList(ctx, p.db, address)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w; and fetching it: %s", errCopy, err, answer.Error)
	case kept == "":
		return nil, errors.New(answer.Error)
	}
	p.logger.Warn("a list of feeds could not be fetched; its last good copy is used", "list", news.Bare(answer.URL), "error", answer.Error)
	return []byte(kept), nil
}

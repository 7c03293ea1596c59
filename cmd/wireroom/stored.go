package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
)

// A library is a configuration and the store that it names, opened to be read
// beside the wireroom that runs on it.
type library struct {
	db      *store.DB
	setup   *setup
	sources map[string]news.Source // that are configured, by name
}

// open opens the store of a configuration. Lists on the web that it includes
// are those that were last fetched.
func (o *overrides) open(ctx context.Context, term terminal) (lib *library, err error) {
	cfg, err := o.load(nil)
	if err != nil {
		return nil, err
	}
	db, err := openStored(ctx, term, cfg)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			db.Close()
		}
	}()
	if len(cfg.Lists) > 0 {
		cfg, err = o.load(func(address string) ([]byte, error) { return keptList(ctx, db, address) })
		if err != nil {
			return nil, err
		}
	}
	kept, err := db.Noted(ctx, noteAuthority)
	if err != nil {
		return nil, err
	}
	set, err := newSetup(cfg, parseAuthority(kept))
	if err != nil {
		return nil, err
	}
	return &library{db, set, set.plan.Sources}, nil
}

// openStored opens the store that a configuration names, to be read.
func openStored(ctx context.Context, term terminal, cfg *config.Config) (*store.DB, error) {
	db, err := store.OpenReader(ctx, cfg.Store, newLogger(term.err, cfg.Log))
	if err != nil {
		return nil, exitError{err, exitConfig}
	}
	return db, nil
}

// keptList returns the last good copy of a list on the web.
func keptList(ctx context.Context, db *store.DB, address string) ([]byte, error) {
	kept, err := notedList(ctx, db, address)
	if err == nil && kept == "" {
		return unfetched(address)
	}
	return []byte(kept), err
}

// unfetched is the fetcher of those who have no copy of a list on the web, as no run
// has asked for it yet.
func unfetched(string) ([]byte, error) {
	return nil, errors.New("it was never fetched; wireroom serve does")
}

// close ends what open opened. Nothing was written, so that nothing can be lost.
func (l *library) close() { _ = l.db.Close() }

// configure gives the members of a story what the configuration says of their
// sources, which may be other than what the store was last told.
func (l *library) configure(s *news.Story) {
	for i := range s.Members {
		o := &s.Members[i].Outlet
		src, ok := l.sources[o.Source]
		if !ok {
			continue
		}
		o.Family, o.Tags, o.Labels, o.Priority, o.Content = src.Family, src.Tags, src.Labels, src.Priority, src.Content
		if src.Title != "" {
			o.Title = src.Title
		}
		if src.Language != "" {
			o.Language = src.Language
		}
	}
}

// look returns the items that a person means: by an identity, a link, a slug,
// the id of a story, the address of its page or its id in a feed. An item that
// is not filed yet has no story.
func look(ctx context.Context, db *store.DB, word string) ([]news.Member, error) {
	for _, guess := range guesses(word) {
		members, err := db.Find(ctx, guess)
		if err != nil || len(members) > 0 {
			return members, err
		}
	}
	return nil, fmt.Errorf("nothing stored is known as %q; name an item by its link, its guid or the 16 letters of its id, or a story by its id or its page", word)
}

// guesses returns what a word may stand for, the likeliest first.
func guesses(word string) []string {
	all := []string{word}
	if strings.HasPrefix(word, "tag:") {
		return append(all, path.Base(word))
	}
	u, err := url.Parse(word)
	if err != nil || u.Host == "" {
		return all
	}
	// Of a page the address may begin with the path of base_url, or that of a private
	// topic.
	if page := path.Clean(u.Path); path.Base(path.Dir(page)) == "stories" && isSlug(path.Base(page)) {
		all = append(all, path.Base(page))
	}
	u.Fragment = ""
	for _, scheme := range []string{"https", "http"} {
		u.Scheme = scheme
		bare := *u
		bare.RawQuery = ""
		for _, form := range []string{u.String(), bare.String()} {
			all = append(all, form, strings.TrimSuffix(form, "/"), strings.TrimSuffix(form, "/")+"/")
		}
	}
	return all
}

// isSlug reports whether a word has the form of news.Key.Slug: an item of anybody's may
// have another as its guid.
func isSlug(word string) bool {
	return len(word) == 16 && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

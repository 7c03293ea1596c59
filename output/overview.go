package output

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/output/render"
)

// overview publishes what is of no one topic: the lists of all sources, at once
// or when their time has come, and the front page. It is made anew at every
// start, and so it is not stored.
func (p *Publisher) overview(ctx context.Context, c Catalogue, lists bool) error {
	failed := p.listsDue(ctx, c, lists)
	var summaries []render.Summary
	for _, t := range c.Topics {
		if s, ok := p.summaries[t.Name]; ok {
			summaries = append(summaries, s)
		}
	}
	p.mu.Lock()
	notice := p.notice
	p.mu.Unlock()
	index, err := render.IndexPage(c.Site, summaries, p.answers, notice)
	if err != nil {
		return errors.Join(failed, err)
	}
	return errors.Join(failed, p.keep(ctx, []news.Document{index}, false))
}

// listsDue publishes the lists of all sources, if it is told to or their time has
// come; else it sees to it that they are once it has.
func (p *Publisher) listsDue(ctx context.Context, c Catalogue, now bool) error {
	start := time.Now()
	if wait := p.listAt.Sub(start); wait > 0 && !now {
		if !p.listing {
			p.listing = true
			time.AfterFunc(wait, func() { p.Changed(nil) })
		}
		return nil
	}
	err := p.lists(ctx, c)
	p.listing, p.listAt = false, time.Now().Add(listShare*time.Since(start))
	return err
}

// lists publishes the page of sources, the feed of their troubles and the lists
// of subscriptions.
func (p *Publisher) lists(ctx context.Context, c Catalogue) error {
	states, err := p.shelf.States(ctx)
	if err != nil {
		return err
	}
	outlets, err := p.shelf.Outlets(ctx)
	if err != nil {
		return err
	}
	place := make(map[string]int, len(states))
	for i := range states {
		place[states[i].Source] = i
	}
	status := make([]render.SourceStatus, len(outlets))
	told := listed(c.Topics, outlets)
	open := 0
	for i, o := range outlets {
		status[i].Outlet = o
		if k, ok := place[o.Source]; ok {
			status[i].State = states[k]
		}
		if open < len(told) && told[open].Source == o.Source { // in the same order
			open++
		} else {
			status[i].State = status[i].State.Discreet()
		}
	}
	p.answers = render.Answering(status)
	pages, err := render.SourcesPages(c.Site, status)
	if err != nil {
		return err
	}
	errorPages, err := render.ErrorPages(c.Site)
	if err != nil {
		return err
	}
	statusFeed, err := render.StatusFeed(c.Site, status)
	if err != nil {
		return err
	}
	sourcesList, err := render.SourcesOPML("/sources.opml", c.Site.Title, told)
	if err != nil {
		return err
	}
	topicsList, err := render.TopicsOPML(c.Site, "/topics.opml", c.Topics)
	if err != nil {
		return err
	}
	var lists []news.Document
	for _, t := range c.Topics {
		if t.Token != "" {
			continue
		}
		list, err := render.TopicOPML(t, outlets)
		if err != nil {
			return err
		}
		lists = append(lists, list)
	}
	docs := slices.Concat(render.Assets(), errorPages, []news.Document{statusFeed, sourcesList, topicsList}, pages, lists)
	return errors.Join(p.keep(ctx, docs, false), p.removeBeyond(ctx, pages))
}

// listed returns the outlets whose addresses may be told to everybody: not those that
// private topics alone take from, which are as private.
func listed(topics []news.Topic, outlets []news.Outlet) []news.Outlet {
	if !slices.ContainsFunc(topics, func(t news.Topic) bool { return t.Token != "" }) {
		return outlets // mostly: with thousands of sources the rest takes its time
	}
	all, taken, open := false, map[string]bool{}, map[string]bool{} // all: a private topic takes from every source
	for _, t := range topics {
		switch {
		case t.From == nil && t.Token == "":
			return outlets // everybody sees what comes of each
		case t.From == nil:
			all = true
		}
		for _, name := range t.From {
			taken[name] = true
			open[name] = open[name] || t.Token == ""
		}
	}
	return slices.DeleteFunc(slices.Clone(outlets), func(o news.Outlet) bool { return (all || taken[o.Source]) && !open[o.Source] })
}

// removeBeyond takes away the pages of sources that are no more, where there are
// fewer sources now, and tells the other processes of it.
func (p *Publisher) removeBeyond(ctx context.Context, pages []news.Document) error {
	var gone []news.Document
	for path := range p.last {
		page := func(doc news.Document) bool { return doc.Path == path }
		if strings.HasPrefix(path, "/sources/") && !slices.ContainsFunc(pages, page) {
			gone = append(gone, news.Document{Path: path, ContentType: "text/plain; charset=utf-8", Body: []byte("gone\n"), Gone: true})
		}
	}
	if len(gone) == 0 {
		return nil
	}
	if err := p.shelf.ShareDocuments(ctx, gone); err != nil {
		return err
	}
	for _, doc := range gone {
		p.takeAway(doc.Path)
	}
	return nil
}

// takeAway serves nothing at a path any longer.
func (p *Publisher) takeAway(path string) {
	p.desk.Remove(path)
	delete(p.last, path)
}

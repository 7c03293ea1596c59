package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/output/render"
	"github.com/wireroom/wireroom/output/serve"
)

// find makes the documents that are too many to hold: the pages of stories. A
// story has a page as long as a topic that is open to everyone shows it.
func (p *program) find(ctx context.Context, path string) (news.Document, error) {
	id, ok := strings.CutPrefix(path, "/stories/")
	if !ok {
		return news.Document{}, serve.ErrNotFound
	}
	stories, err := p.db.Stories(ctx, []string{id})
	if err != nil {
		return news.Document{}, err
	}
	if len(stories) == 0 {
		return news.Document{}, serve.ErrNotFound
	}
	set := p.setup.Load()
	topics, shown := set.open(stories[0])
	if len(topics) == 0 {
		return news.Document{}, serve.ErrNotFound
	}
	stories[0].Members = slices.DeleteFunc(stories[0].Members, func(m news.Member) bool { return !shown[m.Record.Item.Key()] })
	return render.StoryPage(set.site, stories[0], topics)
}

// open returns the topics without a token that show a story, and which of its
// members they show: nobody is to learn here what only a private topic has.
func (s *setup) open(story news.Story) ([]news.Topic, map[news.Key]bool) {
	token := map[string]bool{}
	for _, t := range s.plan.Topics {
		token[t.Name] = t.Token != ""
	}
	shows, shown := map[string]bool{}, map[news.Key]bool{}
	for _, f := range s.plan.Rules.File(story, s.plan.Authority, time.Now()) {
		if f.Withdrawn || token[f.Topic] {
			continue
		}
		shows[f.Topic] = true
		for _, key := range f.Members {
			shown[key] = true
		}
	}
	var topics []news.Topic
	for _, t := range s.plan.Topics {
		if shows[t.Name] {
			topics = append(topics, t)
		}
	}
	return topics, shown
}

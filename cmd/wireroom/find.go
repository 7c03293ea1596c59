package main

import (
	"context"
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
	topics := set.openTopics(stories[0])
	if len(topics) == 0 {
		return news.Document{}, serve.ErrNotFound
	}
	return render.StoryPage(set.site, stories[0], topics)
}

// openTopics returns the topics without a token that show a story.
func (s *setup) openTopics(story news.Story) []news.Topic {
	shown := map[string]bool{}
	for _, f := range s.plan.Rules.File(story, s.plan.Authority, time.Now()) {
		if !f.Withdrawn {
			shown[f.Topic] = true
		}
	}
	var topics []news.Topic
	for _, t := range s.plan.Topics {
		if shown[t.Name] && t.Token == "" {
			topics = append(topics, t)
		}
	}
	return topics
}

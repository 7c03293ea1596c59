package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/output"
	"github.com/wireroom/wireroom/output/render"
	"github.com/wireroom/wireroom/output/serve"
)

// find makes or reads the documents that are too many to hold: the pages of
// stories and of archives.
func (p *program) find(ctx context.Context, path string) (news.Document, error) {
	if id, ok := strings.CutPrefix(path, "/stories/"); ok {
		return p.findStory(ctx, id)
	}
	return p.findArchive(ctx, path)
}

// findArchive reads a page of the archive of a topic that is open to everyone.
func (p *program) findArchive(ctx context.Context, path string) (news.Document, error) {
	for _, topic := range p.setup.Load().open() {
		if strings.HasPrefix(path, render.TopicPath(topic)+"/") {
			doc, found, err := p.db.ArchivePage(ctx, path)
			if err == nil && !found {
				err = serve.ErrNotFound
			}
			return doc, err
		}
	}
	return news.Document{}, serve.ErrNotFound
}

// findStory makes the page of a story. A story has one as long as a topic that
// is open to everyone shows it.
func (p *program) findStory(ctx context.Context, id string) (news.Document, error) {
	stories, err := p.db.Stories(ctx, []string{id})
	if err != nil {
		return news.Document{}, err
	}
	if len(stories) == 0 {
		return news.Document{}, serve.ErrNotFound
	}
	set := p.setup.Load()
	topics, shown := set.showing(stories[0])
	if len(topics) == 0 {
		return news.Document{}, serve.ErrNotFound
	}
	var members []news.Member
	for _, m := range stories[0].Members {
		if most, ok := shown[m.Record.Item.Key()]; ok {
			m.Outlet.Content = m.Outlet.Content.Stricter(most)
			members = append(members, m)
		}
	}
	stories[0].Members = members
	return render.StoryPage(set.site, stories[0], topics)
}

// open returns the names of the topics without a token.
func (s *setup) open() (names []string) {
	for _, t := range s.plan.Topics {
		if t.Token == "" {
			names = append(names, t.Name)
		}
	}
	return names
}

// showing returns the topics without a token that show a story, which of its
// members they show, and the most that one of them shows of each: nobody is to
// learn here what only a private topic has, or more than any topic has.
func (s *setup) showing(story news.Story) ([]news.Topic, map[news.Key]news.ContentPolicy) {
	public := map[string]news.Topic{}
	for _, t := range s.plan.Topics {
		if t.Token == "" {
			public[t.Name] = t
		}
	}
	shows, shown := map[string]bool{}, map[news.Key]news.ContentPolicy{}
	for _, f := range s.plan.Rules.File(story, s.plan.Authority, time.Now()) {
		t, ok := public[f.Topic]
		if f.Withdrawn || !ok {
			continue
		}
		shows[f.Topic] = true
		for _, key := range f.Members {
			if most, ok := shown[key]; !ok || most.Stricter(t.Content) == most {
				shown[key] = t.Content
			}
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

// storyPages makes the page of every story that an open topic shows at present.
func (p *program) storyPages(ctx context.Context) ([]news.Document, error) {
	var docs []news.Document
	made := map[string]bool{}
	for _, t := range p.setup.Load().plan.Topics {
		if t.Token != "" {
			continue
		}
		filed, err := p.db.Latest(ctx, t.Name, t.Sort, output.Depth(t))
		if err != nil {
			return nil, err
		}
		for _, f := range output.Choose(t, filed, time.Now()) {
			if made[f.Story] {
				continue
			}
			made[f.Story] = true
			doc, err := p.find(ctx, render.StoryPath(f.Story))
			if errors.Is(err, serve.ErrNotFound) {
				continue // filed by rules that are being replaced
			}
			if err != nil {
				return nil, err
			}
			docs = append(docs, doc)
		}
	}
	return docs, nil
}

// maxFound is how many stories the answer to a query shows.
const maxFound = 60

// search makes the answer to a query, of what the topics show that are open to
// everyone, and in no more words than they do.
func (p *program) search(ctx context.Context, path, query string) (news.Document, error) {
	set := p.setup.Load()
	filed, err := p.db.Search(ctx, set.open(), query, maxFound)
	if err != nil {
		return news.Document{}, err
	}
	content := map[string]news.ContentPolicy{}
	for _, t := range set.plan.Topics {
		content[t.Name] = t.Content
	}
	for _, f := range filed {
		for i := range f.Members {
			o := &f.Members[i].Outlet
			o.Content = content[f.Topic].Stricter(o.Content)
		}
	}
	return render.Search(set.site, path, query, filed)
}

package main

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/story"
	"github.com/wireroom/wireroom/output/render"
	"github.com/wireroom/wireroom/output/serve"
)

// find makes or reads the documents that are too many to hold: the pages of
// stories and of archives.
func (p *program) find(ctx context.Context, path string) (news.Document, error) {
	if id, ok := strings.CutPrefix(path, "/stories/"); ok {
		return p.findStory(ctx, id, render.StoryPath, isOpen, p.setup.Load().storyPage)
	}
	for _, t := range p.setup.Load().plan.Topics {
		if id, ok := strings.CutPrefix(path, render.PrivateStoryPath(t.Name, "")); ok && t.Token != "" {
			at := func(id string) string { return render.PrivateStoryPath(t.Name, id) }
			only := func(other news.Topic) bool { return other.Name == t.Name }
			return p.findStory(ctx, id, at, only, func(story news.Story) (news.Document, error) {
				return p.setup.Load().privateStoryPage(story, t)
			})
		}
	}
	return p.findArchive(ctx, path)
}

// findArchive reads a page of the archive of a topic that is open to everyone.
// What follows the newest page is, until it is one, in the feed.
func (p *program) findArchive(ctx context.Context, path string) (news.Document, error) {
	for _, topic := range p.setup.Load().open() {
		if strings.HasPrefix(path, render.TopicPath(topic)+"/") {
			doc, found, err := p.db.ArchivePage(ctx, path)
			if err == nil && found {
				return p.archived(ctx, topic, doc)
			}
			if err != nil {
				return doc, err
			}
			newest, _, err := p.db.Archived(ctx, topic)
			if err != nil {
				return doc, err
			}
			for feed, next := range nextArchives(topic, newest) {
				if path == next {
					return doc, serve.Elsewhere(feed)
				}
			}
			return doc, serve.ErrNotFound
		}
	}
	return news.Document{}, serve.ErrNotFound
}

// archived returns a page of a topic's archive as it may be shown: as it was
// written, unless it leads to another address than readers know this Wireroom by
// now, or shows more of a source than it may now. Then it is made anew.
func (p *program) archived(ctx context.Context, name string, doc news.Document) (news.Document, error) {
	set := p.setup.Load()
	topic, ok := set.topic(name)
	if !ok || !set.outdated(topic, doc) {
		return doc, nil
	}
	page, filed, err := p.db.ArchivedOn(ctx, name, doc.Path)
	if err != nil {
		return doc, err
	}
	if page == 0 { // purged this moment
		return doc, serve.ErrNotFound
	}
	docs, err := render.Archive(set.site, render.Channel{Topic: topic, Filed: filed, Archive: page})
	if err != nil {
		return doc, err
	}
	return docs[slices.IndexFunc(docs, func(d news.Document) bool { return d.Path == doc.Path })], nil
}

// outdated reports whether a page of a topic's archive is to be made anew.
func (s *setup) outdated(t news.Topic, doc news.Document) bool {
	if !slices.Contains(doc.Link, "<"+s.site.BaseURL+doc.Path+`>; rel="self"`) {
		return true
	}
	for source, shown := range doc.Content {
		if may := t.Content.Stricter(s.plan.Sources[source].Content); shown.Stricter(may) != shown {
			return true
		}
	}
	return false
}

// nextArchives returns the paths that the pages of an archive after its newest
// will have, by those of the topic's feeds.
func nextArchives(topic string, newest int) map[string]string {
	next := map[string]string{}
	if newest == 0 {
		return next
	}
	for _, ext := range []string{"atom", "rss", "json"} {
		next[render.TopicPath(topic)+"."+ext] = render.ArchivePath(topic, newest+1, ext)
	}
	return next
}

// findStory makes the page of a story, as some topics show it. Of one that is part of
// another by now it tells where the page of that is: readers' feeds hold its address.
func (p *program) findStory(ctx context.Context, id string, at func(id string) string, by func(news.Topic) bool, page func(news.Story) (news.Document, error)) (news.Document, error) {
	stories, err := p.db.Stories(ctx, []string{id})
	if err != nil {
		return news.Document{}, err
	}
	if len(stories) > 0 {
		return page(stories[0])
	}
	now, err := p.db.StoryOf(ctx, id)
	if err == nil && now != "" {
		stories, err = p.db.Stories(ctx, []string{now})
	}
	if err != nil {
		return news.Document{}, err
	}
	for _, story := range stories {
		if p.setup.Load().shows(story, id, by) {
			return news.Document{}, serve.Moved(at(story.ID))
		}
	}
	return news.Document{}, serve.ErrNotFound
}

// shows reports whether some topics show, of a story, the item with a slug.
func (s *setup) shows(story news.Story, slug string, by func(news.Topic) bool) bool {
	_, shown := s.showing(story, by)
	for key := range shown {
		if key.Slug() == slug {
			return true
		}
	}
	return false
}

// isOpen reports whether everyone may read a topic.
func isOpen(t news.Topic) bool { return t.Token == "" }

// storyPage makes the page of a story, as far as open topics show it. A story has
// one as long as such a topic does.
func (s *setup) storyPage(story news.Story) (news.Document, error) {
	topics, err := s.reduce(&story, isOpen)
	if err != nil {
		return news.Document{}, err
	}
	return render.StoryPage(s.site, story, topics)
}

// privateStoryPage makes the page of a story, as far as a private topic shows it.
func (s *setup) privateStoryPage(story news.Story, t news.Topic) (news.Document, error) {
	if _, err := s.reduce(&story, func(other news.Topic) bool { return other.Name == t.Name }); err != nil {
		return news.Document{}, err
	}
	return render.PrivateStoryPage(s.site, story, t)
}

// reduce leaves of a story what some topics show of it, and returns those that do.
// The error is serve.ErrNotFound if there is none.
func (s *setup) reduce(story *news.Story, by func(news.Topic) bool) ([]news.Topic, error) {
	topics, shown := s.showing(*story, by)
	if len(topics) == 0 {
		return nil, serve.ErrNotFound
	}
	var members []news.Member
	for _, m := range story.Members {
		if most, ok := shown[m.Record.Item.Key()]; ok {
			m.Outlet.Content = m.Outlet.Content.Stricter(most)
			members = append(members, m)
		}
	}
	story.Members = members
	return topics, nil
}

// topic returns the topic of a name; false if there is none.
func (s *setup) topic(name string) (news.Topic, bool) {
	i := slices.IndexFunc(s.plan.Topics, func(t news.Topic) bool { return t.Name == name })
	if i < 0 {
		return news.Topic{}, false
	}
	return s.plan.Topics[i], true
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

// showing returns those of some topics that show a story, which of its members
// they show, and the most that one of them shows of each: nobody is to learn here
// what only another topic has, or more than any topic has.
func (s *setup) showing(story news.Story, by func(news.Topic) bool) ([]news.Topic, map[news.Key]news.ContentPolicy) {
	asked := map[string]news.Topic{}
	for _, t := range s.plan.Topics {
		if by(t) {
			asked[t.Name] = t
		}
	}
	shows, shown := map[string]bool{}, map[news.Key]news.ContentPolicy{}
	for _, f := range s.plan.Rules.File(story, s.plan.Authority, time.Now()) {
		t, ok := asked[f.Topic]
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

// storyPages makes the page of every story that has one, and puts it beside that where
// one was that the story has absorbed: a folder cannot lead from there to it.
func (p *program) storyPages(ctx context.Context) iter.Seq2[news.Document, error] {
	return func(yield func(news.Document, error) bool) {
		set, enough := p.setup.Load(), false
		err := p.db.EachStory(ctx, time.Time{}, func(whole news.Story) bool {
			doc, err := set.storyPage(whole)
			if errors.Is(err, serve.ErrNotFound) {
				return true
			}
			enough = !yield(doc, err)
			for _, m := range whole.Members {
				slug := m.Record.Item.Key().Slug()
				began := m.Decision.Kind == news.KindNew || m.Decision.Evidence.Rule == story.ByHand
				if err != nil || enough || !began || slug == whole.ID || !set.shows(whole, slug, isOpen) {
					continue
				}
				// What a user has joined to another story may have left its own behind.
				left, err := p.db.Stories(ctx, []string{slug})
				if doc.Path = render.StoryPath(slug); err != nil || len(left) == 0 {
					enough = !yield(doc, err)
				}
			}
			return !enough
		})
		if err != nil && !enough {
			yield(news.Document{}, err)
		}
	}
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

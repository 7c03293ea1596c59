package output

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/output/render"
)

const (
	// archivePage is how many stories a page of an archive holds, of a topic
	// whose feed shows at least as many.
	archivePage = 100

	// archiveLate is how long after a page another one may be written that is
	// not full; and how often it is looked whether one is needed.
	archiveLate     = 24 * time.Hour
	archiveLateLook = time.Hour
)

// An archive is what a Publisher remembers of the archives of topics.
type archive struct {
	done   map[string]bool            // topics that had nothing to archive when they were last published
	shown  map[string]map[string]bool // topic → keys of what its feed shows
	looked map[string]time.Time       // topic → when it was last looked for what its feed does not show

	failing bool // it was said that the last attempt failed
}

// published remembers what the feed of a topic shows.
func (a *archive) published(ch render.Channel) {
	keys := make(map[string]bool, len(ch.Filed))
	for i := range ch.Filed {
		keys[ch.Filed[i].Key] = true
	}
	a.shown[ch.Topic.Name] = keys
	delete(a.done, ch.Topic.Name)
}

// Archive writes the next page of every published topic that has enough stories
// for one, unless it is private, in all formats. It returns the topics that have
// one more; a topic may have enough for another at once.
//
// A page holds stories in the order in which they were first filed, and never
// changes (RFC 5005 section 4). It holds no more than the feed does: a new story
// is in the feed until its page is full. One that is not, because it was late or
// the topic's window is short, makes a page that is not full, once a day.
func (p *Publisher) Archive(ctx context.Context) ([]string, error) {
	c := p.current()
	var topics []string
	var errs []error
	for _, topic := range c.Topics {
		if topic.Token != "" || p.archive.done[topic.Name] || p.archive.shown[topic.Name] == nil {
			continue
		}
		more, err := p.archiveNext(ctx, c, topic, time.Now())
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("archive %s: %w", topic.Name, err))
		case more:
			topics = append(topics, topic.Name)
		default:
			p.archive.done[topic.Name] = true
		}
	}
	return topics, errors.Join(errs...)
}

// archiveNext writes the next page of a topic, if there is enough for one.
func (p *Publisher) archiveNext(ctx context.Context, c Catalogue, topic news.Topic, now time.Time) (bool, error) {
	newest, at, err := p.shelf.Archived(ctx, topic.Name)
	if err != nil {
		return false, err
	}
	size := archivePage
	if topic.Limit > 0 {
		size = min(size, topic.Limit)
	}
	filed, err := p.shelf.Unarchived(ctx, topic.Name, size, size)
	if err == nil && filed == nil && now.Sub(at).Abs() > archiveLate && now.Sub(p.archive.looked[topic.Name]) > archiveLateLook {
		p.archive.looked[topic.Name] = now
		if filed, err = p.shelf.Unarchived(ctx, topic.Name, 1, size); p.shows(topic.Name, filed) {
			filed = nil
		}
	}
	if err != nil || len(filed) == 0 {
		return false, err
	}
	last := filed[len(filed)-1].Key
	docs, err := render.Archive(c.Site, render.Channel{Topic: topic, Filed: filed, Archive: newest + 1})
	if err != nil {
		return false, err
	}
	return true, p.shelf.SaveArchive(ctx, topic.Name, newest+1, last, docs, now)
}

// shows reports whether the feed of a topic shows all of these.
func (p *Publisher) shows(topic string, filed []news.Filed) bool {
	return !slices.ContainsFunc(filed, func(f news.Filed) bool { return !p.archive.shown[topic][f.Key] })
}

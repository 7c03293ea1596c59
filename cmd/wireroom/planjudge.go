package main

import (
	"context"
	"fmt"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/topic"
)

// shownTitles is how many headlines that a topic gains or loses are shown.
const shownTitles = 3

// judge counts what each topic gains and loses: all that is stored is judged by
// the rules in force and by the next ones. Topics that keep their rule are
// added to those given if their stories change.
func (l *library) judge(ctx context.Context, was inForce, topics []plannedTopic, now time.Time) ([]plannedTopic, error) {
	var old []news.Topic
	for _, t := range was.Topics {
		old = append(old, t.Topic)
	}
	before, err := topic.Compile(old)
	if err != nil {
		return nil, fmt.Errorf("the rules in force were written for another version: %w", err)
	}
	byName := map[string]*plannedTopic{}
	for i := range topics {
		byName[topics[i].Name] = &topics[i]
	}
	at := func(name string) *plannedTopic {
		if byName[name] == nil {
			byName[name] = &plannedTopic{change: change{Name: name}}
		}
		return byName[name]
	}
	err = l.db.EachStory(ctx, time.Time{}, func(s news.Story) bool {
		had := filedIn(before, s, now)
		l.configure(&s)
		has := filedIn(l.setup.plan.Rules, s, now)
		for place, title := range has {
			t := at(place.topic)
			t.Stories++
			if _, ok := had[place]; !ok {
				t.Gains++
				t.Gained = keepLast(t.Gained, title)
			}
		}
		for place, title := range had {
			if _, ok := has[place]; !ok {
				t := at(place.topic)
				t.Loses++
				t.Lost = keepLast(t.Lost, title)
			}
		}
		return ctx.Err() == nil
	})
	if err != nil {
		return nil, err
	}
	all := []plannedTopic{}
	for _, t := range byName {
		if t.What != "" || t.Gains+t.Loses > 0 {
			all = append(all, *t)
		}
	}
	sortTopics(all)
	return all, ctx.Err()
}

// A place is where a story is filed.
type place struct{ topic, key string }

// filedIn returns where rules file a story, with the headline that is shown.
func filedIn(rules *topic.Rules, s news.Story, now time.Time) map[place]string {
	titles := map[news.Key]string{}
	for _, m := range s.Members {
		titles[m.Record.Item.Key()] = m.Record.Item.Title
	}
	places := map[place]string{}
	for _, f := range rules.File(s, "", now) {
		if !f.Withdrawn {
			places[place{f.Topic, f.Key}] = titles[f.Lead]
		}
	}
	return places
}

// keepLast appends a headline to the last few.
func keepLast(titles []string, title string) []string {
	titles = append(titles, title)
	return titles[max(0, len(titles)-shownTitles):]
}

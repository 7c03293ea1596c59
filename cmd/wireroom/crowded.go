package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/output"
)

// crowded says by which of its bounds a topic does not show a story that its
// rule takes; empty if it shows it. A topic that files the items of a story
// apart shows it if it shows one of them.
func (l *library) crowded(ctx context.Context, topic news.Topic, s news.Story, now time.Time) (string, error) {
	var mine []news.Filing
	for _, f := range l.setup.plan.Rules.File(s, l.setup.plan.Authority, now) {
		if f.Topic == topic.Name && !f.Withdrawn {
			mine = append(mine, f)
		}
	}
	shown, filed, err := output.Shown(ctx, l.db, topic, now)
	if err != nil || len(mine) == 0 {
		return "", err
	}
	at := func(f news.Filing) int {
		return slices.IndexFunc(filed, func(other news.Filed) bool { return other.Key == f.Key })
	}
	for _, other := range shown {
		if slices.ContainsFunc(mine, func(f news.Filing) bool { return f.Key == other.Key }) {
			return "", nil
		}
	}
	f := mine[0]
	before := filed
	if i := at(f); i >= 0 {
		before = filed[:i]
	}
	of := 0
	for _, other := range before {
		if other.Lead.Source == f.Lead.Source {
			of++
		}
	}
	switch {
	case topic.Window > 0 && now.Sub(f.Published) > topic.Window:
		return fmt.Sprintf("window: it was published %s ago, and the topic shows the last %s", days(now.Sub(f.Published)), days(topic.Window)), nil
	case topic.MaxPerSource > 0 && of >= topic.MaxPerSource:
		return fmt.Sprintf("max_per_source: as many newer stories are led by %s", f.Lead.Source), nil
	case len(before) >= topic.Limit:
		return fmt.Sprintf("limit: the topic shows %d, and they are newer", topic.Limit), nil
	}
	return "it is shown when the topic is next published", nil
}

// days writes a length of time in days, if it has some.
func days(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= 2*day {
		return fmt.Sprintf("%d days", d/day)
	}
	return d.Round(time.Minute).String()
}

// bound lets the topics be out that take a story, and have no room for it.
func (l *library) bound(ctx context.Context, topics []topicReason, s news.Story) error {
	for i := range topics {
		r := &topics[i]
		topic, ok := l.setup.topic(r.Topic)
		if !r.In || !ok {
			continue
		}
		why, err := l.crowded(ctx, topic, s, time.Now())
		if err != nil {
			return err
		}
		if why != "" {
			r.In, r.Why, r.rule = false, why+"; its rule takes it: "+r.Why, r.Why
		}
	}
	return nil
}

package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/poll"
)

// sourceChanges returns what happens to sources, by name. What is known of the
// old ones is what the store was told of them.
func sourceChanges(cfg *config.Config, was inForce, states map[string]news.State, outlets []news.Outlet) []change {
	old := map[string]news.Outlet{}
	for _, o := range outlets {
		old[o.Source] = o
	}
	var changes []change
	next := newInForce(cfg)
	for _, src := range cfg.Sources {
		fingerprint, ok := was.Sources[src.Name]
		switch {
		case !ok:
			changes = append(changes, change{src.Name, added, []string{poll.PublicURL(src, src.URL)}})
		case fingerprint != next.Sources[src.Name]:
			changes = append(changes, change{src.Name, changed, sourceDiff(src, old[src.Name], states[src.Name])})
		}
	}
	for name := range was.Sources {
		if _, ok := next.Sources[name]; !ok {
			changes = append(changes, change{name, removed, []string{
				fmt.Sprintf("not polled any more; its %s stay", count(int(states[name].ItemCount), "stored item"))}})
		}
	}
	slices.SortFunc(changes, func(a, b change) int { return cmp.Compare(a.Name, b.Name) })
	return changes
}

// sourceDiff says in which of its settings a source differs from what the store
// was told of it. Those of which the store knows nothing, secrets among them,
// are told of together.
func sourceDiff(src news.Source, old news.Outlet, state news.State) []string {
	var how []string
	differ := func(name string, before, after any) {
		if !reflect.DeepEqual(before, after) {
			how = append(how, fmt.Sprintf("%s %v → %v", name, before, after))
		}
	}
	if old.Feed != "" {
		differ("address", old.Feed, src.Told())
	}
	if src.Title != "" {
		differ("title", old.Title, src.Title)
	}
	if src.Language != "" {
		differ("language", old.Language, src.Language)
	}
	if state.Schedule != "" {
		differ("schedule", state.Schedule, src.Schedule)
	}
	differ("family", old.Family, src.Family)
	differ("tags", slices.Concat([]string{}, old.Tags), slices.Concat([]string{}, src.Tags))
	if !maps.Equal(old.Labels, src.Labels) {
		how = append(how, "labels")
	}
	differ("priority", old.Priority, src.Priority)
	differ("content", old.Content, src.Content)
	if len(how) == 0 {
		how = append(how, "settings that the store keeps no copy of")
	}
	return how
}

// topicChanges returns what happens to topics, by name.
func topicChanges(cfg *config.Config, was inForce) []plannedTopic {
	var changes []plannedTopic
	next := newInForce(cfg)
	for name, t := range next.Topics {
		old, ok := was.Topics[name]
		switch {
		case !ok:
			changes = append(changes, plannedTopic{change: change{name, added, []string{cmp.Or(t.Topic.Title, name)}}})
		case old.Fingerprint != t.Fingerprint:
			changes = append(changes, plannedTopic{change: change{name, changed, topicDiff(old.Topic, t.Topic)}})
		}
	}
	fate := map[string]string{}
	for name, t := range next.Topics {
		for _, former := range t.Topic.Formerly {
			fate[former] = "leads to " + name
		}
	}
	for name := range was.Topics {
		if _, ok := next.Topics[name]; !ok {
			changes = append(changes, plannedTopic{change: change{name, removed, []string{cmp.Or(fate[name], "answered with 410 Gone")}}})
		}
	}
	sortTopics(changes)
	return changes
}

func sortTopics(topics []plannedTopic) {
	slices.SortFunc(topics, func(a, b plannedTopic) int { return cmp.Compare(a.Name, b.Name) })
}

// topicDiff names the settings in which two rules differ.
func topicDiff(before, after news.Topic) []string {
	fields := func(t news.Topic) map[string]json.RawMessage {
		var all map[string]json.RawMessage
		text, err := json.Marshal(t)
		if err == nil {
			err = json.Unmarshal(text, &all)
		}
		if err != nil {
			panic(err) // a topic is made of strings, numbers and maps of them
		}
		return all
	}
	old := fields(before)
	var how []string
	for name, value := range fields(after) {
		if string(value) != string(old[name]) {
			how = append(how, snake(name))
		}
	}
	if len(how) == 0 {
		return []string{"token"} // which is not kept
	}
	slices.Sort(how)
	return how
}

// snake writes the name of a field as its key is written in feeds.yaml.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('_')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

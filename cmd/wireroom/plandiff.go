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
	changes := []change{}
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
	changes := []plannedTopic{}
	next, fate := map[string]bool{}, map[string]string{}
	for _, t := range cfg.Topics {
		next[t.Name] = true
		for _, former := range t.Formerly {
			fate[former] = "leads to " + t.Name
		}
		old, ok := was.Topics[t.Name]
		switch {
		case !ok:
			changes = append(changes, plannedTopic{change: change{t.Name, added, []string{cmp.Or(t.Title, t.Name)}}})
		case old.Fingerprint != fingerprint(t):
			changes = append(changes, plannedTopic{change: change{t.Name, changed, topicDiff(old, t)}})
		}
	}
	for name, old := range was.Topics {
		if next[name] {
			continue
		}
		answer := "answered with 410 Gone"
		if old.Private { // nobody is told that there was one
			answer = "answered with 404 Not Found"
		}
		changes = append(changes, plannedTopic{change: change{name, removed, []string{cmp.Or(fate[name], answer)}}})
	}
	sortTopics(changes)
	return changes
}

func sortTopics(topics []plannedTopic) {
	slices.SortFunc(topics, func(a, b plannedTopic) int { return cmp.Compare(a.Name, b.Name) })
}

// topicDiff names the settings in which a topic differs from what is kept of it, and
// says if it becomes private, or open to everybody.
func topicDiff(before topicInForce, after news.Topic) []string {
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
	old := fields(before.Topic)
	var how []string
	for name, value := range fields(after) {
		if name != "Token" && string(value) != string(old[name]) {
			how = append(how, snake(name))
		}
	}
	slices.Sort(how)
	same := before.Topic // with the token, which is not kept
	same.Token = after.Token
	switch private := after.Token != ""; {
	case private && !before.Private:
		how = append(how, "token (private from now on)")
	case before.Private && !private:
		how = append(how, "token (open to everybody from now on)")
	case private && fingerprint(same) != before.Fingerprint:
		how = append(how, "token")
	case len(how) == 0:
		how = append(how, "as it was kept by another version")
	}
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

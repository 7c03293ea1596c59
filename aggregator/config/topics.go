package config

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// topics builds the topics from what was decoded.
func (l *loader) topics() {
	former := map[string]string{}
	for _, name := range names(l, "topics", l.root.Topics) {
		t := l.root.Topics[name]
		path := []string{"topics", name}
		built := news.Topic{
			Name: name, Title: strings.TrimSpace(t.Title), Description: strings.TrimSpace(t.Description),
			From: l.from(child(path, "from"), t.From), Where: strings.TrimSpace(t.Where),
			Limit: t.Limit, Window: time.Duration(t.Window), MaxPerSource: t.MaxPerSource, MinFamilies: t.MinFamilies,
			Spread: t.Spread, Sort: news.Sort(t.Sort), Content: news.ContentPolicy(t.Content),
			Stories: news.Merge(t.Stories), Lead: news.LeadPolicy(t.Lead),
			Token: l.secret(path, "token", t.Token, t.TokenFile), Hub: l.topicHub(path, t.Hub),
		}
		built.Match.All = l.terms(path, "all", t.Match.All)
		built.Match.Any = l.terms(path, "any", t.Match.Any)
		built.Match.None = l.terms(path, "none", t.Match.None)
		for i, tag := range t.Language {
			if tag = l.language(child(child(path, "language"), fmt.Sprint(i)), tag); tag != "" {
				built.Language = append(built.Language, news.LanguageBase(tag))
			}
		}
		if built.Title == "" {
			built.Title = titleOf(name)
		}
		l.token(path, built.Token)
		built.Formerly = l.formerly(path, t.Formerly, former)
		l.spread(path, t.Spread)
		l.config.Topics = append(l.config.Topics, built)
	}
}

// formerly checks the names that a topic had; taken holds those of all topics.
func (l *loader) formerly(path []string, former []string, taken map[string]string) []string {
	for i, name := range former {
		at, here := child(child(path, "formerly"), fmt.Sprint(i)), path[len(path)-1]
		_, there := l.root.Topics[name]
		switch {
		case !slugForm.MatchString(name):
			l.report(at, fmt.Sprintf("%q was never the name of a topic", name), "write the name that stood under topics")
		case name == here:
			l.report(at, fmt.Sprintf("%q is the topic's name now", name), "take it out")
		case there:
			l.report(at, fmt.Sprintf("%q is the name of another topic, at its address", name), "take it out, or give that topic another name")
		case taken[name] != "":
			l.report(at, fmt.Sprintf("%q leads to %q already", name, taken[name]), "let it lead to one of the two")
		}
		taken[name] = here
	}
	return former
}

// titleOf makes a title of a topic's name.
func titleOf(name string) string {
	title := strings.TrimSpace(strings.ReplaceAll(name, "-", " "))
	if title == "" {
		return name
	}
	return strings.ToUpper(title[:1]) + title[1:]
}

// terms checks the words of a match.
func (l *loader) terms(path []string, key string, terms []string) []string {
	for i, term := range terms {
		if strings.TrimSpace(term) == "" {
			l.report(append(slices.Clone(path), "match", key, fmt.Sprint(i)), "the word is empty", "take it out: it would match everything or nothing")
		}
	}
	return terms
}

// topicHub returns the address of a topic's hub: its own, else the server's.
func (l *loader) topicHub(path []string, hub string) string {
	l.hub(child(path, "hub"), hub)
	if hub == "" {
		hub = l.config.Server.Hub
	}
	switch {
	case hub == HubNone:
		return ""
	case hub == HubOwn:
		return l.config.Server.OwnHub()
	}
	return hub
}

// token checks that a secret can be part of an address and is worth its name.
func (l *loader) token(path []string, token string) {
	if token == "" {
		return
	}
	key := "token"
	if _, ok := l.places[pathKey(child(path, "token_file"))]; ok {
		key = "token_file"
	}
	for _, r := range token {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-._~", r)) {
			l.report(child(path, key), "the token has a character that cannot stand in an address", "use letters, digits, and - . _ ~")
			return
		}
	}
	if len(token) < 16 {
		l.report(child(path, key), fmt.Sprintf("the token has %d characters and could be guessed", len(token)), "use 16 or more, such as the output of: openssl rand -hex 16")
	}
}

// spread checks that the sources can fulfil what a topic asks of a label.
func (l *loader) spread(path []string, spread map[string]int) {
	for _, label := range slices.Sorted(maps.Keys(spread)) {
		values := map[string]bool{}
		for i := range l.config.Sources {
			s := &l.config.Sources[i]
			if v := s.Labels[label]; v != "" {
				values[v] = true
			}
		}
		at := child(child(path, "spread"), label)
		switch {
		case l.unsure:
		case len(values) == 0:
			mend := "set labels: {" + label + ": …} on the sources"
			if near := l.near(label, l.labels()); near != "" {
				mend = fmt.Sprintf("did you mean %q?", near)
			}
			l.report(at, fmt.Sprintf("no source has the label %q, so nothing would be published", label), mend)
		case len(values) < spread[label]:
			l.report(at, fmt.Sprintf("%d different values of the label %q are asked for and the sources have %d, so nothing would be published", spread[label], label, len(values)), fmt.Sprintf("ask for %d or fewer", len(values)))
		}
	}
}

// labels yields each label that a source has.
func (l *loader) labels() iter.Seq[string] {
	return func(yield func(string) bool) {
		labels := map[string]bool{}
		for i := range l.config.Sources {
			for label := range l.config.Sources[i].Labels {
				labels[label] = true
			}
		}
		maps.Keys(labels)(yield)
	}
}

// from resolves the selectors of a topic to the names of sources, sorted; nil
// means all. Selectors add to each other, and then exclusions take away; where
// there are exclusions only, they take away from all.
func (l *loader) from(path, selectors []string) []string {
	if selectors == nil {
		return nil
	}
	if len(selectors) == 0 {
		l.report(path, "from selects nothing", "leave it out to take from all sources")
		return nil
	}
	taken, excluded, positive := map[string]bool{}, map[string]bool{}, false
	failed := false
	for i, selector := range selectors {
		rest, not := strings.CutPrefix(strings.TrimSpace(selector), "!")
		found := l.sel(child(path, fmt.Sprint(i)), strings.TrimSpace(rest))
		failed = failed || found == nil
		into := taken
		if not {
			into = excluded
		} else {
			positive = true
		}
		for _, name := range found {
			into[name] = true
		}
	}
	if !positive {
		for i := range l.config.Sources {
			taken[l.config.Sources[i].Name] = true
		}
	}
	maps.DeleteFunc(taken, func(name string, _ bool) bool { return excluded[name] })
	result := slices.AppendSeq([]string{}, maps.Keys(taken))
	slices.Sort(result)
	if len(result) == 0 && !failed {
		l.report(path, "from takes from no source: all that it selects is excluded again", "drop an exclusion")
	}
	return result
}

// sel returns the names that one selector stands for, or nil after a report.
func (l *loader) sel(path []string, selector string) []string {
	kind, word, prefixed := strings.Cut(selector, ":")
	if !prefixed {
		kind, word = "source", selector
	}
	all, known := l.selectable()[kind]
	if !known {
		l.report(path, fmt.Sprintf("%q is no way to select sources", kind+":"), "write the name of a source, tag:WORD or family:NAME")
		return nil
	}
	found := all[fold(strings.TrimSpace(word))]
	if found != nil || l.unsure && prefixed {
		return found
	}
	message := fmt.Sprintf("no source has the %s %q", kind, word)
	if !prefixed {
		message = fmt.Sprintf("there is no source %q", selector)
	}
	l.report(path, message, l.mendSelector(kind, word, all))
	return nil
}

// selectable returns the names of the sources by each way to select them, and by what
// is written behind it. It is made once: many topics may select from many sources.
func (l *loader) selectable() map[string]map[string][]string {
	if l.selected != nil {
		return l.selected
	}
	l.selected = map[string]map[string][]string{"source": {}, "tag": {}, "family": {}}
	for i := range l.config.Sources {
		s := &l.config.Sources[i]
		add := func(kind string, words ...string) {
			for _, word := range words {
				if word != "" {
					l.selected[kind][word] = append(l.selected[kind][word], s.Name)
				}
			}
		}
		add("source", s.Name)
		add("tag", s.Tags...)
		add("family", s.Family)
	}
	return l.selected
}

// mendSelector says what a selector that finds nothing was probably meant to be, of
// those words that there are.
func (l *loader) mendSelector(kind, word string, all map[string][]string) string {
	near := l.near(word, maps.Keys(all))
	tagged := l.selectable()["tag"][fold(word)] != nil
	switch {
	case kind == "source" && tagged:
		return fmt.Sprintf("did you mean tag:%s?", word)
	case near != "":
		return fmt.Sprintf("did you mean %q?", near)
	case kind == "source":
		return "add it under sources, or name one that is there"
	case len(all) == 0:
		return fmt.Sprintf("no source has a %s at all: set it on those that are meant", kind)
	case l.guesses > MostGuesses:
		return ""
	}
	words := slices.Sorted(maps.Keys(all))
	if len(words) > 12 {
		words = append(words[:12:12], "…")
	}
	return fmt.Sprintf("what there is: %s", strings.Join(words, ", "))
}

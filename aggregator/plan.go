package aggregator

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/topic"
)

// A Plan is what the configuration asks for. It is replaced as a whole, and
// never changed.
type Plan struct {
	Sources map[string]news.Source
	Topics  []news.Topic
	Rules   *topic.Rules

	HostGap time.Duration // pause between the end of a request and the next one to the same host
	Budget  float64       // polls a day and source that automatic schedules may spend; 0: schedule.DefaultBudget

	// Authority is the host name in the ids of filings that are new from now
	// on. It is chosen once for a store.
	Authority string
}

// outlet returns what the configuration says of a source. Where it is no
// longer configured, its name has to do.
func (p *Plan) outlet(source string) news.Outlet {
	src := p.Sources[source]
	return news.Outlet{
		Source: source, Title: src.Title, Family: src.Family, Tags: src.Tags, Labels: src.Labels,
		Priority: src.Priority, Language: src.Language, Content: src.Content,
	}
}

// topicsOf returns the topics that filings belong to, each once.
func topicsOf(filings []news.Filing) []string {
	var names []string
	for _, f := range filings {
		names = append(names, f.Topic)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// traits are what rules ask of a source.
type traits struct {
	Tags     []string
	Labels   map[string]string
	Priority int
	Language string
}

// rules are what topics were filed under: hashes of theirs, for a topic may
// hold a secret, and of the traits of sources, those that were taken out too.
type rules struct {
	Topics, Sources map[string]string
}

// rules returns what a plan's topics are filed under, where others were filed
// before, and the topics whose filings may be others by that. What is only added to
// the sources changes no filing.
func (p *Plan) rules(was rules) (now rules, changed []string) {
	now = rules{map[string]string{}, map[string]string{}}
	maps.Copy(now.Sources, was.Sources)
	others := map[string]bool{}
	for name, src := range p.Sources {
		now.Sources[name] = fingerprint(traits{src.Tags, src.Labels, src.Priority, src.Language})
		if old, known := was.Sources[name]; known && old != now.Sources[name] {
			others[name] = true
		}
	}
	for _, t := range p.Topics {
		now.Topics[t.Name] = fingerprint(t)
		if was.Topics[t.Name] != now.Topics[t.Name] || t.From == nil && len(others) > 0 ||
			slices.ContainsFunc(t.From, func(name string) bool { return others[name] }) {
			changed = append(changed, t.Name)
		}
	}
	return now, changed
}

func fingerprint(v any) string {
	sum := sha256.Sum256(textOf(v))
	return fmt.Sprintf("%x", sum[:8])
}

func textOf(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // topics, traits and rules are made of strings, numbers and maps of them
	}
	return text
}

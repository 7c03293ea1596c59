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

// Traits are what rules ask of a source.
type traits struct {
	Source   string
	Tags     []string
	Labels   map[string]string
	Priority int
	Language string
}

// fingerprints stand for everything that the filings of each topic follow from
// beside the stories: its rule, and the traits of its sources. They are hashes,
// since a topic may hold a secret.
func (p *Plan) fingerprints() map[string]string {
	texts, everyone := map[string][]byte{}, sha256.New()
	for _, name := range slices.Sorted(maps.Keys(p.Sources)) {
		src := p.Sources[name]
		if len(src.Tags) == 0 && len(src.Labels) == 0 && src.Priority == 0 && src.Language == "" {
			continue // one that is added, or taken away, changes nothing
		}
		texts[name] = textOf(traits{name, src.Tags, src.Labels, src.Priority, src.Language})
		everyone.Write(texts[name])
	}
	all, sums := everyone.Sum(nil), map[string]string{}
	for _, t := range p.Topics {
		sum := sha256.New()
		sum.Write(textOf(t))
		if t.From == nil {
			sum.Write(all)
		}
		for _, name := range t.From {
			sum.Write(texts[name])
		}
		sums[t.Name] = fmt.Sprintf("%x", sum.Sum(nil))
	}
	return sums
}

func textOf(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // topics and traits are made of strings, numbers and maps of them
	}
	return text
}

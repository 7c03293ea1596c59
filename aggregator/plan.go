package aggregator

import (
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

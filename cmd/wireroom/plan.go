package main

import (
	"fmt"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/topic"
)

// plan compiles what a configuration asks for.
func plan(cfg *config.Config) (*aggregator.Plan, error) {
	rules, err := topic.Compile(cfg.Topics)
	if err != nil {
		return nil, fmt.Errorf("topics: %w", err)
	}
	sources := make(map[string]news.Source, len(cfg.Sources))
	for _, src := range cfg.Sources {
		sources[src.Name] = src
	}
	return &aggregator.Plan{
		Sources: sources, Topics: cfg.Topics, Rules: rules,
		HostGap: cfg.HostGap, Budget: float64(cfg.Budget),
	}, nil
}

package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/article"
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

// flaws returns what package config cannot see: rules of topics that do not
// compile, and selectors of pages that are none. They are told of in the same
// form as everything else that is wrong in the file.
func flaws(cfg *config.Config) config.Problems {
	var problems config.Problems
	for _, src := range cfg.Sources {
		if src.Page == nil {
			continue
		}
		for _, err := range each(article.CheckRules(*src.Page)) {
			clause, message, _ := strings.Cut(err.Error(), ": ")
			path := append([]string{"sources", src.Name}, strings.Split(clause, ".")...)
			problems = append(problems, cfg.Problem(path, message, "write a CSS selector, such as article a.headline"))
		}
	}
	_, err := topic.Compile(cfg.Topics)
	for _, err := range each(err) {
		var wrong *topic.Error
		if !errors.As(err, &wrong) {
			problems = append(problems, cfg.Problem([]string{"topics"}, err.Error(), ""))
			continue
		}
		clause := strings.FieldsFunc(wrong.Clause, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
		path := append([]string{"topics", wrong.Topic}, clause...)
		problems = append(problems, cfg.Problem(path, wrong.Problem, ""))
	}
	return problems
}

// each returns the errors that err joins.
func each(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

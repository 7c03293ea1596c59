package main

import (
	"errors"
	"strings"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/topic"
)

// plan compiles what a configuration asks for. The rules of topics are told of
// in the same form as everything else that is wrong in the file.
func plan(cfg *config.Config) (*aggregator.Plan, error) {
	rules, err := topic.Compile(cfg.Topics)
	if err != nil {
		return nil, ruleProblems(cfg, err)
	}
	sources := make(map[string]news.Source, len(cfg.Sources))
	for _, src := range cfg.Sources {
		sources[src.Name] = src
	}
	return &aggregator.Plan{Sources: sources, Topics: cfg.Topics, Rules: rules}, nil
}

// ruleProblems places the errors of rules in the file that they stand in.
func ruleProblems(cfg *config.Config, err error) error {
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	var problems config.Problems
	for _, e := range all {
		var wrong *topic.Error
		if !errors.As(e, &wrong) {
			return err
		}
		clause := strings.FieldsFunc(wrong.Clause, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
		path := append([]string{"topics", wrong.Topic}, clause...)
		problems = append(problems, cfg.Problem(path, wrong.Problem, ""))
	}
	return problems.Sorted()
}

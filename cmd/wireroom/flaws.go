package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wireroom/wireroom/aggregator/article"
	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/aggregator/topic"
)

// flaws returns what package config cannot see: rules of topics that do not
// compile or can never be true, and selectors of pages that are none. They are
// told of in the same form as everything else that is wrong in the file, of
// which known is what was found already.
func flaws(cfg *config.Config, known config.Problems) config.Problems {
	var problems config.Problems
	if err := store.CheckName(cfg.Store); err != nil {
		problems = append(problems, cfg.Problem([]string{"store"}, err.Error(), ""))
	}
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
		problems = append(problems, cfg.ProblemWithin(path, wrong.Text, wrong.Offset, wrong.Problem, ""))
	}
	problems = slices.DeleteFunc(problems, func(p config.Problem) bool {
		return slices.ContainsFunc(known, func(k config.Problem) bool { return k.Path == p.Path })
	})
	if len(known) == 0 && len(cfg.Lists) == 0 { // else more sources may yet come
		for _, t := range cfg.Topics {
			problems = append(problems, unknown(cfg, t, len(problems) < config.MostGuesses)...)
		}
	}
	return problems
}

// unknown returns the sources, labels and tags that a topic's expression asks
// for and that no source has: it would never be true, and never say so. Where in the
// expression they stand, and what was probably meant, takes a look at the whole file, and
// at all sources.
func unknown(cfg *config.Config, t news.Topic, guess bool) config.Problems {
	var problems config.Problems
	for _, m := range topic.Mentions(t.Where) {
		var words []string
		for _, src := range cfg.Sources {
			switch m.Kind {
			case "source":
				words = append(words, src.Name)
			case "tag":
				words = append(words, src.Tags...)
			case "label":
				for label := range src.Labels {
					words = append(words, label)
				}
			}
		}
		if slices.Contains(words, m.Name) {
			continue
		}
		message := fmt.Sprintf("no source has the %s %q", m.Kind, m.Name)
		if m.Kind == "source" {
			message = fmt.Sprintf("there is no source %q", m.Name)
		}
		path := []string{"topics", t.Name, "where"}
		if !guess {
			problems = append(problems, cfg.Problem(path, message, ""))
			continue
		}
		problems = append(problems, cfg.ProblemWithin(path, t.Where, m.Offset, message, config.Meant(m.Name, words)))
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

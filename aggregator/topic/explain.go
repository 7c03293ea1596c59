package topic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wireroom/wireroom/aggregator/news"
)

// An Explanation says whether a topic takes a story, and why.
type Explanation struct {
	Topic   string
	In      bool
	Why     string   // the clause that decided
	Members []Reason // of the story, in its order
}

// A Reason says whether a topic takes a member of a story, and why.
type Reason struct {
	Key  news.Key
	In   bool
	Lead bool   // it is shown, of those that it is filed with
	Why  string // the clause that decided
}

// Explain says of each topic, by name, whether it takes a story and by which
// clause. With the name of a topic it speaks of that one only; there is no
// explanation of an unknown one.
func (r *Rules) Explain(s news.Story, topic string) []Explanation {
	var explanations []Explanation
	matches, _ := r.candidates(&s)
	for _, rule := range r.rules {
		if topic == "" || topic == rule.topic.Name {
			explanations = append(explanations, r.explain(rule, &s, matches))
		}
	}
	return explanations
}

func (r *Rules) explain(rule *rule, s *news.Story, matches []*matched) Explanation {
	e := Explanation{Topic: rule.topic.Name}
	c := rule.choose(s, matches)
	for i, v := range c.verdicts {
		m := &s.Members[i]
		reason := Reason{Key: m.Record.Item.Key(), Why: rule.reason(v, m, matches[i])}
		for _, g := range c.groups {
			if g.refused == "" && slices.Contains(g.members, m) {
				reason.In, reason.Lead = true, rule.lead(g.leads) == m
			}
		}
		if reason.In && v.part == further {
			reason.Why += "; it is listed beside a member that fulfils the rule"
		}
		e.Members = append(e.Members, reason)
		if reason.Lead && !e.In {
			e.In, e.Why = true, reason.Why
		}
	}
	if e.In {
		return e
	}
	for _, g := range c.groups {
		e.Why = g.refused
		if len(g.leads) > 0 {
			return e
		}
	}
	// Of several reasons, that of the member that came furthest.
	furthest := -1
	for i, v := range c.verdicts {
		if rank := slices.Index(order, v.clause); rank > furthest {
			furthest, e.Why = rank, e.Members[i].Why
		}
	}
	return e
}

// order is that of the clauses by which a member is judged.
var order = []string{"from", "language", "match", "where"}

// reason puts a verdict upon a member into words.
func (r *rule) reason(v verdict, m *news.Member, words *matched) string {
	switch v.clause {
	case "from":
		return fmt.Sprintf("from: %s is not among the topic's %d sources", m.Record.Item.Source, len(r.topic.From))
	case "language":
		language := language(m)
		if language == "" {
			language = "unknown"
		}
		return fmt.Sprintf("language: %s is not %s", language, strings.Join(r.topic.Language, " or "))
	case "where":
		return v.why
	case "match":
		return r.words(words)
	}
	switch {
	case r.where != nil:
		return "where: " + short(r.topic.Where) + " is true"
	case r.language != nil:
		return "language: " + language(m)
	case r.from != nil:
		return "from: " + m.Record.Item.Source
	}
	return "the topic takes every story"
}

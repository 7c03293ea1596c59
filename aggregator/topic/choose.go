package topic

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A part is what a member is to a topic.
type part uint8

const (
	out     part = iota // not taken
	further             // another outlet, if the story is taken for a leading member
	leading             // may be shown
)

// A verdict is what a topic makes of a member, and by which clause.
type verdict struct {
	part   part
	clause string // from, language, match or where; empty: no clause asks for anything
	why    string // of where
}

// A choice is what a topic makes of a story.
type choice struct {
	verdicts []verdict // of the story's members
	groups   []*group  // in the order of the log
}

// A group is the members of a story that are filed together in a topic.
type group struct {
	key      string
	members  []*news.Member // that are taken, in the order of the log
	leads    []*news.Member // of them, that may be shown
	refused  string         // why it is not filed; empty: it is
	wavering bool           // it may have been filed before
}

// choose says which members of a story a topic takes, and how they are filed.
func (r *rule) choose(s *news.Story, matches []*matched) choice {
	c := choice{verdicts: make([]verdict, len(s.Members))}
	for i := range s.Members {
		c.verdicts[i] = r.judge(&s.Members[i], matches[i])
	}
	if r.where != nil {
		members := taken(s, c.verdicts)
		for i := range s.Members {
			if c.verdicts[i].part == out {
				continue
			}
			if why := r.fails(env(&s.Members[i], members)); why != "" {
				c.verdicts[i] = verdict{out, "where", why}
			}
		}
	}
	missed := ""
	if r.topic.MinFamilies > 1 || len(r.topic.Spread) > 0 {
		missed = r.corroboration(taken(s, c.verdicts))
	}
	c.groups = r.groups(s, c.verdicts)
	for _, g := range c.groups {
		if len(g.leads) == 0 {
			g.refused = "no member fulfils the rule"
		} else if missed != "" {
			g.refused = missed
			g.wavering = g.wavering || slices.ContainsFunc(s.Members, revised) // which may have counted before
		}
	}
	return c
}

func revised(m news.Member) bool { return m.Record.Revision > 1 }

// judge is the verdict upon a member by itself.
func (r *rule) judge(m *news.Member, words *matched) verdict {
	switch {
	case r.from != nil && !r.from[m.Record.Item.Source]:
		return verdict{part: out, clause: "from"}
	case r.language != nil && !r.language[language(m)]:
		return verdict{part: out, clause: "language"}
	case !r.matches():
		return verdict{part: leading}
	case words.fulfils(r.number):
		return verdict{part: leading, clause: "match"}
	case slices.ContainsFunc(r.none, words.has) || r.merge() == news.MergeOff:
		return verdict{part: out, clause: "match"}
	}
	return verdict{part: further, clause: "match"}
}

// groups puts the members that are filed together together.
func (r *rule) groups(s *news.Story, verdicts []verdict) []*group {
	var groups []*group
	for i := range s.Members {
		m := &s.Members[i]
		key := s.ID
		switch r.merge() {
		case news.MergeCopies:
			key = cmp.Or(m.Decision.Copies, m.Record.Item.Key().Slug())
		case news.MergeOff:
			key = m.Record.Item.Key().Slug()
		}
		at := slices.IndexFunc(groups, func(g *group) bool { return g.key == key })
		if at < 0 {
			at = len(groups)
			groups = append(groups, &group{key: key})
		}
		g := groups[at]
		// What a member said in an earlier revision, or a story was when it had
		// fewer members, may have been filed.
		if verdicts[i].clause != "from" && (m.Record.Revision > 1 || r.where != nil && len(s.Members) > 1) {
			g.wavering = true
		}
		switch verdicts[i].part {
		case leading:
			g.leads = append(g.leads, m)
			fallthrough
		case further:
			g.members = append(g.members, m)
		}
	}
	return groups
}

// corroboration says which condition upon the publishers of a story's members
// is not met; empty if all are.
func (r *rule) corroboration(members []*news.Member) string {
	if n := families(members); n < r.topic.MinFamilies {
		return fmt.Sprintf("min_families: %d asked for, %d report", r.topic.MinFamilies, n)
	}
	labels := make([]string, 0, len(r.topic.Spread))
	for label := range r.topic.Spread {
		labels = append(labels, label)
	}
	slices.Sort(labels)
	for _, label := range labels {
		var values []string
		for _, m := range members {
			if value := m.Outlet.Labels[label]; value != "" {
				values = appendNew(values, value)
			}
		}
		if want := r.topic.Spread[label]; len(values) < want {
			return fmt.Sprintf("spread: reports from %d values of %s asked for, there are %d", want, label, len(values))
		}
	}
	return ""
}

// taken returns the members that are not out, in the order of the log.
func taken(s *news.Story, verdicts []verdict) []*news.Member {
	members := make([]*news.Member, 0, len(verdicts))
	for i, v := range verdicts {
		if v.part != out {
			members = append(members, &s.Members[i])
		}
	}
	return members
}

// families counts the independent publishers of members.
func families(members []*news.Member) int {
	var publishers []string
	for _, m := range members {
		publishers = appendNew(publishers, m.Publisher())
	}
	return len(publishers)
}

// language is the primary subtag of a member's language, by its item or else
// by its source; empty: unknown.
func language(m *news.Member) string {
	return news.LanguageBase(cmp.Or(m.Record.Item.Language, m.Outlet.Language))
}

func appendNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

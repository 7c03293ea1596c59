package topic

import (
	"cmp"
	"slices"
	"strings"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A matched is what the words of one item mean to all topics.
type matched struct {
	findings  []finding // by number of the term
	fulfilled []int     // numbers of the rules whose match it fulfils, ascending
}

// in returns the fields in which a clause's term was found.
func (m *matched) in(c clause) field {
	i, ok := slices.BinarySearchFunc(m.findings, c.term, func(f finding, term int) int { return cmp.Compare(f.term, term) })
	if !ok {
		return 0
	}
	return m.findings[i].in & c.fields
}

// has reports whether a clause's term was found.
func (m *matched) has(c clause) bool { return m.in(c) != 0 }

// lacks reports whether a clause's term was not found.
func (m *matched) lacks(c clause) bool { return m.in(c) == 0 }

// fulfils reports whether the item fulfils the match of a rule.
func (m *matched) fulfils(rule int) bool {
	_, ok := slices.BinarySearch(m.fulfilled, rule)
	return ok
}

// match returns what the words of a record give. It is remembered by Seq, for
// a record never changes.
func (r *Rules) match(record *news.Record) *matched {
	r.mu.Lock()
	m := r.known[record.Seq]
	r.mu.Unlock()
	if m != nil {
		return m
	}
	m = &matched{findings: r.lexicon.find(&record.Item)}
	for _, n := range r.concerned(m.findings) {
		if r.rules[n].fulfilled(m) {
			m.fulfilled = append(m.fulfilled, n)
		}
	}
	if record.Seq == 0 {
		return m // not from a log
	}
	r.mu.Lock()
	if len(r.known) >= maxKnown {
		clear(r.known)
	}
	r.known[record.Seq] = m
	r.mu.Unlock()
	return m
}

// concerned returns the rules with a match that these findings may fulfil,
// ascending: only these are looked at, however many there are.
func (r *Rules) concerned(findings []finding) []int {
	rules := slices.Clone(r.negative)
	for _, f := range findings {
		rules = append(rules, r.begins[f.term]...)
	}
	slices.Sort(rules)
	return slices.Compact(rules)
}

// matches reports whether the topic has a match.
func (r *rule) matches() bool { return len(r.all)+len(r.any)+len(r.none) > 0 }

// fulfilled reports whether an item fulfils the topic's match.
func (r *rule) fulfilled(m *matched) bool {
	return !slices.ContainsFunc(r.all, m.lacks) &&
		(len(r.any) == 0 || slices.ContainsFunc(r.any, m.has)) &&
		!slices.ContainsFunc(r.none, m.has)
}

// words says by which terms of match an item is in or out.
func (r *rule) words(m *matched) string {
	where := func(c clause) string { return c.source + " is in " + m.in(c).String() }
	if i := slices.IndexFunc(r.none, m.has); i >= 0 {
		return "match.none: " + where(r.none[i])
	}
	if i := slices.IndexFunc(r.all, m.lacks); i >= 0 {
		return "match.all: " + r.all[i].source + " is not in " + r.all[i].fields.String()
	}
	var terms []string
	for _, c := range r.all {
		terms = append(terms, where(c))
	}
	if i := slices.IndexFunc(r.any, m.has); i >= 0 {
		terms = append(terms, where(r.any[i]))
	} else if len(r.any) > 0 {
		return "match.any: there is none of " + short(sources(r.any))
	}
	if len(terms) == 0 {
		return "match.none: there is none of " + short(sources(r.none))
	}
	return "match: " + strings.Join(terms, ", ")
}

func sources(clauses []clause) string {
	list := make([]string, len(clauses))
	for i, c := range clauses {
		list[i] = c.source
	}
	return strings.Join(list, ", ")
}

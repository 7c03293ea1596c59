package topic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wireroom/wireroom/aggregator/news"
)

// A matched is what the words of one item mean to all topics that have a
// match: lists of numbers of rules, ascending. A topic in neither list has
// words that the item neither fulfils nor is barred by.
type matched struct {
	fulfilled []int
	barred    []int // by the topic's none
	terms     []int // that are found
	fields    []field
}

func (m *matched) fulfils(rule int) bool {
	_, ok := slices.BinarySearch(m.fulfilled, rule)
	return ok
}

func (m *matched) bars(rule int) bool {
	_, ok := slices.BinarySearch(m.barred, rule)
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
	m = &matched{}
	found := r.lexicon.find(&record.Item)
	for n, in := range found {
		if in != 0 {
			m.terms, m.fields = append(m.terms, n), append(m.fields, in)
		}
	}
	for i, rule := range r.rules {
		switch {
		case !rule.matches():
		case first(rule.none, found) >= 0:
			m.barred = append(m.barred, i)
		case missing(rule.all, found) < 0 && (len(rule.any) == 0 || first(rule.any, found) >= 0):
			m.fulfilled = append(m.fulfilled, i)
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

// matches reports whether the topic has a match.
func (r *rule) matches() bool { return len(r.all)+len(r.any)+len(r.none) > 0 }

// first returns the index of the first clause that is found; -1 if none is.
func first(clauses []clause, found []field) int {
	for i, c := range clauses {
		if found[c.term]&c.fields != 0 {
			return i
		}
	}
	return -1
}

// missing returns the index of the first clause that is not found.
func missing(clauses []clause, found []field) int {
	for i, c := range clauses {
		if found[c.term]&c.fields == 0 {
			return i
		}
	}
	return -1
}

// words says by which terms of match an item is in or out.
func (r *Rules) words(rule *rule, m *matched) string {
	found := make([]field, len(r.lexicon.phrases))
	for i, n := range m.terms {
		found[n] = m.fields[i]
	}
	if i := first(rule.none, found); i >= 0 {
		return "match.none: " + rule.none[i].in(found)
	}
	if i := missing(rule.all, found); i >= 0 {
		c := rule.all[i]
		return fmt.Sprintf("match.all: %s is not in %s", c.source, c.fields)
	}
	var terms []string
	for _, c := range rule.all {
		terms = append(terms, c.in(found))
	}
	if i := first(rule.any, found); i >= 0 {
		terms = append(terms, rule.any[i].in(found))
	} else if len(rule.any) > 0 {
		return "match.any: there is none of " + short(sources(rule.any))
	}
	if len(terms) == 0 {
		return "match.none: there is none of " + short(sources(rule.none))
	}
	return "match: " + strings.Join(terms, ", ")
}

// in says where a clause's term is found.
func (c clause) in(found []field) string {
	return fmt.Sprintf("%s is in %s", c.source, found[c.term]&c.fields)
}

func sources(clauses []clause) string {
	list := make([]string, len(clauses))
	for i, c := range clauses {
		list[i] = c.source
	}
	return strings.Join(list, ", ")
}

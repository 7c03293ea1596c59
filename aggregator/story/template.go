package story

import (
	"math"
	"slices"
)

// A form that is filled in again and again (notices, rounds, results, the
// weather, quarterly figures, live pages) gives texts that are much alike and
// tell of different things. These say how much must agree, and how much differ.
const (
	ownForm    = 0.6   // share of two headlines' words, numbers left out, of one outlet
	otherForm  = 0.999 // and of two: a toll that rises is in the headlines of both
	shortForm  = 0.3   // and of two items that are short, where both have words of their own too
	shortTerms = 30    // terms below which an item is short here

	formWords   = 0.4       // share of the words of two texts
	formNumbers = 0.6       // share of the numbers of either that the other lacks
	formTerms   = 20        // terms that a text must have to be judged by them
	ownTerms    = 6         // and of one outlet
	formMembers = 16        // latest members of a story that a single item is compared with
	series      = 18 * 3600 // seconds after which an outlet's headline that comes again is a series
)

const nextOfSeries = "the same series, another day"

// anotherDay reports whether two items are of two days.
func anotherDay(a, b *entry) bool { return math.Abs(float64(a.published-b.published)) >= series }

// recurs reports whether two items are of one source, and of two days.
func recurs(a, b *entry) bool { return a.source == b.source && anotherDay(a, b) }

// another reports whether what one source has in one place under one headline are two
// items: of two days, or with other names and numbers, as a bulletin and its next one.
func another(a, b *entry) bool {
	other := len(a.marks) > 0 && len(b.marks) > 0 && !slices.Equal(a.marks, b.marks)
	return a.source == b.source && other || recurs(a, b)
}

// template says why the lens's item and another are one form that was filled in twice,
// or nothing. Texts with so much in common that one is a copy of the other are
// not asked.
func template(a *lens, b *entry) string {
	own := a.source == b.source
	terms, least := min(len(a.terms), len(b.terms)), formTerms
	if own {
		least = ownTerms
	}
	var t titles
	if own || terms < shortTerms || a.wordInCommon(b) { // else their share is none, as of most
		t = a.titles(b)
	}
	numbers := t.numbersA > 0 && t.numbersB > 0
	switch {
	case t.numbersA+t.numbersB > 0 || a.order != b.order:
		if t.share >= otherForm || own && numbers && t.share >= ownForm {
			return "the same form with other numbers"
		}
	case t.share >= ownForm && recurs(a.entry, b):
		return nextOfSeries
	}
	if terms < shortTerms && t.otherNames(own) {
		return "the same form with other numbers and names"
	}
	if terms >= least {
		n, missing := lacking(a.marks, b.marks, 1)
		m, replaced := lacking(b.marks, a.marks, 1)
		if min(missing, replaced) >= 2 && float64(missing) >= formNumbers*float64(n) && float64(replaced) >= formNumbers*float64(m) && vocabulary(a.entry, b) >= formWords {
			return "the same form with other numbers"
		}
	}
	return ""
}

// refilled says why an item is no copy of another of its own source, most of whose
// text it has, or nothing: an outlet says the same below each of its episodes, threads
// and vacancies. Who publishes one text anew under another headline does so within a
// day, and has no word there that the text had not before.
func (x *Index) refilled(e *entry, k *kin, list []kin) string {
	first := firstOf(list, *k)
	if first == nil || k.update(e) {
		return ""
	}
	x.lens.set(e)
	t := x.lens.titles(first.entry)
	switch {
	case t.numbersA > 0 && t.numbersB > 0 && t.share >= ownForm:
		return "the same form with other numbers"
	case min(k.inA, k.inB) >= nearlyAll && oneHeadline(e, first.entry) && recurs(e, k.entry):
		return nextOfSeries // who had anything new to say of the first would not use its words
	case !t.wordsA || !t.wordsB || t.share >= formHeadline:
		return ""
	case k.score < nearlyAll && recurs(e, k.entry):
		return nextOfSeries
	case min(k.inA, k.inB) >= nearlyAll && x.reading.ownWord(first.entry):
		return "the same form with another name"
	}
	return ""
}

// ownWord reports whether a word of the headline stands in the text and nowhere in
// another item.
func (r *reading) ownWord(other *entry) bool {
	for _, t := range r.head {
		if t.flags&(flagStop|flagNumber) == 0 && !other.common.has(t.stem>>(32-termBits)&(1<<dfBits-1)) &&
			slices.ContainsFunc(r.body, func(b token) bool { return b.stem == t.stem }) {
			return true
		}
	}
	return false
}

// formed reports whether two stories, of which one is a single item, are one
// form that was filled in again: with most of the latest members, that is.
func formed(a, b *cluster) bool {
	if a.size() == 1 {
		a, b = b, a
	}
	if b.size() != 1 {
		return false
	}
	list := a.members[max(0, len(a.members)-formMembers):]
	n := 0
	var l lens
	l.set(b.members[0])
	for _, m := range list {
		if template(&l, m) != "" {
			n++
		}
	}
	return 2*n > len(list)
}

// titles is how two headlines agree.
type titles struct {
	share                           float64 // of the weight of their words, numbers left out
	wordsA, wordsB                  bool    // either has words that the other lacks
	numbersA, numbersB, numbersBoth int     // of either that the other lacks, and of both
}

// otherNames reports whether the headlines of two short items are one form with
// other numbers and names. Of one outlet they are as well where all words are others,
// as in results, or several numbers, as of earthquakes.
func (t *titles) otherNames(own bool) bool {
	n := min(t.numbersA, t.numbersB)
	if n == 0 || !t.wordsA || !t.wordsB {
		return false
	}
	return own && (n >= 2 || t.share == 0) || t.numbersBoth == 0 && t.share >= shortForm
}

// titles compares the headline of the lens's item with another's.
func (l *lens) titles(b *entry) titles {
	t := titles{numbersA: l.numbers}
	words := l.words // that b lacks
	var both int64
	either := l.weight
	for _, term := range b.terms {
		q := titleWord(term)
		either += q
		i := l.at(term)
		if i < 0 {
			t.wordsB = t.wordsB || q > 0
			t.numbersB += titleNumber(term)
			continue
		}
		p, number := titleWord(l.terms[i]), titleNumber(l.terms[i])
		if p > 0 {
			words--
		}
		either -= min(p, q)
		if p > 0 && q > 0 {
			both += max(p, q)
		}
		t.numbersA -= number
		t.numbersBoth += number * titleNumber(term)
	}
	t.wordsA = words > 0
	if either > 0 {
		t.share = float64(both) / float64(either)
	}
	return t
}

// Very short items are compared by so few words that two of them may agree by
// chance, as long as the index is new and knows no word as common. And one outlet
// names its town in much that has nothing to do with each other.
const (
	veryShort  = 6  // terms below which an item is
	leastWords = 3  // that both must have, numbers left out, to be on one event
	newIndex   = 50 // items below which an index is
	ownWords   = 2  // that two items of one outlet must have
)

// scant reports whether two items have too few words in common to be taken for
// reports of one event.
func (x *Index) scant(a, b *entry) bool {
	least := 0
	if a.source == b.source {
		least = ownWords
	}
	if x.seen.items < newIndex && min(len(a.terms), len(b.terms)) < veryShort {
		least = leastWords
	}
	if least == 0 {
		return false
	}
	words := 0
	for i, j := 0, 0; i < len(a.terms) && j < len(b.terms); {
		switch s, t := a.terms[i], b.terms[j]; {
		case s.hash() < t.hash():
			i++
		case s.hash() > t.hash():
			j++
		default:
			if s.flags()&termNumber == 0 {
				words++
			}
			i++
			j++
		}
	}
	return words < least
}

// numberOrder stands for the numbers of a headline in their order, since "part
// 1 of book 2" is not "part 2 of book 1"; 0 if there are none.
func numberOrder(title []token) uint32 {
	var order uint32
	for _, t := range title {
		if t.flags&flagNumber != 0 {
			order = order*16777619 ^ t.stem | 1
		}
	}
	return order
}

// titleWord is the weight of a term as a word of the headline; 0 if it is a
// number or of the text only.
func titleWord(t term) int64 {
	if t.flags()&(termTitle|termNumber) != termTitle {
		return 0
	}
	return t.weight()
}

package story

import (
	"math"
	"slices"
)

// How much two headlines agree is the weight of the words that both have and,
// beside it, the share of the pairs of words in a row that both have, each 0 to
// 1: who writes of the same in words of their own puts them in another order.
// How much that tells is the product of the agreement and of the sum of the
// rarities of the words that both have; and more, if the two outlets have had
// one text before; and less, the more others tell of the same in other words,
// since of many headlines on one event two are alike by chance.
const (
	headlineAgree = 1.2 // of headlines alone
	headlineTells = 52

	headlineBoth  = 1.3 // where both have a text,
	bothTell      = 28  // and how much that tells, times the cosine of the two
	headlineShare = 0.2 // share of a text that is in the other, with which less will do:
	sharedAgree   = 1
	sharedTells   = 44

	partnerTells = 40 // times the logarithm of the copies that the two outlets have of each other,
	mostPartners = 15 // so many at the most
	ownTells     = 20 // of two headlines of one outlet
	otherTells   = 24 // times the logarithm of the items that tell of the same in other words
	otherLike    = 0.42

	headlineReach = 36 * 3600 // seconds between two items with one headline, at the most
	headlineItems = 32        // closest items whose headlines are compared
	comparable    = 4         // shingles that both texts must have to be held against each other
)

// sameHeadline returns an item with nearly the same headline whose text, where
// both have one, does not speak against it: how a copy is known whose body is
// missing or was made into another summary.
func (x *Index) sameHeadline(e *entry, near []candidate, slug string, barred map[*entry]string) (*entry, float64) {
	var found *entry
	best := 0.0
	for _, c := range near[:min(len(near), headlineItems)] {
		o := c.entry
		if barred[o] != "" || math.Abs(float64(e.published-o.published)) > headlineReach {
			continue
		}
		share, evidence := x.headlines(o)
		if share == 0 { // as of most
			continue
		}
		agree := share + samePairs(e.pairs, o.pairs)
		if agree <= best || agree < sharedAgree {
			continue
		}
		tells := agree*evidence + x.acquaintance(e, o) - otherTells*math.Log1p(float64(retold(near, o)))
		if tells < sharedTells {
			continue
		}
		if len(e.shingles) >= comparable && len(o.shingles) >= comparable {
			c := x.lattice.containment(o.shingles, o.rate)
			long := e.rate > 1 && o.rate > 1
			if max(c.inA, c.inB) < headlineShare && (long || agree < headlineBoth || tells*cosine(e, o) < bothTell) {
				continue
			}
		} else if agree < headlineAgree || tells < headlineTells {
			continue
		}
		if x.overrides.allow(slug, o.story.id) {
			best, found = agree, o
		}
	}
	return found, math.Min(1, best/2)
}

// acquaintance is how much two outlets tell by what they had of each other.
func (x *Index) acquaintance(a, b *entry) float64 {
	if a.source == b.source {
		return ownTells
	}
	return partnerTells * math.Log1p(float64(min(mostPartners, x.partners.of(a, b))))
}

// retold counts the candidates that tell of the same as one of them, and are no
// copies of it.
func retold(near []candidate, o *entry) int {
	n := 0
	for _, c := range near {
		if c.like >= otherLike && c.copies != o.copies && c.represents() {
			n++
		}
	}
	return n
}

// pairsOf returns the hashes of two words in a row of a headline, sorted.
func pairsOf(title []token) []uint16 {
	pairs := make([]uint16, 0, len(title))
	for i := range max(0, len(title)-1) {
		pairs = append(pairs, uint16((title[i].word*0x9E3779B1^title[i+1].word)*0x85EBCA6B>>16))
	}
	slices.Sort(pairs)
	return slices.Compact(pairs)
}

// samePairs is the share of the pairs of either headline that both have.
func samePairs(a, b []uint16) float64 {
	both := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			both++
			i++
			j++
		}
	}
	return float64(both) / float64(max(1, len(a)+len(b)-both))
}

// oneHeadline reports whether two items have one headline, or both have none.
func oneHeadline(a, b *entry) bool {
	if !slices.Equal(a.pairs, b.pairs) || a.order != b.order {
		return false
	}
	return len(a.pairs) > 0 || // of a word there are no pairs
		slices.EqualFunc(a.headline(), b.headline(), func(s, t term) bool { return s.hash() == t.hash() })
}

// oneOfPage reports whether two items of one link, under which there are others, are one:
// by their headlines, which what is told apart by its text lacks.
func oneOfPage(a, b *entry) bool {
	return oneHeadline(a, b) && (len(a.pairs) > 0 || len(a.headline()) > 0 || len(a.common.low)+len(b.common.low) == 0)
}

// headline returns the terms of an item's headline.
func (e *entry) headline() []term {
	return slices.DeleteFunc(slices.Clone(e.terms), func(t term) bool { return t.flags()&termTitle == 0 })
}

// A telling is what a word of a headline says for one text, and how rare it is.
type telling struct{ tells, rarity float64 }

func (x *Index) telling(t term) telling {
	return telling{x.seen.telling(t.hash()), x.seen.rarity(t.hash())}
}

// part is the weight of a term as a word of the headline, which it is, by what it tells
// of one text.
func (t telling) part(of term) int64 {
	return int64(16 * float64(of.weight()) * t.tells / t.rarity)
}

// tell reckons what the words of the headline of the lens's item say.
func (x *Index) tell() {
	l := &x.lens
	if l.told {
		return
	}
	l.told, l.parts = true, 0
	for i, t := range l.terms {
		if t.flags()&termTitle != 0 {
			l.telling[i] = x.telling(t)
			l.parts += l.telling[i].part(t)
		}
	}
}

// headlines is the weighted share of the words of two headlines that both
// have, that of the lens's item and another, and how telling those are: the sum of
// their rarities. Headlines with different numbers share nothing.
func (x *Index) headlines(b *entry) (share, evidence float64) {
	l := &x.lens
	if !l.wordInCommon(b) {
		return 0, 0 // as most pairs
	}
	var both, twice int64
	numbersA, numbersB := l.numbers, 0
	for _, t := range b.terms {
		i := l.at(t)
		if i < 0 {
			numbersB += titleNumber(t)
			continue
		}
		s := l.terms[i]
		if s.flags()&t.flags()&termTitle != 0 {
			x.tell()
			p, q := l.telling[i].part(s), l.telling[i].part(t)
			both += max(p, q)
			twice += min(p, q)
			evidence += l.telling[i].tells
		}
		numbersA -= titleNumber(s)
	}
	// Less than half is too little for every use.
	either := l.parts - twice
	if both == 0 || 2*both <= either || numbersA > 0 && numbersB > 0 {
		return 0, 0
	}
	for _, t := range b.terms {
		if t.flags()&termTitle != 0 {
			either += x.telling(t).part(t)
		}
	}
	if 2*both <= either {
		return 0, 0
	}
	return float64(both) / float64(either), evidence
}

func titleNumber(t term) int {
	if t.flags()&(termTitle|termNumber) == termTitle|termNumber {
		return 1
	}
	return 0
}

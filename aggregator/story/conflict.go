package story

import (
	"math"
	"slices"
)

const (
	// conflictShare is the share of a text's numbers, or names, that the other
	// lacks and has others in place of, from which on the two are one form
	// filled in twice and not one text.
	conflictShare = 0.4
	sameNumbers   = 3  // numbers that, where they agree, tell one text by other names from another
	maxMarks      = 64 // names and numbers that are kept of a text
	// formHeadline is the share of their words from which on two headlines say
	// the same, whatever the numbers and names below.
	formHeadline = 0.6

	leastChanged = 0.05 // share of words that are changed, at the least,
	chanceEnough = 0.05 // chance from which on it may have been one
)

// marksOf returns the names and numbers of a whole text, and the numbers of its
// title, by which one form that was filled in twice is told from one text. A
// mark is the hash of the word, shifted, and 1 for a number. They are sorted;
// of very many the first are kept, which are the same ones in every text.
func marksOf(title, text []token, skip []bool) []uint32 {
	var marks []uint32
	for _, t := range title {
		if t.flags&flagNumber != 0 {
			marks = append(marks, mark(t))
		}
	}
	for i, t := range text {
		name := t.flags&(flagUpper|flagSentence|flagStop) == flagUpper
		if (t.flags&flagNumber != 0 || name) && (skip == nil || !skip[i]) {
			marks = append(marks, mark(t))
		}
	}
	marks = sortedSet(marks)
	return slices.Clone(marks[:min(len(marks), maxMarks)]) // no longer than it need be
}

func mark(t token) uint32 {
	m := t.stem >> (32 - dfBits) << 1
	if t.flags&flagNumber != 0 {
		m |= 1
	}
	return m
}

// What conflict answers.
const (
	otherNames   = "other names"
	otherNumbers = "other numbers"
)

// conflict says why two items with much text in common are no copies, or
// nothing: the numbers or the names that one has are missing in the other,
// which has some of its own. Trimming takes numbers away and never puts others
// in their place. The numbers that must agree are those of the item that is
// contained in the other: of a, if inA.
func conflict(a, b *entry, inA bool) string {
	if !inA {
		a, b = b, a
	}
	numbers, names := disagree(a, b, 1), disagree(a, b, 0)
	if n, missing := lacking(a.marks, b.marks, 1); n >= sameNumbers && missing*5 <= n {
		names = 0 // the numbers are the same
	}
	switch {
	case (names >= 2 || names == 1 && numbers > 0) && !byChance(a, b):
		return otherNames
	case numbers >= 2:
		return otherNumbers
	}
	return ""
}

// byChance reports whether as many of the names and numbers may be replaced as
// are when any words are, as often as they are in these two texts: who fills in
// a form replaces those and little else.
func byChance(a, b *entry) bool {
	changed := max(leastChanged, min(1-leastChanged, 1-within(a, b)))
	chance := func(a, b *entry) float64 {
		n, missing := lacking(a.marks, b.marks, 0)
		m, missingNumbers := lacking(a.marks, b.marks, 1)
		return atLeast(missing+missingNumbers, n+m, changed)
	}
	return min(chance(a, b), chance(b, a)) > chanceEnough
}

// atLeast is the chance of k or more of n, each of which has the chance p.
func atLeast(k, n int, p float64) float64 {
	sum, term := 0.0, math.Pow(1-p, float64(n))
	for i := range k {
		sum += term
		term *= float64(n-i) / float64(i+1) * p / (1 - p)
	}
	return 1 - sum
}

// form reports whether the lens's item and another are one form filled in twice, such
// as the weather of two towns: not only no copies but not on one event either.
func (x *Index) form(k kin) bool {
	e := &x.lens
	if !k.conflict || k.score < copyShare && k.source != e.source {
		return false
	}
	share, _ := x.headlines(k.entry)
	return share < formHeadline || k.why == nextOfSeries || recurs(e.entry, k.entry)
}

// disagree returns how many marks of one kind were replaced, or 0 if those are
// a small share of either text's: who changes words here and there, or trims,
// leaves most of them.
func disagree(a, b *entry, number uint32) int {
	n, missing := lacking(a.marks, b.marks, number)
	m, replaced := lacking(b.marks, a.marks, number)
	if float64(missing) < conflictShare*float64(n) || float64(replaced) < conflictShare*float64(m) {
		return 0
	}
	return min(missing, replaced)
}

// lacking counts the marks of one kind in a, and those of them that b lacks, as
// far as both were kept.
func lacking(a, b []uint32, number uint32) (n, missing int) {
	for _, m := range a {
		if m&1 != number || len(b) == maxMarks && m > b[maxMarks-1] {
			continue
		}
		n++
		if _, has := slices.BinarySearch(b, m); !has {
			missing++
		}
	}
	return n, missing
}

package story

import (
	"math"
	"slices"
)

const (
	leadWords   = 400 // words of the text that make terms: news says first what matters
	halfWeight  = 50  // the word at which an occurrence weighs half of the first word's
	titleWeight = 2   // of an occurrence in the title
	nameWeight  = 1.3 // of a name in running text
	numWeight   = 1.3 // of a number
	maxTerms    = 60  // heaviest terms that an entry keeps
	coldStart   = 300 // items that are assumed to be known to an empty index
	termBits    = 24  // of a term's hash
	dfBits      = 20  // of them, those by which documents are counted
)

// A term is hash<<32 | weight<<8 | flags: a stem of an item's title and lead,
// with its share in the item's vector, of which weightUnit is the whole.
type term uint64

const weightUnit = 255

func (t term) hash() uint32     { return uint32(t >> 32) }
func (t term) weight() int64    { return int64(t>>8) & 0xffff }
func (t term) flags() termFlags { return termFlags(t) }
func newTerm(h uint32, w int64, f termFlags) term {
	return term(uint64(h)<<32 | uint64(w)<<8 | uint64(f))
}

type termFlags uint8

const (
	termTitle  termFlags = 1 << iota // stands in the title
	termNumber                       // has a digit
	termName                         // is written as a name in running text
)

// tally is one stem's occurrences in an item.
type tally struct {
	hash   uint32
	weight float64
	flags  termFlags
	at     token // of the first occurrence
	title  bool  // at is in the title
}

// tallies counts the stems of a title and the head of a text, sorted by hash.
// skip tells the tokens of the text that are boilerplate.
func tallies(title, text []token, skip []bool) []tally {
	list := make([]tally, 0, len(title)+min(len(text), leadWords))
	for _, t := range title {
		if t.flags&flagStop == 0 {
			list = append(list, tally{t.stem >> (32 - termBits), tune4.tw, termTitle | numberFlag(t), t, true})
		}
	}
	place := 0
	for i, t := range text {
		if skip != nil && skip[i] {
			continue
		}
		if place++; place > leadWords {
			break
		}
		if t.flags&flagStop != 0 {
			continue
		}
		flags := numberFlag(t)
		if t.flags&(flagUpper|flagSentence|flagNumber) == flagUpper {
			flags |= termName
		}
		list = append(list, tally{t.stem >> (32 - termBits), 1 / (1 + float64(place-1)/tune4.half), flags, t, false})
	}
	slices.SortStableFunc(list, func(a, b tally) int { return int(a.hash) - int(b.hash) })
	out := list[:0]
	for _, t := range list {
		if n := len(out); n > 0 && out[n-1].hash == t.hash {
			out[n-1].weight += t.weight
			out[n-1].flags |= t.flags
			continue
		}
		out = append(out, t)
	}
	return out
}

func numberFlag(t token) termFlags {
	if t.flags&flagNumber != 0 {
		return termNumber
	}
	return 0
}

// frequencies counts, for every term, the items of the window that have it.
type frequencies struct {
	counts []uint32 // by the low dfBits of the term's hash
	items  int
}

func newFrequencies() frequencies { return frequencies{counts: make([]uint32, 1<<dfBits)} }

func (f *frequencies) add(terms []uint32, n int) {
	for _, t := range terms {
		f.counts[t] += uint32(n) // n is 1 or -1; unsigned arithmetic wraps as it should
	}
	f.items += n
}

// rarity is the inverse document frequency of a term.
var tune4 = struct{ tw, half, name, num, tf, k, cold float64 }{2, 50, 1.3, 1.3, .5, 60, 300}

func (f *frequencies) rarity(hash uint32) float64 {
	return math.Max(0.01, math.Log((float64(f.items)+tune4.cold)/float64(f.counts[hash&(1<<dfBits-1)]+1)))
}

// vector weighs tallies by their rarity, keeps the heaviest and scales them to
// one length. The terms are sorted by hash. Weights are whole numbers, so that
// sums over them do not depend on the order in which they are taken.
func (f *frequencies) vector(list []tally) []term {
	type weighed struct {
		i int
		w float64
	}
	all := make([]weighed, len(list))
	for i, t := range list {
		w := math.Pow(t.weight, tune4.tf) * f.rarity(t.hash)
		if t.flags&termNumber != 0 {
			w *= tune4.num
		} else if t.flags&termName != 0 {
			w *= tune4.name
		}
		all[i] = weighed{i, w}
	}
	slices.SortFunc(all, func(a, b weighed) int {
		switch {
		case a.w > b.w:
			return -1
		case a.w < b.w:
			return 1
		}
		return a.i - b.i
	})
	all = all[:min(len(all), int(tune4.k))]
	sum := 0.0
	for _, t := range all {
		sum += t.w * t.w
	}
	scale := weightUnit / math.Sqrt(math.Max(sum, 1e-9))
	terms := make([]term, 0, len(all))
	for _, t := range all {
		if w := int64(math.Round(t.w * scale)); w > 0 {
			terms = append(terms, newTerm(list[t.i].hash, w, list[t.i].flags))
		}
	}
	slices.Sort(terms)
	return terms
}

// dot is the product of two vectors.
func dot(a, b []term) int64 {
	sum := int64(0)
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch x, y := a[i].hash(), b[j].hash(); {
		case x < y:
			i++
		case x > y:
			j++
		default:
			sum += a[i].weight() * b[j].weight()
			i++
			j++
		}
	}
	return sum
}

// heaviest returns at most n terms of a vector, the heaviest first.
func heaviest(terms []term, n int) []term {
	list := slices.Clone(terms)
	slices.SortFunc(list, func(a, b term) int {
		if d := b.weight() - a.weight(); d != 0 {
			return int(d)
		}
		return int(a.hash()) - int(b.hash())
	})
	return list[:min(n, len(list))]
}

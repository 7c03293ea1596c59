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
	termBits    = 22  // of a term's hash
	dfBits      = 20  // of them, those by which documents are counted
)

// A term is a stem of an item's title and lead, with its weight in the item's
// vector, of which weightUnit is the whole: hash<<10 | weight<<3 | flags.
type term uint32

const weightUnit = 127

func newTerm(h uint32, w int64, f termFlags) term { return term(h<<10 | uint32(w)<<3 | uint32(f)) }
func (t term) hash() uint32                       { return uint32(t >> 10) }
func (t term) spread() uint32                     { return uint32(t) &^ (1<<10 - 1) } // hash, by its leading bits
func (t term) weight() int64                      { return int64(t>>3) & weightUnit }
func (t term) flags() termFlags                   { return termFlags(t & 7) }

type termFlags uint8

const (
	termTitle  termFlags = 1 << iota // stands in the title
	termNumber                       // has a digit
	termName                         // is written as a name in running text
)

// tally is one stem's occurrences in an item.
type tally struct {
	hash   uint32
	at     uint32 // the token of the first occurrence, those of the title before those of the text
	weight float64
	flags  termFlags
}

// tally counts the stems of the title and the head of the text, sorted by hash.
// skip tells the tokens of the text that are boilerplate.
func (r *reading) tally(skip []bool) {
	list := r.occurrences[:0]
	for i, t := range r.head {
		if t.flags&flagStop == 0 {
			list = append(list, tally{t.stem >> (32 - termBits), uint32(i), titleWeight, termTitle | numberFlag(t)})
		}
	}
	place := 0
	for i, t := range r.body {
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
		list = append(list, tally{t.stem >> (32 - termBits), uint32(len(r.head) + i), 1 / (1 + float64(place-1)/halfWeight), flags})
	}
	r.occurrences = list
	r.order = r.order[:0] // by hash, then by place
	for i, t := range list {
		r.order = append(r.order, uint64(t.hash)<<32|uint64(i))
	}
	slices.Sort(r.order)
	out := r.tallies[:0]
	for _, o := range r.order {
		t := list[uint32(o)]
		if n := len(out); n > 0 && out[n-1].hash == t.hash {
			out[n-1].weight += t.weight
			out[n-1].flags |= t.flags
			continue
		}
		out = append(out, t)
	}
	r.tallies = out
}

func numberFlag(t token) termFlags {
	if t.flags&flagNumber != 0 {
		return termNumber
	}
	return 0
}

// frequencies counts, for every term, the items of the window that have it, and
// those of the background.
type frequencies struct {
	counts []uint32 // by the low dfBits of the term's hash
	items  int

	weights []float64 // scratch
	ranked  []uint64  // scratch
}

func newFrequencies() frequencies {
	counts := make([]uint32, 1<<dfBits)
	for i, n := range background() {
		counts[i] = uint32(n)
	}
	return frequencies{counts: counts}
}

func (f *frequencies) add(terms *stemSet, n int) {
	for high := range terms.ends {
		for _, low := range terms.bucket(high) {
			f.counts[high<<16|int(low)] += uint32(n) // n is 1 or -1; unsigned arithmetic wraps as it should
		}
	}
	f.items += n
}

// rarity is the inverse document frequency of a term.
func (f *frequencies) rarity(hash uint32) float64 {
	return math.Max(0.01, math.Log((float64(f.items)+backgroundItems+coldStart)/float64(f.counts[hash&(1<<dfBits-1)]+1)))
}

// telling is how much a term that two headlines share says for one text: its
// rarity in the window alone. Of two outlets that write in one order what others
// write too, the common words tell as well.
func (f *frequencies) telling(hash uint32) float64 {
	i := hash & (1<<dfBits - 1)
	return math.Max(0.01, math.Log((float64(f.items)+coldStart)/float64(f.counts[i]-uint32(background()[i])+1)))
}

// placeMask is enough for the places of all tallies of an item.
const placeMask = 1<<10 - 1

// vector weighs tallies by their rarity, keeps the heaviest and scales them to
// one length. The terms are sorted by hash. Weights are whole numbers, so that
// sums over them do not depend on the order in which they are taken.
func (f *frequencies) vector(list []tally) []term {
	f.weights, f.ranked = f.weights[:0], f.ranked[:0]
	for i, t := range list {
		w := math.Sqrt(t.weight) * f.rarity(t.hash)
		if t.flags&termNumber != 0 {
			w *= numWeight
		} else if t.flags&termName != 0 {
			w *= nameWeight
		}
		f.weights = append(f.weights, w)
		// Floats above 0 are in the order of their bits, of which the last are spared
		// for the place: of equals the first.
		f.ranked = append(f.ranked, math.Float64bits(w)&^placeMask|placeMask&^uint64(i))
	}
	most := greatest(f.ranked, maxTerms)
	slices.Sort(most)
	sum := 0.0
	for _, rank := range slices.Backward(most) {
		w := f.weights[placeMask&^rank]
		sum += w * w
	}
	scale := weightUnit / math.Sqrt(math.Max(sum, 1e-9))
	terms := make([]term, 0, len(most))
	for _, rank := range most {
		i := placeMask &^ rank
		if w := int64(math.Round(f.weights[i] * scale)); w > 0 {
			terms = append(terms, newTerm(list[i].hash, w, list[i].flags))
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

// postedOf returns the terms by which an item is found: the heaviest, and of those
// of one weight the first, in no order.
func (x *Index) postedOf(e *entry) []term {
	x.ranked = x.ranked[:0]
	for i, t := range e.terms {
		x.ranked = append(x.ranked, uint64(t.weight())<<32|uint64(^uint32(i)))
	}
	x.terms = x.terms[:0]
	for _, rank := range greatest(x.ranked, postedTerms) {
		x.terms = append(x.terms, e.terms[rankedNumber(rank)])
	}
	return x.terms
}

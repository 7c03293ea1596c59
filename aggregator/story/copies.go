package story

import (
	"slices"
)

const (
	boilerplateSeen = 3    // different texts of one source, or
	phraseSeen      = 12   // of any, after which a passage is no part of a text
	copyCandidates  = 8    // items that are compared in full
	copyShare       = 0.5  // of a text that must be in the other
	copyShareAgain  = 0.65 // the same, where the other is itself a copy
	copyShareEdited = 0.3  // and where the words are otherwise the same
	copyVocabulary  = 0.65 // share of the rarer words that are then the same
	copyWords       = 20   // words in shared passages, at the least
	enoughCopies    = 4    // full copies of one text that are kept to find further ones
	fullCopy        = 0.9  // share of a text that a full copy has
)

// A kin is an item whose text an item shares.
var tune3 = struct{ few, all, again, edited, vocab, first, base float64 }{8, .9, copyShareAgain, copyShareEdited, copyVocabulary, .2, .5}

type kin struct {
	*entry
	overlap
	score float64
	rule  string // why it is a copy; empty: it is not
	why   string // why it is not
	// conflict: it would be a copy but for its names or numbers.
	conflict bool
}

// keep takes from a text's sample what the source repeats from item to item
// and what every text may have, and returns the rest with the tokens that are
// boilerplate. Items that share shingles of the rest are counted in x.hits.
func (x *Index) keep(s sample, tokens int, source string) (kept []shingle, skip []bool) {
	x.touched = x.touched[:0]
	var last = -1 // end of the boilerplate before
	for _, h := range s.shingles {
		var own, all [phraseSeen]string
		nOwn, nAll := 0, 0
		x.shingled.each(h.hash, func(number uint32) {
			e := x.at(number)
			if e.source == source {
				nOwn = distinct(&own, nOwn, e.copies)
			}
			nAll = distinct(&all, nAll, e.copies)
		})
		if nOwn >= boilerplateSeen || nAll >= phraseSeen {
			if skip == nil {
				skip = make([]bool, tokens)
			}
			from := h.at
			if last >= 0 {
				from = last // nothing of the text's own was seen between the two
			}
			last = min(tokens, h.at+shingleWords)
			for i := from; i < last; i++ {
				skip[i] = true
			}
			continue
		}
		last = -1
		kept = append(kept, h)
		x.shingled.each(h.hash, func(number uint32) {
			slot := &x.hits[number-x.first]
			if *slot == 0 {
				x.touched = append(x.touched, number)
			}
			*slot++
		})
	}
	return kept, skip
}

// distinct adds a name to the first n of a list, unless it is there or the
// list is full, and returns how many there are.
func distinct(list *[phraseSeen]string, n int, name string) int {
	if n == len(list) || slices.Contains(list[:n], name) {
		return n
	}
	list[n] = name
	return n + 1
}

// kindred returns the items that share the most of the text of e, which keep
// has counted, and says of each whether e is a copy of it, the closest first.
func (x *Index) kindred(e *entry) []kin {
	list := make([]kin, 0, len(x.touched))
	for _, number := range x.touched {
		list = append(list, kin{entry: x.at(number), score: float64(x.hits[number-x.first])})
		x.hits[number-x.first] = 0
	}
	order := func(a, b kin) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return int(a.number) - int(b.number)
	}
	slices.SortFunc(list, order)
	list = list[:min(len(list), copyCandidates)]
	for i := range list {
		k := &list[i]
		k.overlap = containment(e.shingles, k.shingles, e.rate, k.rate)
		k.score = max(k.inA, k.inB)
	}
	for i := range list {
		k := &list[i]
		switch {
		case k.sharedWords < copyWords && (float64(k.shared) < tune3.few || e.rate*k.rate > 1 && k.inA < tune3.all && k.inB < tune3.all) || k.shared < 4:
			k.why = "too little text in common"
		case k.score >= tune3.base && (k.represents() || k.score >= tune3.again || likeFirst(list, *k)):
			k.rule = "containment"
		case k.score >= tune3.edited && k.represents() && vocabulary(e, k.entry) >= tune3.vocab:
			k.rule = "containment and words"
		default:
			k.why = "too little of either text is in the other"
		}
		if k.score >= copyShareEdited {
			if why := conflict(e, k.entry, k.inA >= k.inB); why != "" {
				k.rule, k.why, k.conflict = "", why, true
			}
		}
	}
	slices.SortFunc(list, func(a, b kin) int {
		if (a.rule != "") != (b.rule != "") {
			if a.rule != "" {
				return -1
			}
			return 1
		}
		return order(a, b)
	})
	return list
}

// likeFirst reports whether the item of which k is a copy shares much of the
// text as well, so that copies of copies do not lead away from it.
func likeFirst(list []kin, k kin) bool {
	for _, first := range list {
		if first.represents() && first.copies == k.copies {
			return max(first.inA, first.inB) >= tune3.first
		}
	}
	return false
}

// vocabulary is the share of the words of two heads of texts that both have,
// 0 to 1.
func vocabulary(a, b *entry) float64 {
	n := max(len(a.common), len(b.common))
	if n == 0 {
		return 0
	}
	return float64(shared(a.common, b.common)) / float64(n)
}

// shared counts what two sorted lists have in common.
func shared(a, b []uint32) int {
	n := 0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			n++
			i++
			j++
		}
	}
	return n
}

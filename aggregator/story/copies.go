package story

import (
	"slices"
)

const (
	boilerplateSeen = 3  // different texts of one source, or
	phraseSeen      = 12 // of any, after which a passage is no part of a text
	copyCandidates  = 16 // items that are compared in full

	// Shares of a text that are in the other, and how alike the words of the two
	// must be by their cosine for that to make a copy.
	copyMost     = 0.7
	copyOfCopy   = 0.2
	copyShare    = 0.5
	copyLike     = 0.4
	copyLikeOwn  = 0.55 // an outlet repeats the background of an affair
	copyOfFirst  = 0.2  // share of the text that was copied first
	copyPart     = 0.42
	copyVeryLike = 0.6
	copyEdited   = 0.3 // where the vocabulary is the same: words were changed here and there
	nearlyAll    = 0.9
	preferFirst  = 0.1 // by how much less a text may share with the first of the copies than with another

	copyVocabulary = 0.65 // share of the words of both texts that is the same vocabulary
	copyWords      = 20   // words in shared passages, at the least,
	copyShingles   = 8    // or shared shingles of two short texts
	leastShingles  = 4
	enoughCopies   = 4   // full copies of one text that are kept to find further ones
	fullCopy       = 0.9 // share of a text that a full copy has
)

// A kin is an item whose text an item shares.
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
		k.rule, k.why = x.copyRule(e, k, list)
		if k.score >= copyEdited {
			if why := conflict(e, k.entry, k.inA >= k.inB); why != "" {
				k.rule, k.why, k.conflict = "", why, true
			}
		}
	}
	for i := range list {
		if list[i].represents() {
			list[i].score += preferFirst
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

// copyRule says by which rule an item is a copy of another whose text it
// shares, or why it is not. What little of a text is shared needs the rest of
// the words to be alike: background that an outlet repeats is no copy.
func (x *Index) copyRule(e *entry, k *kin, list []kin) (rule, why string) {
	few := k.sharedWords < copyWords && (k.shared < copyShingles || k.score < nearlyAll && e.rate*k.rate > 1)
	if few || k.shared < leastShingles {
		return "", "too little text in common"
	}
	first := firstOf(list, *k)
	if first == nil {
		if k.score >= copyMost {
			return "containment", ""
		}
		return "", "too little of either text is in the other"
	}
	like, least := cosine(e, first.entry), copyLike
	if k.source == e.source {
		least = copyLikeOwn
	}
	switch {
	case k.score >= copyMost && (first.entry == k.entry || like >= copyOfCopy),
		k.score >= copyShare && like >= least && max(first.inA, first.inB) >= copyOfFirst,
		first.entry == k.entry && k.score >= copyPart && like >= copyVeryLike:
		return "containment", ""
	case first.entry == k.entry && k.score >= copyEdited && vocabulary(e, k.entry) >= copyVocabulary:
		return "containment and words", ""
	}
	return "", "too little of either text is in the other"
}

// firstOf returns the item of which k is a copy, which represents their text:
// k itself, if it is the first. It is nil if it is not among the list.
func firstOf(list []kin, k kin) *kin {
	if k.represents() {
		return &k
	}
	for i := range list {
		if list[i].represents() && list[i].copies == k.copies {
			return &list[i]
		}
	}
	return nil
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

package story

import (
	"math"
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
	copyLikeOwn  = 0.6 // an outlet repeats the background of an affair
	copyOfFirst  = 0.3 // share of the text that was copied first
	copyPart     = 0.4
	copyPartOf   = 32 // shingles of which a part says something
	copyVeryLike = 0.6
	copyEdited   = 0.25 // where the vocabulary is the same: words were changed here and there
	nearlyAll    = 0.9
	preferFirst  = 0.1 // by how much less a text may share with the first of the copies than with another

	// Of two texts that are both contained in a third, it is a copy of the one
	// whose headline it has.
	preferHeadline = 1.5

	copyWithin     = 0.6  // share of the words of the shorter text that the other has
	copyLength     = 16   // shingles of either text over which a small share says something
	copyVocabulary = 0.65 // share of the words of both texts that is the same vocabulary
	copyWords      = 20   // words in shared passages, at the least,
	copyShingles   = 8    // or shared shingles of two short texts
	leastShingles  = 4
	updateWords    = 250 // words in shared passages of a text whose figures may change
	updateReach    = 12 * 3600
	enoughCopies   = 4   // full copies of one text that are kept to find further ones
	fullCopy       = 0.9 // share of a text that a full copy has

	// Live items that have a passage, or an exact key, in common, beyond which
	// those that come are found by the others: without it a text that thousands
	// carry would cost each of them a look at all.
	enoughSharing = 64
)

// A kin is an item whose text an item shares.
type kin struct {
	*entry
	overlap
	score float64
	rank  float64 // score, and what else speaks for it among copies
	rule  string  // why it is a copy; empty: it is not
	why   string  // why it is not
	// conflict: it would be a copy but for its names or numbers.
	conflict bool
}

// keep takes from a text's sample what the source repeats from item to item
// and what every text may have, which is boilerplate. Items that share shingles
// of the rest are counted in x.hits.
func (x *Index) keep(r *reading, source uint64) {
	r.kept, r.crowded, r.boilerplate = r.kept[:0], r.crowded[:0], nil
	for _, h := range r.sample.shingles {
		x.sink += x.shingled.touch(h.hash)
	}
	x.found, x.ends = x.found[:0], x.ends[:0]
	for _, h := range r.sample.shingles {
		x.found = x.shingled.find(x.found, h.hash, x.roll.alive())
		x.ends = append(x.ends, len(x.found))
	}
	for _, number := range x.found {
		x.sink += uint32(x.roll.at(number).source)
	}
	begin := 0
	last := -1 // end of the boilerplate before
	for i, h := range r.sample.shingles {
		found := x.found[begin:x.ends[i]]
		begin = x.ends[i]
		var own, all [phraseSeen]uint32
		nOwn, nAll := 0, 0
		for _, number := range found {
			e := x.roll.at(number)
			if e.source == source {
				nOwn = distinct(&own, nOwn, e.group)
			}
			nAll = distinct(&all, nAll, e.group)
		}
		if nOwn >= boilerplateSeen || nAll >= phraseSeen {
			if r.boilerplate == nil {
				r.skipped = append(r.skipped[:0], make([]bool, len(r.body))...)
				r.boilerplate = r.skipped
			}
			from := h.at
			if last >= 0 {
				from = last // nothing of the text's own was seen between the two
			}
			last = min(len(r.body), h.at+shingleWords)
			for i := from; i < last; i++ {
				r.boilerplate[i] = true
			}
			continue
		}
		last = -1
		r.kept = append(r.kept, h)
		if len(found) >= enoughSharing {
			r.crowded = append(r.crowded, h.hash)
		}
		for _, number := range found {
			x.hits.add(number, 1)
		}
	}
}

// distinct adds a copy group to the first n of a list, unless it is there or the
// list is full, and returns how many there are.
func distinct(list *[phraseSeen]uint32, n int, group uint32) int {
	if n == len(list) || slices.Contains(list[:n], group) {
		return n
	}
	list[n] = group
	return n + 1
}

// kindred returns the items that share the most of the text of e, which keep
// has counted, and says of each whether e is a copy of it, the closest first.
func (x *Index) kindred(e *entry) []kin {
	x.ranked = x.hits.take(x.ranked[:0])
	most := greatest(x.ranked, copyCandidates)
	slices.Sort(most)
	list := make([]kin, 0, len(most))
	for _, rank := range slices.Backward(most) {
		list = append(list, kin{entry: x.roll.at(rankedNumber(rank))})
	}
	for i := range list {
		x.sink += uint32(len(list[i].shingles))
	}
	for i := range list {
		x.sink += touch(list[i].shingles)
	}
	x.lattice.set(e.shingles, e.rate)
	for i := range list {
		k := &list[i]
		k.overlap = x.lattice.containment(k.shingles, k.rate)
		k.score = max(k.inA, k.inB)
	}
	for i := range list {
		k := &list[i]
		k.rule, k.why = x.copyRule(e, k, list)
		if k.score >= copyEdited {
			if why := conflict(e, k.entry, k.inA >= k.inB); why != "" && !(why == otherNumbers && k.update(e)) {
				k.rule, k.why, k.conflict = "", why, true
			}
		}
		if k.rule != "" && k.source == e.source {
			if why := x.refilled(e, k, list); why != "" {
				k.rule, k.why, k.conflict = "", why, true
			}
		}
	}
	before := x.before(e, list)
	for i := range list {
		if k := &list[i]; k.rule != "" && anotherDay(e, k.entry) && slices.Contains(before, k.copies) {
			k.rule, k.why, k.conflict = "", nextOfSeries, true
		}
	}
	for i := range list {
		k := &list[i]
		k.rank = k.score
		if k.rule == "" { // it is all one which of these is closer
			continue
		}
		k.rank += preferHeadline * samePairs(e.pairs, k.pairs)
		if k.represents() {
			k.rank += preferFirst
		}
		k.rank += copyCandidates // before all that are none
	}
	slices.SortFunc(list, byRank)
	return list
}

// before returns the copies of which an item's source has had one on another day, and
// has more or less the same again. Nor is that a copy of what others have taken of it.
func (x *Index) before(e *entry, list []kin) (copies []string) {
	for i := range list {
		if list[i].why == nextOfSeries {
			copies = append(copies, list[i].copies)
		}
	}
	if text := e.exact[keyText]; text != 0 {
		for _, number := range x.keyed(text) {
			if o := x.roll.at(number); o.exact[keyText] == text && recurs(e, o) {
				copies = append(copies, o.copies)
			}
		}
	}
	return copies
}

// touch reads a line of the cache after the other of a list.
func touch[T ~uint32](list []T) uint32 {
	sum := uint32(0)
	for i := 0; i < len(list); i += 16 {
		sum += uint32(list[i])
	}
	return sum
}

// update reports whether two texts are so long, and lie so little apart, that
// one of them is the other with later figures, and not a form of a day.
func (k *kin) update(e *entry) bool {
	return k.sharedWords >= updateWords && math.Abs(float64(e.published-k.published)) < updateReach
}

func byRank(a, b kin) int {
	switch {
	case a.rank > b.rank:
		return -1
	case a.rank < b.rank:
		return 1
	}
	return int(a.number) - int(b.number)
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
	isFirst, own, like := first.entry == k.entry, k.source == e.source, cosine(e, first.entry)
	least, part := copyLike, copyVeryLike
	if own {
		least, part = copyLikeOwn, copyLikeOwn
	}
	switch {
	case k.score >= copyMost && (isFirst || like >= copyOfCopy),
		k.score >= copyShare && like >= least && max(first.inA, first.inB) >= copyOfFirst,
		isFirst && k.score >= copyPart && like >= part && (k.score >= copyShare || min(k.lengthA, k.lengthB) >= copyPartOf),
		!own && k.score >= copyShare && like >= copyLike && within(e, k.entry) >= copyWithin && min(k.lengthA, k.lengthB) >= copyLength:
		return "containment", ""
	case e.rate > 1 && k.rate > 1 && k.score >= copyEdited && vocabulary(e, k.entry) >= copyVocabulary:
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

// within is the share of the words of the head of the shorter of two texts that
// the other has, 0 to 1.
func within(a, b *entry) float64 {
	n := min(len(a.common.low), len(b.common.low))
	if n == 0 {
		return 0
	}
	return float64(shared(&a.common, &b.common)) / float64(n)
}

// vocabulary is the share of the words of two heads of texts that both have,
// 0 to 1.
func vocabulary(a, b *entry) float64 {
	n := max(len(a.common.low), len(b.common.low))
	if n == 0 {
		return 0
	}
	return float64(shared(&a.common, &b.common)) / float64(n)
}

package story

import "slices"

const (
	shingleWords = 4  // words in a shingle
	headWords    = 32 // the head of a text, which is what summaries are made of
	wholeWords   = 64 // a text so long is kept whole, one twice as long by half, and so on
	nearWords    = 96 // where the head ends of which
	nearRate     = 4  // at the least one in so many is kept, for the longer summaries
	restRate     = 8  // in a text of usual length one in so many is kept of the rest
	maxRest      = 80 // shingles kept of the rest: beyond, the rate is doubled

	leastOwn = 12 // shingles by which a short text is judged without its quotations
)

// A shingle is the hash of a few words in a row, at a place of the text.
type shingle struct {
	hash uint32
	at   int // index of its first token
}

// A sample is the shingles of a text that are kept. Which ones is decided by
// the hash alone, so that two texts keep the same ones of what they share: all
// whose hash is divisible by rate, all of the head, and more behind it.
type sample struct {
	shingles []shingle // in the order of the text
	rate     uint32
}

// sampleOf takes the sample of a text, into a list that is there already.
func sampleOf(list []shingle, tokens []token) sample {
	const n = shingleWords
	s := sample{list[:0], 1}
	for s.rate < restRate && len(tokens) > wholeWords*int(s.rate) {
		s.rate *= 2
	}
	rest := 0
	for i := 0; i+n <= len(tokens); i++ {
		h := uint64(n)
		for _, t := range tokens[i : i+n] {
			h = (h ^ uint64(t.word)) * 0x9E3779B97F4A7C15
			h ^= h >> 29
		}
		hash := uint32(h >> 32)
		if !s.keeps(shingle{hash, i}) {
			continue
		}
		s.shingles = append(s.shingles, shingle{hash, i})
		if i >= nearWords {
			rest++
		}
		for rest > maxRest {
			s.rate *= 2
			s.shingles = slices.DeleteFunc(s.shingles, func(x shingle) bool { return !s.keeps(x) })
			rest = 0
			for _, x := range s.shingles {
				if x.at >= nearWords {
					rest++
				}
			}
		}
	}
	return s.unquoted(tokens)
}

// unquoted takes out of a short text what is quoted, which every report of a
// speech has: of a few sentences it may be the half, and is no sign of a copy.
func (s sample) unquoted(tokens []token) sample {
	if len(tokens) > nearWords {
		return s
	}
	quoted := func(x shingle) bool {
		words := tokens[x.at : x.at+shingleWords]
		return !slices.ContainsFunc(words, func(t token) bool { return t.flags&flagQuoted == 0 })
	}
	own := 0
	for _, x := range s.shingles {
		if !quoted(x) {
			own++
		}
	}
	if own >= leastOwn {
		s.shingles = slices.DeleteFunc(s.shingles, quoted)
	}
	return s
}

func (s *sample) keeps(x shingle) bool {
	switch {
	case x.at < headWords:
		return true
	case x.at < nearWords:
		return kept(x.hash, min(s.rate, nearRate)) == 1
	}
	return kept(x.hash, s.rate) == 1
}

// hashes returns the hashes of shingles, sorted, each once.
func hashes(shingles []shingle) []uint32 {
	list := make([]uint32, len(shingles))
	for i, x := range shingles {
		list[i] = x.hash
	}
	return sortedSet(list)
}

// An overlap is what the samples of two texts have in common.
type overlap struct {
	shared      int     // shingles of both, at any rate
	inA, inB    float64 // the share of either text that is in the other, 0 to 1
	lengthA     int     // shingles of A that inA was taken over
	lengthB     int
	sharedWords int // about how many words of both stand in shared shingles
}

// A lattice finds the shingles of one text, for taking its overlap with many:
// most of theirs it does not have, and says so at a glance.
type lattice struct {
	shingles []uint32 // sorted
	rate     uint32
	some     [64]uint64 // a bit for the beginning of each hash
	coarse   uint32     // the rate at which own was counted; 0: it was not yet
	own      levels
}

func (l *lattice) set(shingles []uint32, rate uint32) {
	*l = lattice{shingles: shingles, rate: rate}
	for _, h := range shingles {
		l.some[h>>26] |= 1 << (h >> 20 & 63)
	}
}

func (l *lattice) has(h uint32) bool {
	if l.some[h>>26]>>(h>>20&63)&1 == 0 {
		return false
	}
	_, found := slices.BinarySearch(l.shingles, h)
	return found
}

// containment compares a text with another, by the sample of it. Of a text that
// was sampled at a finer rate than the other, a summary most often, the share
// that is in what is kept of the other's head is a lower bound, and is taken
// where it says more.
func (l *lattice) containment(b []uint32, rateB uint32) overlap {
	coarse := max(l.rate, rateB)
	if l.coarse != coarse {
		l.own, l.coarse = levels{}, coarse
		for _, h := range l.shingles {
			l.own.count(h, coarse, l.rate)
		}
	}
	var o overlap
	var inBoth, inB levels
	fineA, fineB := 0, 0
	for _, h := range b {
		inB.count(h, coarse, rateB)
		if l.has(h) {
			o.shared++
			inBoth.count(h, coarse, l.rate)
			fineA, fineB = fineA+kept(h, l.rate), fineB+kept(h, rateB)
		}
	}
	o.inA, o.lengthA = l.own.share(inBoth, fineA, l.rate <= nearRate && coarse > nearRate)
	o.inB, o.lengthB = inB.share(inBoth, fineB, rateB <= nearRate && coarse > nearRate)
	o.sharedWords = max(inBoth.coarse*int(coarse), fineA*int(l.rate), fineB*int(rateB))
	return o
}

// levels counts shingles of a text by the rates that they are kept at.
type levels struct{ coarse, near, fine int }

func (l *levels) count(hash, coarse, fine uint32) {
	l.coarse += kept(hash, coarse)
	l.near += kept(hash, nearRate)
	l.fine += kept(hash, fine)
}

// kept is 1 for a hash that is kept at a rate, which is a power of two; else 0.
func kept(hash, rate uint32) int {
	if hash&(rate-1) == 0 {
		return 1
	}
	return 0
}

// share returns the greatest of the shares of a text that are in another, each
// of which needs a few shingles to mean anything, and the number that it was
// taken over. fine are those in both at the text's own rate; near tells whether
// what is kept of the other's head only is to be looked at.
func (l *levels) share(both levels, fine int, near bool) (float64, int) {
	const enough, enoughNear = 4, 8
	s, n := 0.0, 0
	if l.coarse >= enough {
		s, n = float64(both.coarse)/float64(l.coarse), l.coarse
	}
	if l.fine >= enough {
		if f := float64(fine) / float64(l.fine); f > s || n == 0 {
			s, n = f, l.fine
		}
	}
	if near && l.near >= enoughNear {
		if f := float64(both.near) / float64(l.near); f > s {
			s, n = f, l.near
		}
	}
	return s, n
}

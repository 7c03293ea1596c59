package story

import "slices"

const (
	shingleWords = 4  // words in a shingle
	headWords    = 40 // the head of a text, which is what summaries are made of
	restRate     = 8  // and of the rest's, in a text of usual length
	maxRest      = 96 // shingles kept of the rest: beyond, the rate is doubled
)

// A shingle is the hash of a few words in a row, at a place of the text.
type shingle struct {
	hash uint32
	at   int // index of its first token
}

// A sample is the shingles of a text that are kept. Which ones is decided by
// the hash alone, so that two texts keep the same ones of what they share: all
// whose hash is divisible by rate, and all of the head.
type sample struct {
	shingles []shingle // in the order of the text
	rate     uint32
}

// sampleOf takes the sample of a text.
func sampleOf(tokens []token) sample {
	const n = shingleWords
	s := sample{rate: 1}
	if len(tokens) > headWords {
		s.rate = restRate
	}
	rest := 0
	for i := 0; i+n <= len(tokens); i++ {
		h := uint64(n)
		for _, t := range tokens[i : i+n] {
			h = (h ^ uint64(t.word)) * 0x9E3779B97F4A7C15
			h ^= h >> 29
		}
		hash := uint32(h >> 32)
		if i >= headWords && hash%s.rate != 0 {
			continue
		}
		s.shingles = append(s.shingles, shingle{hash, i})
		if i >= headWords {
			rest++
		}
		for rest > maxRest {
			s.rate *= 2
			s.shingles = slices.DeleteFunc(s.shingles, func(x shingle) bool {
				return x.at >= headWords && x.hash%s.rate != 0
			})
			rest = 0
			for _, x := range s.shingles {
				if x.at >= headWords {
					rest++
				}
			}
		}
	}
	return s
}

// hashes returns the sample's hashes, sorted, each once.
func (s sample) hashes() []uint32 {
	list := make([]uint32, len(s.shingles))
	for i, x := range s.shingles {
		list[i] = x.hash
	}
	return sortedSet(list)
}

func sortedSet(list []uint32) []uint32 {
	slices.Sort(list)
	return slices.Compact(list)
}

// An overlap is what the samples of two texts have in common.
type overlap struct {
	shared      int     // shingles of both, at any rate
	inA, inB    float64 // the share of either text that is in the other, 0 to 1
	lengthA     int     // shingles of A that inA was taken over
	lengthB     int
	sharedWords int // about how many words of both stand in shared shingles
}

// containment compares two samples, sorted, with their rates. Of a text that
// was sampled at the finer rate, a summary most often, the share that is in
// the other's head is a lower bound, and is taken where it says more.
func containment(a, b []uint32, rateA, rateB uint32) overlap {
	var o overlap
	coarse := max(rateA, rateB)
	var coarseA, coarseB, sharedCoarse, fineA, fineB, sharedA, sharedB int
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case j == len(b) || i < len(a) && a[i] < b[j]:
			count(a[i], coarse, rateA, &coarseA, &fineA)
			i++
		case i == len(a) || a[i] > b[j]:
			count(b[j], coarse, rateB, &coarseB, &fineB)
			j++
		default:
			o.shared++
			count(a[i], coarse, rateA, &coarseA, &fineA)
			count(b[j], coarse, rateB, &coarseB, &fineB)
			count(a[i], coarse, rateA, &sharedCoarse, &sharedA)
			if b[j]%rateB == 0 {
				sharedB++
			}
			i++
			j++
		}
	}
	o.inA, o.lengthA = share(sharedCoarse, coarseA, sharedA, fineA)
	o.inB, o.lengthB = share(sharedCoarse, coarseB, sharedB, fineB)
	o.sharedWords = max(sharedCoarse*int(coarse), sharedA*int(rateA), sharedB*int(rateB))
	return o
}

func count(hash, coarse, fine uint32, nCoarse, nFine *int) {
	if hash%coarse == 0 {
		*nCoarse++
	}
	if hash%fine == 0 {
		*nFine++
	}
}

// share returns the greater of two shares, each of which needs a few shingles
// to mean anything, and the number that it was taken over.
func share(shared, of, sharedFine, ofFine int) (float64, int) {
	const enough = 4
	s, n := 0.0, 0
	if of >= enough {
		s, n = float64(shared)/float64(of), of
	}
	if ofFine >= enough {
		if f := float64(sharedFine) / float64(ofFine); f > s || n == 0 {
			s, n = f, ofFine
		}
	}
	return s, n
}

package story

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestLattice holds the overlap of two samples against what both are counted to
// have in common, one list beside the other.
func TestLattice(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	sampled := func(n int, rate, span uint32) []uint32 {
		list := make([]uint32, n)
		for i := range list {
			// From few and many beginnings, some of the head and the rest at the rate.
			if list[i] = rng.Uint32N(span) << 20 >> (rng.Uint32N(2) * 8); rng.IntN(3) > 0 {
				list[i] -= list[i] % rate
			}
		}
		return sortedSet(list)
	}
	var l lattice
	shared, partly := 0, 0
	for range 2000 {
		rateA := uint32(1) << rng.IntN(5)
		a := sampled(rng.IntN(90), rateA, 200)
		l.set(a, rateA)
		for range 3 {
			rateB := uint32(1) << rng.IntN(5)
			b := sampled(rng.IntN(90), rateB, 200)
			both := slices.DeleteFunc(slices.Clone(b), func(h uint32) bool { return !slices.Contains(a, h) })
			o := l.containment(b, rateB)
			if o.shared != len(both) {
				t.Fatalf("%d shared, counted %d: %x and %x", o.shared, len(both), a, b)
			}
			coarse := max(rateA, rateB)
			inA, lengthA := share(a, both, rateA, coarse)
			inB, lengthB := share(b, both, rateB, coarse)
			if o.inA != inA || o.lengthA != lengthA || o.inB != inB || o.lengthB != lengthB {
				t.Fatalf("%+v, counted %g of %d and %g of %d: %x at %d and %x at %d", o, inA, lengthA, inB, lengthB, a, rateA, b, rateB)
			}
			words := max(multiples(both, coarse)*int(coarse), multiples(both, rateA)*int(rateA), multiples(both, rateB)*int(rateB))
			if o.sharedWords != words {
				t.Fatalf("%d words, counted %d", o.sharedWords, words)
			}
			if o.shared > 0 {
				shared++
			}
			if o.inA > 0 && o.inA < 1 {
				partly++
			}
		}
	}
	if shared < 1000 || partly < 1000 {
		t.Fatalf("only %d overlaps, %d of them of a part", shared, partly)
	}
}

// share is the share of a list that is in both, and of how many, by the rules of
// levels.share.
func share(list, both []uint32, rate, coarse uint32) (float64, int) {
	of := func(r uint32) (float64, int) {
		n := multiples(list, r)
		return float64(multiples(both, r)) / float64(max(1, n)), n
	}
	s, n := 0.0, 0
	if f, m := of(coarse); m >= 4 {
		s, n = f, m
	}
	if f, m := of(rate); m >= 4 && (f > s || n == 0) {
		s, n = f, m
	}
	if f, m := of(nearRate); rate <= nearRate && coarse > nearRate && m >= 8 && f > s {
		s, n = f, m
	}
	return s, n
}

func multiples(list []uint32, of uint32) (n int) {
	for _, h := range list {
		if h%of == 0 {
			n++
		}
	}
	return n
}

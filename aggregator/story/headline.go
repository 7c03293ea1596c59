package story

import "math"

const (
	headlineReach = 36 * 3600 // seconds between two items with one headline, at the most
	headlineItems = 32        // closest items whose headlines are compared
	comparable    = 4         // shingles that both texts must have to be held against each other
)

// sameHeadline returns an item with nearly the same headline whose text, where
// both have one, does not speak against it: how a copy is known whose body is
// missing or was made into another summary.
func (x *Index) sameHeadline(e *entry, near []*entry, slug string, barred map[*entry]string) (*entry, float64) {
	var found *entry
	best := 0.0
	for _, o := range near[:min(len(near), headlineItems)] {
		if barred[o] != "" || !x.overrides.allow(slug, o.in().id) || math.Abs(float64(e.published-o.published)) > headlineReach {
			continue
		}
		share, evidence := x.headlines(e, o)
		bodies := len(e.shingles) >= comparable && len(o.shingles) >= comparable
		least := tune2.share
		if bodies {
			least += .05
		}
		if share < least || evidence < tune2.ev || share <= best {
			continue
		}
		if e.rate > 1 && o.rate > 1 {
			if c := containment(e.shingles, o.shingles, e.rate, o.rate); max(c.inA, c.inB) < tune2.long {
				continue
			}
		}
		if bodies && share+cosine(e, o) < tune2.sum {
			continue
		}
		best, found = share, o
	}
	return found, best
}

var tune2 = struct{ share, ev, sum, long float64 }{.7, 26, 1.4, .2}

// headlines is the weighted share of the words of two headlines that both
// have, and how telling those are: the sum of their rarities. Headlines with
// different numbers share nothing.
func (x *Index) headlines(a, b *entry) (share, evidence float64) {
	var both, either int64
	var numbersA, numbersB int
	for i, j := 0, 0; i < len(a.terms) || j < len(b.terms); {
		switch {
		case j == len(b.terms) || i < len(a.terms) && a.terms[i].hash() < b.terms[j].hash():
			either += titlePart(a.terms[i])
			numbersA += titleNumber(a.terms[i])
			i++
		case i == len(a.terms) || a.terms[i].hash() > b.terms[j].hash():
			either += titlePart(b.terms[j])
			numbersB += titleNumber(b.terms[j])
			j++
		default:
			p, q := titlePart(a.terms[i]), titlePart(b.terms[j])
			either += max(p, q)
			if p > 0 && q > 0 {
				both += max(p, q)
			}
			i++
			j++
		}
	}
	if 2*both <= either || numbersA > 0 && numbersB > 0 {
		return 0, 0 // less than half is too little for every use
	}
	for i, j := 0, 0; i < len(a.terms) && j < len(b.terms); {
		switch {
		case a.terms[i].hash() < b.terms[j].hash():
			i++
		case a.terms[i].hash() > b.terms[j].hash():
			j++
		default:
			if titlePart(a.terms[i]) > 0 && titlePart(b.terms[j]) > 0 {
				evidence += x.seen.rarity(a.terms[i].hash())
			}
			i++
			j++
		}
	}
	return float64(both) / float64(either), evidence
}

func titlePart(t term) int64 {
	if t.flags()&termTitle == 0 {
		return 0
	}
	return t.weight()
}

func titleNumber(t term) int {
	if t.flags()&(termTitle|termNumber) == termTitle|termNumber {
		return 1
	}
	return 0
}

package story

// How much of the words of two headlines must agree, numbers left out, for
// different numbers in them to mean that one form was filled in twice: two
// notices, two rounds, two days. Of one outlet less is asked, since an outlet
// that tells of an event again does so under another headline; of two, all,
// since a toll that rises is in the headlines of both.
const (
	ownForm   = 0.6
	otherForm = 0.999
)

// template reports whether two items are one short form that was filled in
// twice, by their headlines: the words agree and the numbers do not. Texts with
// so much in common that one is a copy of the other are not asked.
func (x *Index) template(a, b *entry) bool {
	if a.order == 0 && b.order == 0 {
		return false // no numbers
	}
	var both, either int64
	var onlyA, onlyB int
	for i, j := 0, 0; i < len(a.terms) || j < len(b.terms); {
		switch {
		case j == len(b.terms) || i < len(a.terms) && a.terms[i].hash() < b.terms[j].hash():
			either += titleWord(a.terms[i])
			onlyA += titleNumber(a.terms[i])
			i++
		case i == len(a.terms) || a.terms[i].hash() > b.terms[j].hash():
			either += titleWord(b.terms[j])
			onlyB += titleNumber(b.terms[j])
			j++
		default:
			p, q := titleWord(a.terms[i]), titleWord(b.terms[j])
			either += max(p, q)
			if p > 0 && q > 0 {
				both += max(p, q)
			}
			i++
			j++
		}
	}
	if onlyA+onlyB == 0 && a.order == b.order || either == 0 {
		return false
	}
	share := float64(both) / float64(either)
	return share >= otherForm || a.source == b.source && onlyA > 0 && onlyB > 0 && share >= ownForm
}

// Very short items are compared by so few words that two of them may agree by
// chance, as long as the index is new and knows no word as common.
const (
	veryShort  = 6   // terms below which an item is
	leastWords = 3   // that both must have, numbers left out, to be on one event
	newIndex   = 100 // items below which an index is
)

// scant reports whether two very short items have too few words in common to
// be taken for reports of one event.
func (x *Index) scant(a, b *entry) bool {
	if x.seen.items >= newIndex || min(len(a.terms), len(b.terms)) >= veryShort {
		return false
	}
	words := 0
	for i, j := 0, 0; i < len(a.terms) && j < len(b.terms); {
		switch s, t := a.terms[i], b.terms[j]; {
		case s.hash() < t.hash():
			i++
		case s.hash() > t.hash():
			j++
		default:
			if s.flags()&termNumber == 0 {
				words++
			}
			i++
			j++
		}
	}
	return words < leastWords
}

// numberOrder stands for the numbers of a headline in their order, since "part
// 1 of book 2" is not "part 2 of book 1"; 0 if there are none.
func numberOrder(title []token) uint32 {
	var order uint32
	for _, t := range title {
		if t.flags&flagNumber != 0 {
			order = order*16777619 ^ t.stem | 1
		}
	}
	return order
}

// titleWord is the weight of a term as a word of the headline; 0 if it is a
// number or of the text only.
func titleWord(t term) int64 {
	if t.flags()&(termTitle|termNumber) != termTitle {
		return 0
	}
	return t.weight()
}

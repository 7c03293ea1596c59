package story

// A lens finds the terms of one item by their hashes, for holding many others against
// it: most of their terms it does not have, and says so at a glance. What the words of
// its headline say is reckoned once.
type lens struct {
	*entry
	first [lensSize]uint8 // by the end of the hash: a place in terms, counted from 1
	next  [maxTerms]uint8 // by place: the next with the same end

	words, numbers int                   // of the headline
	weight         int64                 // of its words, numbers left out
	some           [lensSize / 64]uint64 // a bit for the end of the hash of each

	told    bool // what follows is reckoned
	parts   int64
	telling [maxTerms]telling // by place
}

const lensSize = 512

// set makes it the lens of an item.
func (l *lens) set(e *entry) {
	l.entry, l.told = e, false
	l.words, l.numbers, l.weight = 0, 0, 0
	clear(l.first[:])
	clear(l.some[:])
	for i, t := range e.terms {
		end := t.hash() % lensSize
		l.next[i], l.first[end] = l.first[end], uint8(i+1)
		l.some[end/64] |= uint64(t.flags()&termTitle) << (end % 64)
		l.numbers += titleNumber(t)
		if w := titleWord(t); w > 0 {
			l.words++
			l.weight += w
		}
	}
}

// at returns the place of the term with the hash of another, which is less than 0 if
// there is none.
func (l *lens) at(t term) int {
	for i := l.first[t.hash()%lensSize]; i != 0; i = l.next[i-1] {
		if l.terms[i-1].hash() == t.hash() {
			return int(i) - 1
		}
	}
	return -1
}

// dot is the product of the item's vector and another.
func (l *lens) dot(other []term) int64 {
	sum := int64(0)
	for _, t := range other {
		if i := l.at(t); i >= 0 {
			sum += l.terms[i].weight() * t.weight()
		}
	}
	return sum
}

// wordInCommon is false if the item's headline shares no word with another's, and
// true of hardly any other that does not. It does not branch, as a processor could not
// guess where to.
func (l *lens) wordInCommon(b *entry) bool {
	found := uint64(0)
	for _, t := range b.terms {
		end := t.hash() % lensSize
		found |= l.some[end/64] >> (end % 64) & uint64(t.flags()&termTitle)
	}
	return found != 0
}

package story

import "slices"

// A stemSet is a set of numbers below 1<<dfBits, in little more than two bytes
// each: their low halves, ordered by the high halves, which are the index of
// ends.
type stemSet struct {
	low  []uint16
	ends [1 << (dfBits - 16)]uint16 // where the numbers with that high half end
}

// newStemSet makes a set of a sorted list without duplicates.
func newStemSet(list []uint32) stemSet {
	var s stemSet
	s.low = make([]uint16, len(list))
	for i, v := range list {
		s.low[i] = uint16(v)
		s.ends[v>>16] = uint16(i + 1)
	}
	for i := 1; i < len(s.ends); i++ {
		s.ends[i] = max(s.ends[i], s.ends[i-1])
	}
	return s
}

// list appends the numbers to out, sorted.
func (s *stemSet) list(out []uint32) []uint32 {
	high := uint32(0)
	for i, v := range s.low {
		for int(s.ends[high]) <= i {
			high++
		}
		out = append(out, high<<16|uint32(v))
	}
	return out
}

// bucket returns the low halves of the numbers with a high half.
func (s *stemSet) bucket(high int) []uint16 {
	start := uint16(0)
	if high > 0 {
		start = s.ends[high-1]
	}
	return s.low[start:s.ends[high]]
}

// has reports whether a number is in the set.
func (s *stemSet) has(n uint32) bool {
	_, is := slices.BinarySearch(s.bucket(int(n>>16)), uint16(n))
	return is
}

// shared counts what two sets have in common.
func shared(a, b *stemSet) int {
	n := 0
	for high := range a.ends {
		p, q := a.bucket(high), b.bucket(high)
		for i, j := 0, 0; i < len(p) && j < len(q); {
			switch {
			case p[i] < q[j]:
				i++
			case p[i] > q[j]:
				j++
			default:
				n++
				i++
				j++
			}
		}
	}
	return n
}

// sortedSet sorts a list and takes out duplicates, in place.
func sortedSet(list []uint32) []uint32 {
	slices.Sort(list)
	return slices.Compact(list)
}

package story

// Hits count by number. There are few numbers among very many, so they lie in
// a table of their own that is small enough to stay near the processor, however
// many entries the index has.
type hits struct {
	slots []hit    // a power of two; where the number would be, or behind
	used  []uint32 // the slots in use, in the order of the first hit
}

// A hit is how often a number was hit; a slot that is not in use has no count.
type hit struct{ number, count uint32 }

const leastHits = 1 << 12 // slots

// add counts n, which is more than 0, for a number.
func (h *hits) add(number, n uint32) {
	if 2*len(h.used) >= len(h.slots) {
		h.grow()
	}
	i := h.place(number)
	if h.slots[i].count == 0 {
		h.slots[i].number = number
		h.used = append(h.used, i)
	}
	h.slots[i].count += n
}

// place returns the slot of a number, or the one that it is to have.
func (h *hits) place(number uint32) uint32 {
	mask := uint32(len(h.slots) - 1)
	i := number * 0x9E3779B1 >> 8 & mask
	for h.slots[i].count != 0 && h.slots[i].number != number {
		i = (i + 1) & mask
	}
	return i
}

func (h *hits) grow() {
	old := h.slots
	h.slots = make([]hit, max(leastHits, 2*len(old)))
	for k, i := range h.used {
		place := h.place(old[i].number)
		h.slots[place], h.used[k] = old[i], place
	}
}

// take appends the numbers to list, each as a rank: the greater the more hits
// it has, and of equals the older number. Then no number has a hit.
func (h *hits) take(list []uint64) []uint64 {
	for _, i := range h.used {
		list = append(list, uint64(h.slots[i].count)<<32|uint64(^h.slots[i].number))
		h.slots[i].count = 0
	}
	h.used = h.used[:0]
	return list
}

// rankedNumber is the number of a rank.
func rankedNumber(rank uint64) uint32 { return ^uint32(rank) }

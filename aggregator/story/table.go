package story

// A table maps a hash to the numbers of the entries that have it, in eight
// bytes a pair. It is open addressing with linear probing: a Go map of slices
// would take ten times the memory, and most hashes have one entry only.
type table struct {
	slots []uint64 // hash<<32 | number; 0: free. Numbers begin at 1.
	used  int
}

func (t *table) home(hash uint32) int {
	return int(uint64(hash)*0x9E3779B97F4A7C15>>32) & (len(t.slots) - 1)
}

// each calls visit with every entry that has the hash.
func (t *table) each(hash uint32, visit func(number uint32)) {
	if len(t.slots) == 0 {
		return
	}
	for i := t.home(hash); t.slots[i] != 0; i = (i + 1) & (len(t.slots) - 1) {
		if uint32(t.slots[i]>>32) == hash {
			visit(uint32(t.slots[i]))
		}
	}
}

func (t *table) add(hash, number uint32) {
	if 4*(t.used+1) > 3*len(t.slots) {
		t.grow()
	}
	i := t.home(hash)
	for t.slots[i] != 0 {
		i = (i + 1) & (len(t.slots) - 1)
	}
	t.slots[i] = uint64(hash)<<32 | uint64(number)
	t.used++
}

func (t *table) grow() {
	old := t.slots
	t.slots = make([]uint64, max(1024, 2*len(old)))
	for _, pair := range old {
		if pair == 0 {
			continue
		}
		i := t.home(uint32(pair >> 32))
		for t.slots[i] != 0 {
			i = (i + 1) & (len(t.slots) - 1)
		}
		t.slots[i] = pair
	}
}

// remove takes out one pair and closes the gap, so that no marks of removed
// pairs pile up however long the index runs.
func (t *table) remove(hash, number uint32) {
	if len(t.slots) == 0 {
		return
	}
	mask := len(t.slots) - 1
	pair := uint64(hash)<<32 | uint64(number)
	i := t.home(hash)
	for t.slots[i] != pair {
		if t.slots[i] == 0 {
			return
		}
		i = (i + 1) & mask
	}
	t.used--
	for j := (i + 1) & mask; t.slots[j] != 0; j = (j + 1) & mask {
		home := t.home(uint32(t.slots[j] >> 32))
		if (j-home)&mask >= (j-i)&mask { // the pair may move back to i
			t.slots[i] = t.slots[j]
			i = j
		}
	}
	t.slots[i] = 0
}

package story

// A roll is the live entries, in the order of the log. They lie side by side in
// blocks, so that an entry is where its number says and need not be looked up,
// and a collection of garbage has few things to look at. A block is given up when
// none of its entries is alive.
type roll struct {
	blocks []*[blockEntries]entry
	base   uint32 // number of the first entry of the first block
	first  uint32 // and of the first that is alive
	count  uint32 // entries that are alive

	terms   lists[term]
	numbers lists[uint32]
	halves  lists[uint16]
}

const (
	blockEntries = 128
	blockNumbers = 1 << 14 // in a block of lists, at the least
)

func newRoll() roll { return roll{base: 1, first: 1} }

// alive is the numbers of the live entries.
func (r *roll) alive() span { return span{r.first, r.count} }

// next is the number that the next entry gets.
func (r *roll) next() uint32 { return r.first + r.count }

// at returns the live entry with a number.
func (r *roll) at(number uint32) *entry {
	i := number - r.base
	return &r.blocks[i/blockEntries][i%blockEntries]
}

// add takes an entry in and returns it as it is now, with its number.
func (r *roll) add(e *entry) *entry {
	if int(r.next()-r.base) == len(r.blocks)*blockEntries {
		r.blocks = append(r.blocks, new([blockEntries]entry))
	}
	r.count++
	in := r.at(r.next() - 1)
	*in = *e
	in.number, in.group = r.next()-1, idSum(e.copies)
	in.terms = r.terms.keep(e.terms)
	in.shingles, in.marks = r.numbers.keep(e.shingles), r.numbers.keep(e.marks)
	in.common.low, in.pairs = r.halves.keep(e.common.low), r.halves.keep(e.pairs)
	return in
}

// drop takes the oldest entry out.
func (r *roll) drop() {
	*r.at(r.first) = entry{}
	r.first++
	r.count--
	if r.first-r.base == blockEntries {
		r.blocks[0] = nil
		r.blocks, r.base = r.blocks[1:], r.first
	}
}

// Lists are lists that are kept side by side in blocks. Those that come together
// go together, and a block goes with the last of them.
type lists[T any] struct{ room []T }

// keep returns a list as it is kept.
func (l *lists[T]) keep(list []T) []T {
	if len(list) == 0 {
		return nil
	}
	if len(list) > cap(l.room)-len(l.room) {
		l.room = make([]T, 0, max(blockNumbers, len(list)))
	}
	n := len(l.room)
	l.room = append(l.room, list...)
	return l.room[n:len(l.room):len(l.room)]
}

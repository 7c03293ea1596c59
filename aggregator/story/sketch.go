package story

import (
	"encoding/binary"
	"errors"
	"math"
	"math/bits"
	"slices"
	"unique"

	"github.com/wireroom/wireroom/aggregator/news"
)

// An entry is what the index knows of one item. All of it but what the
// decision itself says is in the sketch.
type entry struct {
	// What is asked of each of many entries stands together at the front, where
	// one look at memory, of 64 bytes, brings it all. An entry has a whole number
	// of them.
	number uint32   // counts up as entries come in
	rate   uint32   // of shingles
	source uint64   // sourceSum of the outlet
	story  *cluster // of the decision
	terms  []term   // sorted; none: a copy, which the copied item represents
	norm   uint32   // dot(terms, terms)
	group  uint32   // stands for copies
	arrival

	// of the decision; what many have is there once
	outlet unique.Handle[string] // the source: few are the sources of very many items
	id     string                // and what the item is there, see news.Key
	of     *news.Key             // nil: of none
	copies string                // id of the copy group
	agency unique.Handle[string] // the origin of a copy, see origin
	family unique.Handle[string]

	// of the sketch, as are rate, terms and arrival
	exact    [3]uint64
	shingles []uint32 // sorted; none: other copies of the text have them
	pairs    []uint16 // sorted; hashes of two words in a row of the headline
	marks    []uint32 // names and numbers of the whole text, see marksOf
	common   stemSet  // all terms of title and lead, cut to dfBits

	_ [8]byte // up to a whole number of lines
}

// key is the item's.
func (e *entry) key() news.Key { return news.Key{Source: e.outlet.Value(), ID: e.id} }

// optional is a key that most entries lack.
func optional(key news.Key) *news.Key {
	if key == (news.Key{}) {
		return nil
	}
	return &key
}

// from is the key of the item that the entry is a copy or a report of, if any.
func (e *entry) from() news.Key {
	if e.of == nil {
		return news.Key{}
	}
	return *e.of
}

// in is the story that the entry belongs to now.
func (e *entry) in() *cluster {
	for e.story.into != nil {
		e.story = e.story.into
	}
	return e.story
}

// represents reports whether the entry stands for its text in its story. Of
// copies the copied item does.
func (e *entry) represents() bool { return len(e.terms) > 0 }

// arrival is when an item came, in seconds since 1970 and in the order of the
// log, and what else is small.
type arrival struct {
	published int64
	opened    int64 // publication of the first item of its story
	clock     int64 // the latest publication that had been seen by then
	seq       int64
	kind      byte
	score     uint16 // in thousandths
	order     uint32 // hash of the numbers of the headline in their order, 0 if it has none; of what has neither headline nor text, of its id
}

// The versions of sketches that are read. The first had the lists by their
// differences in whole bytes, and all of common.
const (
	sketchInBytes = 2
	sketchVersion = 3
)

var errSketch = errors.New("story: the sketch is of another version or damaged")

// sketch packs an entry.
func (e *entry) sketch() []byte {
	b := make([]byte, 0, 64+4*len(e.shingles)+5*len(e.terms)+2*len(e.common.low))
	b = append(b, sketchVersion, e.kind)
	b = binary.AppendVarint(b, e.seq)
	b = binary.AppendVarint(b, e.clock)
	b = binary.AppendVarint(b, e.clock-e.published)
	b = binary.AppendVarint(b, e.published-e.opened)
	b = binary.AppendUvarint(b, uint64(e.score))
	for _, k := range e.exact {
		if k == 0 {
			b = append(b, 0)
			continue
		}
		b = append(b, 1)
		b = binary.BigEndian.AppendUint64(b, k)
	}
	b = binary.AppendUvarint(b, uint64(e.rate))
	b = binary.AppendUvarint(b, uint64(e.order))
	b = appendRice(b, e.pairs)
	b = appendRice(b, e.shingles)
	b = appendRice(b, e.marks)
	b = appendRice(b, e.terms)
	var roomOfTerms [maxTerms]uint32 // lists of so many are no garbage
	var roomOfCommon [leadWords + maxTitleWords]uint32
	ofTerms := cutTerms(roomOfTerms[:0], e.terms)
	return appendRice(b, slices.DeleteFunc(e.common.list(roomOfCommon[:0]), func(h uint32) bool {
		_, known := slices.BinarySearch(ofTerms, h)
		return known
	}))
}

// cutTerms returns the hashes of terms as they are in common, which has them
// all, sorted, in a list that is empty.
func cutTerms(list []uint32, terms []term) []uint32 {
	for _, t := range terms {
		list = append(list, t.hash()&(1<<dfBits-1))
	}
	return sortedSet(list)
}

// read unpacks what sketch packed.
func (e *entry) read(b []byte) error {
	r := sketchReader{b: b}
	list := r.rice
	switch r.byte() {
	case sketchInBytes:
		list = r.sorted
	case sketchVersion:
	default:
		return errSketch
	}
	e.kind = r.byte()
	e.seq = r.varint()
	e.clock = r.varint()
	e.published = e.clock - r.varint()
	e.opened = e.published - r.varint()
	e.score = uint16(r.uvarint())
	for i := range e.exact {
		if r.byte() != 0 {
			e.exact[i] = r.uint64()
		}
	}
	e.rate = uint32(r.uvarint())
	e.order = uint32(r.uvarint())
	pairs := list()
	e.shingles = list()
	e.marks = list()
	for i, t := range list() {
		if e.terms = append(e.terms, term(t)); i > 0 && e.terms[i].hash() <= e.terms[i-1].hash() {
			return errSketch
		}
	}
	common := union(list(), cutTerms(nil, e.terms))
	if r.failed || int(e.kind) >= len(kinds) || len(r.b) != 0 || bits.OnesCount32(e.rate) != 1 ||
		!ascending(common) || len(common) > 0 && common[len(common)-1] >= 1<<dfBits ||
		!ascending(pairs) || len(pairs) > 0 && pairs[len(pairs)-1] > math.MaxUint16 {
		return errSketch
	}
	for _, p := range pairs {
		e.pairs = append(e.pairs, uint16(p))
	}
	e.common = newStemSet(common)
	e.norm = uint32(dot(e.terms, e.terms))
	return nil
}

// sketchReader reads a sketch; after the first failure it reads zeros.
type sketchReader struct {
	b      []byte
	failed bool
}

func (r *sketchReader) fail() {
	r.b, r.failed = nil, true
}

func (r *sketchReader) byte() byte {
	if len(r.b) == 0 {
		r.fail()
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *sketchReader) uint64() uint64 {
	if len(r.b) < 8 {
		r.fail()
		return 0
	}
	v := binary.BigEndian.Uint64(r.b)
	r.b = r.b[8:]
	return v
}

func (r *sketchReader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *sketchReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *sketchReader) sorted() []uint32 {
	n := r.uvarint()
	if n > uint64(len(r.b)) { // each number takes a byte at least
		r.fail()
		return nil
	}
	list := make([]uint32, n)
	last := uint32(0)
	for i := range list {
		last += uint32(r.uvarint())
		list[i] = last
	}
	return list
}

// union merges two sorted lists.
func union(a, b []uint32) []uint32 {
	if len(b) == 0 {
		return a
	}
	out := make([]uint32, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			out, a = append(out, a[0]), a[1:]
		case a[0] > b[0]:
			out, b = append(out, b[0]), b[1:]
		default:
			out, a, b = append(out, a[0]), a[1:], b[1:]
		}
	}
	return append(append(out, a...), b...)
}

// ascending reports whether a list is sorted and without duplicates.
func ascending(list []uint32) bool {
	for i := 1; i < len(list); i++ {
		if list[i] <= list[i-1] {
			return false
		}
	}
	return true
}

package story

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/wireroom/wireroom/aggregator/news"
)

// An entry is what the index knows of one item. All of it but what the
// decision itself says is in the sketch.
type entry struct {
	number uint32 // counts up as entries come in

	// of the decision
	key    news.Key
	of     news.Key
	source string
	story  *cluster
	copies string // id of the copy group
	agency string // the origin of a copy, see origin
	family string

	// of the sketch
	arrival
	exact    [3]uint64
	rate     uint32   // of shingles
	shingles []uint32 // sorted; none: other copies of the text have them
	order    uint32   // hash of the headline's numbers in their order; 0: it has none
	marks    []uint32 // names and numbers of the whole text, see marksOf
	terms    []term   // sorted; none: a copy, which the copied item represents
	common   []uint32 // all terms of title and lead, cut to dfBits, sorted

	norm int64 // dot(terms, terms)
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
func (e *entry) represents() bool {
	return len(e.terms) > 0 && (kinds[e.kind] == news.KindNew || kinds[e.kind] == news.KindReport)
}

// arrival is when an item came, in seconds since 1970 and in the order of the
// log.
type arrival struct {
	seq       int64
	clock     int64 // the latest publication that had been seen by then
	published int64
	opened    int64 // publication of the first item of its story
	kind      byte
	score     uint16 // in thousandths
}

const sketchVersion = 1

var errSketch = errors.New("story: the sketch is of another version or damaged")

// sketch packs an entry. Lists are sorted, so that differences are small.
func (e *entry) sketch() []byte {
	b := make([]byte, 0, 64+4*len(e.shingles)+5*len(e.terms)+2*len(e.common))
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
	b = appendSorted(b, e.shingles)
	b = appendSorted(b, e.marks)
	hashes := make([]uint32, len(e.terms))
	for i, t := range e.terms {
		hashes[i] = t.hash()
	}
	b = appendSorted(b, hashes)
	for _, t := range e.terms {
		b = append(b, byte(t.weight()), byte(t.flags()))
	}
	return appendSorted(b, e.common)
}

func appendSorted(b []byte, list []uint32) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	last := uint32(0)
	for _, v := range list {
		b = binary.AppendUvarint(b, uint64(v-last))
		last = v
	}
	return b
}

// read unpacks what sketch packed.
func (e *entry) read(b []byte) error {
	r := sketchReader{b: b}
	if r.byte() != sketchVersion {
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
	e.shingles = r.sorted()
	e.marks = r.sorted()
	for _, h := range r.sorted() {
		e.terms = append(e.terms, newTerm(h, 0, 0))
	}
	for i := range e.terms {
		e.terms[i] = newTerm(e.terms[i].hash(), int64(r.byte()), termFlags(r.byte()))
	}
	e.common = r.sorted()
	if r.failed || int(e.kind) >= len(kinds) || len(r.b) != 0 || e.rate == 0 || len(e.common) > 0 && slices.Max(e.common) >= 1<<dfBits {
		return errSketch
	}
	e.norm = dot(e.terms, e.terms)
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

package story

import (
	"encoding/binary"
	"math/bits"
)

// Sorted lists of hashes are stored by the differences between neighbours, in
// Rice's code: so many low bits as the mean difference has, and the rest of it
// in ones and a zero. Of hashes that lie evenly that is within a few hundredths
// of the least that they can take.

// appendRice appends a list that is sorted and without duplicates: its length,
// the number of low bits, and the differences.
func appendRice[T ~uint16 | ~uint32](b []byte, list []T) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	if len(list) == 0 {
		return b
	}
	low := max(0, bits.Len32(uint32(list[len(list)-1])/uint32(len(list)))-1)
	b = append(b, byte(low))
	var word uint64 // bits that are not a whole byte yet, the first the highest
	n := 0
	write := func(v uint64, width int) {
		word |= v << (64 - n - width)
		for n += width; n >= 8; n -= 8 {
			b = append(b, byte(word>>56))
			word <<= 8
		}
	}
	last := T(0)
	for i, v := range list {
		d := uint32(v - last)
		if i > 0 {
			d-- // no two are the same
		}
		last = v
		for range d >> low {
			write(1, 1)
		}
		write(0, 1)
		write(uint64(d&(1<<low-1)), low)
	}
	if n > 0 {
		b = append(b, byte(word>>56))
	}
	return b
}

// rice reads what appendRice wrote.
func (r *sketchReader) rice() []uint32 {
	n := r.uvarint()
	if n == 0 {
		return nil
	}
	low := int(r.byte())
	if n > 8*uint64(len(r.b)) || low > 31 { // each number takes a bit at least
		r.fail()
		return nil
	}
	var word uint64
	have := 0
	read := func(width int) uint64 {
		for ; have < width; have += 8 {
			word |= uint64(r.byte()) << (56 - have)
		}
		v := word >> 1 >> (63 - width)
		word <<= width
		have -= width
		return v
	}
	list := make([]uint32, n)
	last := uint64(0)
	for i := range list {
		d := uint64(0)
		for read(1) == 1 && !r.failed {
			d++
		}
		last += d<<low | read(low)
		if i > 0 {
			last++
		}
		if last > 1<<32-1 {
			r.fail()
		}
		if r.failed {
			return nil
		}
		list[i] = uint32(last)
	}
	return list
}

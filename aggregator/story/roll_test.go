package story

import (
	"math"
	"slices"
	"testing"
	"unsafe"
)

// TestLines holds entries to the lines of 64 bytes in which memory comes: what is
// asked of each candidate is in the first, and no entry begins within one.
func TestLines(t *testing.T) {
	var e entry
	if end := unsafe.Offsetof(e.published) + unsafe.Sizeof(e.published); end > 64 {
		t.Errorf("what is asked of many entries ends at byte %d", end)
	}
	if size := unsafe.Sizeof(e); size%64 != 0 && unsafe.Sizeof(uintptr(0)) == 8 {
		t.Errorf("an entry has %d bytes", size)
	}
}

// TestMostIsAddressed holds a full index to a quarter of the addresses that there are,
// of which half or three quarters are the program's.
func TestMostIsAddressed(t *testing.T) {
	const item, garbage = 2200, 1.5 // bytes of an item; to what the heap grows before it is collected
	if need := DefaultMost * item * garbage; need > math.MaxUint/4 {
		t.Errorf("%d items take %.0f bytes", DefaultMost, need)
	}
}

// TestRoll lets entries come and go over the edges of blocks.
func TestRoll(t *testing.T) {
	r := newRoll()
	for i := range uint32(5 * blockEntries) {
		given := entry{norm: i, marks: []uint32{i, i + 1}}
		e := r.add(&given)
		given.marks[0] = 0 // is not the roll's
		if e.number != i+1 || r.at(i+1) != e {
			t.Fatalf("entry %d has the number %d", i, e.number)
		}
		if r.count > blockEntries+3 {
			r.drop()
		}
	}
	for number := r.first; number != r.next(); number++ {
		if e := r.at(number); e.norm != number-1 || !slices.Equal(e.marks, []uint32{number - 1, number}) {
			t.Fatalf("entry %d is %d with %v", number, e.norm, e.marks)
		}
	}
	if len(r.blocks) > 3 {
		t.Errorf("%d blocks for %d entries", len(r.blocks), r.count)
	}
}

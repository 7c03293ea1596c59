package story

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wireroom/wireroom/aggregator/news"
)

func TestRice(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	lists := [][]uint32{nil, {0}, {math.MaxUint32}, {0, 1, 2, 3}, {0, math.MaxUint32}, {5, 6, 7, math.MaxUint32 - 1, math.MaxUint32}}
	for n := range 200 {
		list := make([]uint32, n)
		for i := range list {
			list[i] = rng.Uint32() >> (n % 13)
		}
		lists = append(lists, sortedSet(list))
	}
	for _, want := range lists {
		b := appendRice([]byte{1, 2, 3}, want)
		r := sketchReader{b: append(b[3:], 9)}
		if got := r.rice(); r.failed || !slices.Equal(got, want) || len(r.b) != 1 {
			t.Fatalf("%v, with %d bytes behind it, not %v", got, len(r.b), want)
		}
		for cut := range len(b) - 3 { // none of it may be missing
			if r := (sketchReader{b: b[3 : 3+cut]}); r.rice() != nil && !r.failed {
				t.Fatalf("%v is read from %d bytes of %d", want, cut, len(b)-3)
			}
		}
	}
}

// TestSketchInBytes reads a sketch of the version before: a store that has them
// loses nothing.
func TestSketchInBytes(t *testing.T) {
	x := New(Options{})
	first := x.Add(record(1, news.Item{
		Source: "a", ID: "1", Title: "Ferry aground off Morholm, 14 saved", Canonical: "https://a.example/1",
		Text: "The ferry Havørn ran aground off Morholm on Monday night, and tugs from Sandhead took all 14 on board.",
	}), news.Outlet{})
	e := x.roll.at(x.roll.first)

	b := []byte{sketchInBytes, e.kind}
	for _, v := range []int64{e.seq, e.clock, e.clock - e.published, e.published - e.opened} {
		b = binary.AppendVarint(b, v)
	}
	b = binary.AppendUvarint(b, uint64(e.score))
	for _, k := range e.exact {
		if b = append(b, 0); k != 0 {
			b[len(b)-1] = 1
			b = binary.BigEndian.AppendUint64(b, k)
		}
	}
	b = binary.AppendUvarint(b, uint64(e.rate))
	b = binary.AppendUvarint(b, uint64(e.order))
	b = appendDifferences(b, e.pairs)
	b = appendDifferences(b, e.shingles)
	b = appendDifferences(b, e.marks)
	b = appendDifferences(b, e.terms)
	b = appendDifferences(b, e.common.list(nil))

	var old entry
	if err := old.read(b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first.Sketch, old.sketch()); diff != "" {
		t.Errorf("read and written again (-new, +old):\n%s", diff)
	}
}

func appendDifferences[T ~uint16 | ~uint32](b []byte, list []T) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	last := T(0)
	for _, v := range list {
		b = binary.AppendUvarint(b, uint64(v-last))
		last = v
	}
	return b
}

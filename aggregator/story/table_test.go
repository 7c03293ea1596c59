package story

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// TestTable holds the table against a map, through several halvings of its
// buckets, over the place where the kept bits of numbers begin anew; and one of which
// each hash has the latest few against the same.
func TestTable(t *testing.T) {
	for _, bits := range []int{32, 26, 18} { // those of the last two take a byte less when the table has grown
		t.Run(fmt.Sprint(bits, " bits"), func(t *testing.T) { testTable(t, bits) })
	}
}

// TestLatest: of the entries with one hash the latest are taken, where the kept
// bits of their numbers begin anew as well.
func TestLatest(t *testing.T) {
	for _, first := range []uint32{1, maxEntries - 5} {
		table := table{bits: 32}
		for n := range uint32(10) {
			table.add(7, first+n, span{first, n})
		}
		for n := range 12 {
			got := slices.Sorted(slices.Values(latest(table.find(nil, 7, span{first, 10}), n)))
			if n := min(n, 10); len(got) != n || n > 0 && (got[0] != first+10-uint32(n) || got[n-1] != first+9) {
				t.Errorf("of ten entries from %d on the latest %d are %d", first, n, got)
			}
		}
	}
}

func testTable(t *testing.T, bits int) {
	rng := rand.New(rand.NewPCG(1, 2))
	const few = 3
	table, limited := table{bits: bits}, table{bits: bits}
	want := map[uint32][]uint32{}
	type pair struct{ hash, number uint32 }
	var alive []pair
	first := uint32(maxEntries - 40_000)
	next := first
	hash := func() uint32 {
		h := rng.Uint32()
		if rng.IntN(4) == 0 {
			h = rng.Uint32N(50) * 0x9E3779B1 // often the same
		}
		return h >> (32 - bits) << (32 - bits)
	}
	for range 500_000 {
		if rng.IntN(3) > 0 || len(alive) == 0 {
			p := pair{hash(), next}
			next++
			table.sweep(p.number, span{first, p.number - first})
			table.add(p.hash, p.number, span{first, p.number - first})
			limited.sweep(p.number, span{first, p.number - first})
			limited.addLatest(p.hash, p.number, few, span{first, p.number - first})
			want[p.hash] = append(want[p.hash], p.number)
			alive = append(alive, p)
		} else {
			p := alive[0]
			alive, first = alive[1:], p.number+1
			want[p.hash] = slices.DeleteFunc(want[p.hash], func(n uint32) bool { return n == p.number })
		}
	}
	if table.used < len(alive) || table.depth < leastDepth+2 {
		t.Fatalf("%d pairs, not %d; buckets by %d bits", table.used, len(alive), table.depth)
	}
	for h, numbers := range want {
		got := table.find(nil, h, span{first, next - first})
		slices.Sort(got)
		if !slices.Equal(got, numbers) {
			t.Fatalf("hash %x: %v, not %v", h, got, numbers)
		}
		got = limited.find(nil, h, span{first, next - first})
		slices.Sort(got)
		if latest := numbers[max(0, len(numbers)-few):]; !slices.Equal(got, latest) {
			t.Fatalf("hash %x: %v, not the latest of it, %v", h, got, latest)
		}
	}
	for n := range uint32(1 << sweepBits) { // long after, nothing is left of those that are not alive
		table.sweep(next+n, span{first, next - first})
	}
	if table.used != len(alive) {
		t.Errorf("%d pairs of %d are left", table.used, len(alive))
	}
}

// TestPlain compares the short way with the book: compatibility forms first,
// then letters, numbers and marks, small.
func TestPlain(t *testing.T) {
	book := func(s string) string {
		return strings.Map(func(r rune) rune {
			if isPlain(r) {
				return unicode.ToLower(r)
			}
			return -1
		}, norm.NFKC.String(s))
	}
	for r := rune(1); r < 0x11000; r++ {
		for _, s := range []string{string(r), "e" + string(r) + "a", string(r) + "\u0301"} {
			if got := plain(s); got != book(s) {
				t.Fatalf("%U in %q: %q, not %q", r, s, got, book(s))
			}
		}
	}
}

// TestGreatest compares with sorting all.
func TestGreatest(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		list := make([]uint64, rng.IntN(40))
		for i, place := range rng.Perm(len(list)) {
			list[i] = uint64(place * 7)
		}
		n := rng.IntN(45)
		sorted := slices.Clone(list)
		slices.Sort(sorted)
		want := sorted[max(0, len(list)-n):]
		got := slices.Clone(greatest(list, n))
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("the %d greatest of %v are %v, not %v", n, sorted, got, want)
		}
	}
}

// TestHits holds the table of hits against a map, beyond its first size.
func TestHits(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var h hits
	for _, n := range []int{10, 3 * leastHits, 100} {
		want := map[uint32]uint32{}
		for range n {
			number, count := rng.Uint32N(uint32(n)), 1+rng.Uint32N(9)
			h.add(number, count)
			want[number] += count
		}
		got := map[uint32]uint32{}
		for _, rank := range h.take(nil) {
			got[rankedNumber(rank)] += uint32(rank >> 32)
		}
		if !maps.Equal(got, want) {
			t.Errorf("%d hits: %v, not %v", n, got, want)
		}
	}
}

package story

import (
	"encoding/binary"
	"slices"
)

// A table maps a hash to the numbers of the entries that have it, in a little
// more than four to six bytes a pair. Pairs lie sorted in buckets by the leading
// bits of the hash; what is left of it, and the number, are the pair. A Go map
// of slices would take ten times the memory, and a table of open addressing
// twice, since most hashes have one entry only.
//
// The pairs of an entry that is not alive any more are passed over, and stay
// until their bucket has no room or its turn to be swept comes: to look for each
// of them would cost as much as to find what a new item shares with the others.
type table struct {
	bits    int      // leading bits of a hash that count
	depth   int      // and those that choose the bucket
	size    int      // bytes of a pair
	buckets [][]byte // sorted pairs
	used    int      // pairs in all
}

const (
	numberBits = 24
	leastDepth = 8   // leaves as much of a hash of 32 bits as a pair has room for
	fullBucket = 256 // pairs in the mean bucket from which on all are halved
	sparePairs = 4   // for which a full bucket gets room, at the least
	sweepBits  = 20  // logarithm of the entries in whose time all buckets are swept
)

// A span is the numbers of the entries that are alive.
type span struct{ first, count uint32 }

// holds reports whether a number is alive, and which it is, by what a pair keeps
// of it.
func (s span) holds(pair uint32) (number uint32, alive bool) {
	n := (pair - s.first) % maxEntries
	return s.first + n, n < s.count
}

// maxEntries is how many entries can be told apart by what a pair keeps of
// their numbers, those that come while all buckets are swept among them. An index of so many takes some forty gigabytes.
const maxEntries = 1 << numberBits

func (t *table) pack(hash, number uint32) (bucket uint32, pair uint64) {
	rest := hash << t.depth >> t.depth >> (32 - t.bits)
	return hash >> (32 - t.depth), uint64(rest)<<numberBits | uint64(number%maxEntries)
}

// at returns the pair that begins at a byte of a bucket.
func (t *table) at(b []byte, i int) uint64 {
	if i+8 <= cap(b) { // as most: one look is cheaper than to ask how many bytes a pair has
		return binary.BigEndian.Uint64(b[i:i+8]) >> (64 - 8*t.size)
	}
	b = b[i : i+t.size]
	pair := uint64(binary.BigEndian.Uint32(b[len(b)-4:]))
	switch len(b) {
	case 5:
		pair |= uint64(b[0]) << 32
	case 6:
		pair |= uint64(b[0])<<40 | uint64(b[1])<<32
	}
	return pair
}

// put is the other way round.
func (t *table) put(b []byte, i int, pair uint64) {
	b = b[i : i+t.size]
	binary.BigEndian.PutUint32(b[len(b)-4:], uint32(pair))
	switch len(b) {
	case 5:
		b[0] = byte(pair >> 32)
	case 6:
		b[0], b[1] = byte(pair>>40), byte(pair>>32)
	}
}

// guess is which of a bucket's pairs one should be: hashes lie evenly.
func (t *table) guess(b []byte, pair uint64) int {
	return int(uint64(len(b)/t.size) * (pair >> numberBits) >> (t.bits - t.depth))
}

// search returns where the first pair of a bucket begins that is not less. It
// begins where the pair should be and looks ever further away.
func (t *table) search(b []byte, pair uint64) int {
	n, step := len(b)/t.size, 4
	guess := t.guess(b, pair)
	lo, hi := 0, guess
	if guess < n && t.at(b, guess*t.size) < pair {
		for lo, hi = guess+1, guess+1+step; hi < n && t.at(b, hi*t.size) < pair; lo, hi = hi+1, hi+1+step {
			step *= 2
		}
		hi = min(hi, n)
	} else {
		for lo = max(0, hi-step); lo > 0 && t.at(b, lo*t.size) >= pair; lo, hi = max(0, lo-step), lo {
			step *= 2
		}
	}
	for lo < hi {
		if mid := int(uint(lo+hi) / 2); t.at(b, mid*t.size) < pair {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo * t.size
}

// find appends the entries that are alive and have the hash to list.
func (t *table) find(list []uint32, hash uint32, alive span) []uint32 {
	if t.used == 0 {
		return list
	}
	bucket, pair := t.pack(hash, 0)
	b := t.buckets[bucket]
	for i := t.search(b, pair); i < len(b); i += t.size {
		p := t.at(b, i)
		if p>>numberBits != pair>>numberBits {
			break
		}
		if number, is := alive.holds(uint32(p)); is {
			list = append(list, number)
		}
	}
	return list
}

// touch reads what find will look at first.
func (t *table) touch(hash uint32) uint32 {
	if t.used == 0 {
		return 0
	}
	bucket, pair := t.pack(hash, 0)
	b := t.buckets[bucket]
	if i := t.guess(b, pair) * t.size; i < len(b) {
		return uint32(b[i])
	}
	return 0
}

// add makes an entry findable by a hash.
func (t *table) add(hash, number uint32, alive span) {
	if t.used >= fullBucket*len(t.buckets) {
		t.grow()
	}
	bucket, pair := t.pack(hash, number)
	b := t.buckets[bucket]
	if len(b)+t.size > cap(b) {
		b = t.purge(b, alive)
	}
	if n := len(b) + t.size; n > cap(b) { // append would double it; Grow takes as much as memory is given out in
		b = append(slices.Grow([]byte(nil), n+(sparePairs-1)*t.size), b...)
	}
	i := t.search(b, pair)
	b = b[:len(b)+t.size]
	copy(b[i+t.size:], b[i:])
	t.put(b, i, pair)
	t.buckets[bucket] = b
	t.used++
}

// addLatest makes an entry findable by a hash, in the place of one that is not alive
// any more or, of so many as there may be, of the oldest.
func (t *table) addLatest(hash, number uint32, most int, alive span) {
	if t.used == 0 {
		t.add(hash, number, alive)
		return
	}
	bucket, pair := t.pack(hash, number)
	b := t.buckets[bucket]
	begin := t.search(b, pair>>numberBits<<numberBits)
	end, place := begin, begin // of those with the hash, and where the new one belongs among them
	gone, age, count := 0, uint32(0), 0
	for ; end < len(b); end += t.size {
		p := t.at(b, end)
		if p>>numberBits != pair>>numberBits {
			break
		}
		if p < pair {
			place = end + t.size
		}
		if a := uint32(pair-p) % maxEntries; a > age { // they come in the order of their numbers
			gone, age = end, a
		}
		if _, is := alive.holds(uint32(p)); is {
			count++
		}
	}
	if count < most && (end-begin)/t.size == count {
		t.add(hash, number, alive)
		return
	}
	if place > gone {
		place -= t.size
		copy(b[gone:place], b[gone+t.size:])
	} else {
		copy(b[place+t.size:gone+t.size], b[place:])
	}
	t.put(b, place, pair)
}

// purge takes out of a bucket the pairs of entries that are not alive.
func (t *table) purge(b []byte, alive span) []byte {
	n := 0
	for i := 0; i < len(b); i += t.size {
		if _, is := alive.holds(binary.BigEndian.Uint32(b[i+t.size-4:])); !is {
			continue
		}
		if n < i {
			copy(b[n:n+t.size], b[i:])
		}
		n += t.size
	}
	t.used -= (len(b) - n) / t.size
	return b[:n]
}

// sweep purges the buckets whose turn it is when an entry comes. It comes to
// all of them long before the bits that are kept of a number begin anew.
func (t *table) sweep(number uint32, alive span) {
	n := uint64(len(t.buckets))
	for turn := uint64(number) * n >> sweepBits; turn < (uint64(number)+1)*n>>sweepBits; turn++ {
		bucket := &t.buckets[turn&(n-1)]
		*bucket = t.purge(*bucket, alive)
	}
}

// grow halves all buckets by the next bit of the hash.
func (t *table) grow() {
	old := *t
	t.depth = max(leastDepth, old.depth+1)
	t.size = (t.bits - t.depth + numberBits + 7) / 8
	t.buckets = make([][]byte, 1<<t.depth)
	if old.buckets == nil {
		return
	}
	// What is left of the hash begins with the bit that now chooses the bucket.
	bit := uint64(1) << (t.bits - t.depth + numberBits)
	for i, b := range old.buckets {
		cut := old.search(b, bit)
		t.buckets[2*i], t.buckets[2*i+1] = t.taken(&old, b[:cut], 0), t.taken(&old, b[cut:], bit)
	}
}

// taken returns the pairs of another table's bucket as this one has them,
// without a bit that all have.
func (t *table) taken(old *table, b []byte, bit uint64) []byte {
	out := make([]byte, len(b)/old.size*t.size)
	for i, j := 0, 0; i < len(b); i, j = i+old.size, j+t.size {
		t.put(out, j, old.at(b, i)&^bit)
	}
	return out
}

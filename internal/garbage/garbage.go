// Package garbage says when the program collects garbage, and lays what is alive in
// huge pages when it is large. Whatever measures the program runs as it does.
package garbage

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"time"

	"github.com/wireroom/wireroom/internal/hugepages"
)

// The heap grows by half of what is alive before garbage is collected, where
// GOGC does not say otherwise: the program is to be small beside others, and
// collecting is a small part of what it does. Beyond smallHeap it grows by less,
// down to a quarter: so much is seldom thrown away. From largeHeap on, an index
// of some half a million items, it is half again: to look through that takes most of
// a second, and an item is to cost what it costs in a small index.
const (
	garbageMost  = 50 // per cent of what is alive
	garbageLeast = 25
	smallHeap    = 64 << 20 // bytes that are alive
	largeHeap    = 1 << 30
)

// From hugeHeap on, an index of a hundred thousand items, the heap is laid in
// huge pages, and what has come since is after a collection, for no more than a
// part in layRarely of the time.
const (
	hugeHeap  = 256 << 20 // bytes that are alive
	layRarely = 100
)

// growthFor is by how many per cent the heap may grow, of which so many bytes are
// alive.
func growthFor(alive uint64) int {
	if alive >= largeHeap {
		return garbageMost
	}
	return max(garbageLeast, int(garbageMost*smallHeap/max(alive, smallHeap)))
}

// CollectEarly sets by how much the heap grows, now and with each collection. Where
// GOGC says it, nothing is set.
func CollectEarly() {
	if os.Getenv("GOGC") != "" {
		return
	}
	growth := garbageMost
	debug.SetGCPercent(growth)
	var layNext atomic.Int64
	type collected struct{ _ *collected } // with a pointer, so that it stands alone and goes with the next collection
	var after func(*collected)
	after = func(c *collected) {
		alive := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(alive)
		if alive[0].Value.Kind() == metrics.KindUint64 {
			if g := growthFor(alive[0].Value.Uint64()); g != growth {
				growth = g
				debug.SetGCPercent(g) // stops the world for a moment
			}
			layLarge(alive[0].Value.Uint64(), &layNext)
		}
		runtime.SetFinalizer(c, after)
	}
	runtime.SetFinalizer(new(collected), after)
}

// layLarge lays a large heap in huge pages, without waiting for it, if it is time:
// next is when, in nanoseconds since 1970. Where the system has none the small ones
// do, and it is not asked again.
func layLarge(alive uint64, next *atomic.Int64) {
	begin, due := time.Now(), next.Load()
	if alive < hugeHeap || begin.UnixNano() < due || !next.CompareAndSwap(due, math.MaxInt64) {
		return
	}
	go func() {
		if _, err := hugepages.Lay(); err == nil {
			next.Store(time.Now().Add(layRarely * time.Since(begin)).UnixNano())
		}
	}()
}

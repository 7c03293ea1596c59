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
// of some half a million items, it is half again: to look through that takes tenths of
// a second, and an item is to cost what it costs in a small index.
const (
	garbageMost  = 50 // per cent of what is alive
	garbageLeast = 25
	smallHeap    = 64 << 20 // bytes that are alive
	largeHeap    = 1 << 30
)

// From hugeHeap on, an index of some fifty thousand items, the heap is laid in huge
// pages: after a collection, and when so much has come since as layMore, which is
// looked at every layLook; and for no more than a part in layRarely of the time, unless
// that would be later than layLater.
const (
	hugeHeap  = 128 << 20 // bytes that are alive
	layMore   = 32 << 20
	layLook   = 5 * time.Second
	layRarely = 20
	layLater  = 30 * time.Second
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
	var l layer
	type collected struct{ _ *collected } // with a pointer, so that it stands alone and goes with the next collection
	var after func(*collected)
	after = func(c *collected) {
		n := read(alive)
		if g := growthFor(n); g != growth {
			growth = g
			debug.SetGCPercent(g) // stops the world for a moment
		}
		l.lay(n)
		runtime.SetFinalizer(c, after)
	}
	runtime.SetFinalizer(new(collected), after)
	var look func()
	look = func() {
		if read(held...) >= l.laid.Load()+layMore {
			l.lay(read(alive))
		}
		time.AfterFunc(layLook, look)
	}
	time.AfterFunc(layLook, look)
}

const alive = "/gc/heap/live:bytes" // at the end of the last collection

// held is what the heap has of the system.
var held = []string{"/memory/classes/heap/objects:bytes", "/memory/classes/heap/unused:bytes", "/memory/classes/heap/free:bytes"}

// read returns the sum of some of the runtime's metrics, without those that it does
// not know.
func read(names ...string) (sum uint64) {
	list := make([]metrics.Sample, len(names))
	for i, name := range names {
		list[i].Name = name
	}
	metrics.Read(list)
	for _, m := range list {
		if m.Value.Kind() == metrics.KindUint64 {
			sum += m.Value.Uint64()
		}
	}
	return sum
}

// A layer lays a large heap in huge pages.
type layer struct {
	next atomic.Int64  // when it may do so, in nanoseconds since 1970
	laid atomic.Uint64 // what was held when it did; 0: it is to be done as soon as it may
}

// lay lays the heap, of which so many bytes are alive, without waiting for it, if it
// is large and time. Where the system has no huge pages the small ones do, and it is
// not asked again.
func (l *layer) lay(alive uint64) {
	begin, due := time.Now(), l.next.Load()
	if alive < hugeHeap {
		return
	}
	if begin.UnixNano() < due || !l.next.CompareAndSwap(due, math.MaxInt64) {
		l.laid.Store(0)
		return
	}
	l.laid.Store(read(held...))
	go func() {
		if _, err := hugepages.Lay(); err == nil {
			l.next.Store(time.Now().Add(min(layLater, layRarely*time.Since(begin))).UnixNano())
		}
	}()
}

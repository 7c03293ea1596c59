// Package garbage says when the program collects garbage, and lays what is alive in
// huge pages when it is large. Whatever measures the program runs as it does.
package garbage

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
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

// At rest it grows by less still, so that what a burst has left is given back: by
// garbageRest, or by restRoom, which is more in a small heap. The program is at rest
// when no garbage was collected for a second for each restHeap that is alive, and no
// longer when that is done twice within such a time: for the sake of memory hardly more
// than a hundredth of a processor collects.
const (
	garbageRest = 10
	restRoom    = 16 << 20
	restHeap    = 16 << 20
	restLook    = time.Second
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

// restGrowth is growthFor at rest.
func restGrowth(alive uint64) int {
	return min(growthFor(alive), int(max(garbageRest, restRoom*100/max(alive, 1))))
}

// restAfter is how long no garbage is collected before the program is at rest.
func restAfter(alive uint64) time.Duration {
	return time.Duration(float64(alive) / restHeap * float64(time.Second))
}

// A pace is by how much the heap grows at present.
type pace struct {
	mu     sync.Mutex
	growth int
	rests  bool
	last   time.Time // when garbage was last collected
}

// set makes the growth what it should be now, after a collection or without one.
func (p *pace) set(collected bool, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := read(alive)
	since, least := now.Sub(p.last), restAfter(n)
	if collected {
		p.last = now
		p.rests = p.rests && since >= least
	} else if since >= least {
		p.rests = true
	}
	growth := growthFor(n)
	if p.rests {
		growth = restGrowth(n)
	}
	if growth != p.growth {
		p.growth = growth
		debug.SetGCPercent(growth) // stops the world for a moment
	}
}

// CollectEarly sets by how much the heap grows, now and with each collection. Where
// GOGC says it, nothing is set.
func CollectEarly() {
	if os.Getenv("GOGC") != "" {
		return
	}
	p := pace{growth: garbageMost, last: time.Now()}
	debug.SetGCPercent(garbageMost)
	var l layer
	type collected struct{ _ *collected } // with a pointer, so that it stands alone and goes with the next collection
	var after func(*collected)
	after = func(c *collected) {
		p.set(true, time.Now())
		l.lay(read(alive))
		runtime.SetFinalizer(c, after)
	}
	runtime.SetFinalizer(new(collected), after)
	every(restLook, func() { p.set(false, time.Now()) })
	every(layLook, func() {
		if read(held...) >= l.laid.Load()+layMore {
			l.lay(read(alive))
		}
	})
}

// every does something again and again, with so long a pause before each time.
func every(pause time.Duration, do func()) {
	time.AfterFunc(pause, func() {
		do()
		every(pause, do)
	})
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

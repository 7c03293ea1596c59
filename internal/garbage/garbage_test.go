package garbage

import (
	"math"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/hugepages"
	"github.com/wireroom/wireroom/internal/race"
)

func TestGrowth(t *testing.T) {
	for alive, want := range map[uint64]int{0: 50, 1 << 20: 50, 64 << 20: 50, 80 << 20: 40, 128 << 20: 25, 1<<30 - 1: 25, 1 << 30: 50, 1 << 40: 50} {
		if got := growthFor(alive); got != want {
			t.Errorf("with %d MB alive the heap grows by %d %%, not %d", alive>>20, got, want)
		}
	}
}

// collectsEarly reports whether this is the process of its own in which a test calls
// CollectEarly; else it runs the test in one.
func collectsEarly(t *testing.T) bool {
	t.Helper()
	if os.Getenv("WIREROOM_COLLECT_EARLY") != "" {
		CollectEarly()
		return true
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "WIREROOM_COLLECT_EARLY=1", "GOGC=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return false
}

func TestRestGrowth(t *testing.T) {
	for alive, want := range map[uint64]int{0: 50, 32 << 20: 50, 64 << 20: 25, 128 << 20: 12, 160 << 20: 10, 2 << 30: 10} {
		if got := restGrowth(alive); got != want {
			t.Errorf("with %d MB alive the heap grows by %d %% at rest, not %d", alive>>20, got, want)
		}
	}
}

// growsBy waits until the heap grows by so many per cent, and does something
// meanwhile.
func growsBy(t *testing.T, want uint64, meanwhile func()) {
	t.Helper()
	for end := time.Now().Add(5 * time.Minute); read("/gc/gogc:percent") != want; meanwhile() {
		if time.Now().After(end) {
			t.Fatalf("the heap grows by %d %%, not %d", read("/gc/gogc:percent"), want)
		}
	}
}

// TestCollectEarly fills the heap, and empties it again.
func TestCollectEarly(t *testing.T) {
	if !collectsEarly(t) {
		return
	}
	growsBy(t, garbageMost, runtime.GC)
	alive := make([]byte, 200<<20)
	growsBy(t, garbageLeast, runtime.GC)
	runtime.KeepAlive(alive)
	alive = nil
	growsBy(t, garbageMost, runtime.GC)
}

// TestRest lets a program with a large heap work, rest and work again.
func TestRest(t *testing.T) {
	if !collectsEarly(t) {
		return
	}
	alive := make([]byte, 130<<20)
	growsBy(t, garbageLeast, runtime.GC)
	growsBy(t, 12, func() { time.Sleep(10 * time.Millisecond) })
	growsBy(t, garbageLeast, runtime.GC)
	runtime.KeepAlive(alive)
}

// filled returns so many bytes in use.
func filled(n int) []byte {
	list := make([]byte, n)
	for i := range list {
		list[i] = 1
	}
	return list
}

// TestLayLarge looks at what the kernel says of a heap that is small, and of one
// that is large.
func TestLayLarge(t *testing.T) {
	if _, err := hugepages.Lay(); err != nil {
		t.Skip(err)
	}
	alive := filled(hugeHeap)
	before := race.InHugePages(t)
	var l layer
	if l.lay(hugeHeap - 1); l.next.Load() != 0 {
		t.Error("a small heap is laid too")
	}
	end := time.Now().Add(time.Minute)
	for l.lay(hugeHeap); l.next.Load() == math.MaxInt64; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it was not laid in a minute, or could not be")
		}
	}
	if now := race.InHugePages(t); now-before < hugeHeap/2 {
		t.Errorf("%d MB of a heap of %d are in huge pages, and %d before", now>>20, hugeHeap>>20, before>>20)
	}
	due := l.next.Load()
	if l.lay(hugeHeap); l.next.Load() != due {
		t.Error("it is laid again at once")
	}
	runtime.KeepAlive(alive)
}

// TestLayMore lets a large heap grow without another collection.
func TestLayMore(t *testing.T) {
	if _, err := hugepages.Lay(); err != nil {
		t.Skip(err)
	}
	if !collectsEarly(t) {
		return
	}
	alive := filled(hugeHeap)
	runtime.GC()
	debug.SetGCPercent(-1)
	laid := func(want int) {
		t.Helper()
		for end := time.Now().Add(2 * time.Minute); race.InHugePages(t) < want; time.Sleep(100 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%d MB are in huge pages, want %d", race.InHugePages(t)>>20, want>>20)
			}
		}
	}
	laid(hugeHeap / 2)
	more := filled(hugeHeap)
	laid(hugeHeap + hugeHeap/2)
	runtime.KeepAlive(alive)
	runtime.KeepAlive(more)
}

package garbage

import (
	"math"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/hugepages"
)

func TestGrowth(t *testing.T) {
	for alive, want := range map[uint64]int{0: 50, 1 << 20: 50, 64 << 20: 50, 80 << 20: 40, 128 << 20: 25, 1<<30 - 1: 25, 1 << 30: 50, 1 << 40: 50} {
		if got := growthFor(alive); got != want {
			t.Errorf("with %d MB alive the heap grows by %d %%, not %d", alive>>20, got, want)
		}
	}
}

// TestCollectEarly fills the heap of a process of its own, and empties it again.
func TestCollectEarly(t *testing.T) {
	if os.Getenv("WIREROOM_COLLECT_EARLY") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestCollectEarly$")
		cmd.Env = append(os.Environ(), "WIREROOM_COLLECT_EARLY=1", "GOGC=")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	CollectEarly()
	growsBy := func(want int) {
		t.Helper()
		for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			runtime.GC()
			got := debug.SetGCPercent(want) // tells the one before
			if got == want {
				return
			}
			debug.SetGCPercent(got)
			if time.Now().After(end) {
				t.Fatalf("the heap grows by %d %%, not %d", got, want)
			}
		}
	}
	growsBy(garbageMost)
	alive := make([]byte, 200<<20)
	growsBy(garbageLeast)
	runtime.KeepAlive(alive)
	alive = nil
	growsBy(garbageMost)
}

// TestLayLarge looks at what the kernel says of a heap that is small, and of one
// that is large.
func TestLayLarge(t *testing.T) {
	if _, err := hugepages.Lay(); err != nil {
		t.Skip(err)
	}
	laid := func() int {
		text, err := os.ReadFile("/proc/self/smaps_rollup")
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(text), "AnonHugePages:")
		n, err := strconv.Atoi(strings.Fields(rest)[0])
		if err != nil {
			t.Fatal(err)
		}
		return n << 10
	}
	alive := make([]byte, hugeHeap)
	for i := range alive {
		alive[i] = 1
	}
	before := laid()
	var next atomic.Int64
	if layLarge(hugeHeap-1, &next); next.Load() != 0 {
		t.Error("a small heap is laid too")
	}
	end := time.Now().Add(time.Minute)
	for layLarge(hugeHeap, &next); next.Load() == math.MaxInt64; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it was not laid in a minute, or could not be")
		}
	}
	if now := laid(); now-before < hugeHeap/2 {
		t.Errorf("%d MB of a heap of %d are in huge pages, and %d before", now>>20, hugeHeap>>20, before>>20)
	}
	due := next.Load()
	if layLarge(hugeHeap, &next); next.Load() != due {
		t.Error("it is laid again at once")
	}
	runtime.KeepAlive(alive)
}

package main

import (
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestGrowth(t *testing.T) {
	for alive, want := range map[uint64]int{0: 50, 1 << 20: 50, 64 << 20: 50, 80 << 20: 40, 128 << 20: 25, 1 << 40: 25} {
		if got := growthFor(alive); got != want {
			t.Errorf("with %d MB alive the heap grows by %d %%, not %d", alive>>20, got, want)
		}
	}
}

// TestCollectEarly fills the heap of a process of its own, and empties it again.
func TestCollectEarly(t *testing.T) {
	if os.Getenv("WIREROOM_COLLECT_EARLY") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestCollectEarly$")
		cmd.Env = append(os.Environ(), "WIREROOM_COLLECT_EARLY=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	collectEarly()
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

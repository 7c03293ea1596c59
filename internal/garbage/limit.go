package garbage

import (
	"os"
	"runtime"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// limitShare is the part of a limit of memory below which the Go heap is kept. The
// rest is what the runtime knows nothing of: SQLite's pages, and files that are looked
// at in memory.
const limitShare = 0.78

// mostProcessors is of how many processors the program makes use. Go takes a thread for
// each, and some more, and ends a program that is refused one; a container is often
// limited to 64.
const mostProcessors = 32

// KeepWithinLimits keeps below the limit of memory that the system sets to the
// process, as to a container or a unit, where it can, and takes no more threads than
// one is given. GOMEMLIMIT and GOMAXPROCS say otherwise.
func KeepWithinLimits() {
	// It fails where there are no control groups: nothing is known of a limit there.
	_, _ = memlimit.Set(memlimit.WithRatio(limitShare))
	if n := processors(runtime.GOMAXPROCS(0)); n != runtime.GOMAXPROCS(0) {
		runtime.GOMAXPROCS(n)
	}
}

// processors is of how many the program makes use, of those that Go would.
func processors(n int) int {
	if os.Getenv("GOMAXPROCS") != "" {
		return n
	}
	return min(n, mostProcessors)
}

package race

import "runtime"

// Bubbles is called before any test of a package that has tests with a clock of
// their own (testing/synctest). All timers of a bubble share one context of the
// race detector, and one that is due at once runs on the goroutine that sets it:
// where two processors do so at a time, Go 1.26 ends the process with
// "ThreadSanitizer: CHECK failed" (golang/go#78156). Under the detector such a
// process has one processor. What waits for what, by which the detector finds a
// race, does not depend on how many there are.
func Bubbles() {
	if Enabled {
		runtime.GOMAXPROCS(1)
	}
}

//go:build unix

package race

import (
	"syscall"
	"testing"
	"time"
)

// Spent returns the processor's time that the test's process has taken so far:
// unlike the clock's it hardly depends on what else the machine does.
func Spent(tb testing.TB) time.Duration {
	tb.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

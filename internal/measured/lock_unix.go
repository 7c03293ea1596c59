//go:build unix

package measured

import (
	"os"
	"syscall"
)

// lock keeps other processes from a document until it is closed.
func lock(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX) }

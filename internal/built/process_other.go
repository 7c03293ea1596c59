//go:build !linux

package built

import (
	"os"
	"syscall"
)

// bound does nothing where the system ends no program with another.
func bound() *syscall.SysProcAttr { return nil }

// end ends a program alone.
func end(p *os.Process) error { return p.Kill() }

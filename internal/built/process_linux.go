package built

import (
	"os"
	"syscall"
)

// bound makes a program end with the test's process, and lead a group of its own.
func bound() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}

// end ends a program and what it has started.
func end(p *os.Process) error { return syscall.Kill(-p.Pid, syscall.SIGKILL) }

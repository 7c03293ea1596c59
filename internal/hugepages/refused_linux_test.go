package hugepages

import (
	"runtime"
	"syscall"
	"testing"
	"unsafe"
)

// TestLayWithoutMincore: systemd's @system-service, to which our unit keeps the
// program, has no mincore.
func TestLayWithoutMincore(t *testing.T) {
	if _, err := Lay(); err != nil {
		t.Skip(err)
	}
	block := make([]byte, 64<<20)
	for i := 0; i < len(block); i += small {
		block[i] = 1
	}
	laid := make(chan int)
	go func() {
		defer close(laid)
		runtime.LockOSThread() // for ever: the thread ends with the goroutine
		if err := refuse(syscall.SYS_MINCORE); err != nil {
			t.Error("the filter is not in force: ", err)
			return
		}
		n, err := Lay()
		if err != nil {
			t.Error(err)
		}
		laid <- n
	}()
	if n := <-laid; n < len(block)/2 {
		t.Errorf("of %d MB %d MB were laid", len(block)>>20, n>>20)
	}
	runtime.KeepAlive(block)
}

// refuse makes a system call fail with EPERM in this thread.
func refuse(number uint32) error {
	const (
		noNewPrivileges = 38 // of prctl
		setSeccomp      = 22
		byFilter        = 2
		allow           = 0x7fff0000 // of a filter
		fail            = 0x00050000
	)
	filter := []syscall.SockFilter{
		{Code: syscall.BPF_LD | syscall.BPF_W | syscall.BPF_ABS},                           // the number
		{Code: syscall.BPF_JMP | syscall.BPF_JEQ | syscall.BPF_K, K: number, Jt: 0, Jf: 1}, // that one?
		{Code: syscall.BPF_RET | syscall.BPF_K, K: fail | uint32(syscall.EPERM)},
		{Code: syscall.BPF_RET | syscall.BPF_K, K: allow},
	}
	program := syscall.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if _, _, err := syscall.RawSyscall6(syscall.SYS_PRCTL, noNewPrivileges, 1, 0, 0, 0, 0); err != 0 {
		return err
	}
	if _, _, err := syscall.RawSyscall6(syscall.SYS_PRCTL, setSeccomp, byFilter, uintptr(unsafe.Pointer(&program)), 0, 0, 0); err != 0 {
		return err
	}
	return nil
}

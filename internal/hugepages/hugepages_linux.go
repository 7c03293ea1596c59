package hugepages

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"syscall"
	"unsafe"
)

const (
	setting  = "/sys/kernel/mm/transparent_hugepage/enabled"
	size     = 2 << 20 // bytes, on amd64 and arm64 with pages of 4 KB
	small    = 4 << 10
	collapse = 25 // MADV_COLLAPSE, Linux 6.1
	mostly   = size / small * 63 / 64
)

// Lay has the kernel lay what is in use of the heap in huge pages, and returns how
// many bytes of it are. What is less in use than mostly it leaves, so that hardly any
// memory is taken that was given back: the runtime does not know of what is taken, and
// does not give it back again. It is an error that the kernel knows no huge pages, or
// is told to give none.
func Lay() (int, error) {
	if enabled, err := os.ReadFile(setting); err != nil {
		return 0, err
	} else if bytes.Contains(enabled, []byte("[never]")) {
		return 0, fmt.Errorf("huge pages are turned off in %s", setting)
	}
	if os.Getpagesize() != small {
		return 0, fmt.Errorf("pages have %d bytes", os.Getpagesize())
	}
	parts, err := heap()
	if err != nil {
		return 0, err
	}
	pages, err := os.Open("/proc/self/pagemap") // mincore tells the same, but systemd's @system-service is without it
	if err != nil {
		return 0, err
	}
	defer pages.Close()
	laid := 0
	var in [size / small * 8]byte
	for _, p := range parts {
		for at := (p.from + size - 1) &^ (size - 1); at+size <= p.to; at += size {
			if _, err := pages.ReadAt(in[:], int64(at/small*8)); err != nil {
				return laid, err
			}
			used := 0
			for i := 0; i < len(in); i += 8 {
				used += int(binary.NativeEndian.Uint64(in[i:]) >> 63)
			}
			if used < mostly {
				continue
			}
			switch _, _, failed := syscall.Syscall(syscall.SYS_MADVISE, at, size, collapse); failed {
			case 0:
				laid += size
			case syscall.EINVAL:
				return laid, fmt.Errorf("the kernel lays nothing in huge pages: %w", failed)
			}
		}
	}
	return laid, nil
}

// A part is addresses of the heap.
type part struct{ from, to uintptr }

// heap returns the mappings of the heap, which lie side by side.
func heap() ([]part, error) {
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return nil, err
	}
	defer maps.Close()
	within := uintptr(unsafe.Pointer(new([small]byte)))
	var run []part
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		var p part
		fields := strings.Fields(lines.Text()) // addresses, rights, offset, device, inode; and a name, if it has one
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x", &p.from, &p.to); n != 2 || len(fields) < 5 {
			continue
		}
		ours := fields[1] == "rw-p" && fields[4] == "0" && (len(fields) == 5 || strings.HasSuffix(lines.Text(), "[anon: Go: heap]"))
		if n := len(run); !ours || n > 0 && run[n-1].to != p.from {
			if holds(run, within) {
				break
			}
			run = run[:0]
		}
		if ours {
			run = append(run, p)
		}
	}
	if !holds(run, within) {
		return nil, fmt.Errorf("the heap is not among the mappings of /proc/self/maps")
	}
	return run, lines.Err()
}

func holds(run []part, at uintptr) bool {
	for _, p := range run {
		if p.from <= at && at < p.to {
			return true
		}
	}
	return false
}

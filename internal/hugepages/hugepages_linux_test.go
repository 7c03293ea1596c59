package hugepages

import (
	"runtime"
	"testing"

	"github.com/wireroom/wireroom/internal/race"
)

// TestLay looks at what the kernel says of the process.
func TestLay(t *testing.T) {
	const most = 256 << 20
	block := make([]byte, most)
	for i := 0; i < len(block); i += small {
		block[i] = 1
	}
	before := race.InHugePages(t)
	laid, err := Lay()
	if err != nil {
		t.Skip(err)
	}
	if now := race.InHugePages(t); laid < most/2 || now-before < most/2 {
		t.Errorf("of %d MB %d MB were laid in huge pages; the kernel says %d MB, and %d before", most>>20, laid>>20, now>>20, before>>20)
	}
	for i := 0; i < len(block); i += small {
		if block[i] != 1 {
			t.Fatalf("byte %d is %d", i, block[i])
		}
	}
	runtime.KeepAlive(block)
}

// TestHeap: what is allocated lies in what is taken for the heap.
func TestHeap(t *testing.T) {
	parts, err := heap()
	if err != nil {
		t.Fatal(err)
	}
	total := uintptr(0)
	for _, p := range parts {
		total += p.to - p.from
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if uint64(total) < m.HeapInuse || uint64(total) > 2*m.HeapSys+64<<20 {
		t.Errorf("%d bytes of the heap were found, of %d in use and %d in all", total, m.HeapInuse, m.HeapSys)
	}
}

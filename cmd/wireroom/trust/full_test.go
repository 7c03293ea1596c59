//go:build linux

package trust_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/wireroom/wireroom/cmd/wireroom/trust"
	"github.com/wireroom/wireroom/internal/built"
)

// small mounts a disk of a size, in bytes, for the store of a place.
func (p *place) small(size int) {
	p.t.Helper()
	dir := filepath.Dir(p.db())
	if err := os.MkdirAll(dir, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := syscall.Mount("none", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		if os.Getenv("CI") != "" {
			p.t.Fatalf("CI must be able to mount a small disk: %v", err)
		}
		p.t.Skipf("no small disk can be mounted here: %v", err)
	}
	p.t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
}

// fill leaves so many bytes of the disk free.
func (p *place) fill(free int64) {
	p.t.Helper()
	dir := filepath.Dir(p.db())
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		p.t.Fatal(err)
	}
	n := max(int64(fs.Bavail)*int64(fs.Bsize)-free, 0)
	if err := os.WriteFile(filepath.Join(dir, "ballast"), make([]byte, n), 0o644); err != nil && !errors.Is(err, syscall.ENOSPC) {
		p.t.Fatal(err)
	}
}

// TestDiskFull fills the disk below the store, again and again, to another
// degree each time: what was published stays, health says why, and all goes on
// when there is room again, without a restart (R5).
func TestDiskFull(t *testing.T) {
	t.Parallel()
	each := repetitions(2)
	var fills, degraded, refused, stops, slowest atomic.Int64
	record(t, "R5", "disk full: tmpfs of 12, 24 and 48 MB filled to another degree each time, at the start and while it runs", "trust-full", func() (string, string) {
		return fmt.Sprintf("%d fills", fills.Load()), fmt.Sprintf("0 corrupt, 0 lost, 0 doubled; feeds answered 200 throughout; health degraded with its reason in the %d that hindered a write; %d new stores refused in a sentence, none left half made; all recovered without a restart; %d stopped while the disk was full, after at most %s",
			degraded.Load(), refused.Load(), stops.Load(), time.Duration(slowest.Load()).Round(time.Millisecond))
	})
	bin := testbed(t)
	t.Run("sizes", func(t *testing.T) {
		for i, size := range []int{12 << 20, 24 << 20, 48 << 20} {
			t.Run(fmt.Sprint(size>>20, " MB"), func(t *testing.T) {
				t.Parallel()
				rng := rand.New(rand.NewPCG(*seed, uint64(50+i)))
				for n := 0; n < each && !t.Failed() && !enough(); {
					p, ledger := settle(t, bin, trust.NewModel(rng.Uint64(), 4, 2, 1, nil)), trust.Ledger{}
					p.small(size)
					p.neverHalfMade(rng, &refused)
					fills.Add(1)
					n++
					proc := p.start()
					p.ready(proc)
					for k := 0; k < 15 && n < each && !t.Failed() && !enough(); k, n = k+1, n+1 {
						fills.Add(1)
						if p.fillOnce(proc, rng, ledger) {
							degraded.Add(1)
						}
					}
					took := p.stopsFull(proc, rng)
					stops.Add(1)
					slowest.Store(max(slowest.Load(), int64(took)))
					proc = p.start()
					p.ready(proc)
					p.closing(proc, ledger)
				}
			})
		}
	})
}

// neverHalfMade starts the program on a full disk without a store.
func (p *place) neverHalfMade(rng *rand.Rand, refused *atomic.Int64) {
	p.t.Helper()
	p.fill(rng.Int64N(150 << 10))
	proc := p.start()
	if await(3*time.Second, proc.Ended) {
		refused.Add(1)
		if said := proc.Log.String(); !strings.Contains(said, "full") && !strings.Contains(said, "no space") {
			p.t.Errorf("it does not say that the disk is full:\n%s", built.Tail(said, 5))
		}
		if _, err := os.Stat(p.db()); err == nil {
			p.left() // the store was whole before the disk was full
		}
	}
	proc.Kill()
	if err := os.Remove(filepath.Join(filepath.Dir(p.db()), "ballast")); err != nil {
		p.t.Fatal(err)
	}
}

// stopsFull tells the program to stop while the disk is full.
func (p *place) stopsFull(proc *process, rng *rand.Rand) time.Duration {
	p.t.Helper()
	p.fill(rng.Int64N(64 << 10))
	time.Sleep(time.Duration(rng.IntN(3000)) * time.Millisecond)
	took, err := proc.terminate()
	if err != nil || strings.Contains(proc.Log.String(), overdue) {
		p.t.Errorf("SIGTERM on a full disk: after %s: %v\n%s", took, err, built.Tail(proc.Log.String(), 20))
	}
	if err := os.Remove(filepath.Join(filepath.Dir(p.db()), "ballast")); err != nil {
		p.t.Fatal(err)
	}
	p.left()
	return took
}

// fillOnce fills the disk for a while; true if health was degraded meanwhile.
func (p *place) fillOnce(proc *process, rng *rand.Rand, ledger trust.Ledger) (degraded bool) {
	p.t.Helper()
	p.fill(rng.Int64N(64 << 10))
	end := time.Now().Add(time.Duration(1500+rng.IntN(2000)) * time.Millisecond)
	for time.Now().Before(end) {
		health, ok := p.get("/healthz")
		if !ok {
			p.t.Errorf("health is not answered with 200: %s", health)
		}
		if bytes.HasPrefix(health, []byte("degraded")) {
			degraded = true
			if !bytes.Contains(health, []byte("disk is full")) {
				p.t.Errorf("health does not say why: %s", health)
			}
		}
		if _, ok := p.get("/topics/plain.rss"); !ok {
			p.t.Error("the last good feed is not served")
		}
		if f := p.look(ledger, false); f.Any() {
			p.t.Errorf("published: %s", f)
		}
		time.Sleep(100 * time.Millisecond)
	}
	if degraded && !await(patience, func() bool { return strings.Contains(proc.Log.String(), "the disk is full") }) {
		p.t.Error("health is degraded, but the log does not say why")
	}
	if err := os.Remove(filepath.Join(filepath.Dir(p.db()), "ballast")); err != nil {
		p.t.Fatal(err)
	}
	p.model.Count()
	well := await(patience, func() bool {
		_, fewest := p.model.Polls()
		health, _ := p.get("/healthz")
		return fewest >= 2 && string(health) == "ok\n" || proc.Ended()
	})
	if !well || proc.Ended() {
		health, _ := p.get("/healthz")
		p.t.Errorf("it does not recover: %s\n%s", health, built.Tail(proc.Log.String(), 20))
	}
	return degraded
}

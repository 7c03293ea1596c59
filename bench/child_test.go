package bench

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/wireroom/wireroom/internal/built"
)

func TestMain(m *testing.M) {
	if asProbe() {
		return
	}
	os.Exit(built.Main(m))
}

// A child is a process that the benchmark started.
type child struct {
	*built.Process
	t testing.TB
}

// cpu is what the process has taken of the processor, in user and kernel mode.
func (c child) cpu() time.Duration {
	c.t.Helper()
	return spent(c.t, c.Cmd.Process.Pid)
}

// spent is what a process has taken of the processor.
func spent(t testing.TB, pid int) time.Duration {
	t.Helper()
	var spent unix.Timespec
	// The clock of another process, as clock_getcpuclockid(3) makes its number.
	if err := unix.ClockGettime(int32(^pid)<<3|2, &spent); err != nil {
		t.Fatalf("the processor time of %d: %v", pid, err)
	}
	return time.Duration(spent.Nano())
}

// memory returns what the process holds in memory now, and has held at most,
// in bytes.
func (c child) memory() (now, peak int64) {
	c.t.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", c.Cmd.Process.Pid))
	if err != nil {
		c.t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ":")
		kB, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		switch {
		case err != nil:
		case name == "VmRSS":
			now = kB << 10
		case name == "VmHWM":
			peak = kB << 10
		}
	}
	return now, peak
}

// A probeProcess is the probe, in a process of its own.
type probeProcess struct {
	child
	in  io.Writer
	out *bufio.Scanner
}

func startProbe(t testing.TB, origin string, feeds int, plain bool) *probeProcess {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), fmt.Sprintf("WIREROOM_PROBE=%s\n%d\n%s\n%t", origin, feeds, filepath.Join(t.TempDir(), "probe.db"), plain))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	return &probeProcess{child{built.Start(t, cmd), t}, in, bufio.NewScanner(out)}
}

// poll lets the probe poll every feed so many times, and returns what one round
// took.
func (p *probeProcess) poll(rounds int) time.Duration {
	p.t.Helper()
	begin := p.cpu()
	fmt.Fprintln(p.in, rounds)
	if !p.out.Scan() {
		p.t.Fatal("the probe ended")
	}
	return (p.cpu() - begin) / time.Duration(rounds)
}

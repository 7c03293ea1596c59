package bench

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/wireroom/wireroom/internal/built"
)

func TestMain(m *testing.M) {
	for _, part := range []struct {
		env string
		run func(in io.Reader, out io.Writer, args []string) error
	}{{probeEnv, runProbe}, {partEnv, runPart}} {
		if args, ok := os.LookupEnv(part.env); ok {
			if err := part.run(os.Stdin, os.Stdout, strings.Split(args, "\n")); err != nil {
				fmt.Fprintln(os.Stderr, part.env+":", err)
				os.Exit(1)
			}
			return
		}
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

// A poller is the test's own binary in a process of its own, as what an environment
// variable says, which also holds its arguments. It polls when it is told to.
type poller struct {
	child
	in  io.Writer
	out *bufio.Scanner
}

func startPoller(t testing.TB, env string, args ...string) *poller {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), env+"="+strings.Join(args, "\n"))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	return &poller{child{built.Start(t, cmd), t}, in, bufio.NewScanner(out)}
}

// poll lets it poll every feed so many times, and returns what one round took, without
// what it says, in nanoseconds, that was for something else.
func (p *poller) poll(rounds int) time.Duration {
	p.t.Helper()
	begin := p.cpu()
	fmt.Fprintln(p.in, rounds)
	if !p.out.Scan() {
		p.t.Fatal("it ended by itself")
	}
	spared, err := strconv.ParseInt(p.out.Text(), 10, 64)
	if err != nil {
		p.t.Fatal(err)
	}
	return (p.cpu() - begin - time.Duration(spared)) / time.Duration(rounds)
}

package built

import (
	"bytes"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A Process is a program that a test started and that ends with it.
type Process struct {
	*exec.Cmd
	Log  *Log          // what it has said
	Done chan struct{} // closed when it has ended
	err  error
}

// A Log is text that one writes while another reads.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// String returns what was written.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Start starts a program. What it writes and has no place yet goes to its log,
// whose end is told when the test fails.
func Start(tb testing.TB, cmd *exec.Cmd) *Process {
	tb.Helper()
	p := &Process{Cmd: cmd, Log: &Log{}, Done: make(chan struct{})}
	if p.Stdout == nil {
		p.Stdout = p.Log
	}
	if p.Stderr == nil {
		p.Stderr = p.Log
	}
	p.SysProcAttr = bound()
	p.WaitDelay = time.Second
	if err := p.Cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	go func() {
		p.err = p.Wait()
		close(p.Done)
	}()
	tb.Cleanup(func() {
		p.Kill()
		if tb.Failed() {
			tb.Logf("end of the log of %s:\n%s", filepath.Base(p.Path), Tail(p.Log.String(), 40))
		}
	})
	return p
}

// Ended reports whether the program has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.Done:
		return true
	default:
		return false
	}
}

// Kill ends the program, and what it has started, as a power cut would.
func (p *Process) Kill() {
	if !p.Ended() {
		_ = end(p.Process) // that it has ended meanwhile is as good
	}
	<-p.Done
}

// patience is how long a program may take to stop, on a busy machine.
const patience = 5 * time.Minute

// Stop asks the program to stop, and returns how it ended and how long that took:
// without the time for which the machine let this process wait as well.
func (p *Process) Stop() (took time.Duration, err error) {
	const look = 10 * time.Millisecond
	_ = p.Process.Signal(syscall.SIGTERM)
	for begin := time.Now(); time.Since(begin) < patience; took += look {
		select {
		case <-p.Done:
			return took, p.err
		case <-time.After(look):
		}
	}
	return took, errors.New("it did not stop")
}

// Tail returns the last lines of a text.
func Tail(s string, lines int) string {
	all := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

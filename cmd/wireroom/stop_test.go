//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/wireroom/wireroom/internal/built"
)

// TestStopWhileReading: a signal ends the program while it waits for its
// standard input, and a second one whatever it waits for.
func TestStopWhileReading(t *testing.T) {
	t.Parallel()
	bin, dir := built.Program(t), t.TempDir()
	fifo := filepath.Join(dir, "feeds.yaml")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	silent, err := os.OpenFile(fifo, os.O_RDWR, 0) // somebody who writes nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for _, test := range []struct {
		args    []string
		signals int
	}{
		{[]string{"inspect", "-"}, 1},
		{[]string{"check", "--config", fifo}, 2},
	} {
		cmd := exec.Command(bin, test.args...)
		if _, err := cmd.StdinPipe(); err != nil { // open, and silent
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		done := make(chan struct{})
		go func() {
			cmd.Wait()
			close(done)
		}()
		// Two that come before the program has looked are one: where more than one
		// is minded, the last is said again.
		ended := false
		for n := 0; !ended && n < 100; n++ {
			select {
			case <-done:
				ended = true
			case <-time.After(300 * time.Millisecond):
				if n == 0 || test.signals > 1 {
					cmd.Process.Signal(syscall.SIGTERM)
				}
			}
		}
		if !ended {
			t.Errorf("%v: still there after %d signals", test.args, test.signals)
			cmd.Process.Kill()
			<-done
		}
		if cmd.ProcessState.Success() {
			t.Errorf("%v: it says that all is well", test.args)
		}
	}
}

// TestStopUnheard: a program whose log nobody reads any more stops all the same.
func TestStopUnheard(t *testing.T) {
	t.Parallel()
	bin, dir, addr := built.Program(t), t.TempDir(), built.FreeAddress(t)
	write(t, filepath.Join(dir, "feeds.yaml"), fmt.Sprintf("server: {listen: %q}\nstore: wireroom.db\n"+
		"sources:\n  none: {url: \"http://127.0.0.1:1/\", allow_private: true}\ntopics:\n  all: {}\n", addr))
	log, into, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(bin)
	cmd.Dir, cmd.Stderr = dir, into
	p := built.Start(t, cmd)
	await(t, time.Minute, "the program serves", func() bool { _, ok := get("http://" + addr + "/healthz"); return ok || p.Ended() })
	// What the program says now stays in the pipe, until it holds no more.
	filled := make(chan struct{})
	go func() {
		into.Write(make([]byte, 1<<20)) // until the other end is closed
		close(filled)
	}()
	await(t, time.Minute, "the pipe is full", func() bool {
		n, err := unix.IoctlGetInt(int(log.Fd()), unix.TIOCINQ)
		return err == nil && n >= 56<<10
	})
	if took, _ := p.Stop(); !p.Ended() {
		t.Errorf("it is still there after %s", took)
	}
	log.Close() // the writer above ends
	<-filled
	into.Close()
}

// TestStopWhileStarting: a program that is told to stop at any moment of its
// start stops, and does not say that something was wrong.
func TestStopWhileStarting(t *testing.T) {
	t.Parallel()
	bin, dir := built.Program(t), t.TempDir()
	write(t, filepath.Join(dir, "feeds.yaml"), fmt.Sprintf("server: {listen: %q, base_url: \"http://feeds.wireroom.test\"}\nstore: wireroom.db\n"+
		"sources:\n  none: {url: \"http://127.0.0.1:1/\", allow_private: true}\ntopics:\n  all: {}\n", built.FreeAddress(t)))
	for wait := 10 * time.Millisecond; wait < 250*time.Millisecond; wait += wait / 4 {
		p := start(t, dir, bin)
		time.Sleep(wait)
		if took, err := p.Stop(); took > 8*time.Second || err != nil && p.Log.String() != "" {
			t.Errorf("told to stop after %v: it took %v (%v)\n%s", wait, took, err, p.Log.String())
		}
	}
}

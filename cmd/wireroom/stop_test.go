package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

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
		for range test.signals {
			time.Sleep(300 * time.Millisecond)
			cmd.Process.Signal(syscall.SIGTERM)
		}
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			t.Errorf("%v: still there after %d signals", test.args, test.signals)
			cmd.Process.Kill()
			<-done
		}
		if cmd.ProcessState.Success() {
			t.Errorf("%v: it says that all is well", test.args)
		}
	}
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

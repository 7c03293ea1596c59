package main

import (
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestStopWhileReading: a signal ends the program while it waits for its
// standard input, and a second one whatever it waits for.
func TestStopWhileReading(t *testing.T) {
	t.Parallel()
	bin, dir := wireroom(t), t.TempDir()
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

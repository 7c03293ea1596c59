//go:build unix

package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestPipe: whoever writes to a pipe is read to its end, and nobody is waited for
// who does not.
func TestPipe(t *testing.T) {
	dir := t.TempDir()
	pipe, beside := filepath.Join(dir, "pipe.yaml"), filepath.Join(dir, "feeds.yaml")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(beside, []byte("include: [pipe.yaml]\n"+small), 0o600); err != nil {
		t.Fatal(err)
	}
	load := func(file string) (err error) {
		loaded := make(chan error, 1)
		go func() {
			_, err := Load(file, os.LookupEnv)
			loaded <- err
		}()
		select {
		case err = <-loaded:
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: it is waited for", file)
		}
		return err
	}
	for _, file := range []string{pipe, beside} {
		if err := load(file); err == nil || !strings.Contains(err.Error(), "pipe.yaml is a pipe that nothing is written to") {
			t.Errorf("%s: %v", file, err)
		}
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() {
		time.Sleep(50 * time.Millisecond)
		fmt.Fprint(w, small)
		w.Close()
	}()
	if err := load(fmt.Sprintf("/dev/fd/%d", r.Fd())); err != nil {
		t.Error(err)
	}
}

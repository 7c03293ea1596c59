package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// shared returns a path below ../shared, from the project's root. Without
// that folder the test is skipped, except in CI, where it always is.
func shared(t *testing.T, elem ...string) string {
	t.Helper()
	p, err := filepath.Abs(filepath.Join(append([]string{"..", "..", "..", "shared"}, elem...)...))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(p); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("CI must have %s", p)
		}
		t.Skipf("no recorded feeds at %s", p)
	}
	return p
}

var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "wireroom-built")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "wireroom")
	cmd := exec.Command("go", "build", "-o", bin, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return bin, nil
})

// wireroom returns the path of the program, built as users build it.
func wireroom(t *testing.T) string {
	t.Helper()
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

func TestMain(m *testing.M) {
	code := m.Run()
	if bin, err := built(); err == nil {
		os.RemoveAll(filepath.Dir(bin))
	}
	os.Exit(code)
}

// freePort returns a loopback address at which nobody listens.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// A process is a program that the test started and that ends with it.
type process struct {
	*exec.Cmd
	t    *testing.T
	log  *lockedBuffer
	done chan struct{}
	err  error
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func start(t *testing.T, dir, bin string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(bin, args...), t: t, log: &lockedBuffer{}, done: make(chan struct{})}
	p.Dir, p.Stdout, p.Stderr = dir, p.log, p.log
	p.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.Process.Kill()
		<-p.done
		if t.Failed() {
			t.Logf("end of the log of %s:\n%s", filepath.Base(bin), tail(p.log.String(), 40))
		}
	})
	return p
}

func tail(s string, lines int) string {
	all := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// kill ends the process as a power cut would.
func (p *process) kill() {
	p.Process.Kill()
	<-p.done
}

// terminate asks the process to stop and returns how long that took.
func (p *process) terminate() (time.Duration, error) {
	begin := time.Now()
	p.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
		return time.Since(begin), p.err
	case <-time.After(20 * time.Second):
		return time.Since(begin), fmt.Errorf("it did not stop")
	}
}

// await calls ok until it is true.
func await(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(within); ; time.Sleep(50 * time.Millisecond) {
		if ok() {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("after %s: not %s", within, what)
		}
	}
}

// get returns the body at url; ok is false unless it was answered with 200.
func get(url string) (body []byte, ok bool) {
	resp, err := http.Get(url)
	if err != nil {
		return nil, false
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	return body, err == nil && resp.StatusCode == http.StatusOK
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// listen returns a listener on loopback that is closed with the test.
func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

package main

import (
	"flag"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/built"
	"github.com/wireroom/wireroom/internal/race"
)

func TestMain(m *testing.M) {
	// Most of these tests wait for a program: more of them than processors do so
	// at once.
	flag.Parse()
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		if err := f.Value.Set("6"); err != nil {
			panic(err)
		}
	}
	race.Bubbles()
	os.Exit(built.Main(m))
}

type process = built.Process

// start starts a program in a folder.
func start(t *testing.T, dir, bin string, args ...string) *process {
	t.Helper()
	return startCommand(t, dir, exec.Command(bin, args...))
}

func startCommand(t *testing.T, dir string, cmd *exec.Cmd) *process {
	t.Helper()
	cmd.Dir = dir
	return built.Start(t, cmd)
}

// A test waits patience times as long as a machine that has nothing else to do
// may take, but no longer than longest: go test ends all tests after ten minutes.
const (
	patience = 6
	longest  = 5 * time.Minute
)

// await calls ok until it is true, and returns how long that took. It is to be
// true within a time, on a machine that has nothing else to do.
func await(t *testing.T, within time.Duration, what string, ok func() bool) time.Duration {
	t.Helper()
	within = min(patience*within, longest)
	for begin := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		if ok() {
			return time.Since(begin)
		}
		if time.Since(begin) > within {
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

// outlets serves the feeds of testdata/origin, and returns at which host and port.
func outlets(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.FileServer(http.Dir(filepath.Join("testdata", "origin"))))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
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

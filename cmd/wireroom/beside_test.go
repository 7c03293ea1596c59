package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/built"
)

// TestBeside runs the commands that ask something of the store, or write to
// feeds.yaml, beside the program that runs on them.
func TestBeside(t *testing.T) {
	t.Parallel()
	outlets := outlets(t)
	dir, addr := t.TempDir(), built.FreeAddress(t)
	write(t, filepath.Join(dir, "feeds.yaml"), fmt.Sprintf(`
server: {listen: %q}
store: wireroom.db
defaults: {schedule: '@every 1s', min_interval: 1s, allow_private: true}
polling: {host_gap: 0s}
topics:
  all: {title: Everything}
sources:
  wire: http://%s/wire.xml
`, addr, outlets))
	base, bin := "http://"+addr, built.Program(t)
	p := start(t, dir, bin)
	items := func(n int) func() bool {
		return func() bool {
			_, ok := get(base + "/topics/all.json")
			return ok && len(fetchTopic(t, base).Items) == n
		}
	}
	await(t, 30*time.Second, "the wire is published", items(2))

	// A source that is added is polled and published without further ado.
	command(t, bin, dir, 0, "Silver Tern", "add", "--allow-private", fmt.Sprintf("http://%s/site.html", outlets))
	await(t, 15*time.Second, "the paper is published too", items(3))

	command(t, bin, dir, 0, "in   all", "explain", "https://wire.example/ferry")
	command(t, bin, dir, 0, "all: 3 stories", "preview", "all")
	command(t, bin, dir, 0, "sources: no change", "plan")
	command(t, bin, dir, 0, "4 items", "backup", "copy.db")
	if page, ok := get(base + "/topics/all.json"); !ok || !strings.Contains(string(page), "Choir") {
		t.Error("it no longer serves")
	}
	if _, err := p.Stop(); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(p.Log.String(), "ERR") {
		t.Errorf("it has complained:\n%s", p.Log)
	}

	// Restored, it goes on where the backup was made, with the same ids.
	before := readTopic(t, bin, dir)
	command(t, bin, dir, 0, "is restored from copy.db", "restore", "copy.db")
	if after := readTopic(t, bin, dir); after != before {
		t.Errorf("what is published is another after restoring:\n%s\n%s", before, after)
	}
}

// command runs a command to its end and looks for a text in what it prints.
func command(t *testing.T, bin, dir string, code int, want string, args ...string) {
	t.Helper()
	cmd := exec.Command(bin, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err != nil && !errors.As(err, &exit):
		t.Fatal(err)
	case cmd.ProcessState.ExitCode() != code || !strings.Contains(string(out), want):
		t.Errorf("wireroom %v: exit code %d, not %d, or no %q in:\n%s", args, cmd.ProcessState.ExitCode(), code, want, out)
	}
}

// readTopic returns what would be published of the topic from the store.
func readTopic(t *testing.T, bin, dir string) string {
	t.Helper()
	cmd := exec.Command(bin, "preview", "--json", "all")
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

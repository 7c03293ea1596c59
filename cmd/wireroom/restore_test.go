package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/built"
)

// TestOneProcess: a second one on a SQLite store neither polls nor publishes, and
// waits for the first, which may be about to end.
func TestOneProcess(t *testing.T) {
	t.Parallel()
	bin, dir, addr := built.Program(t), t.TempDir(), built.FreeAddress(t)
	write(t, filepath.Join(dir, "feeds.yaml"), fmt.Sprintf("server: {listen: %q}\nstore: wireroom.db\n"+
		"sources:\n  none: {url: \"http://127.0.0.1:1/\", allow_private: true}\ntopics:\n  all: {}\n", addr))
	first := start(t, dir, bin)
	await(t, time.Minute, "the program serves", func() bool { _, ok := get("http://" + addr + "/healthz"); return ok || first.Ended() })
	second := start(t, dir, bin, "once")
	await(t, 10*time.Second, "the second waits", func() bool { return strings.Contains(second.Log.String(), "another wireroom has the store") })
	if text := second.Log.String(); second.Ended() || strings.Contains(text, "source") {
		t.Errorf("it does not wait:\n%s", text)
	}
	if _, err := first.Stop(); err != nil {
		t.Error(err)
	}
	await(t, 30*time.Second, "the second goes on", second.Ended)
	if text := second.Log.String(); !strings.Contains(text, "files written to public") {
		t.Errorf("the second says\n%s", text)
	}
}

// TestRestoreWhileRunning restores a backup into the store that a running program
// serves from: its readers are all answered, first from the one store and then
// from the other, and it goes on polling.
func TestRestoreWhileRunning(t *testing.T) {
	t.Parallel()
	var entries, asked atomic.Int64
	entries.Store(2)
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		if n := entries.Load(); n > 0 {
			fmt.Fprint(w, bulletin("harbour", int(n)))
		} else {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(origin.Close)
	dir, addr := t.TempDir(), built.FreeAddress(t)
	write(t, filepath.Join(dir, "feeds.yaml"), fmt.Sprintf("server: {listen: %q}\nstore: wireroom.db\n"+
		"defaults: {allow_private: true, schedule: '@every 1s', min_interval: 1s}\nsources:\n  harbour: %s/\ntopics:\n  all: {}\n", addr, origin.URL))
	p := start(t, dir, built.Program(t))
	feed := "http://" + addr + "/topics/all.rss"
	has := func(n int) func() bool {
		return func() bool {
			body, _ := get(feed)
			return strings.Count(string(body), "<item>") == n
		}
	}
	wireroom := func(args ...string) (string, error) {
		cmd := exec.Command(built.Program(t), args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	await(t, time.Minute, "two entries", has(2))
	if out, err := wireroom("backup", "copy.db"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	entries.Store(5)
	await(t, time.Minute, "five entries", has(5))
	entries.Store(0) // so that what was restored stays as it was
	last := asked.Load()
	await(t, time.Minute, "a poll that brings nothing", func() bool { return asked.Load() > last })

	stop, refused := make(chan struct{}), make(chan error, 1)
	go func() { // a reader with a connection of its own for each request
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		for {
			select {
			case <-stop:
				refused <- nil
				return
			default:
			}
			resp, err := client.Get(feed)
			if err == nil && resp.StatusCode != http.StatusOK {
				err = fmt.Errorf("answered %s", resp.Status)
			}
			if err != nil {
				refused <- err
				return
			}
			resp.Body.Close()
			time.Sleep(5 * time.Millisecond)
		}
	}()
	if out, err := wireroom("restore", "copy.db"); err != nil || !strings.Contains(out, "the store that was there is kept as") {
		t.Fatalf("%v: %s", err, out)
	}
	await(t, time.Minute, "the two entries of the backup", has(2))
	before := asked.Load()
	await(t, time.Minute, "a poll", func() bool { return asked.Load() > before })

	close(stop)
	if err := <-refused; err != nil {
		t.Errorf("a reader was refused: %v", err)
	}
	if _, err := p.Stop(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

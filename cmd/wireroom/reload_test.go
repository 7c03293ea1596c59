package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// applyWithin is how soon a change of the configuration is in force.
const applyWithin = 2 * time.Second

// TestReload changes feeds.yaml under the running program in every way that
// editors and orchestrators do.
func TestReload(t *testing.T) {
	t.Parallel()
	l := listen(t)
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, bulletin(strings.Trim(r.URL.Path, "/"), 3))
	})}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	dir, addr := t.TempDir(), freePort(t)
	file := filepath.Join(dir, "feeds.yaml")
	base := "http://" + addr
	text := func(topics string) string {
		return fmt.Sprintf("server: {listen: %q}\nstore: wireroom.db\ndefaults: {schedule: '@every 1h', allow_private: true}\n"+
			"sources:\n  harbour: http://%s/harbour\ntopics:\n  all: {title: Everything}\n%s", addr, l.Addr(), topics)
	}
	write(t, file, text(""))
	p := start(t, dir, wireroom(t))
	await(t, 30*time.Second, "the topic is published", func() bool {
		_, ok := get(base + "/topics/all.json")
		return ok && len(fetchTopic(t, base).Items) == 3
	})
	before := fetchTopic(t, base)
	serves := func(name string) func() bool {
		return func() bool {
			body, ok := get(base + "/topics/" + name + ".json")
			return ok && strings.Contains(string(body), "Notice 1")
		}
	}
	status := func(path string) int {
		resp, err := http.Get(base + path)
		if err != nil {
			return 0
		}
		resp.Body.Close()
		return resp.StatusCode
	}

	// Written in place, a byte at a time: the broken states between are not read.
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []byte(text("  one: {title: One}\n")) {
		f.Write([]byte{b})
		time.Sleep(time.Millisecond)
	}
	f.Close()
	await(t, applyWithin+time.Second, "written in place", serves("one"))

	// Renamed into place, as editors do.
	write(t, filepath.Join(dir, "next"), text("  two: {title: Two}\n"))
	os.Rename(filepath.Join(dir, "next"), file)
	await(t, applyWithin+time.Second, "renamed into place", serves("two"))
	if got := status("/topics/one.json"); got != http.StatusGone {
		t.Errorf("a topic that is no longer configured is answered with %d", got)
	}

	// At fault: nothing changes, and it is said where.
	write(t, file, text("  three: {titel: Three}\n"))
	await(t, applyWithin+time.Second, "the front page tells of the mistake", func() bool {
		page, _ := get(base + "/")
		return strings.Contains(string(page), "1 mistake, the first at line 8")
	})
	for _, broken := range []string{"", "sources:", "\x00\x01"} {
		write(t, file, broken)
		time.Sleep(3 * lookEvery)
	}
	os.Remove(file)
	time.Sleep(3 * lookEvery)
	if !serves("two")() || !serves("all")() {
		t.Error("a faulty file has changed what is served")
	}

	// Swapped by a link, as a ConfigMap is.
	write(t, filepath.Join(dir, "v1", "feeds.yaml"), text("  four: {title: Four}\n"))
	write(t, filepath.Join(dir, "v2", "feeds.yaml"), text("  five: {title: Five}\n"))
	os.Symlink("v1", filepath.Join(dir, "data"))
	os.Symlink(filepath.Join("data", "feeds.yaml"), file)
	await(t, applyWithin+time.Second, "linked", serves("four"))
	os.Symlink("v2", filepath.Join(dir, "data.next"))
	os.Rename(filepath.Join(dir, "data.next"), filepath.Join(dir, "data"))
	await(t, applyWithin+time.Second, "the link is swapped", serves("five"))

	p.Process.Signal(syscall.SIGHUP)
	time.Sleep(2 * lookEvery)
	after := fetchTopic(t, base)
	checkIDs(t, before, after)
	if page, _ := get(base + "/"); strings.Contains(string(page), "mistake") {
		t.Error("the front page still tells of a mistake")
	}
	if took, err := p.terminate(); err != nil || took > 8*time.Second {
		t.Errorf("SIGTERM: stopped after %s, %v", took, err)
	}
}

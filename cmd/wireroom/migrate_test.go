package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/store/storetest"
	"github.com/wireroom/wireroom/internal/built"
)

// TestMigrate takes a store to PostgreSQL and back, with the program itself,
// and looks at what is published before and after.
func TestMigrate(t *testing.T) {
	t.Parallel()
	bin, dir := built.Program(t), t.TempDir()
	cluster := storetest.Postgres(t)
	outlets := outlets(t)
	write(t, filepath.Join(dir, "feeds.yaml"), fmt.Sprintf(`
server: {listen: %q, base_url: "https://feeds.example.org"}
store: one.db
defaults: {schedule: '@every 1s', min_interval: 1s, allow_private: true}
polling: {host_gap: 0s}
topics:
  all: {title: Everything}
sources:
  wire: http://%s/wire.xml
  paper: http://%s/paper.xml
`, built.FreeAddress(t), outlets, outlets))
	dsn := cluster.DSN(t)

	first := readersGet(t, dir, bin, "one.db")
	if again := readersGet(t, dir, bin, "one.db"); again != first {
		t.Fatalf("another start publishes something else:\n%s\n%s", first, again)
	}
	command(t, bin, dir, 0, "is a copy of one.db", "migrate", "--from", "one.db", "--to", dsn)
	command(t, bin, dir, exitConfig, "not empty", "migrate", "--from", "one.db", "--to", dsn)
	if there := readersGet(t, dir, bin, dsn); there != first {
		t.Errorf("PostgreSQL publishes something else:\n%s\n%s", first, there)
	}
	command(t, bin, dir, 0, "two.db is a copy of", "migrate", "--from", dsn, "--to", "two.db")
	command(t, bin, dir, exitConfig, "not empty", "migrate", "--from", dsn, "--to", "two.db")
	if back := readersGet(t, dir, bin, "two.db"); back != first {
		t.Errorf("back in SQLite it publishes something else:\n%s\n%s", first, back)
	}
	command(t, bin, dir, 0, "in   all", "explain", "https://wire.example/ferry", "--store", "two.db")
	command(t, bin, dir, exitUsage, "name both stores", "migrate", "--to", dsn)
}

// TestOnceBesideReplicas: once cannot write what another process publishes, and says
// what is to be done.
func TestOnceBesideReplicas(t *testing.T) {
	t.Parallel()
	bin, dir, dsn := built.Program(t), t.TempDir(), storetest.Postgres(t).DSN(t)
	write(t, filepath.Join(dir, "feeds.yaml"), fmt.Sprintf("server: {listen: %q}\nstore: %q\n"+
		"sources:\n  none: {url: \"http://127.0.0.1:1/\", allow_private: true}\ntopics:\n  all: {}\n", built.FreeAddress(t), dsn))
	p := start(t, dir, bin)
	await(t, time.Minute, "the program files", func() bool { return strings.Contains(p.Log.String(), "topics filed") || p.Ended() })
	command(t, bin, dir, exitConfig, "another wireroom serves from ", "once", "--out", "out")
	if _, err := p.Stop(); err != nil {
		t.Error(err)
	}
	command(t, bin, dir, 0, "files written to out", "once", "--out", "out")
}

// TestMigrateCutShort kills migrations: the target is empty afterwards, and the
// next one fills it, or it is whole, if the kill came too late to be in time.
func TestMigrateCutShort(t *testing.T) {
	t.Parallel()
	bin, dir := built.Program(t), t.TempDir()
	cluster := storetest.Postgres(t)
	wire, err := os.ReadFile(filepath.Join("testdata", "origin", "wire.xml"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "wire.xml"), string(wire))
	write(t, filepath.Join(dir, "feeds.yaml"), "sources: {wire: {url: 'file:wire.xml'}}\ntopics: {all: {title: All}}\n")
	command(t, bin, dir, 0, "", "once", "--out", "out", "--store", "one.db")
	rows := moved(t, bin, dir, "one.db", "undisturbed.db")
	for i := range 8 {
		to := fmt.Sprintf("two-%d.db", i)
		if i%2 == 0 {
			to = cluster.DSN(t)
		}
		p := start(t, dir, bin, "migrate", "--from", "one.db", "--to", to)
		time.Sleep(time.Duration(20+20*i) * time.Millisecond)
		p.Kill()
		// Killed before it could say so, it may have come to its end.
		if n := moved(t, bin, dir, "one.db", to); n != rows && n != "" {
			t.Errorf("after a kill %s are moved, of %s", n, rows)
		}
		if n := moved(t, bin, dir, to, fmt.Sprintf("back-%d.db", i)); n != rows {
			t.Errorf("%s has %s, of %s", to, n, rows)
		}
	}
}

// moved moves a store and returns how many rows it has; none if the target has
// some already.
func moved(t *testing.T, bin, dir, from, to string) string {
	t.Helper()
	cmd := exec.Command(bin, "migrate", "--from", from, "--to", to)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState.ExitCode() == exitConfig && strings.Contains(string(out), "not empty") {
		return ""
	}
	_, rows, ok := strings.Cut(string(out), " is a copy of "+from+": ")
	if from != "one.db" {
		_, rows, ok = strings.Cut(string(out), ": ")
	}
	rows, _, _ = strings.Cut(rows, " in ")
	if err != nil || !ok {
		t.Errorf("wireroom migrate from %s to %s: %v\n%s", from, to, err, out)
	}
	return rows
}

// readersGet serves a store until both outlets were polled and what they tell is
// published, and returns what readers get: bodies, ETags and dates of all feeds.
func readersGet(t *testing.T, dir, bin, dsn string) string {
	t.Helper()
	addr := built.FreeAddress(t)
	p := startCommand(t, dir, exec.Command(bin, "serve", "--store", dsn, "--listen", addr))
	defer func() {
		if _, err := p.Stop(); err != nil {
			t.Errorf("%v\n%s", err, p.Log)
		}
	}()
	await(t, 30*time.Second, "the stories of both are published, and both are polled again", func() bool {
		body, ok := get("http://" + addr + "/topics/all.rss")
		said := p.Log.String()
		return ok && strings.Count(string(body), "<item>") == 3 && strings.Count(said, "source=wire outcome=") > 1 && strings.Count(said, "source=paper outcome=") > 1
	})
	// What the polls brought, if anything, is published by now or in a moment.
	var all string
	await(t, 30*time.Second, "the feeds stay as they are", func() bool {
		last := all
		time.Sleep(2 * time.Second)
		all = feedsAt(t, addr)
		return all == last
	})
	return all
}

// feedsAt returns all feeds of a topic, with their headers.
func feedsAt(t *testing.T, addr string) string {
	t.Helper()
	var all strings.Builder
	for _, path := range []string{"/topics/all.rss", "/topics/all.atom", "/topics/all.json"} {
		resp, err := http.Get("http://" + addr + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&all, "%s %s %s\n%s", path, resp.Header.Get("ETag"), resp.Header.Get("Last-Modified"), body)
	}
	return all.String()
}

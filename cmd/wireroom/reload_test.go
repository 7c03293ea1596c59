//go:build linux

package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/wireroom/wireroom/aggregator/config"
	"github.com/wireroom/wireroom/aggregator/poll"
	"github.com/wireroom/wireroom/internal/built"
	"github.com/wireroom/wireroom/internal/race"
)

// applyWithin is how soon a change of the configuration is in force.
const applyWithin = 2 * time.Second

// A reloading is a running program whose configuration the test changes.
type reloading struct {
	t         *testing.T
	dir, file string
	base      string
	listen    string        // of the program
	feed      string        // address of the one source
	soonest   time.Duration // that a change was in force, by the clock
	clock     func() time.Duration
}

// text returns a feeds.yaml with the topic "all" and these.
func (r *reloading) text(topics string) string {
	return fmt.Sprintf("server: {listen: %q}\nstore: wireroom.db\ndefaults: {schedule: '@every 1h', allow_private: true}\n"+
		"sources:\n  harbour: %s\ntopics:\n  all: {title: Everything}\n%s", r.listen, r.feed, topics)
}

// becomes waits until a topic is served.
func (r *reloading) becomes(name, how string) {
	r.t.Helper()
	begin := r.clock()
	await(r.t, applyWithin+time.Second, how, func() bool { return r.serves(name) })
	r.soonest = min(r.soonest, r.clock()-begin)
}

func (r *reloading) serves(name string) bool {
	body, ok := get(r.base + "/topics/" + name + ".json")
	return ok && strings.Contains(string(body), "Notice 1")
}

func (r *reloading) front() string {
	page, _ := get(r.base + "/")
	return string(page)
}

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
	dir, addr := t.TempDir(), built.FreeAddress(t)
	r := &reloading{t, dir, filepath.Join(dir, "feeds.yaml"), "http://" + addr, addr, "http://" + l.Addr().String() + "/harbour", longest, race.Clock(t)}
	write(t, r.file, r.text(""))
	p := start(t, dir, built.Program(t))
	await(t, 30*time.Second, "the topic is published", func() bool {
		_, ok := get(r.base + "/topics/all.json")
		return ok && len(fetchTopic(t, r.base).Items) == 3
	})
	before := fetchTopic(t, r.base)
	r.written()
	r.renamed()
	r.secret()
	r.faulty()
	r.linked()
	// A busy machine may be late with one or another, but not with all.
	if r.soonest > applyWithin {
		t.Errorf("no change was in force sooner than after %s", r.soonest)
	}
	p.Process.Signal(syscall.SIGHUP)
	time.Sleep(2 * lookEvery)
	checkIDs(t, before, fetchTopic(t, r.base))
	await(t, applyWithin, "the front page tells of no mistake any more", func() bool { return !strings.Contains(r.front(), "mistake") })
	if took, err := p.Stop(); err != nil || took > 8*time.Second {
		t.Errorf("SIGTERM: stopped after %s, %v", took, err)
	}
}

// written changes the file in place, a byte at a time, and then by a rename.
func (r *reloading) written() {
	f, err := os.OpenFile(r.file, os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, b := range []byte(r.text("  one: {title: One}\n")) {
		f.Write([]byte{b})
		time.Sleep(time.Millisecond)
	}
	f.Close()
	r.becomes("one", "written in place")

	write(r.t, filepath.Join(r.dir, "next"), r.text("  two: {title: Two}\n"))
	os.Rename(filepath.Join(r.dir, "next"), r.file)
	r.becomes("two", "renamed into place")
	resp, err := http.Get(r.base + "/topics/one.json")
	if err != nil {
		r.t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusGone {
		r.t.Errorf("a topic that is no longer configured is answered with %d", resp.StatusCode)
	}
}

// TestChangedWhileStarting: what is written while the program starts, such as while
// it brings a large store up to date, is applied as well; and a hangup that comes
// so early does no harm.
func TestChangedWhileStarting(t *testing.T) {
	dir, addr := t.TempDir(), built.FreeAddress(t)
	at := overrides{config: filepath.Join(dir, "feeds.yaml"), store: filepath.Join(dir, "wireroom.db")}
	text := fmt.Sprintf("server: {listen: %q}\nsources:\n  none: {url: \"http://127.0.0.1:1/\", allow_private: true}\ntopics:\n  all: {}\n", addr)
	write(t, at.config, text)
	cfg, err := at.load(nil)
	if err != nil {
		t.Fatal(err)
	}
	write(t, at.config, text+"  more: {}\n")
	p, err := assemble(t.Context(), cfg, at.load, slog.New(slog.DiscardHandler), poll.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- p.run(ctx, listen(t), at.load) }()
	await(t, applyWithin, "the topic is there", func() bool { return len(p.setup.Load().cfg.Topics) == 2 })
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	p.close()

	fifo := filepath.Join(dir, "pipe.yaml")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	into, err := os.OpenFile(fifo, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer into.Close()
	if _, err := into.WriteString("#"); err != nil {
		t.Fatal(err)
	}
	process := start(t, dir, built.Program(t), "--config", fifo) // waits for the rest of its configuration
	await(t, 10*time.Second, "the program reads its configuration", func() bool {
		unread, err := unix.IoctlGetInt(int(into.Fd()), unix.TIOCINQ)
		return err == nil && unread == 0
	})
	for range 5 {
		time.Sleep(100 * time.Millisecond)
		process.Process.Signal(syscall.SIGHUP)
	}
	if process.Ended() {
		t.Error("a hangup ended it")
	}
}

// TestHubStaysWhereItIs: where our hub is changes with the rest of the server, at
// the next start, and not before in what the topics say.
func TestHubStaysWhereItIs(t *testing.T) {
	dir := t.TempDir()
	at := overrides{config: filepath.Join(dir, "feeds.yaml"), store: filepath.Join(dir, "wireroom.db")}
	configure := func(base string) {
		write(t, at.config, "server: {listen: \"127.0.0.1:0\", base_url: \""+base+"\"}\n"+
			"sources:\n  none: {url: \"http://127.0.0.1:1/\", allow_private: true}\ntopics:\n  all: {}\n  other: {hub: \"https://hub.example/\"}\n")
	}
	for _, test := range []struct{ before, after, want string }{
		{"http://old.example", "http://new.example", "http://old.example/hub"},
		{"", "http://new.example", ""},
	} {
		configure(test.before)
		cfg, err := at.load(nil)
		if err != nil {
			t.Fatal(err)
		}
		p, err := assemble(t.Context(), cfg, at.load, slog.New(slog.DiscardHandler), poll.Options{})
		if err != nil {
			t.Fatal(err)
		}
		configure(test.after)
		if _, err := p.apply(t.Context(), at.load); err != nil {
			t.Error(err)
		}
		if topics := p.setup.Load().cfg.Topics; topics[0].Hub != test.want || topics[1].Hub != "https://hub.example/" {
			t.Errorf("from %q to %q: the topics name the hubs %q and %q", test.before, test.after, topics[0].Hub, topics[1].Hub)
		}
		p.close()
	}
}

// TestReloadOfTheLog: another level of the log is that of the next start, and who
// changes it is told so.
func TestReloadOfTheLog(t *testing.T) {
	dir := t.TempDir()
	at := overrides{config: filepath.Join(dir, "feeds.yaml"), store: filepath.Join(dir, "wireroom.db")}
	configure := func(level string) *config.Config {
		write(t, at.config, "server: {listen: \"127.0.0.1:0\"}\nlog: {level: "+level+"}\n"+
			"sources:\n  none: {url: \"http://127.0.0.1:1/\", allow_private: true}\ntopics:\n  all: {}\n")
		cfg, err := at.load(nil)
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	var said strings.Builder
	p, err := assemble(t.Context(), configure("info"), at.load, slog.New(slog.NewTextHandler(&said, nil)), poll.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	const told = "takes effect at the next start"
	for _, change := range []struct {
		level string
		times int
	}{{"info", 0}, {"debug", 1}, {"debug", 2}, {"info", 2}} {
		configure(change.level)
		if _, err := p.apply(t.Context(), at.load); err != nil {
			t.Error(err)
		}
		if n := strings.Count(said.String(), told); n != change.times {
			t.Errorf("after the level %s it was told %d times, not %d, that it is that of the next start:\n%s", change.level, n, change.times, said.String())
		}
	}
}

// faulty writes what is no configuration, removes the file, and puts a pipe in
// its place.
func (r *reloading) faulty() {
	write(r.t, r.file, r.text("  three: {titel: Three}\n"))
	await(r.t, applyWithin+time.Second, "the front page tells of the mistake", func() bool {
		return strings.Contains(r.front(), "1 mistake, the first at line 8")
	})
	write(r.t, r.file, "")
	await(r.t, applyWithin+time.Second, "the front page tells of an empty file", func() bool {
		return strings.Contains(r.front(), "The configuration on disk has 1 mistake; an earlier one is in force.")
	})
	for _, broken := range []string{"", "sources:", "\x00\x01"} {
		write(r.t, r.file, broken)
		time.Sleep(3 * lookEvery)
	}
	os.Remove(r.file)
	time.Sleep(3 * lookEvery)
	if err := syscall.Mkfifo(r.file, 0o600); err != nil { // nobody ever writes to it
		r.t.Fatal(err)
	}
	time.Sleep(3 * lookEvery)
	os.Remove(r.file)
	// What it was refused for may be another file, which alone is then mended.
	write(r.t, r.file, "include: [more.yaml]\n"+r.text(""))
	await(r.t, applyWithin+time.Second, "a missing file is told of", func() bool { return strings.Contains(r.front(), "1 mistake, the first at line 1") })
	if !r.serves("two") || !r.serves("all") {
		r.t.Error("a faulty file has changed what is served")
	}
	write(r.t, filepath.Join(r.dir, "more.yaml"), "\n\ntopics: {more: {titel: More}}\n")
	await(r.t, applyWithin+time.Second, "a faulty file is told of", func() bool { return strings.Contains(r.front(), "1 mistake, the first at line 3") })
	write(r.t, filepath.Join(r.dir, "more.yaml"), "topics: {more: {title: More}}\n")
	r.becomes("more", "a file that was missing is there")
	write(r.t, r.file, r.text("  two: {title: Two}\n"))
	r.becomes("two", "without the other file")
	os.Remove(r.file)
}

// renamed gives a topic another name: its old addresses lead to the new ones,
// and no reader sees an entry twice, for all ids stay.
func (r *reloading) renamed() {
	id := regexp.MustCompile(`<id>tag:[^<]*</id>`)
	ids := func(name string) []string {
		body, _ := get(r.base + "/topics/" + name + ".atom") // follows a redirect
		ours := regexp.MustCompile(`(?s)<source>.*?</source>`).ReplaceAllString(string(body), "")
		return id.FindAllString(ours, -1)
	}
	before := ids("two")
	write(r.t, r.file, r.text("  second: {title: Two, formerly: [two]}\n"))
	r.becomes("second", "renamed")
	if after := ids("two"); len(before) != 4 || !slices.Equal(before, after) {
		r.t.Errorf("the ids of a topic and its three entries were\n%q and are, under another name,\n%q", before, after)
	}
	resp, err := (&http.Transport{}).RoundTrip(httptest.NewRequest(http.MethodGet, r.base+"/topics/two.atom?x=1", nil))
	if err != nil {
		r.t.Fatal(err)
	}
	resp.Body.Close()
	if to := resp.Header.Get("Location"); resp.StatusCode != http.StatusMovedPermanently || to != r.base+"/topics/second.atom" {
		r.t.Errorf("the old address is answered with %d and leads to %q", resp.StatusCode, to)
	}
}

// secret gives a private topic another token, which stands in a file of its own:
// the one before opens it no more.
func (r *reloading) secret() {
	const first, second = "the-token-of-monday", "the-token-of-tuesday"
	opens := func(token string) bool { _, ok := get(r.base + "/private/" + token + "/topics/desk.json"); return ok }
	write(r.t, filepath.Join(r.dir, "token"), first+"\n")
	write(r.t, r.file, r.text("  second: {title: Two, formerly: [two]}\n  desk: {token_file: token}\n"))
	await(r.t, applyWithin+time.Second, "a private topic", func() bool { return opens(first) })
	write(r.t, filepath.Join(r.dir, "token"), second+"\n")
	await(r.t, applyWithin+time.Second, "another token opens it", func() bool { return opens(second) })
	if opens(first) {
		r.t.Error("the token before still opens the topic")
	}
}

// linked swaps the file by links, as a ConfigMap is.
func (r *reloading) linked() {
	write(r.t, filepath.Join(r.dir, "v1", "feeds.yaml"), r.text("  four: {title: Four}\n"))
	write(r.t, filepath.Join(r.dir, "v2", "feeds.yaml"), r.text("  five: {title: Five}\n"))
	os.Symlink("v1", filepath.Join(r.dir, "data"))
	os.Symlink(filepath.Join("data", "feeds.yaml"), r.file)
	r.becomes("four", "linked")
	os.Symlink("v2", filepath.Join(r.dir, "data.next"))
	os.Rename(filepath.Join(r.dir, "data.next"), filepath.Join(r.dir, "data"))
	r.becomes("five", "the link is swapped")
}

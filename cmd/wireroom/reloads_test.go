//go:build linux

package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/built"
	"github.com/wireroom/wireroom/internal/race"
)

var fullReloads = flag.Bool("full-reloads", false, "change the configuration as often as the rules of reliability ask, not a few times")

// An edited is a program that runs under load while the test edits its
// feeds.yaml. Each good edit is a generation: it has two topics and a source of
// its own, beside a topic and a source that are always there. What readers are
// shown must be one generation or the next, whole.
type edited struct {
	*process
	t                                     *testing.T
	dir, file, base, listen, admin, feeds string

	generation int
	soonest    time.Duration // that one was in force after it was written, by the clock
	clock      func() time.Duration
	asked      sync.Map // path of a feed → *atomic.Int64
	requests   atomic.Int64
	dropped    atomic.Int64
	mixed      atomic.Int64
	first      atomic.Pointer[string] // items of the lasting topic, as first seen
	stop       chan struct{}
	readers    sync.WaitGroup
}

// edit returns a program that runs on a feeds.yaml of generation 0. With a
// wrapper its arguments come before the program's.
func edit(t *testing.T, wrapper ...string) *edited {
	t.Helper()
	l := listen(t)
	e := &edited{t: t, dir: t.TempDir(), listen: built.FreeAddress(t), admin: built.FreeAddress(t), feeds: "http://" + l.Addr().String(), stop: make(chan struct{}), soonest: longest, clock: race.Clock(t)}
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		count, _ := e.asked.LoadOrStore(r.URL.Path, &atomic.Int64{})
		count.(*atomic.Int64).Add(1)
		fmt.Fprint(w, bulletin(strings.Trim(r.URL.Path, "/"), 3))
	})}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	e.file, e.base = filepath.Join(e.dir, "feeds.yaml"), "http://"+e.listen
	os.Chmod(filepath.Dir(e.dir), 0o755)
	os.Chmod(e.dir, 0o777) // for a program that runs as another user
	bin := filepath.Join(e.dir, "wireroom")
	if err := os.Link(built.Program(t), bin); err != nil { // a copy is busy while another test starts something
		t.Fatal(err)
	}
	write(t, e.file, e.text(0))
	args := append(wrapper, bin)
	e.process = start(t, e.dir, args[0], args[1:]...)
	await(t, 60*time.Second, "the topic is published", func() bool { return len(e.ids()) > 0 })
	for _, path := range []string{"/", "/topics/all.json", "/topics/all.rss", "/", "/topics/all.atom"} {
		e.readers.Go(func() { e.read(path) })
	}
	return e
}

// text is a feeds.yaml of a generation. No part of it is one: what is written
// slowly by a machine that does other things meanwhile is either whole or a fault.
func (e *edited) text(n int) string {
	return fmt.Sprintf(`{server: {listen: %q, admin: %q, hub: none},
store: wireroom.db,
defaults: {schedule: '@every 1h', allow_private: true},
polling: {host_gap: 0s},
sources: {
  lasting: '%[3]s/lasting',
  s%[4]d: '%[3]s/s%[4]d'
},
topics: {
  all: {title: Everything, from: [lasting], stories: off},
  g%[4]d-a: {title: "A of %[4]d", match: {any: [notice]}},
  g%[4]d-b: {title: "B of %[4]d", from: [s%[4]d]}
}}
`, e.listen, e.admin, e.feeds, n)
}

// ids returns the ids of what the lasting topic publishes, if it is whole.
func (e *edited) ids() string {
	body, _ := get(e.base + "/topics/all.json")
	return idsOf(body)
}

func idsOf(body []byte) string {
	var p published
	if json.Unmarshal(body, &p) != nil || len(p.Items) != 3 {
		return ""
	}
	var ids []string
	for _, it := range p.Items {
		ids = append(ids, it.ID)
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

var linkToTopic = regexp.MustCompile(`"/topics/(g\d+)-([ab])"`)

// read reads a page again and again, as readers do, and holds it against what
// may be shown.
func (e *edited) read(path string) {
	client := &http.Client{Timeout: 20 * time.Second}
	for {
		select {
		case <-e.stop:
			return
		case <-time.After(5 * time.Millisecond):
		}
		e.requests.Add(1)
		resp, err := client.Get(e.base + path)
		if err != nil {
			e.dropped.Add(1)
			continue
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			e.dropped.Add(1)
			continue
		}
		switch path {
		case "/":
			topics := map[string]bool{}
			generations := map[string]bool{}
			for _, m := range linkToTopic.FindAllStringSubmatch(string(body), -1) {
				topics[m[1]+m[2]], generations[m[1]] = true, true
			}
			if len(topics) != 2 || len(generations) != 1 {
				e.mixed.Add(1)
				e.t.Errorf("the front page shows the topics %v", topics)
			}
		case "/topics/all.json":
			ids := idsOf(body)
			if e.first.CompareAndSwap(nil, &ids); ids == "" || *e.first.Load() != ids {
				e.mixed.Add(1)
				e.t.Errorf("the lasting topic shows %s, and has shown %s", ids, *e.first.Load())
			}
		}
	}
}

// shows reports whether readers are shown a generation.
func (e *edited) shows(n int) bool {
	page, _ := get(e.base + "/")
	return strings.Contains(string(page), fmt.Sprintf(`"/topics/g%d-a"`, n))
}

// good changes the file to the next generation by the given way and waits until
// it is in force.
func (e *edited) good(how string, put func(text string)) {
	e.t.Helper()
	e.generation++
	put(e.text(e.generation))
	begin := e.clock()
	await(e.t, applyWithin+3*time.Second, fmt.Sprintf("generation %d is in force, which was %s", e.generation, how), func() bool { return e.shows(e.generation) })
	e.soonest = min(e.soonest, e.clock()-begin)
}

// refused returns how many changes the program has refused.
func (e *edited) refused() int {
	page, _ := get("http://" + e.admin + "/metrics")
	var n int
	if _, rest, ok := strings.Cut(string(page), `wireroom_config_reloads_total{result="refused"} `); ok {
		fmt.Sscan(rest, &n)
	}
	return n
}

// bad does something to the file that is no good change, and waits until the
// program says so; what is in force stays.
func (e *edited) bad(how string, do func()) {
	e.t.Helper()
	before := e.refused()
	do()
	await(e.t, applyWithin+3*time.Second, "refused: "+how, func() bool { return e.refused() > before })
	if !e.shows(e.generation) {
		e.t.Errorf("%s has changed what is in force", how)
	}
}

func (e *edited) inPlace(text string) { write(e.t, e.file, text) }

func (e *edited) renamed(text string) {
	write(e.t, e.file+".next", text)
	if err := os.Rename(e.file+".next", e.file); err != nil {
		e.t.Fatal(err)
	}
}

// byteByByte writes the file as slowly as no editor does.
func (e *edited) byteByByte(text string) {
	f, err := os.OpenFile(e.file, os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		e.t.Fatal(err)
	}
	defer f.Close()
	for _, b := range []byte(text) {
		f.Write([]byte{b})
		time.Sleep(time.Millisecond)
	}
}

// done ends the program while it is told to reload, and says what readers saw.
func (e *edited) done() {
	e.t.Helper()
	close(e.stop)
	e.readers.Wait()
	e.t.Logf("%d generations, %d refused, %d requests, %d dropped, %d mixed", e.generation, e.refused(), e.requests.Load(), e.dropped.Load(), e.mixed.Load())
	if e.generation > 10 && e.soonest > applyWithin { // a busy machine is not late with each of so many
		e.t.Errorf("no change was in force sooner than after %s", e.soonest)
	}
	if n := e.dropped.Load(); n > 0 {
		e.t.Errorf("%d requests were dropped", n)
	}
	count, _ := e.asked.Load("/lasting")
	if n := count.(*atomic.Int64).Load(); n != 1 {
		e.t.Errorf("the source that never changed was polled %d times within its hour", n)
	}
	write(e.t, e.file, e.text(e.generation+1))
	go func() { // before it is told to stop, and as long as it does
		for e.Process.Signal(syscall.SIGHUP) == nil {
			time.Sleep(100 * time.Microsecond)
		}
	}()
	time.Sleep(5 * time.Millisecond)
	took, err := e.Stop()
	if err != nil || took > 8*time.Second {
		e.t.Errorf("SIGTERM amid reloads: stopped after %s, %v", took, err)
	}
}

// faultyFiles are the files of one fault each that the messages are held
// against.
func faultyFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, dir := range []string{filepath.Join("..", "..", "aggregator", "config", "testdata"), filepath.Join("testdata", "rules")} {
		found, err := filepath.Glob(filepath.Join(dir, "*.bad.yaml"))
		if err != nil || len(found) == 0 {
			t.Fatal(err, found)
		}
		files = append(files, found...)
	}
	return files
}

// TestReloads is R9 of the rules of reliability: whatever is done to the file,
// a good change is applied whole, a bad one not at all, and no reader and no
// source notices.
func TestReloads(t *testing.T) {
	t.Parallel()
	good, each := 6, 20
	if *fullReloads {
		good, each = 200, 1
	}
	faulty := faultyFiles(t)
	e := edit(t)
	for i := range good {
		switch i % 3 {
		case 0:
			e.good("written in place", e.inPlace)
		case 1:
			e.good("renamed into place", e.renamed)
		case 2:
			e.good("written byte by byte", e.byteByByte)
		}
	}
	for i := 0; i < len(faulty); i += each {
		text, err := os.ReadFile(faulty[i])
		if err != nil {
			t.Fatal(err)
		}
		e.bad(filepath.Base(faulty[i]), func() { e.renamed(string(text)) })
	}
	e.bad("deleted", func() { os.Remove(e.file) })
	e.good("there again", e.inPlace)
	e.bad("truncated", func() { os.Truncate(e.file, 0) })
	e.bad("cut off", func() { write(t, e.file, e.text(e.generation + 1)[:200]) })
	e.configMap()
	e.storm()
	e.done()
}

// configMap makes of the file what a mounted ConfigMap is, and swaps it.
func (e *edited) configMap() {
	e.t.Helper()
	os.Remove(e.file)
	swap := func(text string) {
		version := fmt.Sprintf("..v%d", e.generation)
		write(e.t, filepath.Join(e.dir, version, "feeds.yaml"), text)
		os.Symlink(version, filepath.Join(e.dir, "..data_tmp"))
		os.Rename(filepath.Join(e.dir, "..data_tmp"), filepath.Join(e.dir, "..data"))
		if _, err := os.Lstat(e.file); err != nil {
			os.Symlink(filepath.Join("..data", "feeds.yaml"), e.file)
		}
	}
	e.good("mounted as a ConfigMap", swap)
	e.good("swapped as a ConfigMap", swap)
	e.bad("swapped for a fault", func() { swap("sources: [") })
	e.good("swapped again", swap)
	os.Remove(e.file)
}

// storm changes the file and asks for it a hundred times a second.
func (e *edited) storm() {
	e.t.Helper()
	for range 100 {
		e.generation++
		e.renamed(e.text(e.generation))
		e.Process.Signal(syscall.SIGHUP)
		time.Sleep(10 * time.Millisecond)
	}
	await(e.t, applyWithin+3*time.Second, "the last of a hundred changes is in force", func() bool { return e.shows(e.generation) })
}

// TestReloadUnreadable takes the right to read the file away from a program
// that is not root, for whom there is no such right to lose.
func TestReloadUnreadable(t *testing.T) {
	t.Parallel()
	var wrapper []string
	if os.Getuid() == 0 {
		if _, err := exec.LookPath("setpriv"); err != nil {
			t.Skip("this is root, and there is no setpriv to be somebody else")
		}
		wrapper = []string{"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"}
	}
	e := edit(t, wrapper...)
	e.bad("unreadable", func() {
		write(t, e.file+".next", e.text(e.generation+1))
		os.Chmod(e.file+".next", 0) // there is no moment in which it can be read
		os.Rename(e.file+".next", e.file)
		time.Sleep(2 * lookEvery)
		e.Process.Signal(syscall.SIGHUP)
	})
	os.Chmod(e.file, 0o644)
	e.good("readable again", e.renamed)
	e.done()
}

// TestReloadMounted changes a file that is mounted by itself, as in a container.
func TestReloadMounted(t *testing.T) {
	t.Parallel()
	if err := exec.Command("unshare", "--mount", "true").Run(); err != nil {
		t.Skip("this user may not mount: ", err)
	}
	e := edit(t, "unshare", "--mount", "sh", "-c", `cp feeds.yaml host.yaml && mount --bind host.yaml feeds.yaml && exec "$0"`)
	e.file = filepath.Join(e.dir, "host.yaml")
	for range 2 {
		e.good("written in place under the mount", e.inPlace)
	}
	e.bad("emptied under the mount", func() { os.Truncate(e.file, 0) })
	e.good("written again", e.byteByByte)
	e.done()
}

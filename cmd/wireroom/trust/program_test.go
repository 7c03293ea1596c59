//go:build linux

package trust_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/cmd/wireroom/trust"
	"github.com/wireroom/wireroom/internal/built"
)

var (
	times  = flag.Int("times", 0, "how often a part repeats what it does; 0: the few times of the suite")
	seed   = flag.Uint64("seed", 1, "seed of the random choices")
	within = flag.Duration("within", 24*time.Hour, "after how long a part begins nothing more, and notes what it has done")
	table  = flag.String("table", "", "the table to write what came of a part into, from the root of the project")
)

// repetitions is how often a part is to repeat what it does.
func repetitions(few int) int {
	if *times > 0 {
		return *times
	}
	return few
}

var started = time.Now()

// enough reports whether the time that a part was given is over.
func enough() bool { return time.Since(started) > *within }

const root = "../../.."

// record notes what came of a part, once the test is over.
func record(t *testing.T, part, what, target string, result func() (count, result string)) {
	begin := time.Now()
	t.Cleanup(func() {
		count, said := result()
		if t.Failed() {
			said = "FAILED: " + said
		}
		t.Logf("%s, seed %d: %s: %s", part, *seed, count, said)
		if *table == "" || t.Skipped() {
			return
		}
		row := trust.Row{
			Part: part, What: what, Count: count, Seed: fmt.Sprint(*seed), Result: said,
			Date:    fmt.Sprintf("%s, %s", begin.UTC().Format(time.DateOnly), time.Since(begin).Round(time.Second)),
			Command: "make " + target,
		}
		if err := trust.Record(filepath.Join(root, *table), row); err != nil {
			t.Error(err)
		}
	})
}

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(built.Main(m))
}

// A place is where a program runs: a folder with its configuration and store,
// and the model that it polls.
type place struct {
	t     *testing.T
	model *trust.Model
	dir   string
	bin   string
	addr  string
	web   atomic.Pointer[trust.Model] // whom the origin's address leads to
	env   []string                    // further environment of the program
}

const configuration = `server: {listen: %q, base_url: "http://feeds.wireroom.test"}
store: data/wireroom.db
log: {format: json}
polling: {workers: 16}
defaults: {schedule: "@every 1s", min_interval: 1s, allow_private: true, timeout: 3s}
topics:
%ssources:
%s`

// topics are those of a configuration, by the kind of their sources.
var topics = map[string]string{
	trust.Plain: "  plain: {from: [tag:plain], stories: off, limit: 100000}\n",
	trust.Wire:  "  wire: {from: [tag:wire], limit: 100000}\n",
	trust.Desk:  "  desk: {from: [tag:desk], stories: off, limit: 100000}\n",
}

// settle makes a place for a program over a model: its folder, its configuration,
// and the address at which the model answers.
func settle(t *testing.T, bin string, model *trust.Model) *place {
	t.Helper()
	p := &place{t: t, model: model, dir: t.TempDir(), bin: bin, addr: built.FreeAddress(t)}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.web.Store(model)
	web := &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.web.Load().ServeHTTP(w, r) }),
		ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0),
	}
	go web.Serve(l)
	t.Cleanup(func() { web.Close() })
	var sources strings.Builder
	has := map[string]string{}
	for _, name := range model.Names() {
		has[trust.Kind(name)] = topics[trust.Kind(name)]
		fmt.Fprintf(&sources, "  %s: {url: \"http://%s/%s\", tags: [%s], language: en}\n", name, l.Addr(), name, trust.Kind(name))
	}
	p.write("feeds.yaml", fmt.Sprintf(configuration, p.addr, has[trust.Plain]+has[trust.Wire]+has[trust.Desk], &sources))
	return p
}

func (p *place) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) db() string { return filepath.Join(p.dir, "data", "wireroom.db") }

func (p *place) at(path string) string { return "http://" + p.addr + path }

// A process is a program that was started.
type process struct{ *built.Process }

// start starts the program of a place.
func (p *place) start(args ...string) *process {
	p.t.Helper()
	cmd := exec.Command(p.bin, args...)
	cmd.Dir, cmd.Env = p.dir, append(append(os.Environ(), "GOTRACEBACK=all"), p.env...)
	return &process{built.Start(p.t, cmd)}
}

// terminate asks the process to stop, and returns how long that took by the clock.
func (p *process) terminate() (time.Duration, error) {
	begin := time.Now()
	_, err := p.Stop()
	return time.Since(begin), err
}

var reader = &http.Client{Timeout: 20 * time.Second}

// get returns the body at an address of the program; ok is false unless it was
// answered with 200.
func (p *place) get(path string) (body []byte, ok bool) {
	resp, err := reader.Get(p.at(path))
	if err != nil {
		return nil, false
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	return body, err == nil && resp.StatusCode == http.StatusOK
}

// await calls ok until it is true or the time is over, at first often.
func await(within time.Duration, ok func() bool) bool {
	pause := 10 * time.Millisecond
	for end := time.Now().Add(within); ; time.Sleep(pause) {
		pause = min(pause*5/4, time.Second/2)
		if ok() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
	}
}

// patience is how long a test waits for what takes a moment, on a busy machine.
const patience = 5 * time.Minute

// ready waits until the program is, and returns how much time of a processor it
// took for it: other programs on the machine do not count.
func (p *place) ready(proc *process) time.Duration {
	p.t.Helper()
	if !await(patience, func() bool { _, ok := p.get("/readyz"); return ok || proc.Ended() }) || proc.Ended() {
		p.t.Fatalf("it is not ready:\n%s", built.Tail(proc.Log.String(), 30))
	}
	return proc.spent()
}

// spent returns how much time of a processor the process has used.
func (p *process) spent() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest) // from the third on; see proc_pid_stat(5)
	var user, system int64
	fmt.Sscan(fields[11], &user)
	fmt.Sscan(fields[12], &system)
	return time.Duration(user+system) * (time.Second / 100)
}

// copied copies the store of a place that no process has open, and returns the
// path of the copy.
func (p *place) copied() string {
	p.t.Helper()
	dir, err := os.MkdirTemp(p.dir, "copy")
	if err != nil {
		p.t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal"} {
		text, err := os.ReadFile(p.db() + suffix)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "wireroom.db"+suffix), text, 0o644)
		}
		if err != nil {
			p.t.Fatal(err)
		}
	}
	return filepath.Join(dir, "wireroom.db")
}

// records opens a copy of the store, checks it and returns what is in its log,
// and removes the copy.
func (p *place) records() ([]news.Record, error) {
	path := p.copied()
	defer os.RemoveAll(filepath.Dir(path))
	return p.recordsOf(path)
}

// recordsOf opens a store that is there for it, checks it and returns what is in
// its log.
func (p *place) recordsOf(path string) ([]news.Record, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	ctx := context.Background()
	db, err := store.Open(ctx, path, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if err := db.Check(ctx); err != nil {
		return nil, err
	}
	return db.Records(ctx, 0, 1<<30)
}

// look reads what the program publishes into the ledger.
func (p *place) look(ledger trust.Ledger, settled bool) trust.Findings {
	var all trust.Findings
	for _, kind := range []string{trust.Plain, trust.Wire, trust.Desk} {
		feed, ok := p.get("/topics/" + kind + ".json")
		if !ok {
			continue
		}
		f := p.model.Published(ledger, kind, feed, settled)
		all.Lost, all.Doubled = append(all.Lost, f.Lost...), append(all.Doubled, f.Doubled...)
		all.Torn, all.Moved = append(all.Torn, f.Torn...), append(all.Moved, f.Moved...)
	}
	return all
}

// closing lets the program poll everything once more, compares the whole with
// the model and with what a program publishes that was never disturbed, and
// stops it.
func (p *place) closing(proc *process, ledger trust.Ledger) {
	p.t.Helper()
	p.model.Freeze()
	if !await(patience, func() bool { _, fewest := p.model.Polls(); return fewest >= 2 || proc.Ended() }) {
		p.t.Fatalf("it polls no more:\n%s", built.Tail(proc.Log.String(), 30))
	}
	var last trust.Findings
	await(patience, func() bool { last = p.look(ledger, true); return !last.Any() })
	if last.Any() {
		p.t.Errorf("published: %s", last)
	}
	feeds := map[string]string{}
	for _, form := range []string{".rss", ".atom", ".json"} {
		feed, ok := p.get("/topics/plain" + form)
		if !ok {
			p.t.Errorf("plain%s is not served", form)
		}
		feeds[form] = trust.Timeless(feed)
	}
	if took, err := proc.terminate(); err != nil {
		p.t.Errorf("SIGTERM: after %s: %v\n%s", took, err, built.Tail(proc.Log.String(), 20))
	}
	records, err := p.records()
	if err != nil {
		p.t.Fatal(err)
	}
	if f := p.model.Compare(records, true); f.Any() {
		p.t.Errorf("stored: %s", f)
	}
	p.undisturbed(feeds)
}

// undisturbed holds the feeds of plain sources against those of a program that
// was never disturbed: it polls all that there was at once, at the same
// addresses, into a new store.
func (p *place) undisturbed(feeds map[string]string) {
	p.t.Helper()
	p.web.Store(p.model.Whole())
	p.env = nil
	proc := p.start("--store", "undisturbed.db")
	defer proc.Kill()
	p.ready(proc)
	for form, mine := range feeds {
		var theirs string
		same := await(patience, func() bool {
			feed, _ := p.get("/topics/plain" + form)
			theirs = trust.Timeless(feed)
			return theirs == mine
		})
		if !same {
			at := 0
			for at < min(len(mine), len(theirs)) && mine[at] == theirs[at] {
				at++
			}
			p.t.Errorf("plain%s is not what an undisturbed program publishes, from byte %d:\n%.300s\nand\n%.300s", form, at, mine[max(0, at-100):], theirs[max(0, at-100):])
		}
	}
}

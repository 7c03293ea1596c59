//go:build linux

package trust_test

import (
	"bufio"
	"bytes"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wireroom/wireroom/cmd/wireroom/trust"
	"github.com/wireroom/wireroom/internal/built"
)

// A sample is what the program uses at one moment.
type sample struct {
	polls              int
	goroutines, files  float64
	memory, store, wal int64 // bytes
}

// sampled asks the program's own metrics, and its files.
func (p *place) sampled(admin string) (s sample) {
	s.polls, _ = p.model.Polls()
	resp, err := reader.Get("http://" + admin + "/metrics")
	if err != nil {
		return s
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		n, _ := strconv.ParseFloat(value, 64)
		switch name {
		case "go_goroutines":
			s.goroutines = n
		case "process_open_fds":
			s.files = n
		case "process_resident_memory_bytes":
			s.memory = int64(n)
		}
	}
	for suffix, size := range map[string]*int64{"": &s.store, "-wal": &s.wal} {
		if info, err := os.Stat(p.db() + suffix); err == nil {
			*size = info.Size()
		}
	}
	return s
}

// atRest returns what the program uses when it has nothing to do, and which
// goroutines those are: its sources are polled but once in a while for that long,
// until connections that are kept have been let go.
func (p *place) atRest(admin, busy string) (sample, string) {
	p.t.Helper()
	p.write("feeds.yaml", strings.Replace(busy, `"@every 1s"`, `"@every 9h"`, 1))
	still, since := 0, time.Now()
	if !await(patience, func() bool {
		if all, _ := p.model.Polls(); all != still {
			still, since = all, time.Now()
		}
		return time.Since(since) > 25*time.Second
	}) {
		p.t.Error("it does not come to rest")
	}
	// What is gathered for an answer is gathered by several goroutines, and once a
	// minute all is published anew: the fewest of some samples are those that stay.
	s := p.sampled(admin)
	for range 5 {
		time.Sleep(time.Second)
		again := p.sampled(admin)
		s.goroutines, s.files = min(s.goroutines, again.goroutines), min(s.files, again.files)
	}
	var profile []byte
	if resp, err := reader.Get("http://" + admin + "/debug/pprof/goroutine?debug=1"); err == nil {
		profile, _ = io.ReadAll(resp.Body)
		resp.Body.Close()
	}
	p.write("feeds.yaml", busy)
	return s, string(profile)
}

// slope returns by how many bytes the memory grows in 10,000 polls, by least
// squares.
func slope(all []sample) float64 {
	var n, x, y, xx, xy float64
	for _, s := range all {
		px, py := float64(s.polls)/10_000, float64(s.memory)
		n, x, y, xx, xy = n+1, x+px, y+py, xx+px*px, xy+px*py
	}
	if d := n*xx - x*x; d != 0 {
		return (n*xy - x*y) / d
	}
	return 0
}

// TestSoak polls two hundred sources for a long time, of which one answer in a
// hundred is faulty, with twenty readers and a second reader of the store who
// always has it open. What the program uses stays the same (R7).
func TestSoak(t *testing.T) {
	if *times == 0 {
		t.Skip("takes minutes on a quiet machine: make trust-soak")
	}
	t.Parallel()
	want := repetitions(800)
	var said string
	var polls int
	var reads atomic.Int64
	record(t, "R7", "soak: 200 feeds, 1 % faults, 20 readers, items dropped after a minute, another reader of the store always in a transaction", "trust-soak", func() (string, string) {
		return fmt.Sprintf("%d polls, %d reads", polls, reads.Load()), said
	})
	rng := rand.New(rand.NewPCG(*seed, 7))
	lot := rng.Uint64()
	faulty := func(source string, poll int) trust.Fault {
		r := rand.New(rand.NewPCG(lot, uint64(len(source))<<40|uint64(source[len(source)-1])<<32|uint64(poll)))
		if poll < 3 || r.IntN(100) > 0 {
			return ""
		}
		return trust.Faults[r.IntN(len(trust.Faults))]
	}
	p := settle(t, testbed(t), trust.NewModel(rng.Uint64(), 180, 10, 10, faulty))
	p.model.Calm(10, 6*time.Hour) // most polls bring nothing new, and what they bring ages fast
	admin := built.FreeAddress(t)
	text, err := os.ReadFile(p.dir + "/feeds.yaml")
	if err != nil {
		t.Fatal(err)
	}
	busy := strings.NewReplacer("server: {", fmt.Sprintf("server: {admin: %q, ", admin), "limit: 100000", "limit: 300", "{format: json}", "{format: json, level: warn}").Replace(string(text))
	p.write("feeds.yaml", busy)
	p.env = []string{"WIREROOM_FORGET=60s", "GOMEMLIMIT=400MiB"}
	proc := p.start()
	p.ready(proc)
	await(patience, func() bool { all, _ := p.model.Polls(); return all > want/10 })
	before, goroutines := p.atRest(admin, busy)
	end := make(chan struct{})
	var others sync.WaitGroup
	for range 20 {
		others.Go(func() { p.reader(end, &reads) })
	}
	others.Go(func() { p.alwaysOpen(end) })
	var samples []sample
	for polls < want && !enough() && !proc.Ended() {
		time.Sleep(2 * time.Second)
		s := p.sampled(admin)
		samples, polls = append(samples, s), s.polls
	}
	close(end)
	others.Wait()
	after, last := p.atRest(admin, busy)
	half := samples[len(samples)/2:]
	if said = soaked(t, before, after, samples, slope(half), proc); t.Failed() {
		t.Logf("before:\n%s\nafter:\n%s", goroutines, last)
	}
	if took, err := proc.terminate(); err != nil {
		t.Errorf("SIGTERM: after %s: %v\n%s", took, err, built.Tail(proc.Log.String(), 10))
	}
	records, err := p.records()
	if err != nil {
		t.Fatal(err)
	}
	if f := p.model.CompareWith(records, nil); f.Any() { // most of it was dropped
		t.Errorf("stored: %s", f)
	}
}

// soaked holds what was used at the end against what was used before.
func soaked(t *testing.T, before, after sample, samples []sample, grows float64, proc *process) string {
	wal := slices.MaxFunc(samples, func(a, b sample) int { return int(a.wal - b.wal) }).wal
	most := slices.MaxFunc(samples, func(a, b sample) int { return int(a.store - b.store) }).store
	const mega = 1 << 20
	// Fewer are of connections that the test had open at the start.
	if after.goroutines > before.goroutines+2 {
		t.Errorf("%v goroutines at the end, %v at the start", after.goroutines, before.goroutines)
	}
	if after.files > before.files+2 {
		t.Errorf("%v files are open at the end, %v at the start", after.files, before.files)
	}
	if wal > 64*mega {
		t.Errorf("the journal grew to %d MB", wal/mega)
	}
	if *times > 0 && grows > mega {
		t.Errorf("memory grows by %.1f MB in 10,000 polls", grows/mega)
	}
	if proc.Ended() || strings.Contains(proc.Log.String(), "panic") {
		t.Errorf("it says\n%s", built.Tail(proc.Log.String(), 30))
	}
	return fmt.Sprintf("goroutines %v to %v, files %v to %v, memory %d MB at the end and %+.2f MB in 10,000 polls over the last half, journal at most %.1f MB, store at most %.1f MB and %.1f MB at the end",
		before.goroutines, after.goroutines, before.files, after.files, after.memory/mega, grows/mega, float64(wal)/mega, float64(most)/mega, float64(after.store)/mega)
}

// reader reads every feed, and unchanged ones on condition.
func (p *place) reader(end <-chan struct{}, reads *atomic.Int64) {
	client := &http.Client{Transport: &http.Transport{}, Timeout: patience}
	defer client.CloseIdleConnections()
	tags := map[string]string{}
	for n := 0; ; n++ {
		select {
		case <-end:
			return
		case <-time.After(100 * time.Millisecond):
		}
		path := []string{"/topics/plain.rss", "/topics/wire.atom", "/topics/desk.json", "/sources", "/"}[n%5]
		req, err := http.NewRequest(http.MethodGet, p.at(path), nil)
		if err != nil {
			p.t.Error(err)
			return
		}
		req.Header.Set("If-None-Match", tags[path])
		resp, err := client.Do(req)
		if err != nil {
			p.t.Error(err)
			return
		}
		var body bytes.Buffer
		_, err = body.ReadFrom(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusNotModified {
			p.t.Errorf("%s: %s, %v", path, resp.Status, err)
		}
		tags[path] = resp.Header.Get("ETag")
		reads.Add(1)
	}
}

// alwaysOpen reads the store beside the program, in two transactions by turns, so
// that there is no moment without one.
func (p *place) alwaysOpen(end <-chan struct{}) {
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: p.db()}).EscapedPath()+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		p.t.Error(err)
		return
	}
	defer db.Close()
	var last *sql.Tx
	for done := false; !done; {
		tx, err := db.Begin()
		if err != nil {
			p.t.Error(err)
			return
		}
		var n int
		if err := tx.QueryRow("SELECT COUNT(*) FROM log").Scan(&n); err != nil {
			p.t.Error(err)
		}
		if last != nil {
			_ = last.Rollback()
		}
		last = tx
		select {
		case <-end:
			done = true
		case <-time.After(time.Second):
		}
	}
	_ = last.Rollback()
}

//go:build linux

package trust_test

import (
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/wireroom/wireroom/cmd/wireroom/trust"
	"github.com/wireroom/wireroom/internal/built"
)

// overdue is what the program says when it could not stop in time and ends all
// the same.
const overdue = "did not end in time"

// TestStop asks the program to stop at random moments, while twenty servers
// hang and readers read (R11).
func TestStop(t *testing.T) {
	t.Parallel()
	want := int64(repetitions(4))
	var stops, early, whole, refused atomic.Int64
	var slowest time.Duration
	record(t, "R11", "SIGTERM at random moments, with 20 servers hanging and readers reading", "trust-stop", func() (string, string) {
		return fmt.Sprintf("%d stops", stops.Load()), fmt.Sprintf("exit 0 each time, after at most %s (%d more came before the first line of the program and ended it, and do not count); the journal in the file each time; of the answers to readers %d whole, %d not begun, 0 cut",
			slowest.Round(time.Millisecond), early.Load(), whole.Load(), refused.Load())
	})
	hanging := func(source string, _ int) trust.Fault {
		if len(source) > len("plain-9") || source > "plain-4" {
			return trust.Hanging
		}
		return ""
	}
	rng := rand.New(rand.NewPCG(*seed, 11))
	p := settle(t, testbed(t), trust.NewModel(rng.Uint64(), 25, 0, 1, hanging))
	proc := p.start()
	p.ready(proc)
	for stops.Load() < want && !enough() && !t.Failed() {
		end := make(chan struct{})
		var readers sync.WaitGroup
		for range 4 {
			readers.Go(func() { p.reads(end, &whole, &refused) })
		}
		time.Sleep(time.Duration(rng.Int64N(int64(700 * time.Millisecond))))
		took, err := proc.terminate()
		close(end)
		readers.Wait()
		if proc.unminded() {
			early.Add(1)
		} else if stops.Add(1); err != nil || strings.Contains(proc.Log.String(), overdue) {
			t.Errorf("SIGTERM: after %s: %v\n%s", took, err, built.Tail(proc.Log.String(), 10))
		}
		slowest = max(slowest, took)
		if info, err := os.Stat(p.db() + "-wal"); err == nil && info.Size() > 0 {
			t.Errorf("the journal of %d bytes is left beside the store", info.Size())
		}
		p.left()
		if early.Load() > want {
			t.Fatal("it is hardly ever there to mind a signal")
		}
		proc = p.start()
		if rng.IntN(3) > 0 {
			p.ready(proc)
		}
	}
}

// unminded reports whether SIGTERM ended the process by itself, before the
// program was there to mind it.
func (p *process) unminded() bool {
	status, ok := p.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGTERM && p.Log.String() == ""
}

// reads reads a feed again and again: an answer that has begun comes to its end.
func (p *place) reads(end <-chan struct{}, whole, refused *atomic.Int64) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	for {
		select {
		case <-end:
			return
		default:
		}
		resp, err := client.Get(p.at("/topics/plain.rss"))
		if err != nil {
			refused.Add(1)
			time.Sleep(20 * time.Millisecond)
			continue
		}
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if err != nil {
			p.t.Errorf("an answer was cut: %v", err)
		}
		whole.Add(1)
	}
}

// TestStart starts the program where something is in its way: it waits or ends
// with a sentence, as documented, and never hangs (R12).
func TestStart(t *testing.T) {
	t.Parallel()
	each := repetitions(1)
	var starts atomic.Int64
	kinds := map[string]func(*place){
		"told to stop at once": (*place).stoppedAtOnce,
		"port taken":           (*place).portTaken,
		"store locked":         (*place).storeLocked,
		"no network":           func(p *place) { p.cutOff("http://9.9.9.9/feed") },
		"no names":             func(p *place) { p.cutOff("http://feeds.wireroom.invalid/feed") },
	}
	if *times > 0 { // else too long: all of Go's own packages are built for it
		unsetClock := sync.OnceValue(func() string { return buildUnset(t) })
		kinds["clock in 1970"] = func(p *place) { p.bin = unsetClock(); p.clockNotSet() }
	}
	record(t, "R12", "starts: SIGTERM as soon as health answers, port taken, store locked, no network, no names, clock in 1970", "trust-start", func() (string, string) {
		return fmt.Sprintf("%d kinds, %d starts", len(kinds), starts.Load()), "stopped, waited or ended with a sentence; none hung"
	})
	bin := testbed(t)
	t.Run("kinds", func(t *testing.T) {
		for name, hinder := range kinds {
			for range each {
				t.Run(name, func(t *testing.T) {
					t.Parallel() // each waits most of the time
					if !enough() {
						hinder(settle(t, bin, trust.NewModel(*seed, 2, 0, 0, nil)))
						starts.Add(1)
					}
				})
			}
		}
	})
}

func (p *place) stoppedAtOnce() {
	proc := p.start()
	if !await(patience, func() bool { _, ok := p.get("/healthz"); return ok || proc.Ended() }) || proc.Ended() {
		p.t.Fatalf("it is not well:\n%s", built.Tail(proc.Log.String(), 20))
	}
	if took, err := proc.terminate(); err != nil || strings.Contains(proc.Log.String(), overdue) {
		p.t.Errorf("SIGTERM: after %s: %v\n%s", took, err, built.Tail(proc.Log.String(), 20))
	}
}

// refuses starts the program, which is to say why it does not start, and to end
// with a code.
func (p *place) refuses(why string, with int) {
	proc := p.start()
	if !await(patience, proc.Ended) {
		p.t.Errorf("it hangs:\n%s", built.Tail(proc.Log.String(), 20))
	} else if code := proc.ProcessState.ExitCode(); code != with || !strings.Contains(proc.Log.String(), why) {
		p.t.Errorf("it ends with %d and says\n%s", code, built.Tail(proc.Log.String(), 20))
	}
}

func (p *place) portTaken() {
	l, err := net.Listen("tcp", p.addr)
	if err != nil {
		p.t.Fatal(err)
	}
	defer l.Close()
	p.refuses("cannot listen on "+p.addr, 78)
	if _, err := os.Stat(p.db()); err == nil {
		p.t.Error("it has made a store all the same")
	}
}

func (p *place) storeLocked() {
	p.stoppedAtOnce() // makes the store
	other, err := sql.Open("sqlite", "file:"+(&url.URL{Path: p.db()}).EscapedPath())
	if err != nil {
		p.t.Fatal(err)
	}
	defer other.Close()
	other.SetMaxOpenConns(1)
	if _, err := other.Exec("BEGIN EXCLUSIVE"); err != nil {
		p.t.Fatal(err)
	}
	p.refuses("another process keeps the store locked", 1) // it may be free the next time
	if _, err := other.Exec("ROLLBACK"); err != nil {
		p.t.Fatal(err)
	}
	p.stoppedAtOnce()
}

// cutOff starts the program where nothing but itself can be reached, with a
// source elsewhere.
func (p *place) cutOff(source string) {
	unshare, err := exec.LookPath("unshare")
	if err != nil {
		p.t.Fatal(err)
	}
	p.write("feeds.yaml", fmt.Sprintf("server: {listen: %q}\nstore: data/wireroom.db\nlog: {format: json}\ndefaults: {timeout: 2s}\ntopics: {all: {}}\nsources:\n  far: %q\n", p.addr, source))
	bin := p.bin
	p.bin = unshare
	defer func() { p.bin = bin }()
	proc := p.start("-rn", bin)
	failed := func() bool { return strings.Contains(proc.Log.String(), `"outcome":"network"`) || proc.Ended() }
	if !await(patience, failed) || proc.Ended() {
		p.t.Fatalf("without a network it says\n%s", built.Tail(proc.Log.String(), 20))
	}
	// The namespace has one process for us and the program in it.
	if took, err := proc.terminate(); err != nil {
		p.t.Errorf("SIGTERM: after %s: %v\n%s", took, err, built.Tail(proc.Log.String(), 20))
	}
	if _, err := os.Stat(filepath.Join(p.dir, "data", "wireroom.db")); err != nil {
		p.t.Error(err)
	}
}

// unset is added to the package of the clock: where the environment asks for it,
// a process is in 1970, for its first seconds or for ever.
const unset = `package time

import "syscall"

var planted, _ = syscall.Getenv("WIREROOM_CLOCK")

func unset(sec, mono int64) int64 {
	if planted == "never set" || planted == "soon set" && mono-startNano < 3e9 {
		return 3600
	}
	return sec
}
`

func buildUnset(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	clock := filepath.Join(strings.TrimSpace(string(out)), "src", "time")
	line := "\tsec, nsec, mono := runtimeNow()\n"
	return built.Edited(t, []built.Edit{{File: filepath.Join(clock, "time.go"), Text: line, With: line + "\tsec = unset(sec, mono)\n"}}, map[string]string{filepath.Join(clock, "unset.go"): unset})
}

// clockNotSet starts the program before the clock of the machine is set: it
// serves, and polls when the clock is right.
func (p *place) clockNotSet() {
	p.t.Helper()
	ledger := trust.Ledger{}
	for _, clock := range []string{"never set", "soon set"} {
		p.env = []string{"WIREROOM_CLOCK=" + clock}
		proc := p.start()
		p.env = nil
		p.ready(proc)
		if !await(patience, func() bool { return strings.Contains(proc.Log.String(), "the clock of this machine was not set") }) {
			p.t.Errorf("in 1970 it says\n%s", built.Tail(proc.Log.String(), 20))
		}
		if clock == "never set" {
			time.Sleep(time.Second)
			if polls, _ := p.model.Polls(); polls > 0 {
				p.t.Errorf("in 1970 it polls %d times", polls)
			}
			if took, err := proc.terminate(); err != nil {
				p.t.Errorf("SIGTERM: after %s: %v\n%s", took, err, built.Tail(proc.Log.String(), 20))
			}
			continue
		}
		await(patience, func() bool { p.look(ledger, false); return len(ledger) > 2 })
		p.closing(proc, ledger)
	}
}

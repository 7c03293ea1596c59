//go:build linux

package trust_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wireroom/wireroom/cmd/wireroom/trust"
	"github.com/wireroom/wireroom/internal/built"
)

// faults is added to the program so that the environment can have its n-th
// call of a file or of a statement fail, or have a journal kept of what is
// written to the store.
const faults = `package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/wireroom/wireroom/aggregator/store/faultfs"
)

// forgetAfter is after how long old items are dropped.
func forgetAfter(d time.Duration) time.Duration {
	if other, err := time.ParseDuration(os.Getenv("WIREROOM_FORGET")); err == nil {
		return other
	}
	return d
}

func init() {
	var plan faultfs.Plan
	if n, err := strconv.ParseInt(os.Getenv("WIREROOM_FAULT_CALL"), 10, 64); err == nil {
		var calls atomic.Int64
		plan.Fail = func(call faultfs.Call, file string) bool {
			if calls.Add(1) != n {
				return false
			}
			fmt.Fprintln(os.Stderr, "a fault was planted:", call, file)
			return true
		}
	}
	if path := os.Getenv("WIREROOM_FAULT_JOURNAL"); path != "" {
		f, err := os.Create(path)
		if err != nil {
			panic(err)
		}
		var mu sync.Mutex
		plan.Journal = func(op faultfs.Op) {
			mu.Lock()
			defer mu.Unlock()
			b := binary.BigEndian.AppendUint32(nil, uint32(len(op.Path)))
			b = append(append(b, op.Path...), op.Call[0])
			b = binary.BigEndian.AppendUint64(b, uint64(op.At))
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(op.Data))), op.Data...)
			if _, err := f.Write(b); err != nil {
				panic(err)
			}
		}
	}
	if plan.Fail != nil || plan.Journal != nil {
		if err := faultfs.Install(plan); err != nil {
			panic(err)
		}
	}
}
`

// planted is added to the store so that its n-th statement fails, and that it
// takes its disk for another.
const planted = `package store

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
)

var (
	statements         atomic.Int64
	faultyStatement, _ = strconv.ParseInt(os.Getenv("WIREROOM_FAULT_STATEMENT"), 10, 64)
)

func planted(query string) error {
	if statements.Add(1) != faultyStatement {
		return nil
	}
	fmt.Fprintln(os.Stderr, "a fault was planted:", query)
	return errors.New("a planted fault")
}

func fileSystem(kind int64) int64 {
	if other, err := strconv.ParseInt(os.Getenv("WIREROOM_FILE_SYSTEM"), 0, 64); err == nil {
		return other
	}
	return kind
}
`

// TestNthCall lets the first, the second, … the n-th call of a start and the
// polls after it fail, one in each run, until all of it passes without a fault
// (R3). Without -times it takes some on the way.
func TestNthCall(t *testing.T) {
	t.Parallel()
	var calls, statements atomic.Int64
	record(t, "R3", "the n-th file call and the n-th statement of a start and a round of polls fails, for each n till none is left", "trust-calls", func() (string, string) {
		return fmt.Sprintf("%d file calls, %d statements", calls.Load(), statements.Load()), "0 lost, 0 doubled, 0 torn, ids unchanged, every source polled again"
	})
	bin := testbed(t)
	t.Run("kinds", func(t *testing.T) {
		// A run waits for polls most of the time: several go side by side.
		for kind, side := range map[string]struct {
			tried *atomic.Int64
			lanes int
		}{"CALL": {&calls, 4}, "STATEMENT": {&statements, 2}} {
			if *times == 0 {
				side.lanes = 1
			}
			for lane := range side.lanes {
				t.Run(fmt.Sprint(kind, " ", lane), func(t *testing.T) {
					t.Parallel()
					rng := rand.New(rand.NewPCG(*seed, uint64(30+10*len(kind)+lane)))
					everyNth(t, bin, kind, 1+lane, side.lanes, rng, side.tried)
				})
			}
		}
	})
}

// everyNth lets the n-th call of a kind fail, in a run of its own each from the
// first on and by that step, and counts them.
func everyNth(t *testing.T, bin, kind string, first, step int, rng *rand.Rand, tried *atomic.Int64) {
	p, ledger := settle(t, bin, trust.NewModel(rng.Uint64(), 2, 0, 1, nil)), trust.Ledger{}
	runs := 0
	for n, more := first, true; more && !enough() && (*times == 0 || n <= *times); {
		runs++
		tried.Add(1)
		if more = p.failNth(kind, n, ledger); t.Failed() {
			t.Fatalf("%s %d of seed %d", kind, n, *seed)
		}
		if runs%60 == 0 || !more {
			proc := p.start()
			p.ready(proc)
			p.closing(proc, ledger)
			p, ledger = settle(t, bin, trust.NewModel(rng.Uint64(), 2, 0, 1, nil)), trust.Ledger{}
		}
		if n += step; *times == 0 {
			n += 40 + rng.IntN(120)
		}
	}
}

// failNth runs the program with a fault at its n-th call until every source was
// polled twice; false if there was no n-th call.
func (p *place) failNth(kind string, n int, ledger trust.Ledger) bool {
	p.t.Helper()
	p.env = []string{fmt.Sprintf("WIREROOM_FAULT_%s=%d", kind, n)}
	proc := p.start()
	p.env = nil
	p.model.Count()
	done := await(patience, func() bool {
		_, fewest := p.model.Polls()
		return fewest >= 2 || proc.Ended()
	})
	if !done {
		p.t.Errorf("a worker is stuck:\n%s", built.Tail(proc.Log.String(), 30))
	}
	planted := strings.Contains(proc.Log.String(), "a fault was planted")
	if proc.Ended() {
		if !planted || !strings.Contains(proc.Log.String(), "wireroom: ") || strings.Contains(proc.Log.String(), "panic") {
			p.t.Errorf("it ended:\n%s", built.Tail(proc.Log.String(), 30))
		}
	} else {
		var f trust.Findings
		await(5*time.Second, func() bool { f = p.look(ledger, false); return !f.Any() })
		if f.Any() {
			p.t.Errorf("published: %s", f)
		}
		if took, err := proc.terminate(); err != nil && !planted {
			p.t.Errorf("SIGTERM: after %s: %v\n%s", took, err, built.Tail(proc.Log.String(), 10))
		}
	}
	p.left()
	return planted
}

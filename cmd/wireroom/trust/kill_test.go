//go:build linux

package trust_test

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wireroom/wireroom/cmd/wireroom/trust"
	"github.com/wireroom/wireroom/internal/built"
)

// killsAStore is after how many kills a store is left for a new one: to compare
// a large one takes long.
const killsAStore = 40

// TestKill kills the program at random moments, while it starts and while it
// works, again and again over the same store (R1).
func TestKill(t *testing.T) {
	t.Parallel()
	var begun, kills, slowest atomic.Int64
	want := int64(repetitions(12))
	record(t, "R1", "kill -9 at random moments; store and feeds against the model after each, feeds against an undisturbed run byte for byte", "trust-kill",
		func() (string, string) {
			return fmt.Sprintf("%d kills", kills.Load()), fmt.Sprintf("0 lost, 0 doubled, 0 torn, ids unchanged, every store sound; ready after at most %s of one processor", time.Duration(slowest.Load()))
		})
	bin := testbed(t)
	lane := func(t *testing.T, rng *rand.Rand) {
		for begun.Load() < want && !t.Failed() && !enough() {
			p, ledger := settle(t, bin, trust.NewModel(rng.Uint64(), 5, 2, 2, nil)), trust.Ledger{}
			for n := 0; n < killsAStore && begun.Add(1) <= want && !t.Failed() && !enough(); n++ {
				took := p.killOnce(rng, ledger)
				slowest.Store(max(slowest.Load(), int64(took)))
				kills.Add(1)
			}
			proc := p.start()
			p.ready(proc)
			p.closing(proc, ledger)
		}
	}
	t.Run("lanes", func(t *testing.T) {
		for i := range min(4, want/12) {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				lane(t, rand.New(rand.NewPCG(*seed, 100+uint64(i))))
			})
		}
	})
	if limit := 5 * time.Second; time.Duration(slowest.Load()) > limit {
		t.Errorf("a start took %s of a processor, at most %s", time.Duration(slowest.Load()), limit)
	}
}

// killOnce starts the program, kills it at a random moment, and holds what it
// leaves behind against the model. It returns how long the program took to be
// ready, 0 if it was killed before.
func (p *place) killOnce(rng *rand.Rand, ledger trust.Ledger) (took time.Duration) {
	p.t.Helper()
	proc := p.start()
	after := time.Duration(rng.Int64N(int64(600 * time.Millisecond)))
	if rng.IntN(4) > 0 {
		took = p.ready(proc)
		time.Sleep(after)
		if f := p.look(ledger, false); f.Any() {
			p.t.Errorf("published: %s", f)
		}
		time.Sleep(time.Duration(rng.Int64N(int64(200 * time.Millisecond))))
	} else {
		time.Sleep(after / 2)
	}
	if proc.Ended() {
		p.t.Errorf("it ended by itself:\n%s", built.Tail(proc.Log.String(), 30))
	}
	proc.Kill()
	p.left()
	return took
}

// left holds the store that a program left behind against the model.
func (p *place) left() {
	p.t.Helper()
	records, err := p.records()
	if err != nil {
		p.t.Fatalf("the store that is left: %v", err)
	}
	if f := p.model.Compare(records, false); f.Any() {
		p.t.Errorf("stored: %s", f)
	}
}

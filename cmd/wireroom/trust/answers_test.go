//go:build linux

package trust_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/wireroom/wireroom/cmd/wireroom/trust"
	"github.com/wireroom/wireroom/internal/built"
)

// TestBadAnswers lets every source answer well at first, and then in one faulty
// way for good: nothing that it published before is taken back (R17).
func TestBadAnswers(t *testing.T) {
	t.Parallel()
	faults := append([]trust.Fault{trust.Gone}, trust.Faults...)
	record(t, "R17", "sources die: 404, 410, 429, 500, a page, nothing, no entries, half a document, noise, reset, silence, a drip", "trust-answers", func() (string, string) {
		return fmt.Sprintf("%d kinds of death", len(faults)), "every entry that was published stays, under its id"
	})
	p := settle(t, testbed(t), trust.NewModel(*seed, len(faults), 0, 1, func(source string, poll int) trust.Fault {
		var n int
		if _, err := fmt.Sscanf(source, "plain-%d", &n); err != nil || poll <= 4 {
			return ""
		}
		return faults[n]
	}))
	proc := p.start()
	p.ready(proc)
	if !await(patience, func() bool { _, fewest := p.model.Polls(); return fewest >= 5 || proc.Ended() }) {
		t.Fatalf("not every source was polled five times:\n%s", built.Tail(proc.Log.String(), 20))
	}
	ledger := trust.Ledger{}
	var f trust.Findings
	whole := await(patience, func() bool { f = p.look(ledger, true); return !f.Any() && len(ledger) > len(faults) })
	p.model.Freeze() // the one that is well has nothing new from now on
	whole = whole && await(patience, func() bool { f = p.look(ledger, true); return !f.Any() })
	time.Sleep(2 * time.Second)
	if f = p.look(ledger, true); !whole || f.Any() {
		t.Errorf("after bad answers: %s", f)
	}
}

//go:build linux

package trust_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wireroom/wireroom/cmd/wireroom/trust"
	"github.com/wireroom/wireroom/internal/built"
)

// nextTables is a migration as a later version may have one: it writes a table
// anew, for which it takes a while.
const nextTables = `-- +goose Up
CREATE TABLE later AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
	SELECT i, path, head, body FROM document, n;
PRAGMA user_version = 4;
`

// TestUpgrade lets the next version of the program upgrade the store of this
// one, and kills it meanwhile at random moments: whatever it leaves can be gone on
// with, this version changes nothing of what it does not know, and the copy that
// was kept holds what was stored (R15).
func TestUpgrade(t *testing.T) {
	t.Parallel()
	want := int64(repetitions(4))
	var begun, cut, newer atomic.Int64
	record(t, "R15", "an upgrade to the next schema, killed at random moments; this version on the store that is left; the copy that was kept", "trust-upgrade", func() (string, string) {
		return fmt.Sprintf("%d kills", cut.Load()+newer.Load()), fmt.Sprintf("%d before the new schema was there, of which this version went on, %d after, which it refused and left byte for byte; each upgraded at the next start, published as before, the copy row for row as the store was", cut.Load(), newer.Load())
	})
	old, next := testbed(t), built.Edited(t, nil, map[string]string{"aggregator/store/migrations/sqlite/00004_next.sql": nextTables})
	t.Run("lanes", func(t *testing.T) {
		for lane := range min(3, want/4) {
			t.Run(fmt.Sprint(lane), func(t *testing.T) {
				t.Parallel()
				rng := rand.New(rand.NewPCG(*seed, 150+uint64(lane)))
				p := settle(t, old, trust.NewModel(rng.Uint64(), 4, 0, 1, nil))
				p.upgrades(old, next, rng, func() bool { return begun.Add(1) <= want && !enough() }, &cut, &newer)
			})
		}
	})
}

// upgrades lets one program make a store, and kills the other one while it
// upgrades it, as often as there is more to do.
func (p *place) upgrades(old, next string, rng *rand.Rand, more func() bool, cut, newer *atomic.Int64) {
	p.t.Helper()
	ledger := trust.Ledger{}
	proc := p.start()
	p.ready(proc)
	await(patience, func() bool { p.look(ledger, false); all, _ := p.model.Polls(); return all > 60 })
	if took, err := proc.terminate(); err != nil {
		p.t.Fatal(took, err)
	}
	records, err := p.records()
	if err != nil {
		p.t.Fatal(err)
	}
	store, err := os.ReadFile(p.db())
	if err != nil {
		p.t.Fatal(err)
	}
	p.web.Store(p.model.Whole())
	p.bin = next
	begin := time.Now()
	proc = p.upgrading(store)
	p.ready(proc)
	takes := time.Since(begin)
	proc.Kill()
	for !p.t.Failed() && more() {
		if p.upgradedBy(next, old, store, time.Duration(rng.Int64N(int64(takes))), ledger) {
			newer.Add(1)
		} else {
			cut.Add(1)
		}
		now, err := p.recordsOf(p.db() + ".schema-3")
		if err != nil || fmt.Sprint(now) != fmt.Sprint(records) {
			p.t.Fatalf("the copy has %d records of %d, %v", len(now), len(records), err)
		}
	}
}

// upgrading starts the program on a store as it was before.
func (p *place) upgrading(store []byte) *process {
	p.t.Helper()
	p.restore(map[string][]byte{"": store})
	return p.start()
}

// upgradedBy kills an upgrade after a time, and says whether it had come to its
// end.
func (p *place) upgradedBy(next, old string, store []byte, after time.Duration, ledger trust.Ledger) (newer bool) {
	p.t.Helper()
	p.bin = next
	proc := p.upgrading(store)
	time.Sleep(after)
	proc.Kill()
	left := map[string][]byte{}
	err := filepath.WalkDir(filepath.Dir(p.db()), func(path string, d fs.DirEntry, err error) error {
		if suffix, ours := strings.CutPrefix(path, p.db()); err == nil && ours && !d.IsDir() {
			left[suffix], err = os.ReadFile(path) // that of a copy is in a folder until it is whole
		}
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	p.bin = old
	proc = p.start()
	await(patience, func() bool { _, ok := p.get("/readyz"); return ok || proc.Ended() })
	if newer = proc.Ended(); newer {
		now, _ := os.ReadFile(p.db())
		if said := proc.Log.String(); proc.ProcessState.ExitCode() != 78 || !strings.Contains(said, "newer version") || len(left["-wal"]) == 0 && !bytes.Equal(left[""], now) {
			p.t.Errorf("of the newer store this version says\n%s", built.Tail(said, 5))
		}
	}
	proc.Kill()
	p.restore(left)
	p.bin = next
	proc = p.start()
	p.ready(proc)
	var f trust.Findings
	await(patience, func() bool { f = p.look(ledger, true); return !f.Any() })
	if f.Any() {
		p.t.Errorf("published after the upgrade: %s", f)
	}
	if took, err := proc.terminate(); err != nil {
		p.t.Errorf("SIGTERM: after %s: %v\n%s", took, err, built.Tail(proc.Log.String(), 20))
	}
	return newer
}

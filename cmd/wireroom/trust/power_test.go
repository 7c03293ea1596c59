//go:build linux

package trust_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/cmd/wireroom/trust"
)

// A written is one line of the journal of what a program wrote to its store; see
// faultfs.Op.
type written struct {
	end  int64 // of the line, in the journal
	call byte
	path string
	at   int64
	data []byte
}

// readJournal reads the journal of a program that ran.
func readJournal(t *testing.T, path string) []written {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var ops []written
	for at := 0; at+4 <= len(text); {
		n := int(binary.BigEndian.Uint32(text[at:]))
		name := at + 4
		if name+n+13 > len(text) {
			break
		}
		rest := name + n
		size := int(binary.BigEndian.Uint32(text[rest+9:]))
		if rest+13+size > len(text) {
			break // cut by the kill
		}
		op := written{call: text[rest], path: string(text[name:rest]), at: int64(binary.BigEndian.Uint64(text[rest+1:])), data: text[rest+13 : rest+13+size]}
		at = rest + 13 + size
		op.end = int64(at)
		ops = append(ops, op)
	}
	return ops
}

// A disk is what the files of a store hold for sure, and what was written to
// them since and may be lost when the power fails.
type disk struct {
	sure    map[string][]byte
	pending map[string][]written
}

// do does an operation. A deletion lasts: SQLite deletes the journal only when
// all of it is in the file.
func (d *disk) do(op written) {
	switch op.call {
	case 's': // sync
		for _, p := range d.pending[op.path] {
			d.sure[op.path] = p.apply(d.sure[op.path])
		}
		delete(d.pending, op.path)
	case 'd':
		delete(d.sure, op.path)
		delete(d.pending, op.path)
	default:
		d.pending[op.path] = append(d.pending[op.path], op)
	}
}

// apply returns a file after a write or a truncation.
func (op written) apply(file []byte) []byte {
	if op.call == 't' {
		return slices.Clone(file[:min(int(op.at), len(file))])
	}
	if grow := int(op.at) + len(op.data) - len(file); grow > 0 {
		file = append(slices.Clone(file), make([]byte, grow)...)
	}
	copy(file[op.at:], op.data)
	return file
}

// sector is what a disk writes as a whole, in bytes.
const sector = 512

// cut returns the files as they may be after the power fails now: of what was
// not made durable any part is there, in any order, and the last write perhaps
// by half.
func (d *disk) cut(rng *rand.Rand) map[string][]byte {
	files := map[string][]byte{}
	keep := []float64{0, 1, rng.Float64()}[rng.IntN(3)]
	for path, text := range d.sure {
		files[path] = slices.Clone(text)
	}
	for _, path := range slices.Sorted(maps.Keys(d.pending)) {
		for _, op := range d.pending[path] {
			if rng.Float64() >= keep {
				continue
			}
			if n := len(op.data) / sector; n > 0 && rng.IntN(8) == 0 {
				op.data = op.data[:sector*rng.IntN(n+1)] // torn
			}
			files[path] = op.apply(files[path])
		}
	}
	return files
}

// A mark is what was acknowledged when the journal had grown to a size.
type mark struct {
	size   int64
	held   map[string]trust.Held
	ledger trust.Ledger
}

// TestPowerLoss lets the power fail at random moments of a program's life:
// whatever was not made durable is lost, whole or in part. What the program had
// acknowledged, to readers by showing it and to sources by its validators, is
// there (R4).
func TestPowerLoss(t *testing.T) {
	t.Parallel()
	want, cuts, polled, dropped := repetitions(12), 0, 0, 0
	record(t, "R4", "power fails: a layer below SQLite drops, tears and reorders writes that were not synced", "trust-power", func() (string, string) {
		return fmt.Sprintf("%d points", cuts), fmt.Sprintf("every store opens and is sound; 0 acknowledged entries and ids lost (synchronous=FULL); %d times with writes dropped; %d recovered by polls, 0 doubled", dropped, polled)
	})
	rng := rand.New(rand.NewPCG(*seed, 4))
	p := settle(t, testbed(t), trust.NewModel(rng.Uint64(), 4, 2, 2, nil))
	proc := p.start() // makes the store
	p.ready(proc)
	if took, err := proc.terminate(); err != nil {
		t.Fatal(took, err)
	}
	begin, err := os.ReadFile(p.db())
	if err != nil {
		t.Fatal(err)
	}
	marks := p.recorded(time.Duration(8+want/10) * time.Second)
	ops := readJournal(t, filepath.Join(p.dir, "journal"))
	d := &disk{map[string][]byte{p.db(): begin}, map[string][]written{}}
	at := map[int]bool{}
	for len(at) < min(want, len(ops)) {
		at[rng.IntN(len(ops))] = true
	}
	for i, op := range ops {
		d.do(op)
		if !at[i] || enough() {
			continue
		}
		cuts++
		if len(d.pending) > 0 {
			dropped++
		}
		files := d.cut(rng)
		last := mark{}
		for _, m := range marks {
			if m.size <= op.end {
				last = m
			}
		}
		if p.powered(files, last, cuts%10 == 0); t.Failed() {
			t.Fatalf("cut %d of seed %d, after operation %d of %d", cuts, *seed, i, len(ops))
		}
		if cuts%10 == 0 {
			polled++
		}
	}
}

// recorded runs the program with a journal for a while, and returns what it
// acknowledged on the way.
func (p *place) recorded(length time.Duration) (marks []mark) {
	p.t.Helper()
	journal := filepath.Join(p.dir, "journal")
	p.env = []string{"WIREROOM_FAULT_JOURNAL=" + journal}
	proc := p.start()
	p.env = nil
	p.ready(proc)
	ledger := trust.Ledger{}
	for end := time.Now().Add(length); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		held := p.model.Held()
		if f := p.look(ledger, false); f.Any() {
			p.t.Fatalf("published: %s", f)
		}
		info, err := os.Stat(journal)
		if err != nil {
			p.t.Fatal(err)
		}
		marks = append(marks, mark{info.Size(), held, maps.Clone(ledger)})
	}
	proc.Kill()
	return marks
}

// powered opens a store as a power cut left it and looks for what was
// acknowledged; if polling, it lets the program go on with it.
func (p *place) powered(files map[string][]byte, last mark, polling bool) {
	p.t.Helper()
	if err := os.RemoveAll(filepath.Dir(p.db())); err != nil {
		p.t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(p.db()), 0o755); err != nil {
		p.t.Fatal(err)
	}
	for path, text := range files {
		if err := os.WriteFile(path, text, 0o644); err != nil {
			p.t.Fatal(err)
		}
	}
	records, err := p.records()
	if err != nil {
		p.t.Fatalf("the store that is left: %v", err)
	}
	if f := p.model.CompareWith(records, last.held); f.Any() {
		p.t.Errorf("stored: %s", f)
	}
	p.sameIDs(last.ledger)
	if !polling {
		return
	}
	p.web.Store(p.model.Whole())
	defer p.web.Store(p.model)
	proc := p.start()
	defer proc.Kill()
	p.ready(proc)
	var f trust.Findings
	ledger := maps.Clone(last.ledger)
	if ledger == nil {
		ledger = trust.Ledger{}
	}
	await(patience, func() bool { f = p.look(ledger, true); return !f.Any() })
	if f.Any() {
		p.t.Errorf("published after a power cut: %s", f)
	}
}

// sameIDs looks for the entries that readers have seen in the filings of a
// store, under the ids that they have seen.
func (p *place) sameIDs(ledger trust.Ledger) {
	p.t.Helper()
	path := p.copied()
	defer os.RemoveAll(filepath.Dir(path))
	ctx := context.Background()
	db, err := store.Open(ctx, path, slog.New(slog.DiscardHandler))
	if err != nil {
		p.t.Fatal(err)
	}
	defer db.Close()
	ids := map[string]bool{}
	for _, topic := range []string{trust.Plain, trust.Wire, trust.Desk} {
		filed, err := db.Latest(ctx, topic, news.SortPublished, 1<<30)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, f := range filed {
			ids[f.ID] = true
		}
	}
	for link, id := range ledger {
		if !ids[id] {
			p.t.Errorf("%s, which readers have seen as %s, is not filed", link, id)
		}
	}
}

//go:build linux

package trust_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/wireroom/wireroom/cmd/wireroom/trust"
	"github.com/wireroom/wireroom/internal/built"
)

// A ruin is a store that was damaged, and what is still to be demanded of it.
type ruin struct {
	name    string
	damage  func(rng *rand.Rand, files map[string][]byte) // by suffix: "", "-wal"
	refused string                                        // what the program must say when it refuses; empty: it may go on
}

// ruins are the ways to damage a store that was left by a kill, with its
// journal beside it.
func ruins(flips, cuts int) []ruin {
	var all []ruin
	for i := range flips {
		suffix := []string{"", "", "", "", "-wal"}[i%5]
		all = append(all, ruin{fmt.Sprint("flip ", i), func(rng *rand.Rand, files map[string][]byte) {
			text := files[suffix]
			text[rng.IntN(len(text))] ^= byte(1 + rng.IntN(255))
		}, ""})
	}
	for i := range cuts {
		suffix := []string{"", "-wal"}[i%2]
		all = append(all, ruin{fmt.Sprint("cut ", i), func(rng *rand.Rand, files map[string][]byte) {
			files[suffix] = files[suffix][:rng.IntN(len(files[suffix]))]
		}, ""})
	}
	return append(all,
		ruin{"without its journal", func(_ *rand.Rand, files map[string][]byte) { delete(files, "-wal") }, ""},
		ruin{"journal only", func(_ *rand.Rand, files map[string][]byte) { delete(files, "") }, "is missing, but its journal"},
		ruin{"empty", func(_ *rand.Rand, files map[string][]byte) { files[""] = nil; delete(files, "-wal") }, "the store is damaged"},
		ruin{"text", func(_ *rand.Rand, files map[string][]byte) {
			files[""] = bytes.Repeat([]byte("no database\n"), 500)
			delete(files, "-wal")
		}, "not a store of wireroom"},
		ruin{"header of another program", func(_ *rand.Rand, files map[string][]byte) { copy(files[""][68:], "Else"); delete(files, "-wal") }, "not a store of wireroom"},
		ruin{"newer schema", func(_ *rand.Rand, files map[string][]byte) {
			copy(files[""][60:], []byte{0, 0, 3, 231})
			delete(files, "-wal")
		}, "newer version"},
	)
}

// TestDamage starts the program on damaged stores: it either says in a sentence
// what is wrong with which file, changes nothing of it and ends with code 78, or
// serves what was stored and nothing else. It never makes a new store in the
// place of a damaged one (R6).
func TestDamage(t *testing.T) {
	if *times == 0 {
		t.Skip("where a flipped byte falls is another place at every run: make trust-damage")
	}
	t.Parallel()
	flips, cuts := *times, *times*2/5
	var refused, harmless, served atomic.Int64
	record(t, "R6", "damaged stores: bytes flipped, files cut, journal missing, foreign, empty, newer schema, read-only disk, network file system", "trust-damage", func() (string, string) {
		return fmt.Sprintf("%d flips, %d cuts, 8 more", flips, cuts), fmt.Sprintf("%d refused in a sentence, byte for byte as they were; %d did no harm; 0 wrong entries in %d served stores; never a new store in the place of a damaged one",
			refused.Load(), harmless.Load(), served.Load())
	})
	bin := testbed(t)
	rng := rand.New(rand.NewPCG(*seed, 6))
	p := settle(t, bin, trust.NewModel(rng.Uint64(), 4, 0, 1, nil))
	proc := p.start()
	p.ready(proc)
	await(patience, func() bool { all, _ := p.model.Polls(); return all > 60 })
	proc.Kill()
	files := map[string][]byte{}
	for _, suffix := range []string{"", "-wal"} {
		text, err := os.ReadFile(p.db() + suffix)
		if err != nil {
			t.Fatal(err)
		}
		files[suffix] = text
	}
	p.web.Store(p.model.Whole())
	for _, r := range ruins(flips, cuts) {
		p.ruined(r, rng, files, &refused, &harmless, &served)
		if t.Failed() {
			t.Fatalf("%s, seed %d", r.name, *seed)
		}
	}
	p.restore(files)
	p.readOnly()
	p.restore(files)
	p.network(t)
}

// restore puts files in the place of the store's.
func (p *place) restore(files map[string][]byte) {
	p.t.Helper()
	if err := os.RemoveAll(filepath.Dir(p.db())); err != nil {
		p.t.Fatal(err)
	}
	for suffix, text := range files {
		if err := os.MkdirAll(filepath.Dir(p.db()+suffix), 0o755); err != nil {
			p.t.Fatal(err)
		}
		if err := os.WriteFile(p.db()+suffix, text, 0o644); err != nil {
			p.t.Fatal(err)
		}
	}
}

// ruined damages the store and starts the program on it.
func (p *place) ruined(r ruin, rng *rand.Rand, files map[string][]byte, refused, harmless, served *atomic.Int64) {
	p.t.Helper()
	bad := map[string][]byte{}
	for suffix, text := range files {
		bad[suffix] = bytes.Clone(text)
	}
	r.damage(rng, bad)
	p.restore(bad)
	proc := p.start()
	await(patience, func() bool { _, ok := p.get("/readyz"); return ok || proc.Ended() })
	if !proc.Ended() {
		if r.refused != "" {
			p.t.Errorf("%s: it serves", r.name)
		}
		served.Add(1)
		ledger := trust.Ledger{}
		var f trust.Findings
		await(5*time.Second, func() bool {
			f = p.look(ledger, false)
			return len(ledger) > 0 || strings.Contains(proc.Log.String(), "the store is damaged")
		})
		if f.Any() {
			p.t.Errorf("%s: published: %s", r.name, f)
		}
		if !strings.Contains(proc.Log.String(), "the store is damaged") {
			harmless.Add(1)
		}
		proc.Kill()
		return
	}
	refused.Add(1)
	said := proc.Log.String()
	if code := proc.ProcessState.ExitCode(); code != 78 || !strings.Contains(said, p.db()) || !strings.Contains(said, r.refused) || strings.Contains(said, "panic") {
		p.t.Errorf("%s: it ends with %d and says\n%s", r.name, code, built.Tail(said, 10))
	}
	for _, suffix := range []string{""} {
		now, err := os.ReadFile(p.db() + suffix)
		if was, ok := bad[suffix]; ok != (err == nil) || !bytes.Equal(now, was) && len(bad["-wal"]) == 0 {
			p.t.Errorf("%s: %q was changed: %v", r.name, suffix, err)
		}
	}
}

// readOnly takes the right to write from the disk, under the running program and
// before it starts.
func (p *place) readOnly() {
	p.t.Helper()
	dir := filepath.Dir(p.db())
	text, err := os.ReadFile(p.db())
	if err != nil {
		p.t.Fatal(err)
	}
	p.small(16 << 20)
	if err := os.WriteFile(p.db(), text, 0o644); err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) }()
	remount := func(flags uintptr) {
		if err := syscall.Mount("none", dir, "tmpfs", syscall.MS_REMOUNT|flags, "size=16777216"); err != nil && !errors.Is(err, syscall.EBUSY) {
			p.t.Fatal(err)
		}
	}
	remount(syscall.MS_RDONLY)
	proc := p.start()
	if !await(patience, proc.Ended) || proc.ProcessState.ExitCode() != 78 || !strings.Contains(proc.Log.String(), "cannot write") {
		p.t.Errorf("on a read-only disk it says\n%s", built.Tail(proc.Log.String(), 10))
	}
	proc.Kill()
	remount(0)
}

// network lets the program believe that its disk is an NFS.
func (p *place) network(t *testing.T) {
	p.env = []string{"WIREROOM_FILE_SYSTEM=0x6969"}
	proc := p.start()
	p.ready(proc)
	if !strings.Contains(proc.Log.String(), "network file system") || !strings.Contains(proc.Log.String(), "NFS") {
		t.Errorf("on NFS it says\n%s", built.Tail(proc.Log.String(), 10))
	}
	proc.Kill()
}

// TestLocked holds the store locked from another process for longer than a write
// waits: feeds stay, and all goes on afterwards.
func TestLocked(t *testing.T) {
	t.Parallel()
	p := settle(t, testbed(t), trust.NewModel(*seed, 2, 0, 1, nil))
	ledger := trust.Ledger{}
	proc := p.start()
	p.ready(proc)
	await(patience, func() bool { p.look(ledger, false); return len(ledger) > 0 })
	other, err := sql.Open("sqlite", "file:"+(&url.URL{Path: p.db()}).EscapedPath())
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.SetMaxOpenConns(1)
	if _, err := other.Exec("PRAGMA busy_timeout = 10000; BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	if !await(patience, func() bool {
		health, _ := p.get("/healthz")
		return strings.Contains(string(health), "another process keeps the store locked")
	}) {
		t.Error("health does not say that the store is locked")
	}
	if f := p.look(ledger, false); f.Any() {
		t.Errorf("published: %s", f)
	}
	if _, err := other.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	p.closing(proc, ledger)
}

// TestDamagedDocuments damages what was published, and nothing of what it is
// made from: it is made anew, no older than readers have seen it.
func TestDamagedDocuments(t *testing.T) {
	t.Parallel()
	p := settle(t, testbed(t), trust.NewModel(*seed, 2, 0, 1, nil))
	ledger := trust.Ledger{}
	proc := p.start()
	p.ready(proc)
	await(patience, func() bool { p.look(ledger, false); return len(ledger) > 3 })
	if took, err := proc.terminate(); err != nil {
		t.Fatal(took, err)
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: p.db()}).EscapedPath())
	if err != nil {
		t.Fatal(err)
	}
	res, err := db.Exec("UPDATE document SET body = substr(body, 1, length(body) / 2)")
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	n, _ := res.RowsAffected()
	proc = p.start()
	p.ready(proc)
	if !await(patience, func() bool { f := p.look(ledger, false); _, ok := p.get("/topics/plain.rss"); return ok && !f.Any() }) {
		t.Errorf("what was damaged is not published anew:\n%s", built.Tail(proc.Log.String(), 20))
	}
	if said := "published documents are damaged"; strings.Count(proc.Log.String(), said) != 1 || n == 0 {
		t.Errorf("of %d damaged documents it says\n%s", n, proc.Log.String())
	}
	p.closing(proc, ledger)
}

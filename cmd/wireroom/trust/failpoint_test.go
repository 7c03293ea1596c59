//go:build linux

package trust_test

import (
	"fmt"
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

// A point is a place in the program at which a test ends it: before a text
// that stands once in a file.
type point struct {
	name, file, text string
	fresh            bool // reached only while a store is made
}

// points stand before and after each step by which something is had, kept or
// shown.
var points = []point{
	{"fetch before", "aggregator/aggregator.go", "\tanswer, told, pushed := a.ask(", false},
	{"fetch after", "aggregator/aggregator.go", "\tvar doc reading\n", false},
	{"decode before", "aggregator/poll/body.go", "\traw := &capped{", false},
	{"decode after", "aggregator/poll/room.go", "\tdata = make([]byte, buf.Len())", false},
	{"parse before", "aggregator/reading.go", "\tdoc.feed, doc.found, err = Open(src, state, answer, known)\n", false},
	{"parse after", "aggregator/reading.go", "\tif err == nil && doc.found == \"\" {\n", false},
	{"sanitise before", "aggregator/reading.go", "\t\tdoc.about = normalize.About(*doc.feed)\n", false},
	{"sanitise after", "aggregator/reading.go", "\t\t\tdoc.add(item)\n", false},
	{"begin before", "aggregator/store/sqlite.go", "\tif _, err := e.on.exec(ctx, \"BEGIN IMMEDIATE\")", false},
	{"begin after", "aggregator/store/sqlite.go", "\t\tif err := w.fn(ctx, e.on); err != nil {\n", false},
	{"insert entry before", "aggregator/store/append.go", "\t\tif err := storeItems(ctx, tx, e, p); err != nil {\n", false},
	{"insert entry after", "aggregator/store/append.go", "\t\tn, err := tx.exec(ctx, `UPDATE state", false},
	{"insert validators before", "aggregator/store/append.go", "\t\tn, err := tx.exec(ctx, `UPDATE state", false},
	{"insert validators after", "aggregator/store/append.go", "\t\treturn err\n\t}\n\terr := e.writer.wait(ctx, job)", false},
	{"commit before", "aggregator/store/sqlite.go", "\tif _, err := e.on.exec(ctx, \"COMMIT\")", false},
	{"commit after", "aggregator/store/sqlite.go", "\treturn nil\n}\n\n// rollback ends", false},
	{"publish write before", "output/publisher.go", "\tif save {\n", false},
	{"publish write after", "output/publisher.go", "\tp.desk.Set(fresh...)\n", false},
	{"rename before", "aggregator/store/sqlite.go", "\tif err := os.Link(e.path, path)", true},
	{"rename after", "aggregator/store/sqlite.go", "\treturn nil\n}\n\n// pageSize is", true},
	{"prune before", "aggregator/store/purge.go", "\t\terr := db.engine.write(ctx, func(ctx context.Context, tx session) (err error) {\n", false},
	{"prune after", "aggregator/store/purge.go", "\t\tp.Items += n\n", false},
	{"checkpoint before", "aggregator/store/sqlite.go", "\tif _, err := e.on.one(ctx, \"PRAGMA wal_checkpoint(TRUNCATE)\"", false},
	{"checkpoint after", "aggregator/store/sqlite.go", "\tif busy != 0 {\n", false},
	{"migrate step before", "aggregator/store/upgrade.go", "\t_, err = p.Up(ctx)\n", true},
	{"migrate step after", "aggregator/store/upgrade.go", "\treturn err\n}\n\n// copiedSuffix is", true},
	{"config swap before", "cmd/wireroom/reload.go", "\tp.setup.Store(next)\n", false},
	{"config swap after", "cmd/wireroom/reload.go", "\tp.aggregator.Replace(next.plan)\n", false},
}

// failpoint ends the process at the point that the environment names, at the
// hit that it says, by a kill or a panic. It is added to every package that
// has a point.
const failpoint = `package %s

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

var failpointHits atomic.Int64

func failpoint(name string) {
	want := strings.Split(os.Getenv("WIREROOM_FAILPOINT"), ":")
	if len(want) != 3 || want[0] != name {
		return
	}
	if n, _ := strconv.Atoi(want[1]); failpointHits.Add(1) != int64(n) {
		return
	}
	if want[2] == "panic" {
		panic("failpoint " + name)
	}
	syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}
`

// TestFailpoints ends the program at named points, before and after each step,
// by a panic and by a kill (R2). Without -times it takes every fourth point.
func TestFailpoints(t *testing.T) {
	t.Parallel()
	var ended, survived atomic.Int64
	rounds, every := repetitions(1), 1
	if *times == 0 {
		every = 4
	}
	record(t, "R2", "ended before and after each of 14 steps, by panic and by kill; store and feeds against the model as for R1", "trust-failpoints", func() (string, string) {
		return fmt.Sprintf("%d points, %d times in all", len(points)/every, ended.Load()+survived.Load()),
			fmt.Sprintf("%d times ended there, %d panics outlived (a document that panics is its source's failure); 0 lost, 0 doubled, 0 torn, ids unchanged", ended.Load(), survived.Load())
	})
	bin := testbed(t)
	t.Run("rounds", func(t *testing.T) {
		for round := range rounds {
			t.Run(fmt.Sprint(round), func(t *testing.T) {
				t.Parallel()
				rng := rand.New(rand.NewPCG(*seed, 200+uint64(round)))
				p, ledger := settle(t, bin, trust.NewModel(rng.Uint64(), 3, 2, 1, nil)), trust.Ledger{}
				for i := round % every; i < len(points) && !t.Failed() && !enough(); i += every {
					pt, mode := points[i], []string{"kill", "panic"}[(round+i/every)%2]
					did := false
					switch {
					case strings.HasPrefix(pt.name, "prune"):
						did = pruned(t, bin, rng, pt, mode)
					case pt.fresh:
						anew := settle(t, bin, trust.NewModel(rng.Uint64(), 3, 2, 1, nil))
						did = anew.endAt(rng, pt, mode, trust.Ledger{})
						again := anew.start()
						anew.ready(again)
						anew.closing(again, trust.Ledger{})
					default:
						did = p.endAt(rng, pt, mode, ledger)
					}
					if did {
						ended.Add(1)
					} else {
						survived.Add(1)
					}
					if t.Failed() {
						t.Logf("%s, %s, round %d of seed %d", pt.name, mode, round, *seed)
					}
				}
				proc := p.start()
				p.ready(proc)
				p.closing(proc, ledger)
			})
		}
	})
}

// endAt lets the program run until it ends at a point, and holds what it leaves
// behind against the model; false if it outlived it.
func (p *place) endAt(rng *rand.Rand, pt point, mode string, ledger trust.Ledger) bool {
	p.t.Helper()
	hit := 1
	if !pt.fresh && !strings.HasPrefix(pt.name, "config") && !strings.HasPrefix(pt.name, "checkpoint") {
		hit += rng.IntN(8)
	}
	p.env = []string{fmt.Sprintf("WIREROOM_FAILPOINT=%s:%d:%s", pt.name, hit, mode)}
	proc := p.start()
	p.env = nil
	provoke := time.Now().Add(2 * time.Second)
	outlived := func() bool { return strings.Contains(proc.Log.String(), "made the parser panic") }
	died := await(patience, func() bool {
		switch {
		case outlived():
			return true
		case strings.HasPrefix(pt.name, "config") && time.Now().After(provoke):
			now := time.Now()
			if err := os.Chtimes(filepath.Join(p.dir, "feeds.yaml"), now, now); err != nil {
				p.t.Fatal(err)
			}
			provoke = now.Add(2 * time.Second)
		}
		return proc.Ended()
	})
	if !died {
		p.t.Errorf("%s was not reached:\n%s", pt.name, built.Tail(proc.Log.String(), 20))
	}
	survived := outlived() && !proc.Ended()
	if survived {
		p.look(ledger, false)
	}
	proc.Kill()
	p.left()
	return !survived
}

// pruned ends a program at a point of the removal of old items. What was removed
// must not come back, under whatever id.
func pruned(t *testing.T, bin string, rng *rand.Rand, pt point, mode string) bool {
	t.Helper()
	p := settle(t, bin, trust.NewModel(rng.Uint64(), 3, 0, 0, nil))
	ledger := trust.Ledger{}
	forgetful := "WIREROOM_FORGET=5s"
	p.env = []string{forgetful, fmt.Sprintf("WIREROOM_FAILPOINT=%s:%d:%s", pt.name, 2+rng.IntN(2), mode)} // one hit in five seconds
	proc := p.start()
	p.env = []string{forgetful}
	if !await(patience, func() bool {
		f := p.look(ledger, false)
		if len(f.Moved)+len(f.Doubled)+len(f.Torn) > 0 {
			t.Errorf("published: %s", f)
		}
		return proc.Ended()
	}) {
		t.Errorf("%s was not reached:\n%s", pt.name, built.Tail(proc.Log.String(), 20))
	}
	records, err := p.records()
	if err != nil {
		t.Fatal(err)
	}
	proc = p.start()
	p.ready(proc)
	time.Sleep(3 * time.Second)
	f := p.look(ledger, false)
	f.Lost = nil // old entries are to go
	if f.Any() {
		t.Errorf("published after %s: %s", pt.name, f)
	}
	proc.Kill()
	if f := p.model.Compare(records, false); len(f.Doubled)+len(f.Torn) > 0 {
		t.Errorf("stored at %s: %s", pt.name, f)
	}
	return true
}

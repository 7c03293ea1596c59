package bench

import (
	"cmp"
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/wireroom/wireroom/internal/built"
)

// The sizes are those of a run of seconds; `make bench` gives the real ones.
var (
	feedsFlag    = flag.Int("feeds", 6, "feeds of the small size")
	moreFlag     = flag.Int("more", 12, "feeds of the large size")
	storedFlag   = flag.Int("stored", 1000, "items of the full store")
	pollsFlag    = flag.Int("polls", 10, "polls a second while the delay is measured")
	roundsFlag   = flag.Int("rounds", 1, "how often a round is measured; the least counts")
	lookFlag     = flag.Duration("look", time.Second, "how long the delay, and each rate of serving, is measured")
	unitsFlag    = flag.Bool("units", false, "run the benchmarks of the packages that have a row")
	writeFlag    = flag.String("write", "", "folder of performance.md, whose table and figure are written anew")
	profilesFlag = flag.String("profiles", "", "folder to write profiles of the program to")
)

// A row is one line of the table: what was measured, and what is to be reached.
type row struct {
	what   string
	figure string  // as measured
	beside string  // what it is measured against
	value  float64 // to be compared with limit
	limit  float64
	least  bool // the limit is the least, not the most
	unit   string
}

func (r row) reached() bool {
	if r.least {
		return r.value >= r.limit
	}
	return r.value <= r.limit
}

func (r row) goal() string {
	if r.least {
		return "≥ " + number(r.limit) + r.unit
	}
	return "≤ " + number(r.limit) + r.unit
}

// A run collects what is measured in one run.
type run struct {
	*testing.T
	rows []row
	size []point // cost against size, for the figure
}

// A point is what so many entries cost.
type point struct {
	feeds, entries int
	ours, probe    time.Duration // first fetch; 0: not measured
}

func (r *run) add(row row) {
	r.rows = append(r.rows, row)
	r.Logf("%-60s %-22s %-30s %s %s", row.what, row.figure, row.beside, row.goal(), yes(row.reached()))
}

// TestReach measures every row of the table, one after the other.
func TestReach(t *testing.T) {
	built.Program(t) // before anything is measured
	r := &run{T: t}
	r.Run("growth", func(t *testing.T) { (&run{T: t}).with(r, growth) })
	r.Run("stored", func(t *testing.T) { (&run{T: t}).with(r, stored) })
	r.Run("delay", func(t *testing.T) { (&run{T: t}).with(r, delay) })
	r.Run("serving", func(t *testing.T) { (&run{T: t}).with(r, serving) })
	r.Run("units", func(t *testing.T) { (&run{T: t}).with(r, units) })
	if t.Failed() {
		return
	}
	fmt.Print(table(r.rows))
	if *writeFlag != "" {
		r.write(*writeFlag)
	}
}

// with lets a part of the run measure, and takes over what it has.
func (r *run) with(all *run, part func(*run)) {
	part(r)
	all.rows = append(all.rows, r.rows...)
	all.size = append(all.size, r.size...)
}

// least returns the least of several measurements: what else the machine does
// only adds to one.
func least[T cmp.Ordered](n int, measure func() T) T {
	all := make([]T, n)
	for i := range all {
		all[i] = measure()
	}
	return slices.Min(all)
}

// costs are what a program takes for the phases of one size: the first fetch,
// a round of nothing new, and one of two new entries a feed.
type costs struct{ first, same, new2 time.Duration }

// sameRounds is how many rounds of nothing new there are for each other round: they
// are short, and garbage is collected in some of them.
const sameRounds = 4

// probeCosts measures the probe, and its new2 plain.
func (r *run) probeCosts(o *origin) costs {
	p := startProbe(r.T, o.url, len(o.docs), false)
	c := costs{first: p.poll(1), same: least(sameRounds**roundsFlag, func() time.Duration { return p.poll(3) })}
	plain := startProbe(r.T, o.url, len(o.docs), true)
	plain.poll(1)
	c.new2 = o.new2(func() time.Duration { return plain.poll(1) })
	o.print(0)
	return c
}

// new2 returns the least of rounds in which each feed has two new entries more.
func (o *origin) new2(poll func() time.Duration) time.Duration {
	added := 0
	return least(*roundsFlag, func() time.Duration {
		added += 2
		o.print(added)
		return poll()
	})
}

// growth measures the phases beside the probe, and at the large size.
func growth(r *run) {
	o := newOrigin(r.T, *feedsFlag)
	probe := r.probeCosts(o)
	set := newSetting(r.T, o, "")
	small, _, _ := r.costs(set, "small")
	ratio := func(a, b time.Duration) float64 { return float64(a) / float64(b) }
	for _, c := range []struct {
		what        string
		ours, probe time.Duration
		which       string
		limit       float64
	}{
		{"first fetch, everything included to published bytes", small.first, probe.first, "probe ", 2},
		{"all 304", small.same, probe.same, "probe ", 1.5},
		{"new2: two new entries a feed", small.new2, probe.new2, "plain probe ", 0.5},
	} {
		r.add(row{what: c.what, figure: cpu(c.ours), beside: c.which + cpu(c.probe), value: ratio(c.ours, c.probe), limit: c.limit, unit: "×"})
	}
	entries := o.entries()
	r.size = append(r.size, point{*feedsFlag, entries, small.first, probe.first})
	beyond, of := set.beyondText()
	r.add(row{what: "store, beyond the compressed text", figure: fmt.Sprintf("%d B an item", beyond), beside: of, value: float64(beyond) / 1024, limit: 1.2, unit: " KB"})

	o = newOrigin(r.T, *moreFlag)
	large, steady, peak := r.costs(newSetting(r.T, o, ""), "large")
	each := func(d time.Duration, entries int) float64 { return float64(d.Microseconds()) / float64(entries) }
	a, b := each(small.first, entries), each(large.first, o.entries())
	r.size = append(r.size, point{*moreFlag, o.entries(), large.first, 0})
	r.add(row{what: fmt.Sprintf("%d feeds against %d, CPU an entry", *moreFlag, *feedsFlag), figure: fmt.Sprintf("%.0f µs", b),
		beside: fmt.Sprintf("%.0f µs", a), value: b / a, limit: 1.1, unit: "×"})
	r.add(row{what: fmt.Sprintf("memory at %d feeds, steady", *moreFlag), figure: fmt.Sprintf("%d MB", steady>>20),
		beside: fmt.Sprintf("%v after a round", restFor**lookFlag), value: float64(steady >> 20), limit: 120, unit: " MB"})
	r.add(row{what: "memory, peak", figure: fmt.Sprintf("%d MB", peak>>20), value: float64(peak >> 20), limit: 200, unit: " MB"})
}

// restFor is how long the program rests before its memory is looked at, in looks.
const restFor = 3

// costs measures the program in one setting.
func (r *run) costs(set *setting, name string) (c costs, steady, peak int64) {
	p := set.start()
	stop := p.profiles(name + "-first")
	p.settle()
	stop()
	c.first = p.cpu()
	p.profile(name+"-heap", "/debug/pprof/heap")
	c.same = least(sameRounds**roundsFlag, p.poll)
	c.new2 = set.origin.new2(p.poll)
	p.poll() // steady: a round like most, and the rest after it
	time.Sleep(restFor * *lookFlag)
	steady, peak = p.memory()
	p.stop()
	r.Logf("%s: first %s, 304 %s, new2 %s; %d MB, peak %d MB", name, cpu(c.first), cpu(c.same), cpu(c.new2), steady>>20, peak>>20)
	return c, steady, peak
}

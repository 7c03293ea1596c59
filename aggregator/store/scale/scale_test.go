package scale

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/aggregator/store/storetest"
	"github.com/wireroom/wireroom/internal/measured"
)

// The sizes. Those of the suite take seconds; see "make scale".
var (
	sources  = flag.Int("sources", 400, "sources that are claimed")
	replicas = flag.Int("replicas", 4, "processes that share the database")
	period   = flag.Duration("period", 500*time.Millisecond, "for how long each rate is measured")
	window   = flag.Int("window", 500, "items in the window of the filer")
	dayTakes = flag.Duration("day", 2*time.Second, "how long the compressed day takes")
	write    = flag.String("write", "", "the document whose tables are written anew")
	only     = flag.String("only", "", "measure this part alone: claims, items, filer, river or day")
	harsh    = flag.Bool("harsh", false, "fail where a figure is not reached")
)

// A row is one line of the table of figures. The letter gives its place.
type row struct{ letter, what, goal, measured, beside, size string }

// A bench is what the parts share.
type bench struct {
	cluster *storetest.Cluster
	units   units // what was measured, for the computation on paper
}

// add tells a row, and puts it into the document.
func (b *bench) add(t *testing.T, r row) {
	text := fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s |", r.letter, r.what, r.goal, r.measured, r.beside, r.size, load())
	t.Log(text)
	if *write != "" && !t.Failed() {
		measured.Row(t, *write, "figures", text)
	}
}

// load is what else the machine had to do when a row was measured.
func load() string {
	text, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

// TestScale measures every row of the table, and writes it where it is told to.
func TestScale(t *testing.T) {
	// As an administrator would set it, with a quarter of the memory, and so that no
	// checkpoint falls into one half of a comparison and not into the other: behind one
	// each page that is written is copied to the journal as a whole.
	b := &bench{cluster: storetest.Postgres(t, "fsync=on", "autovacuum=on", fmt.Sprintf("shared_buffers=%dMB", memory()/4>>20), "max_wal_size=16GB",
		"checkpoint_timeout=15min", "max_connections=200", "autovacuum_naptime=10s")}
	for _, part := range []struct {
		name string
		run  func(*testing.T, *bench)
	}{
		{"claims", claims}, {"items", items}, {"filer", filer}, {"river", river}, {"day", day},
	} {
		if *only == "" || *only == part.name {
			t.Run(part.name, func(t *testing.T) { part.run(t, b) })
		}
	}
	if *write != "" && *only == "" && !t.Failed() {
		measured.Write(t, *write, "paper", b.units.paper())
	}
}

// memory is that of the machine, in bytes, or 4 GB where the system does not tell.
func memory() int64 {
	text, _ := os.ReadFile("/proc/meminfo")
	kb := int64(4 << 20)
	_, _ = fmt.Sscanf(string(text), "MemTotal: %d kB", &kb)
	return kb << 10
}

// A gauge measures a stretch of time: on the wall, of this process's processor
// time, and of that of the database.
type gauge struct {
	cluster          *storetest.Cluster
	at               time.Time
	self, database   time.Duration
	took, ours, them time.Duration
}

func (b *bench) gauge() *gauge {
	g := &gauge{cluster: b.cluster}
	if b.cluster != nil {
		g.database = b.cluster.ProcessorTime()
	}
	g.at, g.self = time.Now(), processorTime() // last: to look costs time itself
	return g
}

func (g *gauge) stop() {
	g.took, g.ours = time.Since(g.at), processorTime()-g.self
	if g.cluster != nil {
		g.them = g.cluster.ProcessorTime() - g.database
	}
}

// rate is what n of a thing were a second.
func (g *gauge) rate(n int) float64 { return float64(n) / g.took.Seconds() }

// each is a part of a processor's time for each of n, in microseconds.
func each(d time.Duration, n int) float64 { return float64(d.Microseconds()) / float64(max(n, 1)) }

// full is the rate that the processor time of n allows for on two cores.
func (g *gauge) full(n int) float64 { return float64(n) / (g.ours + g.them).Seconds() * 2 }

func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // fails for a bad address only
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func open(t testing.TB, dsn string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), dsn, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// handles opens a database as often as there are replicas, with its sources set.
func handles(t testing.TB, dsn string, n, sources int, now time.Time) []*store.DB {
	t.Helper()
	var all []*store.DB
	for range n {
		all = append(all, open(t, dsn))
	}
	if err := all[0].SetSources(t.Context(), configured(sources), now); err != nil {
		t.Fatal(err)
	}
	return all
}

// configured makes sources: seven of ten have a host to themselves, the others
// share one with about sixty.
func configured(n int) []news.Source {
	shared := max(1, n/200)
	list := make([]news.Source, n)
	for i := range list {
		host := fmt.Sprintf("host%07d.example", i)
		if i%10 >= 7 {
			host = fmt.Sprintf("shared%05d.example", i/10%shared)
		}
		list[i] = news.Source{Name: fmt.Sprintf("source-%07d", i), URL: "https://" + host + fmt.Sprintf("/feed/%d", i)}
	}
	return list
}

func sqlitePath(t testing.TB) string { return filepath.Join(t.TempDir(), "wireroom.db") }

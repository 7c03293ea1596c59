package story

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/internal/hugepages"
	"github.com/wireroom/wireroom/internal/race"
)

// BenchmarkWindow tells what an item costs with so many in the window, beside
// what it costs with 10,000: the sizes take turns, block by block, so that
// whatever else the machine does befalls all of them alike. Each of the indexes
// is full, so that every item pushes the oldest out. The collection of garbage is
// measured apart, as the share that an item has in a collection by what is
// allocated for it: no run is long enough to see many of the greatest. Of the
// ratios one is without that share, and one with it.
func BenchmarkWindow(b *testing.B) {
	sizes := []int{10_000, 100_000, 1_000_000}
	const (
		block      = 200
		heapGrowth = 0.5 // of what is alive, until garbage is collected: the program's for small heaps and very large ones
	)
	indexes := make([]*Index, len(sizes))
	collect := make([]time.Duration, len(sizes))
	live := make([]uint64, len(sizes))
	var before, after runtime.MemStats
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	for i, n := range sizes {
		runtime.GC()
		runtime.ReadMemStats(&before)
		idle := collection(b)
		indexes[i] = filled(n)
		runtime.GC()
		runtime.ReadMemStats(&after)
		live[i] = after.HeapAlloc - before.HeapAlloc
		if _, err := hugepages.Lay(); err != nil { // as the program does with a large heap
			b.Log("not in huge pages: ", err)
		}
		collect[i] = collection(b) - idle
	}
	debug.SetGCPercent(-1)
	took := make([][]float64, len(sizes)) // µs an item, of each block
	allocated := make([]uint64, len(sizes))
	babble := newBabble(2)
	items, copies, wrapped := 0, 0, 0
	for b.Loop() {
		records := babble.news(items, block)
		items += block
		for i, x := range indexes {
			runtime.ReadMemStats(&before)
			spent := race.Spent(b)
			for _, rec := range records {
				if x.Add(rec, news.Outlet{}).Kind == news.KindCopy {
					copies++
				}
				if x.reading.boilerplate != nil {
					wrapped++
				}
			}
			spent = race.Spent(b) - spent
			runtime.ReadMemStats(&after)
			allocated[i] += after.TotalAlloc - before.TotalAlloc
			took[i] = append(took[i], float64(spent.Nanoseconds())/1000/block)
		}
		if items%2000 == 0 {
			runtime.GC()
		}
	}
	if n := items * len(sizes); copies < n/11 || wrapped < n*9/10 {
		b.Errorf("of %d items %d were found to be copies, and %d to have boilerplate", n, copies, wrapped)
	}
	all := make([]float64, len(sizes))
	for i, n := range sizes {
		garbage := float64(collect[i].Nanoseconds()) / 1000 * float64(allocated[i]) / float64(items) / (heapGrowth * float64(live[i]))
		ratios := make([]float64, len(took[i]))
		for k := range took[i] {
			ratios[k] = took[i][k] / took[0][k]
		}
		slices.Sort(ratios)
		slices.Sort(took[i])
		name := fmt.Sprint(n/1000, "k-")
		b.ReportMetric(took[i][len(took[i])/2], name+"µs/item")
		b.ReportMetric(garbage, name+"gc-µs/item")
		b.ReportMetric(ratios[len(ratios)/2], name+"ratio")
		all[i] = took[i][len(took[i])/2] + garbage
		b.ReportMetric(all[i]/all[0], name+"gc-ratio")
		b.ReportMetric(float64(live[i])/float64(n), name+"B/item")
	}
}

// collection is what one collection of garbage takes of the processor.
func collection(b *testing.B) time.Duration {
	spent := race.Spent(b)
	runtime.GC()
	return race.Spent(b) - spent
}

// news makes so many records, each with its outlet's boilerplate above it, and
// each tenth with most of the text of one before.
func (b *babble) news(first, n int) []news.Record {
	list, wires := make([]news.Record, n), make([]string, n)
	for k := range list {
		outlet, wire, own := (first+k)*7%outlets, b.text(300), b.text(100-aboveWords)
		if k%10 == 9 {
			wire = wires[k-9]
		}
		wires[k] = wire
		list[k] = record(int64(2_000_000+first+k), news.Item{
			Source: fmt.Sprint("s", outlet), ID: fmt.Sprint("new ", first+k), Title: b.text(9), Text: above[outlet] + " " + wire + " " + own, Language: "en",
		})
	}
	return list
}

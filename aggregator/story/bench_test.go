package story

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unique"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/internal/race"
)

// vocabulary of the benchmarks: function words, and between them others by Zipf's
// law, names and numbers, so that a text of 400 words has as many different ones
// of each as one of the labelled English day: some 155, with 37 names and numbers.
type babble struct {
	rng  *rand.Rand
	zipf *rand.Zipf
}

func newBabble(seed uint64) *babble {
	rng := rand.New(rand.NewPCG(seed, seed))
	return &babble{rng, rand.NewZipf(rng, 1.15, 6, 300_000)}
}

func (b *babble) text(words int) string {
	var s strings.Builder
	for i := range words {
		if i > 0 {
			s.WriteByte(' ')
		}
		switch n := b.zipf.Uint64(); {
		case b.rng.IntN(20) < 9:
			s.WriteString(functions[n%uint64(len(functions))])
		case i%40 == 39:
			fmt.Fprint(&s, n)
		case n%5 == 4:
			s.WriteString("N" + spelt(n))
		default:
			s.WriteString("w" + spelt(n))
		}
		if i%14 == 13 {
			s.WriteString(".")
		}
	}
	return s.String()
}

var functions = strings.Fields("the of and to in a that is for on was with as it by at from be his has")

// spelt writes a number in letters.
func spelt(n uint64) string {
	return strings.Map(func(r rune) rune { return 'a' + r%26 }, strconv.FormatUint(n, 20))
}

const (
	outlets     = 1000
	bannerWords = 12 // that every outlet has above its texts,
	aboveWords  = 32 // and with what each outlet has of its own
)

// above is what each outlet has above all its texts.
var above = func() (list [outlets]string) {
	b := newBabble(4)
	banner := b.text(bannerWords)
	for i := range list {
		list[i] = banner + " " + b.text(aboveWords-bannerWords)
	}
	return list
}()

// boilerplate returns the shingles of what an outlet has above its texts: those
// that all have, and its own.
func (x *Index) boilerplate(outlet int) (banner, own []uint32) {
	for _, h := range x.Read(news.Record{Item: news.Item{Text: above[outlet], Language: "en"}}, news.Outlet{}).sample.shingles {
		switch {
		case h.at+shingleWords <= bannerWords:
			banner = append(banner, h.hash)
		case h.at >= bannerWords:
			own = append(own, h.hash)
		}
	}
	return banner, own
}

// filled returns an index with n full-text items in its window. They are put
// in as if restored, which is what an index of that size is made by. What the
// outlets have above their texts is in a few of them, as it is where the index
// was filled by Add, spread over the window.
func filled(n int) *Index {
	x := New(Options{Most: n})
	b := newBabble(1)
	banner, _ := x.boilerplate(0)
	var owns [outlets][]uint32
	for i := range owns {
		_, owns[i] = x.boilerplate(i)
	}
	const pool = 2000
	entries := make([]*entry, pool)
	for i := range entries {
		it := news.Item{Title: b.text(9), Text: b.text(400), Language: "en"}
		r := reading{Words: x.Read(news.Record{Item: it}, news.Outlet{})}
		r.tally(nil)
		entries[i] = &entry{rate: r.sample.rate, shingles: hashes(r.sample.shingles), terms: x.seen.vector(r.tallies), common: commonTerms(r.tallies), marks: marksOf(r.head, r.body, nil)}
		x.seen.add(&entries[i].common, 1)
	}
	for _, e := range entries {
		x.seen.add(&e.common, -1)
	}
	for i := range n {
		e := *entries[i%pool]
		salt := uint32(i/pool) * 0x9E3779B1
		e.shingles = slices.Clone(e.shingles)
		for j := range e.shingles {
			e.shingles[j] ^= salt &^ 0xff // another text of the same length
		}
		if i/outlets%max(1, n/outlets/boilerplateSeen) == 0 {
			e.shingles = append(e.shingles, owns[i%outlets]...)
		}
		if i%max(1, n/phraseSeen) == 0 {
			e.shingles = append(e.shingles, banner...)
		}
		e.shingles = sortedSet(e.shingles)
		e.terms, e.common.low, e.marks = slices.Clone(e.terms), slices.Clone(e.common.low), slices.Clone(e.marks)
		for j, t := range e.terms { // a third of the telling words are others
			if j%3 == 0 {
				e.terms[j] = newTerm((t.hash()^salt>>11)&(1<<termBits-1), t.weight(), t.flags())
			}
		}
		slices.Sort(e.terms)
		e.terms = slices.CompactFunc(e.terms, func(a, b term) bool { return a.hash() == b.hash() })
		e.norm = uint32(dot(e.terms, e.terms))
		e.outlet, e.id = unique.Make(fmt.Sprint("s", i%outlets)), fmt.Sprint("item ", i)
		e.source = sourceSum(e.outlet.Value())
		e.copies = e.key().Slug()
		e.agency, e.family = unique.Make(""), unique.Make("")
		e.exact[0] = keyHash("link", e.id)
		e.published = day.Unix() - int64(n-i)*6*24*3600/int64(n)
		e.clock, e.opened = e.published, e.published
		x.clock = max(x.clock, e.clock)
		e.story = x.story(e.copies)
		x.bring(&e)
		x.insert(&e)
	}
	return x
}

func benchmarkAdd(b *testing.B, n int) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	x := filled(n)
	runtime.GC()
	runtime.ReadMemStats(&after)
	babble := newBabble(2)
	records := make([]news.Record, 3000)
	for i := range records {
		records[i] = record(int64(n+i), news.Item{Source: fmt.Sprint("s", i%1000), Title: babble.text(9), Text: babble.text(400), Language: "en"})
	}
	var took []time.Duration
	i, spent := 0, race.Spent(b)
	for b.Loop() {
		rec := records[i%len(records)]
		rec.Item.ID = fmt.Sprint("new ", i)
		rec.Item.Text = rec.Item.Text[i/len(records):] // another text each time round
		i++
		start := time.Now()
		x.Add(rec, news.Outlet{})
		took = append(took, time.Since(start))
	}
	b.ReportMetric(float64((race.Spent(b)-spent).Microseconds())/float64(i), "cpu-µs/item")
	slices.Sort(took)
	b.ReportMetric(float64(len(took))/b.Elapsed().Seconds(), "items/s")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(n), "B/item")
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MB")
}

func BenchmarkAdd10k(b *testing.B)  { benchmarkAdd(b, 10_000) }
func BenchmarkAdd100k(b *testing.B) { benchmarkAdd(b, 100_000) }
func BenchmarkAdd1M(b *testing.B)   { benchmarkAdd(b, 1_000_000) }

// BenchmarkCopies measures the part of Add that finds copies alone.
func BenchmarkCopies(b *testing.B) {
	x := filled(100_000)
	babble := newBabble(3)
	its := make([]news.Item, 500)
	for i := range its {
		its[i] = news.Item{Title: babble.text(9), Text: babble.text(400), Language: "en"}
	}
	i := 0
	for b.Loop() {
		r := &x.reading
		r.Words = x.Read(news.Record{Item: its[i%len(its)]}, news.Outlet{})
		x.keep(r, sourceSum("s1"))
		e := &entry{rate: r.sample.rate, shingles: hashes(r.kept)}
		x.kindred(e)
		spareWords.Put(r.Words)
		i++
	}
	b.ReportMetric(float64(i)/b.Elapsed().Seconds(), "items/s")
}

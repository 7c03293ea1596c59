package store_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/errgroup"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/internal/race"
)

// A meter adds up the processor's time of the process between start and stop:
// on a machine with other work the clock on the wall tells little.
type meter struct {
	b     *testing.B
	since time.Duration
	sum   time.Duration
}

func (m *meter) start() { m.since = race.Spent(m.b) }
func (m *meter) stop()  { m.sum += race.Spent(m.b) - m.since }

func (m *meter) report(n int, what string) {
	m.b.ReportMetric(float64(m.sum.Microseconds())/float64(n), "cpu-µs/"+what)
	m.b.ReportMetric(0, "ns/op")
	m.b.ReportAllocs()
}

// benchStore opens the store that a benchmark works upon: the database that
// WIREROOM_BENCH_STORE names, or a new file.
func benchStore(b testing.TB, sources int) (*store.DB, string) {
	b.Helper()
	dsn := os.Getenv("WIREROOM_BENCH_STORE")
	if dsn == "" {
		dsn = filepath.Join(b.TempDir(), "wireroom.db")
	}
	db, err := store.Open(b.Context(), dsn, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	var all []news.Source
	for i := range sources {
		all = append(all, news.Source{Name: fmt.Sprintf("source-%06d", i), URL: fmt.Sprintf("https://host%d.example/feed", i)})
	}
	if err := db.SetSources(b.Context(), all, benchStart); err != nil {
		b.Fatal(err)
	}
	return db, dsn
}

var benchStart = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

var benchWords = strings.Fields(`able acid aged also area army away baby back ball band bank base bath bear beat been
	beer bell belt best bill bird blow blue boat body bomb bond bone book boom born boss both bowl bulk burn bush busy call
	calm came camp card care case cash cast cell chat chip city club coal coat code cold come cook cool cope copy core cost`)

// benchItem makes an item with about 1.6 KB of text, as HTML and plain.
func benchItem(source string, n int) news.Item {
	rng := rand.New(rand.NewPCG(uint64(n), uint64(len(source))))
	var text, html strings.Builder
	for range 8 {
		html.WriteString("<p>")
		for range 40 {
			w := benchWords[rng.IntN(len(benchWords))]
			text.WriteString(w + " ")
			html.WriteString(w + " ")
		}
		html.WriteString("</p>")
		text.WriteString("\n\n")
	}
	at := benchStart.Add(time.Duration(n) * time.Second)
	id := fmt.Sprintf("https://%s.example/2026/03/01/story-%07d", source, n)
	return news.Item{
		Source: source, ID: id, GUID: id, URL: id, Canonical: id, Title: text.String()[:60], HTML: html.String(), Text: text.String(),
		Excerpt: text.String()[:280], Language: "en", Published: at, FirstSeen: at, Fetched: at, Dated: true,
		Aliases: []string{id}, Hash: fmt.Sprintf("%032x", rng.Uint64()),
	}
}

func benchPoll(ctx context.Context, db *store.DB, c news.Claim, items []news.Item, now time.Time) error {
	_, err := db.Append(ctx, c, items, func(n news.Appended) news.State {
		c.State.NextDue = now.Add(time.Hour)
		c.State.Validators = news.Validators{URL: "https://host.example/feed", ETag: `"0123456789abcdef"`, LastModified: "Sun, 01 Mar 2026 12:00:00 GMT"}
		c.State.LastPoll, c.State.Outcome, c.State.Status = now, news.OutcomeNew, 200
		return c.State
	}, now, 0)
	return err
}

// benchClaims returns n claims, each of another source.
func benchClaims(b testing.TB, db *store.DB, n int, now time.Time) []news.Claim {
	b.Helper()
	claims, err := db.Claim(b.Context(), now, n, time.Minute)
	if err != nil || len(claims) != n {
		b.Fatal(len(claims), err)
	}
	return claims
}

// BenchmarkPoll is what one poll of 16 at a time costs the store: its part of a
// claim of 100, of as many sources or of more, and its append of nothing, of known
// items, of new ones.
func BenchmarkPoll(b *testing.B) {
	const batch = 100
	for _, c := range []struct {
		name       string
		known, new int
		sources    int
	}{{"nothing", 0, 0, batch}, {"nothing,sources=100000", 0, 0, 100_000}, {"known=40", 40, 0, batch}, {"known=40,new=2", 40, 2, batch}, {"new=40", 0, 40, batch}} {
		b.Run(c.name, func(b *testing.B) {
			db, _ := benchStore(b, c.sources)
			now := benchStart
			known := make([][]news.Item, batch)
			for i, claim := range benchClaims(b, db, batch, now) {
				for n := range c.known {
					known[i] = append(known[i], benchItem(claim.State.Source, n))
				}
				if err := benchPoll(b.Context(), db, claim, known[i], now); err != nil {
					b.Fatal(err)
				}
			}
			next, polls := 1000, 0
			m := meter{b: b}
			for b.Loop() {
				now = now.Add(2 * time.Hour)
				m.start()
				claims := benchClaims(b, db, batch, now)
				if _, err := db.Next(b.Context(), now); err != nil {
					b.Fatal(err)
				}
				m.stop()
				items := make([][]news.Item, batch)
				for i, claim := range claims {
					items[i] = append(items[i], known[i]...)
					for range c.new {
						items[i] = append(items[i], benchItem(claim.State.Source, next))
						next++
					}
				}
				var workers errgroup.Group
				workers.SetLimit(16)
				m.start()
				for i, claim := range claims {
					workers.Go(func() error { return benchPoll(b.Context(), db, claim, items[i], now) })
				}
				if err := workers.Wait(); err != nil {
					b.Fatal(err)
				}
				m.stop()
				polls += batch
			}
			m.report(polls, "poll")
		})
	}
}

// fill stores and files n items.
func fill(b testing.TB, db *store.DB, n int) {
	b.Helper()
	const perPoll = 50
	now := benchStart
	for i := 0; i < n; {
		now = now.Add(2 * time.Hour)
		for _, c := range benchClaims(b, db, 100, now) {
			var items []news.Item
			for range perPoll {
				items = append(items, benchItem(c.State.Source, i))
				i++
			}
			if err := benchPoll(b.Context(), db, c, items, now); err != nil {
				b.Fatal(err)
			}
		}
		for benchFile(b, db, 500) > 0 {
		}
	}
}

// benchFile files what is unfiled, each item as a story of its own in a topic.
func benchFile(b testing.TB, db *store.DB, limit int) int {
	b.Helper()
	records, err := db.Unfiled(b.Context(), limit)
	if err != nil {
		b.Fatal(err)
	}
	batch := news.Batch{At: benchStart, Records: records}
	for _, r := range records {
		batch.UpTo = r.Seq
		key := r.Item.Key()
		batch.Decisions = append(batch.Decisions, news.Decision{
			Seq: r.Seq, Key: key, Story: key.Slug(), Copies: key.Slug(), Kind: news.KindNew, Family: "host.example",
			Evidence: news.Evidence{Rule: "cluster", Terms: strings.Fields(r.Item.Title)}, Sketch: make([]byte, 128),
		})
		batch.Filings = append(batch.Filings, news.Filing{
			Topic: "topic", Key: key.Slug(), ID: "tag:feeds.example.org,2026-03-01:topic/" + key.Slug(), Story: key.Slug(),
			Published: r.Item.Published, Updated: r.Item.Published, FirstFiled: r.Item.FirstSeen, Hash: r.Item.Hash,
			Lead: key, Members: []news.Key{key}, Families: 1, Why: "able and back",
		})
	}
	if err := db.File(b.Context(), batch); err != nil {
		b.Fatal(err)
	}
	return len(records)
}

// BenchmarkFile is what filing costs the store, in the time of one item.
func BenchmarkFile(b *testing.B) {
	db, _ := benchStore(b, 100)
	now, n := benchStart, 0
	m := meter{b: b}
	for b.Loop() {
		now = now.Add(2 * time.Hour)
		for _, c := range benchClaims(b, db, 20, now) {
			var items []news.Item
			for range 50 {
				items = append(items, benchItem(c.State.Source, n))
				n++
			}
			if err := benchPoll(b.Context(), db, c, items, now); err != nil {
				b.Fatal(err)
			}
		}
		m.start()
		for benchFile(b, db, 500) > 0 {
		}
		m.stop()
	}
	m.report(n, "item")
}

// BenchmarkLatest reads a topic of 100 stories.
func BenchmarkLatest(b *testing.B) {
	db, _ := benchStore(b, 100)
	fill(b, db, 5000)
	m, n := meter{b: b}, 0
	for b.Loop() {
		m.start()
		filed, err := db.Latest(b.Context(), "topic", news.SortPublished, 100)
		if err != nil || len(filed) != 100 {
			b.Fatal(len(filed), err)
		}
		m.stop()
		n++
	}
	m.report(n, "topic")
}

// BenchmarkSearch looks for words that every item has, and one that few have.
func BenchmarkSearch(b *testing.B) {
	db, _ := benchStore(b, 100)
	fill(b, db, 5000)
	for _, c := range []struct{ name, topic, query string }{
		{"common", "topic", "able cold"}, {"shown by none", "other", "able cold"}, {"not there", "topic", "able zebra"},
	} {
		b.Run(c.name, func(b *testing.B) {
			m, n := meter{b: b}, 0
			for b.Loop() {
				m.start()
				if _, err := db.Search(b.Context(), []string{c.topic}, c.query, 60); err != nil {
					b.Fatal(err)
				}
				m.stop()
				n++
			}
			m.report(n, "search")
		})
	}
}

// TestSize holds what an item takes on the disk beside its packed text, with
// its decision and its place in one topic, to 1.2 KB.
func TestSize(t *testing.T) {
	if race.Enabled {
		t.Skip("thousands of items are slow under the race detector, and nothing runs beside them")
	}
	db, _ := benchStore(t, 100)
	fill(t, db, 5000)
	stats, err := db.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := int(stats.Items)
	packer, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		t.Fatal(err)
	}
	var text int
	for i := range n {
		it := benchItem("source-000000", i)
		text += len(packer.EncodeAll([]byte(it.Title+it.HTML+it.Text+it.Excerpt), nil))
	}
	perItem, perText := int(stats.Bytes)/n, text/n
	t.Logf("%d bytes an item, of them %d of text", perItem, perText)
	if perItem-perText > 1200 {
		t.Errorf("%d bytes an item beside its text", perItem-perText)
	}
}

// BenchmarkDecided reads the decisions upon 5000 items, as at a start.
func BenchmarkDecided(b *testing.B) {
	const items = 5000
	db, _ := benchStore(b, 100)
	fill(b, db, items)
	m, n := meter{b: b}, 0
	for b.Loop() {
		m.start()
		err := db.Decided(b.Context(), time.Time{}, func(news.Decision, time.Time) bool { n++; return true })
		m.stop()
		if err != nil || n%items != 0 {
			b.Fatal(n, err)
		}
	}
	m.report(n, "decision")
}

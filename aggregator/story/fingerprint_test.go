package story_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/story"
)

// BenchmarkFingerprint is what an item costs in an index that has hardly any
// other: its fingerprints, and little else.
func BenchmarkFingerprint(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	zipf := rand.NewZipf(rng, 1.1, 4, 100_000)
	text := func(words int) string {
		var s strings.Builder
		for range words {
			fmt.Fprintf(&s, "w%x ", zipf.Uint64())
		}
		return s.String()
	}
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	records := make([]news.Record, 200)
	for i := range records {
		records[i] = news.Record{Seq: int64(i + 1), Revision: 1, Item: news.Item{
			Source: fmt.Sprint("s", i), ID: fmt.Sprint(i), Title: text(9), Text: text(400), Language: "en", Published: at,
		}}
	}
	index := story.New(story.Options{})
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if n%32 == 0 {
			b.StopTimer()
			index = story.New(story.Options{})
			b.StartTimer()
		}
		index.Add(records[n%len(records)], news.Outlet{})
		n++
	}
}

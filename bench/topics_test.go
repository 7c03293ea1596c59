package bench

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/normalize"
	"github.com/wireroom/wireroom/aggregator/parse"
	"github.com/wireroom/wireroom/aggregator/topic"
)

// items are those of feeds, as the program makes them of their documents.
func items(tb testing.TB, feeds int) []news.Item {
	tb.Helper()
	p := &press{lang: theLanguage(), feeds: feeds, now: time.Now().UTC().Truncate(time.Second)}
	var all []news.Item
	for i := range feeds {
		src := news.Source{Name: sourceName(i), URL: feedURL("http://127.0.0.1", i)}
		feed, err := parse.Parse(src, news.Answer{Body: p.document(i, 0), ContentType: "application/xml; charset=utf-8"})
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, normalize.Items(src, feed, p.now)...)
	}
	return all
}

// wishes makes n topics of ten words each: words that stand in at most one item
// in two hundred, as selective as people's topics are.
func wishes(n int, items []news.Item) []news.Topic {
	standsIn := map[string]int{}
	for i := range items {
		words := strings.FieldsFunc(strings.ToLower(items[i].Title+" "+items[i].Text), func(r rune) bool { return !unicode.IsLetter(r) })
		slices.Sort(words)
		for _, word := range slices.Compact(words) {
			standsIn[word]++
		}
	}
	var rare []string
	for word, n := range standsIn {
		if len(word) > 4 && n <= len(items)/200 {
			rare = append(rare, word)
		}
	}
	slices.Sort(rare)
	topics := make([]news.Topic, n)
	for i := range topics {
		word := func(j int) string { return rare[(i*10+j)*7919%len(rare)] }
		topics[i] = news.Topic{Name: fmt.Sprintf("topic-%03d", i), Match: news.Match{All: []string{word(0)}, None: []string{word(1)}}}
		for j := range 8 {
			topics[i].Match.Any = append(topics[i].Match.Any, word(2+j))
		}
	}
	return topics
}

// BenchmarkTopics is what an item of the origin costs under 200 topics of ten
// words, once the program has seen most words, as it has after a day.
func BenchmarkTopics(b *testing.B) {
	items := items(b, 60)
	rules, err := topic.Compile(wishes(200, items))
	if err != nil {
		b.Fatal(err)
	}
	now, size := time.Now(), 0
	file := func(i int) int {
		// A record of no log is not remembered: each match is a first one.
		story := news.Story{ID: "s", Members: []news.Member{{Record: news.Record{Item: items[i]}, Outlet: news.Outlet{Source: items[i].Source}}}}
		return len(rules.File(story, "example.org", now))
	}
	for range 3 {
		for i := range items {
			file(i)
		}
	}
	for i := range items {
		size += len(items[i].Title) + len(items[i].Text)
	}
	filings := 0
	b.ReportAllocs()
	begin := processorTime()
	for i := 0; b.Loop(); i++ {
		filings += file(i % len(items))
	}
	b.ReportMetric(float64((processorTime()-begin).Nanoseconds())/1e3/float64(b.N), "cpu-µs/item")
	b.ReportMetric(float64(filings)/float64(b.N), "filings/op")
	b.ReportMetric(float64(size)/float64(len(items)), "bytes/op")
}

// processorTime is what the process has taken of the processor.
func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // fails for a bad address only
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

package topic_test

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/topic"
	"github.com/wireroom/wireroom/internal/beside"
	"github.com/wireroom/wireroom/internal/race"
)

// articles reads the day of English articles, the first n.
func articles(tb testing.TB, n int, full bool) []news.Story {
	tb.Helper()
	file, err := os.Open(beside.Path(tb, "corpora", "stories", "telegram-en.jsonl.gz"))
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		tb.Fatal(err)
	}
	var stories []news.Story
	lines := bufio.NewScanner(unzipped)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() && len(stories) < n {
		var a struct{ ID, Title, Desc, Text, Site string }
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			tb.Fatal(err)
		}
		item := news.Item{Source: a.Site, ID: a.ID, Title: a.Title, Text: a.Desc, Language: "en"}
		if full {
			item.Text = a.Text
		}
		m := member(int64(len(stories)+1), item)
		m.Record.Seq = 0 // not remembered: every match is a first one
		stories = append(stories, storyOf(m))
	}
	return stories
}

// wishes makes n topics of ten words each: words that stand in at most one text
// in two hundred, as selective as people's topics are.
func wishes(n int, stories []news.Story) []news.Topic {
	standsIn := map[string]int{}
	for _, s := range stories {
		it := &s.Members[0].Record.Item
		words := strings.FieldsFunc(strings.ToLower(it.Title+" "+it.Text), func(r rune) bool { return !unicode.IsLetter(r) })
		slices.Sort(words)
		for _, word := range slices.Compact(words) {
			standsIn[word]++
		}
	}
	var words []string
	for word, n := range standsIn {
		if len(word) > 4 && n <= max(2, len(stories)/200) {
			words = append(words, word)
		}
	}
	slices.Sort(words)
	topics := make([]news.Topic, n)
	for i := range topics {
		word := func(j int) string { return words[(i*9+j)*7919%len(words)] }
		topics[i] = news.Topic{Name: fmt.Sprintf("topic-%03d", i), Match: news.Match{
			All:  []string{word(0)},
			None: []string{"football"},
		}}
		for j := range 8 {
			topics[i].Match.Any = append(topics[i].Match.Any, word(1+j))
		}
	}
	return topics
}

func BenchmarkFile(b *testing.B) {
	for _, full := range []bool{false, true} {
		stories := articles(b, 2000, full)
		size := 0
		for _, s := range stories {
			size += len(s.Members[0].Record.Item.Title) + len(s.Members[0].Record.Item.Text)
		}
		for _, n := range []int{1, 20, 200} {
			rules, err := topic.Compile(wishes(n, stories))
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("topics=%d/full=%v", n, full), func(b *testing.B) {
				b.ReportAllocs()
				for _, story := range stories { // a program that has run for a day knows most words
					rules.File(story, "example.org", noon)
				}
				filings, start := 0, race.Spent(b)
				for i := 0; b.Loop(); i++ {
					filings += len(rules.File(stories[i%len(stories)], "example.org", noon))
				}
				b.ReportMetric(float64((race.Spent(b)-start).Nanoseconds())/1e3/float64(b.N), "cpu-µs/item")
				b.ReportMetric(float64(filings)/float64(b.N), "filings/op")
				b.ReportMetric(float64(size)/float64(len(stories)), "bytes/op")
			})
		}
	}
}

// TestScale holds the cost of many topics against that of one: both have one
// pass over an item's words in common.
func TestScale(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures time")
	}
	stories := articles(t, 150, true)
	best := func(topics int) time.Duration {
		rules := compile(t, wishes(topics, stories)...)
		least := time.Duration(math.MaxInt64)
		for range 7 {
			start := race.Spent(t)
			for _, s := range stories {
				rules.File(s, "example.org", noon)
			}
			least = min(least, race.Spent(t)-start)
		}
		return least / time.Duration(len(stories))
	}
	one, many := best(1), best(200)
	t.Logf("an item costs %v under 1 topic and %v under 200 topics of 10 words", one, many)
	if many > 3*one {
		t.Errorf("200 topics cost %.1f times as much as one", float64(many)/float64(one))
	}
}

// TestHostileText gives texts that are made to cost as much as they can.
func TestHostileText(t *testing.T) {
	var unlike strings.Builder
	for i := range 40_000 {
		fmt.Fprintf(&unlike, "w%dx ", i)
	}
	rules := compile(t, news.Topic{Name: "t", Match: news.Match{Any: []string{
		"a a a a a a a a b", "w*", `"a" a* b`, strings.Repeat("中", 50), "x" + strings.Repeat(" x", 200),
	}}})
	for name, text := range map[string]string{
		"one word, over and over": strings.Repeat("a ", 100_000),
		"every word another":      unlike.String(),
		"one word without end":    strings.Repeat("a", 1<<19),
		"no spaces":               strings.Repeat("中", 1<<16),
		"marks":                   strings.Repeat("e\u0301", 1<<16),
		"phrases":                 strings.Repeat("x ", 100_000),
	} {
		start := race.Spent(t)
		rules.File(storyOf(member(0, news.Item{Text: text})), "example.org", noon)
		if took := race.Spent(t) - start; took > 5*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}

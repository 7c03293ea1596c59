package topic_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/topic"
	"github.com/wireroom/wireroom/internal/beside"
)

func TestSeed(t *testing.T) {
	data, err := os.ReadFile(beside.Path(t, "seed", "ukraine-diplomacy.txt"))
	if err != nil {
		t.Fatal(err)
	}
	head, text, _ := strings.Cut(strings.TrimSpace(string(data)), "\n\n")
	title, text, _ := strings.Cut(text, "\n")
	if !strings.Contains(head, "Publish") || title == "" || len(text) < 1000 {
		t.Fatal("the seed is not as expected")
	}
	diplomacy := news.Topic{Name: "ukraine-diplomacy", Match: news.Match{
		All:  []string{"Ukraine"},
		Any:  []string{"Lavrov", "Blinken", "Minsk agreements", "talks"},
		None: []string{"football"},
	}}
	rules, err := topic.Compile([]news.Topic{diplomacy})
	if err != nil {
		t.Fatal(err)
	}
	published := time.Date(2022, 2, 12, 15, 10, 0, 0, time.UTC)
	story := storyOf(member(1, news.Item{Source: "taghrib", Title: title, Text: text, Language: "en", Published: published}))
	filings := rules.File(story, "feeds.example.org", published)
	if len(filings) != 1 || filings[0].Topic != "ukraine-diplomacy" || filings[0].Withdrawn {
		t.Fatalf("filings are %+v", filings)
	}
	// Without its title and names, the agreements alone bring it in.
	for _, name := range []string{"Lavrov", "Blinken", "talks"} {
		text = strings.ReplaceAll(text, name, "")
	}
	story = storyOf(member(2, news.Item{Source: "taghrib", Text: text, Language: "en", Published: published}))
	filings = rules.File(story, "feeds.example.org", published)
	if len(filings) != 1 || filings[0].Why != "match: Ukraine is in text, Minsk agreements is in text" {
		t.Errorf("filings are %+v", filings)
	}
}

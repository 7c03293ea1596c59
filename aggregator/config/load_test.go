package config

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wireroom/wireroom/aggregator/news"
)

// env makes a getenv of names and values.
func env(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

func mustParse(t *testing.T, text string, pairs ...string) *Config {
	t.Helper()
	c, err := Parse(filepath.Join(t.TempDir(), "feeds.yaml"), []byte(text), env(pairs...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const small = `
server: {listen: ":8080", base_url: https://feeds.example.org/}
store: data/wireroom.db
defaults: {schedule: auto, content: excerpt}
sources:
  bbc-world: https://feeds.bbci.co.uk/news/world/rss.xml
  tass: {url: https://tass.example/rss/v2.xml, schedule: "*/10 * * * *", tags: [wire, russia], family: tass, priority: 10}
topics:
  ukraine-diplomacy:
    title: Ukraine diplomacy
    from: [tag:wire, bbc-world]
    match: {all: [Ukraine], any: [Lavrov, Blinken, "Minsk agreements", talks], none: [football]}
    limit: 100
`

func TestParse(t *testing.T) {
	c := mustParse(t, small)
	settings := news.Source{
		Schedule: "auto", MinInterval: time.Minute, MaxInterval: 24 * time.Hour, Timeout: 30 * time.Second,
		MaxBytes: 10e6, MaxItems: 5000, LimitScope: news.LimitHost, Content: news.ContentExcerpt,
	}
	bbc, tass := settings, settings
	bbc.Name, bbc.URL = "bbc-world", "https://feeds.bbci.co.uk/news/world/rss.xml"
	tass.Name, tass.URL, tass.Schedule = "tass", "https://tass.example/rss/v2.xml", "*/10 * * * *"
	tass.Tags, tass.Family, tass.Priority = []string{"wire", "russia"}, "tass", 10
	if diff := cmp.Diff([]news.Source{bbc, tass}, c.Sources); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
	topic := news.Topic{
		Name: "ukraine-diplomacy", Title: "Ukraine diplomacy", From: []string{"bbc-world", "tass"},
		Match: news.Match{All: []string{"Ukraine"}, Any: []string{"Lavrov", "Blinken", "Minsk agreements", "talks"}, None: []string{"football"}},
		Limit: 100, MinFamilies: 1, Sort: news.SortPublished, Content: news.ContentFull,
		Stories: news.MergeStories, Lead: news.LeadPriority, Hub: "https://feeds.example.org/hub",
	}
	if diff := cmp.Diff([]news.Topic{topic}, c.Topics); diff != "" {
		t.Errorf("topics (-want +got):\n%s", diff)
	}
	if c.Server.BaseURL != "https://feeds.example.org" || c.Server.Listen != ":8080" || c.Store != "data/wireroom.db" {
		t.Errorf("settings: %+v", c)
	}
	if c.Retention != 365*24*time.Hour || c.HostGap != time.Second || c.Workers != 32 || c.Budget != 24 {
		t.Errorf("defaults: %+v", c)
	}
}

// What Unicode has as ends of lines is shown as none, and is none.
func TestSeparatorsThatNobodySees(t *testing.T) {
	const text = "title: Harbour\u2028news\nsources: {a: https://a.example/}\n# a\u2029remark\u0085\ntopics: {t: {limit: 0}}\n"
	c, err := Parse("feeds.yaml", []byte(text), env())
	var problems Problems
	if !errors.As(err, &problems) || len(problems) != 1 || problems[0].Line != 4 || problems[0].Path != "topics.t.limit" {
		t.Error(err)
	}
	if c.Title != "Harbour news" {
		t.Errorf("title %q", c.Title)
	}
}

func TestLoad(t *testing.T) {
	file := filepath.Join(t.TempDir(), "feeds.yaml")
	if _, err := Load(file, os.LookupEnv); err == nil {
		t.Error("a file that is not there was loaded")
	}
	if err := os.WriteFile(file, []byte(small), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := Load(file, os.LookupEnv); err != nil || c.File != file {
		t.Error(c, err)
	}
}

// BenchmarkParse reads a file of 10,000 sources, from which 100 topics select by ten
// tags each.
func BenchmarkParse(b *testing.B) {
	var text bytes.Buffer
	text.WriteString("sources:\n")
	for i := range 10_000 {
		fmt.Fprintf(&text, "  s%d: {url: \"https://s%d.example/rss\", schedule: \"%d * * * *\", tags: [t%d]}\n", i, i, i%60, i%50)
	}
	text.WriteString("topics:\n")
	for i := range 100 {
		fmt.Fprintf(&text, "  t%d: {from: [tag:t%d", i, i%40)
		for tag := range 9 {
			fmt.Fprintf(&text, ", tag:t%d", i%40+tag+1)
		}
		text.WriteString("]}\n")
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("feeds.yaml", text.Bytes(), env()); err != nil {
			b.Fatal(err)
		}
	}
}

// TestSameAddress: a page has as many sources as it has lists, and two readers
// of one feed may be given different items, as may who asks with other parameters.
func TestSameAddress(t *testing.T) {
	_, err := Parse("feeds.yaml", []byte(`sources:
  news: {url: https://town.example/, page: .news article}
  dates: {url: https://town.example/, page: .calendar li}
  ann: {url: https://ann@daily.example/rss}
  ben: {url: https://ben@daily.example/rss}
  tides: {url: https://data.example/rss, auth: {query: {of: tides}}}
  winds: {url: https://data.example/rss, auth: {query: {of: winds}}}
  desk: {url: https://data.example/rss, auth: {header: {X-Desk: sea}}}
  members: {url: https://data.example/rss, auth: {bearer: token}}
topics: {all: {}}
`), nil)
	if err != nil {
		t.Error(err)
	}
}

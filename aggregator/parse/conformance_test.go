package parse_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mmcdole/gofeed"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/normalize"
	"github.com/wireroom/wireroom/internal/beside"
	"github.com/wireroom/wireroom/internal/race"
)

var write = flag.Bool("write", false, "write docs/conformance.md")

// A rate is how many of the cases of a corpus were right.
type rate struct{ right, wrong, cases int }

func (r rate) String() string {
	s := fmt.Sprintf("%d of %d", r.right, r.cases)
	if r.cases > 0 {
		s += fmt.Sprintf(" (%.1f %%)", 100*float64(r.right)/float64(r.cases))
	}
	if r.wrong > 0 {
		s += fmt.Sprintf(", %d silently wrong", r.wrong)
	}
	return s
}

// A reader makes a feed of a document: this package, or gofeed alone.
type reader func(news.Answer) (news.Feed, error)

// gofeedAlone is what a program sees that gives a document to gofeed as it is.
func gofeedAlone(a news.Answer) (feed news.Feed, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	f, err := gofeed.NewParser().Parse(bytes.NewReader(a.Body))
	if err != nil {
		return news.Feed{}, err
	}
	feed = news.Feed{
		URL: a.URL, Format: map[string]string{"rss": "RSS ", "atom": "Atom ", "json": "JSON Feed "}[f.FeedType] + f.FeedVersion,
		Title: news.Text{Value: f.Title}, Description: news.Text{Value: f.Description}, Rights: news.Text{Value: f.Copyright},
		Language: f.Language, Generator: f.Generator, Published: f.Published, Updated: f.Updated, Authors: gofeedPersons(f.Authors),
	}
	if f.Link != "" {
		feed.Links = append(feed.Links, news.Link{Href: f.Link})
	}
	if f.FeedLink != "" {
		feed.Links = append(feed.Links, news.Link{Href: f.FeedLink, Rel: "self"})
	}
	if f.Image != nil {
		feed.Image = f.Image.URL
	}
	for _, it := range f.Items {
		e := news.Entry{
			GUID: it.GUID, Title: news.Text{Value: it.Title}, Summary: news.Text{Value: it.Description}, Content: news.Text{Value: it.Content},
			Authors: gofeedPersons(it.Authors),
		}
		if it.Link != "" {
			e.Links = []news.Link{{Href: it.Link}}
		}
		for _, c := range it.Categories {
			e.Categories = append(e.Categories, news.Category{Term: c})
		}
		for _, enc := range it.Enclosures {
			e.Enclosures = append(e.Enclosures, news.Enclosure{URL: enc.URL, Type: enc.Type, Length: number(enc.Length)})
		}
		if it.Image != nil {
			e.Images = []news.Image{{URL: it.Image.URL}}
		}
		if it.PublishedParsed != nil {
			e.Published = []string{it.PublishedParsed.UTC().Format("2006-01-02T15:04:05Z")}
		}
		if it.UpdatedParsed != nil {
			e.Updated = []string{it.UpdatedParsed.UTC().Format("2006-01-02T15:04:05Z")}
		}
		feed.Entries = append(feed.Entries, e)
	}
	return feed, nil
}

func gofeedPersons(list []*gofeed.Person) (out []news.Person) {
	for _, p := range list {
		out = append(out, news.Person{Name: p.Name, Email: p.Email})
	}
	return out
}

func number(s string) (n int64) {
	_, _ = fmt.Sscan(s, &n)
	return n
}

// A row is one line of the table.
type row struct {
	corpus, demand string
	alone, ours    rate
	least          float64 // share that must be right
}

func TestConformance(t *testing.T) {
	if race.Enabled {
		t.Skip("thousands of documents are slow under the race detector, and nothing runs beside them")
	}
	cases, err := feedparserCases(beside.Path(t, "corpora", "feedparser", "tests"))
	if err != nil {
		t.Fatal(err)
	}
	left := map[string]int{}
	rows := []row{
		{"feedparser: expectations that concern the model", "≥ 97 %", expectations(t, cases, gofeedAlone, nil), expectations(t, cases, ours, left), 0.97},
	}
	for _, folder := range []string{"illformed", "entities", "encoding"} {
		rows = append(rows, row{"feedparser " + folder + ": parse", "all but the empty file", parses(cases, folder, gofeedAlone), parses(cases, folder, ours), 1})
	}
	mini, err := minifluxCases(beside.Path(t, "corpora", "miniflux-cases", "cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	rows = append(rows,
		row{"miniflux: assertions that concern the model", "≥ 97 %", assertions(t, mini, gofeedAlone), assertions(t, mini, ours), 0.97},
		row{"dates", "≥ 172, 0 silently wrong", dates(t, gofeedAlone), dates(t, ours), 172.0 / 176},
	)
	for _, folder := range []string{"news-snapshots", "rome", "rss-parser", "node-feedparser", "newsboat", "huginn", "feed-rs"} {
		rows = append(rows, feeds(t, folder))
	}
	report := table(rows, left)
	t.Log("\n" + report)
	for _, r := range rows {
		if float64(r.ours.right) < r.least*float64(r.ours.cases) || r.ours.cases == 0 || r.ours.wrong > 0 {
			t.Errorf("%s: %v, want %s", r.corpus, r.ours, r.demand)
		}
	}
	if *write {
		if err := os.WriteFile(filepath.Join(beside.Root(t), "docs", "conformance.md"), []byte(report), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func expectations(t *testing.T, cases []feedparserCase, read reader, left map[string]int) (r rate) {
	for i := range cases {
		c := &cases[i]
		feed, err := read(c.answer())
		switch outcome, why := c.check(feed, err); outcome {
		case passed:
			r.right++
			r.cases++
		case failed:
			r.cases++
			if left != nil {
				t.Logf("%s: %s: %s", c.name, why, strings.Join(strings.Fields(c.expect), " "))
			}
		default:
			if left != nil {
				left[why]++
			}
		}
	}
	return r
}

func parses(cases []feedparserCase, folder string, read reader) (r rate) {
	for i := range cases {
		if cases[i].folder != folder || len(cases[i].body) == 0 {
			continue
		}
		r.cases++
		if _, err := read(cases[i].answer()); err == nil {
			r.right++
		}
	}
	return r
}

func assertions(t *testing.T, cases []minifluxCase, read reader) (r rate) {
	for i := range cases {
		c := &cases[i]
		if c.Data == "" {
			continue
		}
		feed, err := read(c.answer())
		for _, a := range c.Asserts {
			outcome, got := c.check(a.Expr, a.Value, feed)
			if outcome == noConcern {
				continue
			}
			r.cases++
			if outcome == passed && err == nil {
				r.right++
			} else {
				t.Logf("%s: %s is %q, want %q", c.Name, a.Expr, got, a.Value)
			}
		}
	}
	return r
}

// dates puts each spelling into a feed and looks at the item that comes out.
func dates(t *testing.T, read reader) (r rate) {
	raw, err := os.ReadFile(beside.Path(t, "corpora", "dates", "cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		In, W3C string
		TS      *int64
		Accept  bool
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		r.cases++
		var b bytes.Buffer
		fmt.Fprintf(&b, `<rss version="2.0"><channel><item><guid>1</guid><title>x</title><pubDate><![CDATA[%s]]></pubDate></item></channel></rss>`, c.In)
		feed, err := read(news.Answer{URL: testURL, Body: b.Bytes()})
		if err != nil {
			continue
		}
		it := normalize.Items(news.Source{Name: "test", Language: "en"}, feed, pollTime)[0]
		// A year before feeds is understood and then passed over.
		ancient := c.TS != nil && *c.TS < 0
		switch {
		case c.TS != nil && it.Dated && it.Published.Unix() != *c.TS, c.TS == nil && !c.Accept && c.W3C == "" && it.Dated:
			r.wrong++
		case it.Dated, ancient, c.TS == nil && !c.Accept && c.W3C == "", c.W3C == "InvalidRFC2822Date":
			r.right++
		}
	}
	return r
}

// endings of files that may be feeds.
var endings = map[string]bool{".xml": true, ".rss": true, ".rdf": true, ".atom": true, ".json": true, "": true, ".gz": true, ".feed": true, ".html": true}

// isFeed reports whether a document of the corpora is a feed at all: these
// folders also hold settings, expected outputs, lists of feeds and pages.
func isFeed(path string, body []byte) bool {
	if !endings[filepath.Ext(path)] || strings.HasSuffix(path, ".serde.json") || strings.Contains(filepath.ToSlash(path), "/test/output/") {
		return false
	}
	if bytes.HasPrefix(body, []byte{0x1f, 0x8b}) {
		return true
	}
	head := strings.ToLower(string(bytes.ReplaceAll(body[:min(len(body), 8192)], []byte{0}, nil)))
	for _, sign := range []string{"<rss", "<rdf:rdf", ":rdf ", "<feed", ":feed", "<channel", "<entry", ":entry", "jsonfeed.org"} {
		if strings.Contains(head, sign) {
			return !strings.Contains(head, "<opml") && !strings.Contains(head, "<xsl:stylesheet") && !strings.Contains(head, "<html>")
		}
	}
	return false
}

func feeds(t *testing.T, folder string) row {
	r := row{corpus: folder + ": parse", demand: "all that are feeds", least: 1}
	err := filepath.WalkDir(beside.Path(t, "corpora", folder), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil || !isFeed(path, body) {
			return err
		}
		r.alone.cases++
		r.ours.cases++
		answer := news.Answer{URL: "https://example.org/feed", Body: body}
		if _, err := gofeedAlone(answer); err == nil {
			r.alone.right++
		}
		feed, err := ours(answer)
		if err != nil {
			t.Logf("%s: %v", path, err)
			return nil
		}
		r.ours.right++
		if items := normalize.Items(news.Source{Name: "test"}, feed, pollTime); len(items) > len(feed.Entries) {
			t.Errorf("%s: %d items of %d entries", path, len(items), len(feed.Entries))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

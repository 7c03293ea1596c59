package output_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/output"
	"github.com/wireroom/wireroom/output/render"
	"github.com/wireroom/wireroom/output/serve"
)

// A desk is a store with one source, and a Publisher of one topic.
type desk struct {
	t *testing.T
	*store.DB
	*output.Publisher
	filed int
}

func newDesk(t *testing.T, topic news.Topic) *desk {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "wireroom.db"), log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.SetSources(t.Context(), []news.Source{{Name: "harbour", URL: "https://harbour.example/feed"}}, time.Now()); err != nil {
		t.Fatal(err)
	}
	site := render.Site{BaseURL: "https://feeds.example.org", Title: "The Example Desk", Authority: "example.org,2026"}
	p := output.NewPublisher(db, serve.New(serve.Options{Log: log}), output.Catalogue{Site: site, Topics: []news.Topic{topic}}, log, func([]news.Document) {})
	return &desk{t: t, DB: db, Publisher: p}
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// file files n stories, each published a minute after the one before.
func (d *desk) file(n int, first time.Time) {
	d.t.Helper()
	ctx, now := context.Background(), time.Now().Add(time.Duration(d.filed)*time.Hour)
	claims, err := d.Claim(ctx, now, 1, time.Minute)
	d.must(err)
	var items []news.Item
	for i := range n {
		at := first.Add(time.Duration(i) * time.Minute)
		id := fmt.Sprint("notice-", d.filed+i)
		items = append(items, news.Item{ID: id, Title: "Notice " + id, Text: "Text of " + id, Hash: id, Published: at, FirstSeen: at, Fetched: at})
	}
	d.filed += n
	_, err = d.Append(ctx, claims[0], items, func(news.Appended) news.State { return news.State{NextDue: now} }, now, 0)
	d.must(err)
	records, err := d.Unfiled(ctx, n)
	d.must(err)
	b := news.Batch{At: now}
	for _, r := range records {
		key, at := r.Item.Key(), r.Item.Published
		b.UpTo = r.Seq
		b.Decisions = append(b.Decisions, news.Decision{Seq: r.Seq, Key: key, Story: key.Slug(), Kind: news.KindNew})
		b.Filings = append(b.Filings, news.Filing{
			Topic: "all", Key: key.Slug(), ID: "tag:example.org,2026:all/" + key.Slug(), Story: key.Slug(), Hash: r.Item.Hash,
			Published: at, Updated: at, FirstFiled: now, Lead: key, Members: []news.Key{key}, Families: 1,
		})
	}
	d.must(d.File(ctx, b))
}

// archive publishes and archives until there is nothing more to archive, and
// returns how many stories each page has.
func (d *desk) archive() string {
	d.t.Helper()
	ctx := context.Background()
	for more := true; more; {
		d.must(d.Publish(ctx, nil))
		topics, err := d.Archive(ctx)
		d.must(err)
		more = len(topics) > 0
	}
	var sizes []string
	for doc, err := range d.ArchivePages(ctx, "all") {
		d.must(err)
		if strings.HasSuffix(doc.Path, ".rss") {
			sizes = append(sizes, fmt.Sprint(strings.Count(string(doc.Body), "<item>")))
		}
	}
	return strings.Join(sizes, " ")
}

func TestArchive(t *testing.T) {
	start := time.Now().Add(-24 * time.Hour).Truncate(time.Second)
	for name, c := range map[string]struct {
		topic news.Topic
		first int
		want  []string // pages after the first stories; after one more that is new; after one more that is late
	}{
		"limit 100":     {news.Topic{Limit: 100}, 150, []string{"100", "100", "100"}},
		"limit 40":      {news.Topic{Limit: 40}, 159, []string{"40 40 40", "40 40 40 40", "40 40 40 40"}},
		"a large limit": {news.Topic{Limit: 1000}, 199, []string{"100", "100 100", "100 100"}},
		"few":           {news.Topic{Limit: 100}, 98, []string{"", "", "100"}},
		"short window":  {news.Topic{Limit: 100, Window: time.Hour}, 50, []string{"50", "50", "50"}},
		"private":       {news.Topic{Limit: 100, Token: "a-secret-of-ours"}, 150, []string{"", "", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			c.topic.Name, c.topic.Title, c.topic.Content = "all", "Everything", news.ContentFull
			d := newDesk(t, c.topic)
			for i, file := range []func(){
				func() { d.file(c.first, start) },
				func() { d.file(1, start.Add(5*time.Hour)) },
				func() { d.file(1, start.Add(-time.Hour)) },
			} {
				file()
				if got := d.archive(); got != c.want[i] {
					t.Errorf("step %d: pages of %q, want %q", i, got, c.want[i])
				}
			}
		})
	}
}

// What comes once all that was archived has outlived the retention, such as after a
// quiet time, is archived as what came before.
func TestArchiveGoesOn(t *testing.T) {
	d := newDesk(t, news.Topic{Name: "all", Title: "Everything", Limit: 40, Content: news.ContentFull})
	start := time.Now().Add(-24 * time.Hour).Truncate(time.Second)
	d.file(80, start)
	if got := d.archive(); got != "40 40" {
		t.Fatalf("pages of %q", got)
	}
	later := time.Now().Add(1000 * time.Hour)
	if p, err := d.Purge(t.Context(), later, later); err != nil || p.Items != 80 {
		t.Fatal(p, err)
	}
	d.file(40, start.Add(5*time.Hour))
	if got := d.archive(); got != "40 40" { // the first page is gone, too
		t.Errorf("pages of %q, want the last one of what is gone and one of what came", got)
	}
}

// A page that was written by a clock which was years ahead keeps none from being
// written that is not full.
func TestArchiveWrittenAhead(t *testing.T) {
	d := newDesk(t, news.Topic{Name: "all", Title: "Everything", Limit: 100, Window: time.Hour, Content: news.ContentFull})
	start := time.Now().Add(-24 * time.Hour).Truncate(time.Second)
	d.file(2, start)
	filed, err := d.Unarchived(t.Context(), "all", 2, 2)
	d.must(err)
	page := []news.Document{{Path: "/topics/all/archive/1.rss", Body: []byte("<item>"), Topic: "all"}}
	d.must(d.SaveArchive(t.Context(), "all", 1, filed[1].Key, page, time.Now().AddDate(12, 0, 0)))
	d.file(3, start.Add(5*time.Hour))
	if got := d.archive(); got != "1 3" {
		t.Errorf("pages of %q, want the one that was there and one of three", got)
	}
}

// TestAReaderOfArchivesMissesNothing lets a reader that follows archives (RFC
// 5005, section 4) ask for the feed at any moment: before a page is written that
// takes what left the feed, and after it was written and before the feed names
// it. What a reader missed, it finds with its next request.
func TestAReaderOfArchivesMissesNothing(t *testing.T) {
	links, ids := regexp.MustCompile(`<link rel="prev-archive" href="https://feeds\.example\.org([^"]*)"`), regexp.MustCompile(`<id>tag:[^<]*:all/[^<]*</id>`)
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 1))
		d := newDesk(t, news.Topic{Name: "all", Title: "Everything", Limit: 40, Content: news.ContentLink})
		start := time.Now().Add(-24 * time.Hour).Truncate(time.Second)
		seen, known := map[string]bool{}, map[string]bool{}
		poll := func() {
			pages := map[string][]byte{}
			for doc, err := range d.ArchivePages(t.Context(), "all") {
				d.must(err)
				pages[doc.Path] = doc.Body
			}
			for _, doc := range d.Current() {
				pages[doc.Path] = doc.Body
			}
			for path := "/topics/all.atom"; path != "" && !known[path]; {
				body := pages[path]
				if body == nil && path != "/topics/all.atom" {
					t.Fatalf("seed %d: %s is named and is not there", seed, path)
				}
				known[path] = path != "/topics/all.atom"
				for _, id := range ids.FindAllString(string(body), -1) {
					seen[id] = true
				}
				path = ""
				if m := links.FindStringSubmatch(string(body)); m != nil {
					path = m[1]
				}
			}
		}
		for range 40 {
			switch r.IntN(4) {
			case 0:
				d.file(1+r.IntN(90), start.Add(time.Duration(d.filed)*time.Minute))
			case 1:
				d.must(d.Publish(t.Context(), nil))
			case 2:
				_, err := d.Archive(t.Context())
				d.must(err)
			case 3:
				poll()
			}
		}
		d.archive()
		d.must(d.Publish(t.Context(), nil))
		poll()
		if len(seen) != d.filed || d.filed < 100 {
			t.Errorf("seed %d: a reader has seen %d of %d stories", seed, len(seen), d.filed)
		}
	}
}

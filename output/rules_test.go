package output_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/output"
	"github.com/wireroom/wireroom/output/render"
	"github.com/wireroom/wireroom/output/serve"
)

// A shared is a shelf at which another process may lead.
type shared struct {
	*store.DB
	follows bool
}

func (s *shared) Leads() bool { return !s.follows }

// TestAgeOfWhatALeaderServed: who published and does no longer tells how old what
// it serves is since it published last, however often it had to.
func TestAgeOfWhatALeaderServed(t *testing.T) {
	topic := news.Topic{Name: "all", Title: "Everything", Limit: 100, Content: news.ContentFull}
	d := newDesk(t, topic)
	shelf := &shared{DB: d.DB}
	log := slog.New(slog.DiscardHandler)
	p := output.NewPublisher(shelf, serve.New(serve.Options{Log: log}), output.Catalogue{Topics: []news.Topic{topic}}, log, func([]news.Document) {})
	var last time.Time
	for range 2 {
		time.Sleep(20 * time.Millisecond)
		last = time.Now()
		d.must(p.Publish(t.Context(), map[string]bool{"all": true}))
	}
	if age := p.Age(); age != 0 {
		t.Errorf("what a leader serves is %s old", age)
	}
	shelf.follows = true
	if age := p.Age(); age <= 0 || age > time.Since(last) {
		t.Errorf("%s after it was published what is served is said to be %s old", time.Since(last), age)
	}
}

// Rules 6 and 13 of publishing: what did not change is not told again, by the
// same process or by the next; and what is told is stored and served by then.
func TestRule6And13WhatChangedIsToldOnceItIsKept(t *testing.T) {
	topic := news.Topic{Name: "all", Title: "Everything", Limit: 100, Content: news.ContentFull}
	d := newDesk(t, topic)
	site := render.Site{BaseURL: "https://feeds.example.org", Title: "The Example Desk", Authority: "example.org,2026"}
	var told []string
	publisher := func() *output.Publisher {
		desk := serve.New(serve.Options{Log: slog.New(slog.DiscardHandler)})
		tell := func(docs []news.Document) {
			stored, err := d.Documents(t.Context())
			d.must(err)
			etags := map[string]string{}
			for _, doc := range stored {
				etags[doc.Path] = doc.ETag
			}
			for _, doc := range docs {
				if doc.Topic == "" {
					continue // what is of no topic is made anew at every start
				}
				told = append(told, doc.Path)
				if served, ok := desk.Document(doc.Path); !ok || served.ETag != doc.ETag {
					t.Errorf("%s is told and not served", doc.Path)
				}
				if !strings.HasSuffix(doc.Path, ".opml") && etags[doc.Path] != doc.ETag {
					t.Errorf("%s is told and not stored", doc.Path)
				}
			}
		}
		p := output.NewPublisher(d, desk, output.Catalogue{Site: site, Topics: []news.Topic{topic}}, slog.New(slog.DiscardHandler), tell)
		d.must(p.Restore(t.Context()))
		return p
	}
	publish := func(p *output.Publisher, what string, want int) {
		t.Helper()
		told = nil
		time.Sleep(1100 * time.Millisecond) // instants in documents have whole seconds
		d.must(p.Publish(t.Context(), nil))
		if len(told) != want {
			t.Errorf("%s: told of %q, want %d documents", what, told, want)
		}
	}
	d.file(3, time.Now().Add(-time.Hour).Truncate(time.Second))
	first := publisher()
	publish(first, "at first", 5) // three feeds, a page, a list of sources
	publish(first, "again", 0)
	second := publisher()
	publish(second, "by the next process", 1) // the list, which is not stored
	publish(second, "again by the next process", 0)
	d.file(1, time.Now().Truncate(time.Second))
	publish(second, "after a new story", 4)
}

// TestWindowBesideChanges: in a topic whose newest change comes first, stories that
// have outgrown its window leave their places to others, however often they change.
func TestWindowBesideChanges(t *testing.T) {
	topic := news.Topic{Name: "all", Title: "Everything", Limit: 3, Window: 24 * time.Hour, Sort: news.SortUpdated, Content: news.ContentFull}
	d := newDesk(t, topic)
	now := time.Now().Truncate(time.Second)
	d.file(3, now.Add(-5*24*time.Hour))
	d.file(3, now.Add(-time.Hour))
	filed, err := d.Latest(t.Context(), "all", news.SortPublished, 6)
	d.must(err)
	b := news.Batch{At: now.Add(time.Hour)}
	for _, f := range filed[3:] {
		f.Updated, f.Hash = now.Add(time.Hour), f.Hash+" corrected"
		b.Filings = append(b.Filings, f.Filing)
	}
	d.must(d.File(t.Context(), b))
	d.must(d.Publish(t.Context(), nil))
	for _, doc := range d.Current() {
		if n := strings.Count(string(doc.Body), "<item>"); doc.Path == "/topics/all.rss" && n != 3 {
			t.Errorf("%d stories are shown of 3 that are within the window:\n%s", n, doc.Body)
		}
	}
}

// TestCapBesideMany: a topic that shows few stories of each source shows those of others
// behind hundreds of one.
func TestCapBesideMany(t *testing.T) {
	topic := news.Topic{Name: "all", Title: "Everything", Limit: 5, MaxPerSource: 2, Content: news.ContentFull}
	d := newDesk(t, topic)
	d.must(d.SetSources(t.Context(), []news.Source{{Name: "ferry", URL: "https://ferry.example/feed"}, {Name: "harbour", URL: "https://harbour.example/feed"}}, time.Now()))
	now := time.Now().Truncate(time.Second)
	d.file(3, now.Add(-48*time.Hour))
	d.file(120, now.Add(-24*time.Hour)) // of the other
	d.must(d.Publish(t.Context(), nil))
	for _, doc := range d.Current() {
		if n := strings.Count(string(doc.Body), "<item>"); doc.Path == "/topics/all.rss" && n != 4 {
			t.Errorf("%d stories are shown of two sources that may lead two each", n)
		}
	}
}

// TestFewerSources: when sources are taken out, so are the pages that told of them.
func TestFewerSources(t *testing.T) {
	topic := news.Topic{Name: "all", Title: "Everything", Limit: 100, Content: news.ContentFull}
	d := newDesk(t, topic)
	desk := serve.New(serve.Options{Log: slog.New(slog.DiscardHandler)})
	p := output.NewPublisher(d, desk, output.Catalogue{Topics: []news.Topic{topic}}, slog.New(slog.DiscardHandler), func([]news.Document) {})
	for _, n := range []int{200, 3} {
		var sources []news.Source
		for i := range n {
			sources = append(sources, news.Source{Name: fmt.Sprint("paper-", i), URL: fmt.Sprintf("https://paper-%d.example/feed", i)})
		}
		d.must(d.SetSources(t.Context(), sources, time.Now()))
		d.must(p.Publish(t.Context(), nil))
		for path, want := range map[string]bool{"/sources": true, "/sources/2": n > 80, "/sources/3": n > 160, "/sources.atom": true} {
			if _, ok := desk.Document(path); ok != want {
				t.Errorf("of %d sources %s is there: %t", n, path, ok)
			}
		}
	}
}

// TestSourcesOfPrivateTopics: the list of sources tells nobody the addresses of those
// that only private topics take from.
func TestSourcesOfPrivateTopics(t *testing.T) {
	open := news.Topic{Name: "open", From: []string{"paper", "both"}, Limit: 100}
	private := news.Topic{Name: "mine", From: []string{"members", "both"}, Limit: 100, Token: "sesame"}
	all := news.Topic{Name: "all", Limit: 100, Token: "sesame"}
	d := newDesk(t, open)
	var sources []news.Source
	for _, name := range []string{"paper", "both", "members", "spare"} {
		sources = append(sources, news.Source{Name: name, URL: "https://" + name + ".example/feed"})
	}
	d.must(d.SetSources(t.Context(), sources, time.Now()))
	claims, err := d.Claim(t.Context(), time.Now(), len(sources), time.Minute)
	d.must(err)
	for _, c := range claims { // what has become of each names its new address, or where it has been in vain
		moved := news.Event{At: time.Now(), Kind: news.EventMoved, Text: "It has moved to https://" + c.State.Source + ".example/feed."}
		unread := []news.Repair{{Kind: "page", Detail: "no full text: https://" + c.State.Source + ".example/feed/1: answered 403"}}
		broken := news.Event{At: time.Now(), Kind: news.EventBroken, Text: "It has failed 3 times in a row: the page https://" + c.State.Source + ".example/feed: not a feed"}
		state := news.State{Events: []news.Event{moved, broken}, Repairs: unread, Outcome: news.OutcomeParse, Error: "the page https://" + c.State.Source + ".example/feed advertises no feed"}
		_, err := d.Append(t.Context(), c, nil, func(news.Appended) news.State { return state }, time.Now(), 0)
		d.must(err)
	}
	for _, test := range []struct {
		topics []news.Topic
		want   string
	}{
		{[]news.Topic{open, private}, "both paper spare"},
		{[]news.Topic{open, private, all}, "both paper"},
		{[]news.Topic{private, {Name: "news", Limit: 100}}, "both members paper spare"},
	} {
		d.Replace(output.Catalogue{Topics: test.topics})
		d.must(d.Publish(t.Context(), nil))
		told := map[string][]string{} // by the document
		for _, doc := range d.Current() {
			for _, src := range sources {
				if strings.Contains(string(doc.Body), src.URL) {
					told[doc.Path] = append(told[doc.Path], src.Name)
				}
			}
		}
		for _, path := range []string{"/sources.opml", "/sources.atom", "/sources"} {
			if slices.Sort(told[path]); strings.Join(told[path], " ") != test.want {
				t.Errorf("of %v %s tells the addresses of %q, want %s", test.topics, path, told[path], test.want)
			}
		}
	}
}

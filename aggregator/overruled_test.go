package aggregator_test

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator"
	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/aggregator/poll"
	"github.com/wireroom/wireroom/aggregator/store"
	"github.com/wireroom/wireroom/aggregator/story"
	"github.com/wireroom/wireroom/aggregator/topic"
)

// told are texts on two events, of which some tell the same one.
var told = map[string]string{
	"aground": "Car ferry Queen Rosamund runs aground on Oddvik reef: the car ferry Queen Rosamund ran aground on the Oddvik reef shortly after leaving Grimsay harbour on Monday with 140 passengers aboard. The coastguard said that the ferry had lost its rudder in heavy swell and drifted onto the rocks near the lighthouse.",
	"free":    "Queen Rosamund pulled free by tugs: three days after Queen Rosamund ran aground on the Oddvik reef the car ferry was pulled free by tugs; the coastguard said the rudder of the ferry will be looked at in Grimsay harbour.",
	"annis":   "Lady Annis pulled free by tugs: three days after Lady Annis ran aground on the Skarholm reef the car ferry was pulled free by tugs; the coastguard said the rudder of the ferry will be looked at in Tidewell harbour.",
	"council": "Council of Grimsay votes on the budget for schools: the council of Grimsay voted on Tuesday for the budget of its seven schools, after a debate of nine hours in which Mayor Torvald Lie spoke of empty coffers and a roof that leaks since the winter.",
}

// TestOverruled splits and joins what comes in between. Whatever users say, each item
// stands once in a topic that takes all, and no two entries have one id.
func TestOverruled(t *testing.T) {
	for name, steps := range map[string]string{
		"an item that leaves unites two others":      "free 1; aground 2; council 3; aground 4; council 5; annis 6; join 1 5; split 6 6; join 6 2",
		"who opened a story has become a copy in it": "aground 1; free 2; aground 3; council 4; split 4 4; join 4 1; split 4 1; split 1 1",
		"it left for another story before":           "annis 1; free 2; aground 3; council 4; join 4 2; split 1 2; split 4 2; aground 5",
		"a purge between":                            "free 2; council 3; join 2 3; annis 5; join 2 5; purge; split 2 3",
	} {
		t.Run(name, func(t *testing.T) {
			p := openPaper(t)
			for i, step := range strings.Split(steps, "; ") {
				p.do(step, i)
				for _, name := range []string{"all", "copies", "odd"} {
					p.check(name)
				}
			}
		})
	}
}

// TestOverruledTwice has many say something at once, as the processes of several
// users, or of a script, do. Nothing of it is lost.
func TestOverruledTwice(t *testing.T) {
	p := openPaper(t)
	var says sync.WaitGroup
	for i := range 20 {
		says.Go(func() {
			item := news.Key{Source: "outlet", ID: fmt.Sprint(i)}
			if err := aggregator.Overrule(t.Context(), p.db, []aggregator.Override{{Action: story.ActionJoin, Story: "told", Item: item}}); err != nil {
				t.Error(err)
			}
		})
	}
	says.Wait()
	text, err := p.db.Noted(t.Context(), "overrides")
	p.must(err)
	if n := strings.Count(text, `"source":"outlet"`); n != 20 {
		t.Errorf("of 20 words of users %d are kept", n)
	}
}

// A paper is a store with an outlet for each item, which is filed when it comes.
type paper struct {
	t     *testing.T
	db    *store.DB
	plan  *aggregator.Plan
	begin time.Time
	items map[string]news.Key
}

func openPaper(t *testing.T) *paper {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "paper.db"), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	p := &paper{t, db, &aggregator.Plan{Sources: map[string]news.Source{}, Authority: "test.example"}, time.Now().Add(-time.Hour), map[string]news.Key{}}
	p.plan.Topics = []news.Topic{{Name: "all"}, {Name: "copies", Stories: news.MergeCopies}, {Name: "odd", From: []string{"1", "3", "5", "7", "9"}}}
	p.plan.Rules, err = topic.Compile(p.plan.Topics)
	p.must(err)
	return p
}

func (p *paper) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// do adds an item, or takes the word of a user: "annis 6", "join 1 5" puts the fifth
// item into the story of the first, "split 1 5" takes it out of that.
func (p *paper) do(step string, minute int) {
	p.t.Helper()
	now := p.begin.Add(time.Duration(minute) * time.Minute)
	words := strings.Fields(step)
	switch words[0] {
	case "join", "split":
		d, _, err := p.db.Decision(p.t.Context(), p.items[words[1]])
		p.must(err)
		p.must(aggregator.Overrule(p.t.Context(), p.db, []aggregator.Override{{Action: story.Action(words[0]), Story: d.Story, Item: p.items[words[2]]}}))
	case "purge":
		_, err := p.db.Purge(p.t.Context(), p.begin.Add(-time.Hour), now)
		p.must(err)
	default:
		p.add(words[1], told[words[0]], now, now)
	}
	client := poll.NewClient(poll.Options{})
	defer client.Close()
	a := aggregator.New(p.db, client, p.plan, slog.New(slog.DiscardHandler), aggregator.Options{Filed: func([]string) {}})
	p.must(a.FileOnce(p.t.Context()))
}

// add has an outlet give its item, or that in other words.
func (p *paper) add(source, text string, published, now time.Time) {
	p.t.Helper()
	ctx := p.t.Context()
	p.plan.Sources[source] = news.Source{Name: source, URL: fmt.Sprintf("https://outlet-%s.example/feed", source), Family: source}
	var sources []news.Source
	for _, src := range p.plan.Sources {
		sources = append(sources, src)
	}
	p.must(p.db.SetSources(ctx, sources, now))
	p.must(p.db.SetDue(ctx, map[string]time.Time{source: now}))
	claims, err := p.db.Claim(ctx, now, 100, time.Minute)
	p.must(err)
	title, _, _ := strings.Cut(text, ":")
	it := news.Item{Source: source, ID: "item", Title: title, Text: text, Hash: text, Language: "en", Dated: true, Published: published, Updated: now, FirstSeen: now, Fetched: now}
	it.URL = fmt.Sprintf("https://outlet-%s.example/item", source)
	it.Canonical = it.URL
	p.items[source] = it.Key()
	_, err = p.db.Append(ctx, claims[0], []news.Item{it}, func(news.Appended) news.State { return news.State{NextDue: now.Add(day)} }, now, 0)
	p.must(err)
}

// check says which items are not in a topic once, and which entries have one id.
func (p *paper) check(topic string) {
	p.t.Helper()
	filed, err := p.db.Latest(p.t.Context(), topic, news.SortPublished, 100)
	p.must(err)
	ids, in := map[string]string{}, map[news.Key]int{}
	for _, f := range filed {
		if other, ok := ids[f.ID]; ok {
			p.t.Errorf("%s: the entries of %s and %s have the id %s", topic, other, f.Lead, f.ID)
		}
		ids[f.ID] = f.Lead.Source
		for _, key := range f.Filing.Members {
			in[key]++
		}
	}
	for _, key := range p.items {
		if topic != "odd" && in[key] != 1 {
			p.t.Errorf("%s: item %s is in %d entries", topic, key.Source, in[key])
		}
	}
}

package render

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mmcdole/gofeed"

	"github.com/wireroom/wireroom/aggregator/news"
	"github.com/wireroom/wireroom/internal/race"
)

func TestContentPolicy(t *testing.T) {
	const body, excerpt = "The two lines meet at <a", "The two lines meet at the pier."
	cases := []struct {
		topic, outlet       news.ContentPolicy
		full, cut, pictures bool
	}{
		{news.ContentFull, news.ContentFull, true, true, true},
		{news.ContentFull, news.ContentExcerpt, false, true, true},
		{news.ContentExcerpt, news.ContentFull, false, true, true},
		{news.ContentLink, news.ContentFull, false, false, false},
		{news.ContentFull, news.ContentLink, false, false, false},
		{"", "", false, true, true},
		{"", news.ContentFull, true, true, true},
	}
	for _, c := range cases {
		for _, f := range renderers {
			ch := ordinary()
			ch.Topic.Content, ch.Filed[0].Members[0].Outlet.Content = c.topic, c.outlet
			doc := render(t, f, site, ch)
			feed, err := gofeed.NewParser().Parse(bytes.NewReader(doc.Body))
			if err != nil {
				t.Fatal(err)
			}
			it := feed.Items[0]
			all := it.Content + it.Description
			if got := strings.Contains(all, body); got != c.full {
				t.Errorf("%s topic %q outlet %q: whole text %v, want %v", doc.Path, c.topic, c.outlet, got, c.full)
			}
			if got := strings.Contains(all, excerpt); got != c.cut {
				t.Errorf("%s topic %q outlet %q: excerpt %v, want %v", doc.Path, c.topic, c.outlet, got, c.cut)
			}
			if got := len(it.Enclosures) > 0 && bytes.Contains(doc.Body, []byte("p.jpg")); got != c.pictures {
				t.Errorf("%s topic %q outlet %q: media %v, want %v", doc.Path, c.topic, c.outlet, got, c.pictures)
			}
			if !strings.Contains(all, `<a href="https://inland.example/1">Tram reaches ferry</a>`) {
				t.Errorf("%s topic %q outlet %q: other reports are missing", doc.Path, c.topic, c.outlet)
			}
		}
	}
}

// An amendment keeps the id and the instant of publication.
func TestAlsoReportedBy(t *testing.T) {
	ch := ordinary()
	third := ch.Filed[0].Members[1]
	third.Outlet.Source, third.Outlet.Title = "inland-sport", "Inland Sport" // the family of one that is listed
	ch.Filed[0].Members = append(ch.Filed[0].Members, third)
	for i := range 20 {
		m := third
		m.Outlet.Source = strings.Repeat("m", i+1)
		m.Outlet.Family, m.Outlet.Title = m.Outlet.Source, "Outlet "+m.Outlet.Source
		ch.Filed[0].Members = append(ch.Filed[0].Members, m)
	}
	atom := parseXML(t, render(t, Atom, site, ch).Body).all(nsAtom, "entry")[0]
	if n := len(atom.rel("related")); n != maxReports {
		t.Errorf("%d related links, want %d", n, maxReports)
	}
	if !strings.Contains(atom.one(nsAtom, "content").Text, `<a href="https://feeds.example.org/stories/s1">9 more</a>`) {
		t.Error("what is left out is not linked")
	}
	item := rssChannelOf(t, render(t, RSS, site, ordinary())).all("", "item")[0]
	if l := item.rel("related"); len(l) != 1 || l[0].attr("href") != "https://inland.example/1" || l[0].attr("title") != "Inland Post: Tram reaches ferry" {
		t.Errorf("related %v", l)
	}
	story := jsonOf(t, render(t, JSON, site, ordinary()))["items"].([]any)[0].(map[string]any)["_wireroom"].(map[string]any)
	want := []any{map[string]any{
		"source": map[string]any{
			"name": "inland", "title": "Inland Post", "feed": "https://inland.example/rss", "home": "https://inland.example/", "family": "inland",
		},
		"title": "Tram reaches ferry", "url": "https://inland.example/1", "language": "en",
		"date_published": "2026-03-14T16:09:26Z", "copy": true, "score": 0.875, "rule": "containment",
	}}
	if diff := cmp.Diff(want, story["also"]); diff != "" {
		t.Error(diff)
	}
	if story["families"] != 2.0 || story["story"] != "s1" {
		t.Errorf("extension %v", story)
	}
}

func TestPrivateTopicTellsNobody(t *testing.T) {
	ch := ordinary()
	ch.Topic.Token = "t0ken-of-the-topic"
	for _, f := range append(renderers, TopicPage) {
		doc := render(t, f, site, ch)
		if !doc.Private || doc.Link != nil {
			t.Errorf("%s: private %v, links %v", doc.Path, doc.Private, doc.Link)
		}
		if bytes.Contains(doc.Body, []byte("t0ken")) || bytes.Contains(doc.Body, []byte("/hub")) {
			t.Errorf("%s holds the token or a hub", doc.Path)
		}
		if bytes.Contains(doc.Body, []byte("https://feeds.example.org/topics/city.")) {
			t.Errorf("%s holds an address that answers without the token only with 404", doc.Path)
		}
	}
	index, err := IndexPage(site, []Summary{lay(site, ch, nil).summary()}, Answers{}, "")
	if err != nil {
		t.Fatal(err)
	}
	opml, err := TopicsOPML(site, "/topics.opml", []news.Topic{ch.Topic})
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range []news.Document{index, opml} {
		if bytes.Contains(doc.Body, []byte("City")) {
			t.Errorf("%s names a private topic", doc.Path)
		}
	}
	if bytes.Contains(index.Body, []byte("no topic")) || !bytes.Contains(index.Body, []byte("a private one has an address of its own")) {
		t.Errorf("who has private topics alone is told that there is none:\n%s", index.Body)
	}
}

func TestOPML(t *testing.T) {
	ch := ordinary()
	var outlets []news.Outlet
	for _, f := range append(ch.Filed, hostile().Filed[0]) {
		for _, m := range f.Members {
			outlets = append(outlets, m.Outlet)
		}
	}
	outlets[0].Tags = []string{"wire", "city"}
	doc, err := SourcesOPML("/sources.opml", "Sources", outlets)
	if err != nil {
		t.Fatal(err)
	}
	list := parseXML(t, doc.Body).one("", "body").all("", "outline")
	if len(list) != 5 {
		t.Fatalf("%d outlines, want 5: what has no feed is left out", len(list))
	}
	o := list[0]
	if o.attr("xmlUrl") != "https://harbour.example/feed.xml?a=1&b=2" || o.attr("text") != "Harbour Times" || o.attr("type") != "rss" || o.attr("category") != "/wire,/city" {
		t.Errorf("outline %v", o.Attrs)
	}
	if bytes.Contains(doc.Body, []byte("u:p@")) {
		t.Error("credentials in the list")
	}
}

func TestTopicOPML(t *testing.T) {
	outlets := []news.Outlet{{Source: "a", Feed: "https://a.example/feed"}, {Source: "b", Feed: "https://b.example/feed"}, {Source: "c", Feed: "https://c.example/feed"}}
	for from, want := range map[string]string{"": "a b c", "c a gone": "a c"} {
		topic := news.Topic{Name: "city", Title: "City & port"}
		if from != "" {
			topic.From = strings.Fields(from)
		}
		doc, err := TopicOPML(topic, outlets)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, o := range parseXML(t, doc.Body).one("", "body").all("", "outline") {
			names = append(names, o.attr("text"))
		}
		if got := strings.Join(names, " "); got != want || doc.Path != "/topics/city.opml" || doc.Topic != "city" {
			t.Errorf("a topic from %q: %s lists %q, want %q", from, doc.Path, got, want)
		}
	}
	const link = `href="/topics/city.opml"`
	ch := ordinary()
	if page := render(t, TopicPage, site, ch); !bytes.Contains(page.Body, []byte(link)) {
		t.Error("the page of a topic does not link to its sources")
	}
	ch.Topic.Token = "t0ken-of-the-topic"
	if page := render(t, TopicPage, site, ch); bytes.Contains(page.Body, []byte(".opml")) {
		t.Error("the page of a private topic links to a list that there is not")
	}
}

func TestDiff(t *testing.T) {
	got := diff("the old pier is closed", "the new pier is open again")
	want := []span{
		{spanBoth, "the"}, {spanRemoved, "old"}, {spanAdded, "new"}, {spanBoth, "pier is"}, {spanRemoved, "closed"}, {spanAdded, "open again"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if d := diff("", ""); d != nil {
		t.Errorf("nothing differs by %v", d)
	}
	start := race.Spent(t)
	diff(strings.Repeat("a b ", 1<<20), strings.Repeat("b a ", 1<<20))
	if took := race.Spent(t) - start; took > 5*time.Second {
		t.Errorf("long texts took %v", took)
	}
}

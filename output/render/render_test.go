package render

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/wireroom/wireroom/aggregator/news"
)

var day = time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)

var site = Site{BaseURL: "https://feeds.example.org", Title: "The Example Desk", Version: "1.0", Authority: "example.org,2026"}

// ordinary is a topic with a merged story in full and a bare one.
func ordinary() Channel {
	lead := news.Member{
		Outlet: news.Outlet{
			Source: "harbour", Title: "Harbour Times", Feed: "https://harbour.example/feed.xml?a=1&b=2",
			Link: "https://harbour.example/", Family: "harbour", Rights: "CC BY 4.0", Content: news.ContentFull,
		},
		Record: news.Record{Seq: 1, Revision: 1, Item: news.Item{
			Source: "harbour", ID: "h-1", GUID: "h-1",
			URL: "https://harbour.example/ferry?utm=x", Canonical: "https://harbour.example/ferry",
			Title: "Ferry & tram lines <joined> at last", HTML: "<p>The two lines meet at <a href=\"https://harbour.example/map\">the pier</a>.</p>",
			Text: "The two lines meet at the pier.", Excerpt: "The two lines meet at the pier.", Language: "en",
			Authors:    []news.Person{{Name: "Ada Quill", URL: "https://harbour.example/ada"}, {Name: "Bo Stern", Email: "bo@harbour.example"}},
			Categories: []string{"Transport", "City"},
			Enclosures: []news.Enclosure{
				{URL: "https://harbour.example/a.mp3", Type: "audio/mpeg", Length: 1234, Duration: 90 * time.Second},
				{URL: "https://harbour.example/b.ogg", Type: "audio/ogg"},
			},
			Image:     &news.Image{URL: "https://harbour.example/p.jpg", Alt: "A pier", Width: 640, Height: 480, Credit: "C. Ray"},
			Comments:  "https://harbour.example/ferry#comments",
			Geo:       &news.Geo{Lat: 60.5, Lon: 25.25},
			Published: day, FirstSeen: day.Add(time.Minute), Fetched: day.Add(time.Minute),
		}},
		Decision: news.Decision{Seq: 1, Story: "s1", Kind: news.KindNew, Family: "harbour"},
	}
	other := news.Member{
		Outlet: news.Outlet{Source: "inland", Title: "Inland Post", Feed: "https://inland.example/rss", Link: "https://inland.example/", Family: "inland"},
		Record: news.Record{Seq: 2, Revision: 1, Item: news.Item{
			Source: "inland", ID: "i-1", URL: "https://inland.example/1", Canonical: "https://inland.example/1",
			Title: "Tram reaches ferry", Excerpt: "It does.", Language: "en", Published: day.Add(time.Hour), FirstSeen: day.Add(time.Hour),
		}},
		Decision: news.Decision{Seq: 2, Story: "s1", Kind: news.KindCopy, Family: "inland", Score: 0.875, Evidence: news.Evidence{Rule: "containment"}},
	}
	bare := news.Member{
		Outlet: news.Outlet{Source: "notes", Title: "Notes"},
		Record: news.Record{Seq: 3, Revision: 1, Item: news.Item{
			Source: "notes", ID: "n-1", Excerpt: "A note without a title or a link.", Published: day.Add(-time.Hour), FirstSeen: day,
		}},
	}
	return Channel{
		Topic:  news.Topic{Name: "city", Title: "City & port", Description: "What moves", Hub: "https://feeds.example.org/hub", Content: news.ContentFull},
		MaxAge: 10 * time.Minute, Archives: 3,
		Filed: []news.Filed{
			{
				Filing: news.Filing{
					Topic: "city", Key: "k1", ID: "tag:example.org,2026-03-14:city/k1", Story: "s1", Published: day,
					Updated: day.Add(2 * time.Hour), FirstFiled: day.Add(time.Minute), Families: 2,
				},
				Members: []news.Member{lead, other},
			},
			{
				Filing: news.Filing{
					Topic: "city", Key: "k2", ID: "tag:example.org,2026-03-14:city/k2", Story: "s2", Published: day.Add(-time.Hour),
					Updated: day.Add(-time.Hour), FirstFiled: day, Families: 1,
				},
				Members: []news.Member{bare},
			},
		},
	}
}

var renderers = []func(Site, Channel) (news.Document, error){RSS, Atom, JSON}

func TestSameDataSameBytes(t *testing.T) {
	for _, f := range renderers {
		one, err := f(site, ordinary())
		if err != nil {
			t.Fatal(err)
		}
		two, err := f(site, ordinary())
		if err != nil {
			t.Fatal(err)
		}
		if string(one.Body) != string(two.Body) || one.ETag != two.ETag {
			t.Errorf("%s: two renders differ", one.Path)
		}
	}
}

// many is a channel of a hundred merged stories with texts of some length.
func many() Channel {
	ch := ordinary()
	story := ch.Filed[0]
	ch.Filed = nil
	for i := range 100 {
		f := story
		f.ID = fmt.Sprintf("tag:example.org,2026-03-14:city/%d", i)
		f.Members = slices.Clone(story.Members)
		f.Members[0].Record.Seq = int64(i)
		f.Members[0].Record.Item.HTML = strings.Repeat("<p>Passengers who had waited since dawn did not find it small at all.</p>", 5)
		ch.Filed = append(ch.Filed, f)
	}
	return ch
}

func TestPressMakesTheSameBytes(t *testing.T) {
	var p Press
	ch := many()
	for round := range 5 {
		switch round {
		case 1:
			ch.Filed[7].Updated = day.Add(3 * time.Hour)
			ch.Filed[7].Members[0].Record.Seq = 1000
			ch.Filed[7].Members[0].Record.Item.Title = "Another headline"
		case 2:
			ch.Filed = slices.Delete(ch.Filed, 3, 5)
			ch.Topic.Title = "Another title"
		case 3:
			ch.Filed = append(ch.Filed[1:], ch.Filed[0])
		case 4:
			ch.Topic.Content = news.ContentLink
		}
		docs, sum, err := p.Documents(site, ch)
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range []func(Site, Channel) (news.Document, error){RSS, Atom, JSON, TopicPage} {
			if want := render(t, f, site, ch); string(docs[i].Body) != string(want.Body) || docs[i].ETag != want.ETag || !docs[i].Modified.Equal(want.Modified) {
				t.Errorf("round %d: %s differs from what is made at once", round, want.Path)
			}
		}
		if sum.Stories != len(ch.Filed) || len(p.plates) != len(ch.Filed) {
			t.Errorf("round %d: %d stories, %d plates", round, sum.Stories, len(p.plates))
		}
	}
}

// TestPressKeepsOneCopy: of what is published a press keeps nothing twice, nor what
// is in no document any more.
func TestPressKeepsOneCopy(t *testing.T) {
	var p Press
	ch := many()
	for round := range 3 {
		if round == 1 {
			ch.Filed[7].Members[0].Record.Seq = 1000
			ch.Filed[7].Members[0].Record.Item.Title = "Another headline"
		}
		before := p.printed
		docs, _, err := p.Documents(site, ch)
		if err != nil {
			t.Fatal(err)
		}
		for i, part := range []func(*plate) *part{
			func(pl *plate) *part { return pl.rss }, func(pl *plate) *part { return pl.atom }, func(pl *plate) *part { return pl.json },
		} {
			body := docs[i].Body
			if was := before[docs[i].ETag]; (round == 2) != (len(was) > 0 && &was[0] == &body[0]) {
				t.Errorf("round %d: whether %s is the document of the round before is %v", round, docs[i].Path, round != 2)
			}
			from := uintptr(unsafe.Pointer(&body[0]))
			for _, pl := range p.plates {
				text := part(pl).text
				if at := uintptr(unsafe.Pointer(&text[0])) - from; at > uintptr(len(body)-len(text)) || cap(text) != len(text) {
					t.Fatalf("round %d: a part stands beside %s", round, docs[i].Path)
				}
				if pl.entry.html != "" {
					t.Fatalf("round %d: the body of an entry is kept", round)
				}
			}
		}
	}
}

// What a topic of a hundred stories costs at first, and when one changed.
func BenchmarkTopic(b *testing.B) {
	ch := many()
	b.Run("first", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var p Press
			if _, _, err := p.Documents(site, ch); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("changed", func(b *testing.B) {
		b.ReportAllocs()
		var p Press
		for i := int64(0); b.Loop(); i++ {
			ch.Filed[7].Members[0].Record.Seq = 1000 + i
			if _, _, err := p.Documents(site, ch); err != nil {
				b.Fatal(err)
			}
		}
	})
}

package render

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/mmcdole/gofeed"

	"github.com/wireroom/wireroom/aggregator/news"
)

func TestStatusFeed(t *testing.T) {
	site := Site{BaseURL: "https://feeds.example.org", Title: "Desk", Authority: "example.org,2026"}
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	list := []SourceStatus{
		{Outlet: news.Outlet{Source: "harbour", Title: "Harbour <News>"}, State: news.State{Events: []news.Event{
			{At: at, Kind: news.EventBroken, Text: "It has failed 3 times in a row: <b>no</b>\x01"},
			{At: at.Add(time.Hour), Kind: news.EventRecovered, Text: "It answers again."},
		}}},
		{Outlet: news.Outlet{Source: "quay"}, State: news.State{Events: []news.Event{{At: at.Add(time.Minute), Kind: news.EventSilent, Text: "Nothing new."}}}},
	}
	doc, err := StatusFeed(site, list)
	if err != nil {
		t.Fatal(err)
	}
	feed, err := gofeed.NewParser().Parse(bytes.NewReader(doc.Body))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, it := range feed.Items {
		got = append(got, it.GUID+" "+it.Title)
	}
	want := []string{
		"tag:example.org,2026:sources/harbour/recovered/1777640400 Harbour <News> has recovered",
		"tag:example.org,2026:sources/quay/silent/1777636860 quay is silent",
		"tag:example.org,2026:sources/harbour/broken/1777636800 Harbour <News> is broken",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if bytes.Contains(doc.Body, []byte("<b>")) || !doc.Modified.Equal(at.Add(time.Hour)) {
		t.Errorf("modified %s:\n%s", doc.Modified, doc.Body)
	}
}

package render

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wireroom/wireroom/aggregator/news"
)

// TestFilesOnPages: what an item brings to be heard, seen and read can be had from
// its topic's page too, unless no more than the headline may be shown.
func TestFilesOnPages(t *testing.T) {
	ch := ordinary()
	ch.Filed = ch.Filed[:1]
	ch.Filed[0].Members[0].Record.Item.Image = nil
	ch.Filed[0].Members[0].Record.Item.Enclosures = []news.Enclosure{
		{URL: "https://h.example/cover.jpg"}, {URL: "https://h.example/talk.mp3", Duration: 3723 * time.Second},
		{URL: "https://h.example/old.swf", Type: "application/x-shockwave-flash"}, {URL: "https://h.example/talk.pdf"}, {URL: "javascript:x", Type: "audio/mpeg"},
	}
	links := []string{`<a href="https://h.example/talk.mp3">Audio, 1:02:03</a>`, `<a href="https://h.example/talk.pdf">PDF</a>`}
	page := string(render(t, TopicPage, site, ch).Body)
	at := []int{strings.Index(page, links[0]), strings.Index(page, links[1])}
	if at[0] < 0 || !slices.IsSorted(at) || strings.Contains(page, "old.swf") || strings.Contains(page, "cover.jpg") || strings.Contains(page, "javascript:") {
		t.Errorf("the page:\n%s", page)
	}
	ch.Topic.Content = news.ContentLink
	if page := string(render(t, TopicPage, site, ch).Body); strings.Contains(page, "talk.") {
		t.Error("files are linked to where only links may be shown")
	}
}
